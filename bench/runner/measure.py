"""One repetition of one point: start the server, drive it, and take its counters at the window's edges."""

import json
import subprocess
import threading
import time
from dataclasses import asdict, dataclass, field

from . import machine, process
from .server import Running, child, end
from .signals import uninterrupted

RUN_SECONDS = 240  # far above the longest ramp and window
# A server's start and end, and the wait for the window's last frames.
OVERHEAD_SECONDS = 1.2
KEYFRAME_SECONDS = 1.5    # what is left of the 2 s between keyframes when readers come
GENERATOR_RATE = 200      # its own defaults, for the estimate
GENERATOR_SETTLE = 1.0
STALLED_OR_BUSY = 1.0     # what a crowd takes longer, a thousand connections
REPORT_TAIL = 500         # characters of the generator's own complaint


@dataclass(frozen=True)
class Point:
    """What the load generator does to each server in turn."""
    scenario: str
    x: int                  # what the scenario varies: readers, publishers, paths
    servers: tuple
    read: str = "rtmp"      # the readers' protocol
    load: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.scenario} {self.x}"

    def seconds(self, server):
        """About how long one repetition takes."""
        load = self.load
        connections = load.get("publishers", 1) + load.get("readers", 1)
        ramp = (load.get("publishers", 1) / load.get("publish-rate", GENERATOR_RATE)
                + load.get("readers", 1) / load.get("read-rate", GENERATOR_RATE))
        settle = 0 if load.get("window-from-ramp") else load.get("settle", GENERATOR_SETTLE)
        first = KEYFRAME_SECONDS if server.waits_for_keyframe else 0
        return (OVERHEAD_SECONDS + first + server.publish_settle + ramp + settle + load["window"]
                + STALLED_OR_BUSY * connections / 1000)


def repetition(point, server, tools, ports):
    """A dictionary: the generator's report, the server's usage in the window, and its memory before."""
    with Running(server, tools.server_cores(server.cores), ports) as running:
        idle = process.usage(running.pid)
        report, marks = _drive(_load_argv(point, server, tools, ports), running.pid)
        alive = running.process.poll() is None
    result = {"report": report, "idle_rss_kb": idle.rss_kb, "alive": alive}
    if {"window_begin", "window_end"} <= marks.keys():
        (at, machine_before, before), (until, machine_after, after) = marks["window_begin"], marks["window_end"]
        result["usage"] = asdict(after - before)
        own = report.get("generator", {}).get("cpu_percent", 0.0)
        used = (machine_after - machine_before - result["usage"]["cpu_s"]) / (until - at)
        result["others_percent"] = max(0.0, 100 * used - own)
    return result


def _load_argv(point, server, tools, ports):
    argv = ["taskset", "-c", str(tools.load_core), str(tools.load),
            "--publish-settle", str(server.publish_settle)]
    if server.floor:
        argv += ["--publish", "floor", "--read", "floor", "--wire", point.read,
                 "--publish-port", str(ports["rtmp"]), "--read-port", str(ports["rtmp"])]
    else:
        argv += ["--publish-port", str(ports["rtmp"]), "--read", point.read,
                 "--read-port", str(ports[point.read])]
    for name, value in point.load.items():
        argv += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return argv


def _drive(argv, server_pid):
    marks, last = {}, ""
    load = watchdog = None
    try:
        with uninterrupted():
            load = child(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watchdog = threading.Timer(RUN_SECONDS, load.kill)
        watchdog.start()
        for line in load.stdout:
            last = line.strip()
            if last in ("window_begin", "window_end"):
                marks[last] = time.monotonic(), machine.busy_seconds(), process.usage(server_pid)
        if last.startswith("{"):
            return json.loads(last), marks
        complaint = load.stderr.read().strip()[-REPORT_TAIL:]  # a few lines: it cannot have filled the pipe
        return {"problem": f"the load generator did not finish {complaint}".strip()}, marks
    finally:
        if watchdog:
            watchdog.cancel()
        if load:
            load.kill()
            end(load)
            load.stdout.close()
            load.stderr.close()
