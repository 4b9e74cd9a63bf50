"""SC-002 and SC-003: the time from an encoder's connection to the "ready" event, and from its end to the "not ready" event."""

import time

from support.wait import POLL_SECONDS

from ..feed import Feed
from ..publishers import connect
from ..row import MEDIAMTX_ANALYSIS_MS, Row, judge
from ..timing import now_ms, percentile, summary

CYCLES = 100
CYCLES_UNDER_LOAD = 30
CYCLES_ANALYSED = 15     # with a router that analyses the media for two seconds in each cycle
EVENT_SECONDS = 20


def measure(context):
    ready, gone = cycle(context, CYCLES)
    place = context.target.place
    return [
        judge(Row("SC-002", "publish → event at media-service", "ms", 1000, 50, percentile(ready, 99),
                  detail=summary(ready)), place, MEDIAMTX_ANALYSIS_MS),
        judge(Row("SC-003", "disconnect → event at media-service", "ms", 1000, 50, percentile(gone, 99),
                  detail=summary(gone)), place),
    ]


def cycle(context, cycles, side="in"):
    """Milliseconds until each publish, and each disconnect, is seen by a reader of /v1/events/stream."""
    feed, path, listener = Feed(context.clip("small")), context.path("events", side), context.listener
    ready, gone = [], []
    for _ in range(cycles if context.target.router == "embedded" else min(cycles, CYCLES_ANALYSED)):
        mark = listener.mark()
        started = now_ms()
        client = connect(context.target.rtmp, path)
        arrived = _send_until(client, feed, lambda: listener.find_hook(mark, "ready", path))
        assert arrived, f"no ready event of {path} within {EVENT_SECONDS} s"
        ready.append(arrived - started)
        ended = now_ms()
        client.close()
        gone.append(listener.wait_hook(mark, "not-ready", path) - ended)
    return ready, gone


def _send_until(client, feed, done):
    """Sends media in real time, as an encoder does, until done() returns a value or the time is over."""
    client.socket.sendall(feed.headers(0))
    started = now_ms()
    for n in range(round(EVENT_SECONDS / feed.period)):
        client.socket.sendall(feed.tick(n))
        while now_ms() < started + (n + 1) * feed.period * 1000:
            if value := done():
                return value
            time.sleep(POLL_SECONDS)
    return None
