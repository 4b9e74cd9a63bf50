"""Players of HLS as people run them, with the router that is named: ffmpeg and GStreamer, each variant, and a publisher that comes back."""

import subprocess

import pytest
from support import ffmpeg, gstreamer
from support.bare_router import BareRouter, configuration
from support.hls import Player, fetch
from support.making import started
from support.rtmp_script import Publisher
from support.wait import wait_until

PATH = "live/player/in"
PICTURES = 60
SECONDS = 60


@pytest.fixture(scope="module", params=["lowLatency", "fmp4", "mpegts"])
def router(request, tmp_path_factory, clips):
    with started(BareRouter(tmp_path_factory.mktemp("hls"), configuration(hls=True, hlsVariant=request.param))) as one:
        publisher = Publisher("127.0.0.1", one.settings.rtmp_port, clips.get("b-frames"), PATH)
        wait_until(lambda: fetch(one.hls(f"/{PATH}/index.m3u8?cookieCheck=1")).status == 200, "a first segment", SECONDS)
        one.variant = request.param
        yield one
        publisher.close()


@pytest.fixture
def url(router):
    return router.hls(f"/{PATH}/index.m3u8")


def test_ffmpeg_decodes_picture_and_sound(url, tmp_path):
    streams = ffmpeg.probe(url)
    assert streams["video"]["codec_name"] == "h264" and streams["audio"]["codec_name"] == "aac"
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", url, "-map", "0:v", "-frames:v", str(PICTURES), "-f", "framecrc",
                           str(tmp_path / "crc")], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and "error" not in done.stderr.lower(), done.stderr
    sums = [line.split(",")[-1] for line in (tmp_path / "crc").read_text().splitlines() if not line.startswith("#")]
    assert len(sums) == PICTURES and len(set(sums)) > PICTURES // 2


def test_gstreamer_decodes_picture_and_sound(router, url):
    """By hlsdemux2, which plays both renditions. It knows no parts: for it, the low-latency form is only a longer way to begin."""
    if router.variant == "lowLatency":
        pytest.skip("GStreamer 1.22 has no low-latency HLS")
    # From a playlist with one segment, which MPEG-TS has at its beginning, it does not find its way to the next one: it says
    # "Lost synchronization" and asks for no further segment.
    player = Player(router, f"/{PATH}")
    wait_until(lambda: len(player.playlist().segments()) >= 3, "three segments", SECONDS)
    until = ["identity", f"eos-after={PICTURES // 2}", "!", "fakesink"]
    gstreamer.read("uridecodebin3", f"uri={url}", "name=d", "d.", "!", "queue", "!", "videoconvert", "!", *until,
                   "d.", "!", "queue", "!", "audioconvert", "!", *until)
