"""The real clients: ffmpeg, ffprobe and GStreamer publish to and read from either router."""

import subprocess

import pytest
from support import ffmpeg, gstreamer
from support.wait import wait_until

SECONDS = 40


@pytest.mark.parametrize("publish,read", [("rtmp", "rtsp"), ("rtmp", "rtmp"), ("rtsp", "rtsp"), ("rtsp", "rtmp")])
def test_ffmpeg_to_ffprobe(router, ffmpeg_publish, path, publish, read):
    ffmpeg_publish(getattr(router, publish)(path), "b-frames")
    assert router.wait_ready(path)["tracks"] == ["H264", "MPEG-4 Audio"]
    streams = ffmpeg.probe(getattr(router, read)(path))
    video, audio = streams["video"], streams["audio"]
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 320, 180)
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "44100", 1)


def test_ffmpeg_without_a_chosen_transport(router, live, path):
    """ffmpeg asks for UDP first. If this is refused, it uses TCP by itself."""
    live(router, path)
    done = subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-i", router.rtsp(path), "-map", "0:v",
                           "-frames:v", "30", "-f", "null", "-"], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr


def test_gstreamer_publishes_over_rtmp(router, client, path):
    client("gst-launch-1.0", "-q", "flvmux", "name=mux", "streamable=true", "!", "rtmp2sink",
           f"location={router.rtmp(path)}", "videotestsrc", "is-live=true", "!", "video/x-raw,width=160,height=120",
           "!", "x264enc", "tune=zerolatency", "speed-preset=ultrafast", "key-int-max=30", "!", "mux.",
           "audiotestsrc", "is-live=true", "!", "audioconvert", "!", "avenc_aac", "!", "mux.")
    assert sorted(router.wait_ready(path, SECONDS)["tracks"]) == ["H264", "MPEG-4 Audio"]


@pytest.mark.parametrize("options", [["protocols=tcp"], []], ids=["tcp", "any"])
def test_gstreamer_reads_over_rtsp(router, live, path, options, tmp_path):
    live(router, path)
    assert gstreamer.read_rtsp(router.rtsp(path), tmp_path, options) > 0


def test_gstreamer_reads_over_rtmp(router, live, path):
    live(router, path)
    gstreamer.read("rtmp2src", f"location={router.rtmp(path)}", "num-buffers=150", "!", "flvdemux", "name=d",
                   "d.video", "!", "queue", "!", "h264parse", "!", "avdec_h264", "!", "fakesink",
                   "d.audio", "!", "queue", "!", "aacparse", "!", "fakesink")


@pytest.mark.parametrize("read", ["rtsp", "rtmp"])
def test_what_comes_out_is_what_went_in(router, clips, ffmpeg_publish, frame_sums, path, read):
    """Access units keep their bytes, whichever protocols they pass."""
    wanted = frame_sums(clips.get("av"), "v").finish()
    ffmpeg_publish(router.rtmp(path))
    router.wait_ready(path)
    reader = frame_sums(getattr(router, read)(path), "v")
    wait_until(lambda: len(reader.lines()) >= 45, "45 access units", SECONDS)
    got = [md5 for _, md5 in reader.lines()]
    start = wanted.index(got[0])
    assert all(md5 == wanted[(start + n) % len(wanted)] for n, md5 in enumerate(got))
