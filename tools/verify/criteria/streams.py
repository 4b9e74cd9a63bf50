"""SC-011: runs a hundred streams, each with a worker, and measures all criteria above again beside them."""

import json
import urllib.request

from ..publishers import Publishers
from ..row import Row, judge, not_measured
from ..timing import percentile, wait_until
from ..usage import Usage
from . import api, delay, events, output

STREAMS = 100             # as many as media-service runs workers by default
PLAN_STREAMS = 5          # as many are required with a router that is not ours
STARTED_ONE_BY_ONE = 10   # are started one after the other, to measure the time until the output is readable
START_SECONDS = 60
GRACE_SECONDS = 60        # the grace period (30 s), and the time in which workers end
TIMES_AT_MOST = 2         # no figure may be more than twice the one without the hundred streams


def measure(context, rows):
    streams = STREAMS if context.target.router == "embedded" else PLAN_STREAMS
    names = [f"load-{number}" for number in range(streams)]
    one_by_one = min(STARTED_ONE_BY_ONE, streams // 2)
    first, rest = names[one_by_one:], names[:one_by_one]
    row = Row("SC-011", f"{streams} streams with a worker each", "×", None, TIMES_AT_MOST)
    if streams == STREAMS and (others := _others_with_workers(context)):
        return [not_measured(row, f"needs {STREAMS} workers, all that media-service runs; {others[0]} has one of them: "
                                  "stop what publishes it")]
    wait_until(lambda: not _workers(context), "the end of this run's other workers", GRACE_SECONDS)
    with Publishers(context.target, map(context.path, first), context.clip("small")) as load:
        wait_until(lambda: _with_output(context) == len(first), f"{len(first)} outputs readable", START_SECONDS)
        loaded = {"SC-005": [output.ready_to_readable(context, name, lambda: load.add(context.path(name)))
                             for name in rest]}
        wait_until(lambda: _with_output(context) == streams, f"{streams} outputs readable", START_SECONDS)
        usage = Usage(context.target)
        loaded |= _again(context)
        row.detail = {"usage": usage.read()}
        assert _with_output(context) == streams, "some streams lost their output"
    loaded = {name: round(percentile(values, 99), 3) for name, values in loaded.items()}
    row.detail["loaded_p99_ms"] = loaded
    return [_judged(row, rows, loaded, context.target.place)]


def _judged(row, rows, loaded, place):
    """Divides each figure by the limit that its row above was judged by, and judges the largest result. The rule is the same for
    either router."""
    limits = {above.id: above.limit for above in rows if above.limit}  # one that could not be measured has none
    factors = {name: value / limits[name] for name, value in loaded.items() if name in limits}
    if not factors:
        return not_measured(row, "needs the criteria above: it says by how much they grow")
    nearest = max(factors, key=factors.get)
    row.measured = factors[nearest]
    row.note = f"all outputs readable; the largest is {nearest} with {loaded[nearest]} ms (p99)"
    return judge(row, place)


def _again(context):
    """Measures the other criteria again. It publishes outputs, because these need no workers in addition to the hundred."""
    ready, gone = events.cycle(context, events.CYCLES_UNDER_LOAD, "out")
    over_api, over_metrics = api.ask(context, api.CALLS_UNDER_LOAD, context.path("load-0"))
    slowest_api = max(over_api.values(), key=lambda values: percentile(values, 99))
    return {"SC-002": ready, "SC-003": gone, "SC-004": delay.through_router(context, "hd", "out"),
            "SC-006": slowest_api, "SC-007": over_metrics["/metrics"]}


def _all_streams(context):
    """Of all pages."""
    items, cursor = [], ""
    while cursor is not None:
        url = context.target.url(context.target.service_port, f"/v1/streams?limit=150&cursor={cursor}")
        with urllib.request.urlopen(urllib.request.Request(url, headers=context.target.service_header), timeout=10) as reply:
            page = json.load(reply)
        items += page["items"]
        cursor = page["next"]
    return items


def _streams(context):
    """The streams of this run, as media-service shows them."""
    return [item for item in _all_streams(context) if item["streamId"].startswith(context.prefix)]


def _others_with_workers(context):
    """The ids of streams that have a worker, but do not belong to this run."""
    return [item["streamId"] for item in _all_streams(context)
            if item.get("worker") and not item["streamId"].startswith(context.prefix)]


def _workers(context):
    return [item for item in _streams(context) if item.get("worker")]


def _with_output(context):
    return sum(item.get("state") == "running" and item["output"]["readable"] for item in _streams(context))
