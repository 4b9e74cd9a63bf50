"""A worker whose output is refused or cannot be reached, or whose server never answers or never reads."""

import time

import pytest
from support.free_ports import free_ports
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.rtsp_server import Pump
from support.wait import wait_until


def test_a_refused_output_is_told_with_its_reason(start, source, pump):
    server = RtmpServer(refuse=("NetStream.Publish.BadName", "somebody publishes already"))
    worker = start(source.url(), server.url())
    assert worker.wait() == 30
    assert "NetStream.Publish.BadName: somebody publishes already" in worker.records("worker.ended")[0]["msg"]
    wait_until(lambda: "TEARDOWN" in source.methods(), "TEARDOWN at the source")
    server.close()


@pytest.mark.parametrize("command", ["connect", "publish"])
def test_a_close_instead_of_an_answer_is_a_refusal(start, source, pump, command):
    server = RtmpServer(close_on=command)
    worker = start(source.url(), server.url())
    assert worker.wait() == 30
    assert "closed the connection instead of accepting" in worker.records("worker.ended")[0]["msg"]
    server.close()


def test_an_output_that_cannot_be_reached_is_transient(start, source, pump):
    worker = start(source.url(), f"rtmp://127.0.0.1:{free_ports(1)[0]}/live/x/out")
    assert worker.wait() == 40
    assert "Connection refused" in worker.records("worker.ended")[0]["msg"]


def test_an_output_that_never_answers_is_given_up(start, source, pump):
    server = RtmpServer(mute="publish")
    worker = start(source.url(), server.url())
    assert worker.wait(20) == 40
    server.close()


def test_an_output_that_never_reads_is_given_up(start, source):
    server = RtmpServer(receive_buffer=16_384)
    sender = Pump(source, size=20_000)
    worker = start(source.url(), server.url())
    server.wait_units(VIDEO, 5)
    server.reads.clear()
    stuck_at = time.monotonic()
    assert worker.wait(30) == 40
    # It takes a moment until the buffers are full, and then five seconds, by TCP or by the queue.
    assert time.monotonic() - stuck_at < 12
    sender.stop()
    server.reads.set()
    server.close()
