"""The commands that people type, with the real ffmpeg, ffprobe and GStreamer."""

import os
import re
import subprocess

import pytest
from support import ffmpeg, gstreamer
from support.making import making
from support.process import Process

STREAMS = ffmpeg.__file__.rsplit("/", 2)[0] + "/fixtures/test-streams"


def environment(stack, stream, **more):
    settings = stack.settings
    return {**os.environ, "STREAM": stream, "RTMP_HOST": settings.host, "RTSP_HOST": settings.host,
            "RTMP_PORT": str(settings.rtmp_port), "RTSP_PORT": str(settings.rtsp_port), **more}


@pytest.fixture
def test_stream(tmp_path, shared_stack, stream):
    """Starts one of the test-stream scripts. It ends with the test."""
    def start(script, **more):
        return Process(script, [f"{STREAMS}/{script}"], tmp_path / f"{script}.log",
                       environment(shared_stack, stream, **more))

    yield from making(start)


@pytest.mark.parametrize("script,sink", [("publish-ffmpeg.sh", ""), ("publish-gst.sh", "rtmp2sink"),
                                         ("publish-gst.sh", "rtmpsink")])
def test_the_test_streams_publish_h264_and_aac(shared_stack, test_stream, stream, script, sink):
    test_stream(script, QUERY="lang=es", **({"SINK": sink} if sink else {}))
    event = shared_stack.wait_event(stream, "ready", seconds=40)
    assert event["path"] == f"live/{stream}/in"
    streams = ffmpeg.probe(shared_stack.rtsp(stream))
    assert streams["video"]["codec_name"] == "h264" and streams["video"]["width"] == 1280
    assert streams["audio"]["codec_name"] == "aac"


@pytest.mark.parametrize("script", ["publish-ffmpeg.sh", "publish-gst.sh"])
def test_a_test_stream_with_a_duration_ends_by_itself(shared_stack, test_stream, stream, script):
    publisher = test_stream(script, DURATION="3")
    shared_stack.wait_event(stream, "ready", seconds=40)
    assert publisher.wait(40) == 0, publisher.log()
    shared_stack.wait_event(stream, "not-ready")


def test_play_without_a_display_prints_the_tracks(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    without = {k: v for k, v in environment(shared_stack, stream).items()
               if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([f"{STREAMS}/play.sh"], env=without, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done.stderr
    assert "codec_name=h264" in done.stdout and "codec_name=aac" in done.stdout


@pytest.mark.parametrize("clip", ["one-keyframe", "one-keyframe-h265"])
def test_the_size_is_known_when_no_key_frame_comes_for_long(shared_stack, publish, stream, clip):
    """FFmpeg looks at a stream for 5 s, and then plays no picture whose size it does not know."""
    publish(shared_stack.rtsp(stream), clip)
    shared_stack.wait_live(stream)
    video = ffmpeg.probe(shared_stack.rtsp(stream))["video"]
    assert (video["width"], video["height"]) == (320, 180)


FRAME_BYTES = 320 * 180 * 3 // 2  # size of a decoded picture of the clip


@pytest.mark.parametrize("flags", [[], ["protocols=tcp"]])
def test_gstreamer_reads_over_rtsp(shared_stack, publish, stream, tmp_path, flags):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    assert gstreamer.read_rtsp(shared_stack.rtsp(stream), tmp_path, flags, pictures=30) >= 29 * FRAME_BYTES
    reading = re.search(rf"\[session (\w+)\] is reading from path 'live/{stream}/in'", shared_stack.router.log())
    shared_stack.router.wait_log(f"[session {reading[1]}] destroyed: torn down by")


def test_gstreamer_reads_over_rtmp(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    gstreamer.read("rtmpsrc", f"location={shared_stack.rtmp(stream)} live=1", "num-buffers=60", "!", "flvdemux", "name=d",
                   "d.audio", "!", "queue", "!", "aacparse", "!", "avdec_aac", "!", "fakesink",
                   "d.video", "!", "queue", "!", "h264parse", "!", "avdec_h264", "!", "fakesink")


def test_ffmpeg_decodes_a_second_without_a_complaint(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    for url in (shared_stack.rtsp(stream), shared_stack.rtmp(stream)):
        done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *ffmpeg.input_options(url), "-t", "1",
                               "-f", "null", "-"], capture_output=True, text=True, timeout=40)
        assert done.returncode == 0 and not done.stderr, f"{url}: {done.stderr}"


def test_ffprobe_falls_back_to_tcp_with_default_options(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    done = subprocess.run(["ffprobe", "-v", "fatal", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                           shared_stack.rtsp(stream)], capture_output=True, text=True, timeout=40)
    assert sorted(done.stdout.split()) == ["aac", "h264"]


def test_a_reader_of_a_missing_stream_is_told(shared_stack):
    for url in (shared_stack.rtsp("nobody"), shared_stack.rtmp("nobody")):
        done = subprocess.run(["ffprobe", "-v", "error", *ffmpeg.input_options(url)], capture_output=True,
                              text=True, timeout=40)
        assert done.returncode != 0
        assert "rtmp" in url or "404" in done.stderr
