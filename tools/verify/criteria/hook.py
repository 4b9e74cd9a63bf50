"""The hook program: how long one call takes with the running media-service, and how much memory it needs at most."""

import os
import time

from ..row import Row, judge, not_measured
from ..timing import percentile, summary
from .hook_memory import peak_megabytes

CALLS = 200
PLAIN = 1.5, 1.5   # ms, MB
SECURE = 15, 2     # a signature, and a handshake with certificates to read and to check on both sides
CLUSTER = 3, 1.5   # through a Service, on a node that is shared with the programs of the cluster


def measure(context):
    place = context.target.place
    most_ms, most_mb = SECURE if context.target.settings.is_secure else CLUSTER if place.is_cluster else PLAIN
    wall = Row("hook", "hook wrapper, wall time (median)", "ms", None, most_ms)
    memory = Row("hook", "hook wrapper, peak memory", "MB", None, most_mb)
    program = context.target.settings.bin_dir / "mtx-hook"
    if not program.is_file():
        return [not_measured(row, f"no {program.name} in BUILD_DIR: make build") for row in (wall, memory)]
    url = context.target.url(context.target.service_port, "")
    environment = {"MTX_PATH": context.path("hook"), "MTX_QUERY": "lang%3Des", "MTX_SOURCE_TYPE": "rtmpConn",
                   "MTX_SOURCE_ID": "verify", "ORCHESTRATOR_URL": url, **context.target.hook_environment()}
    times = [_call(program, environment) for _ in range(CALLS)]
    wall.measured, wall.detail = percentile(times, 50), summary(times)
    memory.measured = peak_megabytes(program, environment)
    return [judge(row, place) for row in (wall, memory)]


def _call(program, environment):
    started = time.perf_counter()
    pid = os.posix_spawn(program, [str(program), "ready"], environment)
    _, status = os.waitpid(pid, 0)
    elapsed = (time.perf_counter() - started) * 1000
    assert status == 0, f"mtx-hook ended with {os.waitstatus_to_exitcode(status)}"
    return elapsed
