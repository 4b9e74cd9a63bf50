"""AV1, VP9, AC-3, E-AC-3, FLAC, G.711, and several tracks, by real clients: FFmpeg over Enhanced RTMP (a newer one than
Debian's) and GStreamer over RTSP.
"""

import re
import subprocess

import pytest
from support import gstreamer
from support.bare_router import ONLY_EMBEDDED
from support.differences import differs
from support.newer_ffmpeg import newer_ffmpeg
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # MediaMTX does not take FFmpeg's AC-3 alone; the messages of all codecs are in test_rtmp_encoders.py

SECONDS = 60
RATE = 15  # pictures per second
LEAST_UNITS = 10
KNOWN = "ac-3,av01,avc1,ec-3,fLaC,hvc1,.mp3,mp4a,Opus,vp09"

PICTURE = ["-f", "lavfi", "-i", f"testsrc2=size=160x120:rate={RATE}:duration=6"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=6"]
AV1 = [*PICTURE, "-c:v", "libsvtav1", "-preset", "12", "-g", str(RATE), "-svtav1-params", "pred-struct=1"]
VP9 = [*PICTURE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", str(RATE)]
G711 = [*TONE, "-ar", "8000", "-ac", "1", "-c:a"]
ENCODED = {
    # name: (how it is made, the names that the API shows, what ffmpeg reads over RTMP, and whether it can over RTSP)
    "av1": (AV1, ["AV1"], ["av1"], True),
    "vp9": (VP9, ["VP9"], ["vp9"], True),
    "opus": ([*TONE, "-c:a", "libopus"], ["Opus"], ["opus"], True),
    "ac3": ([*TONE, "-c:a", "ac3"], ["AC3"], ["ac3"], True),
    "eac3": ([*TONE, "-c:a", "eac3"], ["E-AC-3"], ["eac3"], False),
    "flac": ([*TONE, "-c:a", "flac"], ["FLAC"], ["flac"], False),
    "a-law": ([*G711, "pcm_alaw"], ["G711"], ["pcm_alaw"], True),
    "mu-law": ([*G711, "pcm_mulaw"], ["G711"], ["pcm_mulaw"], True),
    "several": ([*PICTURE, *TONE, *PICTURE, *TONE, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "libx264", "-g",
                 str(RATE), "-bf", "0", "-c:a:0", "aac", "-c:a:1", "libopus"],
                ["H264", "H264", "MPEG-4 Audio", "Opus"], ["h264", "h264", "aac", "opus"], True),
}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """The FLV file of a name, made once."""
    folder = tmp_path_factory.mktemp("codecs")

    def make(name):
        file = folder / f"{name}.flv"
        if not file.exists():
            ffmpeg("-y", *ENCODED[name][0], "-f", "flv", file)
        return file
    return make


def ffmpeg(*arguments):
    done = subprocess.run([newer_ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", *map(str, arguments)],
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(url, seconds=2):
    """{track: (codec, [checksum of each unit])} of a file, or of some seconds of a stream."""
    options = {"rtmp": ["-rtmp_enhanced_codecs", KNOWN], "rtsp": ["-rtsp_transport", "tcp"]}.get(str(url)[:4])
    much = [] if options is None else ["-t", str(seconds)]
    text = ffmpeg(*(options or []), "-i", url, *much, "-map", "0", "-c", "copy", "-copyinkf", "-f", "framemd5", "-")
    codecs = dict(re.findall(r"^#codec_id (\d+): (\w+)", text, re.M))
    sums = {track: [] for track in codecs}
    for line in text.splitlines():
        if not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            sums[fields[0]].append(fields[5])
    return {track: (codecs[track], sums[track]) for track in sorted(codecs)}


def published(router, client, encoded, path, name):
    client(newer_ffmpeg(), "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", encoded(name), "-map", "0", "-c", "copy", "-f",
           "flv", router.rtmp(path))
    labels = ENCODED[name][1]
    wait_until(lambda: (router.path(path) or {}).get("tracks") == labels,
               lambda: f"{labels}, not {router.path(path)}; the log:\n{router.log()[-2000:]}", SECONDS)


def in_one_piece(got, source):
    """What was read is a part of the source, which is repeated."""
    endless = source + source
    return any(endless[i:i + len(got)] == got for i in range(len(source)) if source[i] == got[0])


def skip_where_it_is_closed(router, name):
    if name == "eac3" and not differs(router, "E-AC-3 closes the connection", False, True):
        pytest.skip("MediaMTX closes")


@pytest.mark.parametrize("name", ENCODED)
def test_enhanced_rtmp_gives_back_what_it_got(router, client, encoded, path, name):
    skip_where_it_is_closed(router, name)
    source = read(encoded(name))
    published(router, client, encoded, path, name)
    got = read(router.rtmp(path))
    assert [codec for codec, _ in got.values()] == ENCODED[name][2]
    for codec, units in got.values():
        if codec != "h264" or router.embedded:  # MediaMTX puts parameter sets into the pictures
            assert len(units) >= LEAST_UNITS or codec.startswith("pcm"), f"{len(units)} units of {codec}"
            assert any(in_one_piece(units, sent) for other, sent in source.values() if other == codec), codec


@pytest.mark.parametrize("name", [name for name in ENCODED if ENCODED[name][3]])
def test_rtsp_gives_it_too(router, client, encoded, path, name):
    published(router, client, encoded, path, name)
    got = read(router.rtsp(path))
    assert [codec for codec, _ in got.values()] == ENCODED[name][2]
    assert all(len(units) >= LEAST_UNITS for codec, units in got.values() if not codec.startswith("pcm")), got
    sizes = [len(units) for _, units in got.values()]
    assert min(sizes) > 0, sizes


# name: (the encoder of the sound, the name that the API shows, its name in ffmpeg)
SENT_OVER_RTSP = {
    "ac3": (["avenc_ac3", "!", "ac3parse"], "AC3", "ac3"),
    "a-law": (["audioresample", "!", "audio/x-raw,rate=8000,channels=1", "!", "alawenc"], "G711", "pcm_alaw"),
    "mu-law": (["audioresample", "!", "audio/x-raw,rate=8000,channels=1", "!", "mulawenc"], "G711", "pcm_mulaw"),
}


@pytest.mark.parametrize("name", SENT_OVER_RTSP)
def test_gstreamer_publishes_over_rtsp(router, client, path, name):
    if not gstreamer.can_publish_rtsp():
        pytest.skip("GStreamer has no rtspclientsink")
    encoder, label, codec = SENT_OVER_RTSP[name]
    client("gst-launch-1.0", "-q", "audiotestsrc", "is-live=true", "!", "audioconvert", "!", *encoder, "!", "s.sink_0",
           "rtspclientsink", "name=s", "protocols=tcp", f"location={router.rtsp(path)}")
    wait_until(lambda: (router.path(path) or {}).get("tracks") == [label],
               lambda: f"{label}, not {router.path(path)}; the log:\n{router.log()[-2000:]}", SECONDS)
    for url in (router.rtsp(path), router.rtmp(path)):
        assert [found for found, _ in read(url).values()] == [codec], url
