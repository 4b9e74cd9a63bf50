"""SC-006 and SC-007: how fast the router's Control API and metrics answer while a thousand paths are live."""

import json

from ..publishers import Publishers
from ..row import Row, judge
from ..timing import HttpTimer, percentile, summary, wait_until

PATHS = 1000
PLAN_PATHS = 10          # the plan's limit is for five streams, each with in and out
CALLS = 150              # requests of each kind, which take turns
CALLS_UNDER_LOAD = 50
START_SECONDS = 60


def measure(context):
    router = context.target.router
    rows = _measure(context, PATHS if router == "embedded" else PLAN_PATHS)
    if router != "embedded":
        for row, many in zip(rows, _measure(context, PATHS)):
            row.note += f", {PLAN_PATHS} paths; with {PATHS} paths {many.measured:.0f} ms"
    return rows


def _measure(context, paths):
    # These are outputs, for which media-service starts no workers. So only the paths are measured.
    names = [context.path(f"path-{number}", "out") for number in range(paths)]
    mark = context.listener.mark()
    with Publishers(context.target, names, context.clip("small"), keyframes_only=True):
        wait_until(lambda: count_live(context, names) == paths, f"{paths} live paths", START_SECONDS)
        # Wait for the thousand hook calls to end: they are not to be measured.
        wait_until(lambda: context.listener.hooks(mark, "ready") >= paths, f"{paths} ready events", START_SECONDS)
        api, metrics = ask(context, CALLS, names[0])
    wait_until(lambda: context.listener.hooks(mark, "not-ready") >= paths, "the paths' end", START_SECONDS)
    place = context.target.place
    return [_row("SC-006", "Control API", paths, api, place), _row("SC-007", "metrics", paths, metrics, place)]


def _row(name, title, paths, times, place):
    worst = max(percentile(values, 99) for values in times.values())
    detail = {target: summary(values) for target, values in times.items()}
    return judge(Row(name, f"{title}, {paths} paths", "ms", 100, 5, worst, detail=detail), place)


def ask(context, calls, path):
    """{target: milliseconds of each request}."""
    target = context.target
    api, metrics = (HttpTimer(target.admin_host, port, target.api_header, target.tls())
                    for port in (target.api_port, target.metrics_port))
    over_api = {name: [] for name in ("/v3/paths/list", "/v3/paths/list?itemsPerPage=1000", f"/v3/paths/get/{path}")}
    over_metrics = {"/metrics": []}
    for _ in range(calls):
        for name, times in over_api.items():
            times.append(api.get(name)[0])
        for name, times in over_metrics.items():
            times.append(metrics.get(name)[0])
    api.close()
    metrics.close()
    return over_api, over_metrics


def count_live(context, names):
    """How many of these paths are ready, according to all pages of the router's list."""
    wanted, live, page, pages = set(names), 0, 0, 1
    client = HttpTimer(context.target.admin_host, context.target.api_port, context.target.api_header, context.target.tls())
    while page < pages:
        body = json.loads(client.get(f"/v3/paths/list?itemsPerPage=1000&page={page}")[1])
        live += sum(item["ready"] and item["name"] in wanted for item in body["items"])
        pages, page = body["pageCount"], page + 1
    client.close()
    return live
