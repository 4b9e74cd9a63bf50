"""A worker with the real router: all codecs, and a router that hangs."""

import signal
import time

import pytest
from support import ffmpeg
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.rtsp_server import Pump, RtspServer
from support.wait import wait_until
from support.worker import NOTICED_SECONDS, assert_rising


@pytest.mark.parametrize(("clip", "output"), [
    *((clip, "rtmp") for clip in ("av", "b-frames", "video-only", "audio-only", "mp3", "h265", "opus")),
    ("mp3", "rtsp"), ("h265-opus", "rtsp")])
def test_every_codec_of_the_router_is_relayed(shared_stack, publish, frame_sums, start, stream, clip, output):
    by_rtsp = clip in ("h265", "opus", "h265-opus")  # FFmpeg 5.1 cannot write these into FLV
    publish(shared_stack.rtsp(stream) if by_rtsp else shared_stack.rtmp(stream), clip)
    shared_stack.wait_live(stream)
    worker = start(shared_stack.rtsp(stream), getattr(shared_stack, output)(stream, "out"), stream=stream,
                   environment=shared_stack.worker_environment())
    wait_until(lambda: shared_stack.is_live(stream, "out"), lambda: f"the output; {worker.log()}")
    probed = ffmpeg.probe(shared_stack.rtsp(stream, "out"))
    assert {k: v["codec_name"] for k, v in probed.items()} == {
        k: v["codec_name"] for k, v in ffmpeg.probe(shared_stack.rtsp(stream)).items()}
    for kind in ("v", "a"):
        if {"v": "video", "a": "audio"}[kind] not in probed:
            continue
        codec = probed["video"]["codec_name"] if kind == "v" else None
        source_sums = frame_sums(shared_stack.rtsp(stream), kind, codec)
        wait_until(source_sums.lines, "the first units of the source", 40)
        relayed = frame_sums(shared_stack.rtsp(stream, "out"), kind, codec)
        wait_until(lambda: len(relayed.lines()) >= 60, lambda: f"60 units; {relayed.process.log()}", 40)
        sums = [md5 for _, md5 in relayed.lines()][:60]
        wait_until(lambda: sums[-1] in [md5 for _, md5 in source_sums.lines()], "the same units at the source", 20)
        assert " ".join(sums) in " ".join(md5 for _, md5 in source_sums.lines())
    assert not worker.records("input.lost")


def test_a_router_that_hangs_is_noticed_and_used_again(new_stack, publish, start, stream):
    stack = new_stack()
    stack.start_router()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    target = RtmpServer()
    worker = start(stack.rtsp(stream), target.url(), stream=stream)
    target.wait_units(VIDEO, 5)
    stack.router.signal(signal.SIGSTOP)
    hung_at = time.monotonic()
    worker.wait_event("input.lost", seconds=NOTICED_SECONDS)
    assert time.monotonic() - hung_at < NOTICED_SECONDS
    stack.router.signal(signal.SIGCONT)
    before = len(target.units(VIDEO))
    target.wait_units(VIDEO, before + 5)
    assert_rising(target.units(VIDEO))
    assert len(target.connections) == 1
    target.close()


def test_the_router_keeps_an_output_whose_source_is_away(new_stack, publish, start, stream):
    """The router's timeout for silent publishers (here 4 s) is shorter than the time for which the worker waits for its source."""
    stack = new_stack()
    stack.start_router(MTX_READTIMEOUT="4s")
    server = RtspServer()
    pump = Pump(server)
    worker = start(server.url(), stack.rtmp(stream, "out"), stream=stream, environment=stack.worker_environment())
    wait_until(lambda: stack.is_live(stream, "out"), lambda: f"the output; {worker.log()}")
    source_id = stack.paths()[f"live/{stream}/out"]["source"]["id"]
    server.status["DESCRIBE"] = 404
    server.drop()
    worker.wait_event("input.reconnecting", 3)
    server.status.clear()
    worker.wait_event("input.playing", 2)
    assert stack.paths()[f"live/{stream}/out"]["source"]["id"] == source_id
    assert worker.terminate() == 0
    pump.stop()
    server.close()
