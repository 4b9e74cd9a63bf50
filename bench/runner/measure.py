"""One repetition of a point: starts the server, loads it, and reads its counters at both ends of the window."""

import json
import subprocess
import threading
import time
from dataclasses import asdict, dataclass, field

from . import machine, process
from .server import Running, child, end
from .signals import uninterrupted

RUN_SECONDS = 240  # much longer than the longest ramp and window
# The time for the start and the end of a server, and for the last frames of the window.
OVERHEAD_SECONDS = 1.2
KEYFRAME_SECONDS = 1.5    # the time to the next key frame when readers come; key frames are 2 s apart
GENERATOR_RATE = 200      # the generator's default, for the estimate
GENERATOR_SETTLE = 1.0
STALLED_OR_BUSY = 1.0     # additional time for a thousand connections
REPORT_TAIL = 500         # characters of the generator's error message


@dataclass(frozen=True)
class Point:
    """What the load generator does with each server, one after the other."""
    scenario: str
    x: int                  # the number of readers, publishers or paths
    servers: tuple
    read: str = "rtmp"      # the protocol of the readers
    load: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.scenario} {self.x}"

    def seconds(self, server):
        """The estimated seconds of one repetition."""
        load = self.load
        connections = load.get("publishers", 1) + load.get("readers", 1)
        ramp = (load.get("publishers", 1) / load.get("publish-rate", GENERATOR_RATE)
                + load.get("readers", 1) / load.get("read-rate", GENERATOR_RATE))
        settle = 0 if load.get("window-from-ramp") else load.get("settle", GENERATOR_SETTLE)
        first = KEYFRAME_SECONDS if server.waits_for_keyframe else 0
        return (OVERHEAD_SECONDS + first + server.publish_settle + ramp + settle + load["window"]
                + STALLED_OR_BUSY * connections / 1000)


def repetition(point, server, tools, ports):
    """Runs one repetition. Returns the generator's report, the server's usage within the window, and its memory before."""
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
    read = server.reads or point.read
    argv = ["taskset", "-c", str(tools.load_core), str(tools.load),
            "--publish-settle", str(server.publish_settle)]
    if server.floor:
        argv += ["--publish", "floor", "--read", "floor", "--wire", point.read,
                 "--publish-port", str(ports["rtmp"]), "--read-port", str(ports["rtmp"])]
    else:
        argv += ["--publish-port", str(ports["rtmp"]), "--read", read, "--read-port", str(ports[read])]
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
        complaint = load.stderr.read().strip()[-REPORT_TAIL:]  # only a few lines, so the pipe cannot be full
        return {"problem": f"the load generator did not finish {complaint}".strip()}, marks
    finally:
        if watchdog:
            watchdog.cancel()
        if load:
            load.kill()
            end(load)
            load.stdout.close()
            load.stderr.close()
