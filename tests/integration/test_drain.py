"""A router that is told to end sends its publishers away one by one within its drain time (DRAIN_TIME), and lets nobody else publish."""

import signal

import pytest
from support.ffmpeg import refusal
from support.wait import wait_until

DRAIN_SECONDS = 8   # in which four publishers leave
MARGIN_SECONDS = 20


def embedded(stack):
    if not stack.embedded:
        pytest.skip("MediaMTX cuts its publishers at the end")
    return stack


@pytest.fixture
def router(new_stack):
    stack = embedded(new_stack())
    stack.start_router(DRAIN_TIME=f"{DRAIN_SECONDS}s")
    return stack


def publishing(stack):
    return sorted(name for name, path in stack.paths().items() if path["ready"])


def test_publishers_are_sent_away_evenly(router, publish):
    streams = [f"drain{i}" for i in range(4)]
    publishers = {stream: publish(router.rtmp(stream)) for stream in streams}
    for stream in streams:
        router.wait_live(stream)
    router.router.signal(signal.SIGTERM)
    router.router.wait_log("sending away 4 publishers")
    counts = []

    def gone():
        counts.append(sum(not one.running() for one in publishers.values()))
        return counts[-1] == len(streams)

    wait_until(gone, lambda: f"all are gone: {counts[-1]}", DRAIN_SECONDS + MARGIN_SECONDS, 0.1)
    assert {1, 2, 3} <= set(counts), "one after the other"
    assert router.router.wait(MARGIN_SECONDS) == 0


def test_nobody_else_publishes_and_everything_else_goes_on(router, publish, scripted_rtmp):
    publish(router.rtmp("stays"))
    publish(router.rtmp("other"))
    router.wait_live("stays")
    router.wait_live("other")
    router.router.signal(signal.SIGTERM)
    router.router.wait_log("sending away 2 publishers")
    newcomer = publish(router.rtmp("newcomer"))
    wait_until(lambda: not newcomer.running(), "the newcomer is refused", MARGIN_SECONDS)
    left = publishing(router)
    assert len(left) == 1 and left[0] in ("live/stays/in", "live/other/in"), "the Control API answers, and the second is still there"
    stream = left[0].split("/")[1]
    assert refusal(router.rtsp(stream)) == "", "it can still be read"
    assert router.router.wait(DRAIN_SECONDS + MARGIN_SECONDS) == 0


def test_an_idle_router_ends_at_once_and_a_second_signal_ends_a_drain(router, new_stack, publish):
    router.router.signal(signal.SIGTERM)
    assert router.router.wait(DRAIN_SECONDS / 2) == 0
    hurried = new_stack()
    hurried.start_router(DRAIN_TIME="1h")
    publish(hurried.rtmp("one"))
    publish(hurried.rtmp("two"))
    hurried.wait_live("one")
    hurried.wait_live("two")
    hurried.router.signal(signal.SIGTERM)
    hurried.router.wait_log("sending away 2 publishers")
    hurried.router.signal(signal.SIGTERM)
    assert hurried.router.wait(MARGIN_SECONDS) == 0


def test_a_worker_stays_until_its_source_has_left(new_stack, publish, stream):
    stack = embedded(new_stack(worker_mode="process"))
    stack.start_router(DRAIN_TIME="60s")
    stack.start_service()
    publish(stack.rtmp(stream))
    wait_until(lambda: stack.is_live(stream, "out"), "the output", MARGIN_SECONDS)
    stack.router.signal(signal.SIGTERM)
    stack.router.wait_log("sending away 1 publishers")
    wait_until(lambda: not stack.is_live(stream, "in"), "the source has left", MARGIN_SECONDS)
    assert "the router is about to end" in stack.router.log()
    assert stack.is_live(stream, "out"), "the worker is not cut"
    # The worker gives its source up after some seconds. Then nobody publishes, and the router need not wait any longer.
    assert stack.router.wait(50) == 0
