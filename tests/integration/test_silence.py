"""When a publisher leaves, the end of its stream is reported at once. When it only falls silent, within readTimeout."""

import signal
import time

import pytest
from support.bare_router import ONLY_EMBEDDED
from support.rtmp_client import RtmpClient
from support.rtsp_client import RtspClient
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

READ_TIMEOUT_SECONDS = 2
PROMISED_SECONDS = 1.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    from support.stack import Stack
    stack = Stack(tmp_path_factory.mktemp("silence"))
    try:
        stack.start_router(MTX_READTIMEOUT=f"{READ_TIMEOUT_SECONDS}s")
        stack.start_service()
        yield stack
        stack.stop()
    finally:
        stack.kill()


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
@pytest.mark.parametrize("end", ["killed", "silent"])
def test_the_end_of_a_stream_is_told_in_time(stack, publish, stream, protocol, end):
    publisher = publish(getattr(stack, protocol)(stream))
    ready = stack.wait_event(stream, "ready")
    # SIGSTOP leaves the connection open, and nothing comes, not even a FIN, as when a network has died.
    publisher.signal(signal.SIGKILL if end == "killed" else signal.SIGSTOP)
    began = time.monotonic()
    gone = stack.wait_event(stream, "not-ready")
    elapsed = time.monotonic() - began
    assert gone["sourceId"] == ready["sourceId"]
    assert not stack.is_live(stream)
    patience = READ_TIMEOUT_SECONDS if end == "silent" else 0
    # It may have sent its last bytes up to a frame before the signal.
    assert patience - 0.3 < elapsed < patience + PROMISED_SECONDS


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_readers_of_a_silent_publisher_are_closed(stack, publish, frame_sums, stream, protocol):
    publisher = publish(getattr(stack, protocol)(stream))
    stack.wait_live(stream)
    readers = [frame_sums(stack.rtmp(stream), "v"), frame_sums(stack.rtsp(stream), "v")]
    for reader in readers:
        wait_until(reader.lines, "a first frame at the reader")
    publisher.signal(signal.SIGSTOP)
    for reader in readers:
        reader.finish()
    assert not stack.is_live(stream)


def test_silence_before_the_first_media_is_bounded_too(stack, stream):
    settings = stack.settings
    client = RtmpClient(settings.host, settings.rtmp_port)
    assert client.publish(f"rtmp://{settings.host}/live/{stream}", "in")
    began = time.monotonic()
    assert client.closed_by_server()
    assert time.monotonic() - began < READ_TIMEOUT_SECONDS + PROMISED_SECONDS


def test_readers_may_be_silent_for_longer_than_read_timeout(stack, publish, stream):
    """An RTSP reader may be silent for a minute (test_rtsp_session.py), an RTMP player for ever."""
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    settings = stack.settings
    player = RtmpClient(settings.host, settings.rtmp_port)
    assert player.play(f"rtmp://{settings.host}/live/{stream}", "in")
    reader = RtspClient(settings.host, settings.rtsp_port)
    assert reader.play(f"live/{stream}/in").status == 200
    began = time.monotonic()
    while time.monotonic() - began < READ_TIMEOUT_SECONDS + 1.5:
        assert player.socket.recv(65536)
        assert reader.frame()
