"""SC-005: the time from the "ready" event of a new stream until its output can be read over RTSP."""

from ..publishers import Publishers
from ..row import MEDIAMTX_ANALYSIS_MS, Row, judge
from ..rtsp import RtspError, RtspReader
from ..timing import now_ms, percentile, summary, wait_until

STREAMS = 20
STREAMS_ANALYSED = 8      # with a router that analyses input and output for four seconds
# A Pod is made, placed and started, and asked once a second whether it is ready.
POD_START_MS = 4000.0


def measure(context):
    count = STREAMS if context.target.router == "embedded" else STREAMS_ANALYSED
    times = [_one(context, f"output-{number}") for number in range(count)]
    row = Row("SC-005", "ready → out readable", "ms", 1000, 300, percentile(times, 99), detail=summary(times))
    return [judge(row, context.target.place, MEDIAMTX_ANALYSIS_MS, POD_START_MS)]


def _one(context, name):
    publishers = []

    def start():
        publishers.append(Publishers(context.target, [context.path(name)], context.clip("small")))

    elapsed = ready_to_readable(context, name, start)
    mark = context.listener.mark()
    publishers[0].stop()
    context.listener.wait_hook(mark, "not-ready", context.path(name))
    return elapsed


def ready_to_readable(context, name, start):
    """The milliseconds for the stream that start() publishes."""
    source, output = context.path(name), context.path(name, "out")
    mark = context.listener.mark()
    start()
    seen = wait_until(lambda: readable(context.target, output), f"{output} readable")
    return max(0.0, seen - context.listener.wait_hook(mark, "ready", source))


def readable(target, path):
    """The time at which a reader got the session description. None if it did not get it."""
    reader = RtspReader(target, path)
    try:
        return now_ms() if reader.describe() else None
    except RtspError:
        return None
    finally:
        reader.close()
