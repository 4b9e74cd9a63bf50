#!/usr/bin/python3
"""How fast the control plane is: bench/control_plane.py [--cycles N] [--crowd N] [--seconds N] [--json FILE]

It measures the programs in BUILD_DIR (with ROUTER=/path/to/mediamtx, another router), and prints a table:
- events per second with 64 connections (with wrk, if it is installed);
- the time from publishing to the event, and from the "ready" event to the worker and to the readable output;
- the same beside 1,000 more live streams and 10,000 events a second;
- how fast both APIs and their metrics answer with so many paths;
- how long the recovery takes after SIGKILL of a worker, and of media-service.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests"), str(ROOT / "bench")]

from runner.signals import end_in_order  # noqa: E402
from support.clips import Clips  # noqa: E402
from support.crowd import Crowd, EventFlood  # noqa: E402
from support.cycles import Readers, milliseconds, run_cycles  # noqa: E402
from support.fleet import Fleet  # noqa: E402
from support.live_publisher import LivePublisher  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.wait import wait_until  # noqa: E402
from verify.timing import HttpTimer  # noqa: E402

FLOOD_PER_SECOND = 10_000
WRK_CONNECTIONS = 64
LOOKS = 300  # requests to each address, so p99 is the third slowest
# For the streams of the crowd, this worker exits with 10, so it is not started again. For other streams it is the real worker.
WORKER = """#!/bin/sh
case "$2" in crowd-*) exit 10;; *) exec "{worker}" "$@";; esac
"""
WRK_SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"path":"live/bench/in","query":"","sourceType":"rtmp","sourceId":"wrk"}'
"""


def in_milliseconds(steps):
    return {step: milliseconds(values) for step, values in steps.items()}


def event_rate(stack, seconds, work):
    if not shutil.which("wrk"):
        return {"events a second": "wrk is absent"}
    script = work / "event.lua"
    script.write_text(WRK_SCRIPT)
    done = subprocess.run(["wrk", "-t1", f"-c{WRK_CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script),
                           stack.service_url("/v1/mediamtx/events/ready")], capture_output=True, text=True, check=True)
    latency = dict(re.findall(r"\s(50|99)%\s+(\S+)", done.stdout))
    return {"events a second, 64 connections": float(re.search(r"Requests/sec:\s+(\S+)", done.stdout)[1]),
            "their latency p50": latency["50"], "their latency p99": latency["99"],
            "refused": int(match[1]) if (match := re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)) else 0}


def answers(stack):
    """The milliseconds of each answer to what an operator or Prometheus asks, over one connection that stays open."""
    asked = {"router, GET /v3/paths/list": stack.api("/v3/paths/list"),
             "router, 1,000 items a page": stack.api("/v3/paths/list?itemsPerPage=1000"),
             "router, one path": stack.api("/v3/paths/get/live/crowd-0/in"),
             "router, GET /metrics": stack.metrics(),
             "service, GET /v1/streams": stack.service_url("/v1/streams"),
             "service, one stream": stack.service_url("/v1/streams/crowd-0"),
             "service, GET /metrics": stack.service_url("/metrics")}
    return {name: timed(url) for name, url in asked.items()}


def timed(url):
    address = urllib.parse.urlsplit(url)
    client = HttpTimer(address.hostname, address.port)
    target, taken, body = url.split(address.netloc, 1)[1], [], b""
    try:
        for _ in range(LOOKS):
            elapsed_ms, body = client.get(target)
            taken.append(elapsed_ms / 1000)
    finally:
        client.close()
    return {**milliseconds(taken), "bytes": len(body)}


def recovery(stack, clip):
    fleet = Fleet(stack)
    with LivePublisher(stack.settings, clip, "recovery"):
        pid = fleet.settled({"recovery"})["recovery"]
        result = {}
        started = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: fleet.workers().get("recovery") not in ([pid], None), "another worker", 60)
        result["another worker after SIGKILL (the first delay is 500 ms)"] = elapsed(started)
        fleet.settled({"recovery"})
        result["its output readable"] = elapsed(started)
        started = time.monotonic()
        stack.service.kill()
        stack.start_service()
        fleet.settled({"recovery"})
        result["a service killed, started, and agreeing with everything"] = elapsed(started)
        return result


def elapsed(started):
    return round((time.monotonic() - started) * 1000)


def measure(options, work):
    script = work / "worker.sh"
    script.write_text(WORKER.format(worker=ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bin" / "stream-worker"))
    clip = Clips(work / "media").get("av")
    flags = {"--worker-command": f"/bin/sh {script}", "--grace-period": "1s", "--max-workers": "2000"}
    stack = Stack(work, service_flags=flags, worker_mode="process")
    result = {"router": Path(stack.settings.router).name}
    try:
        stack.start_router(MTX_READTIMEOUT="600s")
        stack.start_service()
        result["alone, ms"] = in_milliseconds(run_cycles(stack, clip, options.cycles, "alone"))
        result["events"] = event_rate(stack, options.seconds, work)
        crowd = Crowd(stack.settings, clip, [f"crowd-{i}" for i in range(options.crowd)])
        crowd.join()
        fleet = Fleet(stack)
        wait_until(lambda: fleet.metric("tidegate_streams", state="failed") == options.crowd, "the crowd", 120, 0.2)
        result[f"answers with {options.crowd} paths, ms"] = answers(stack)
        with EventFlood(stack.settings, "flooded", FLOOD_PER_SECOND) as flood, Readers(stack) as readers:
            crowded = in_milliseconds(run_cycles(stack, clip, options.cycles, "crowded"))
        result[f"beside {options.crowd} streams and a flood of events, ms"] = {
            **crowded, "events a second": round(flood.rate), "lists read": readers.count}
        crowd.leave()
        result["recovery, ms"] = recovery(stack, clip)
        stack.stop()
        return result
    finally:
        stack.kill()


def show(value, indent=""):
    for key, inner in value.items():
        if isinstance(inner, dict) and "p50" in inner:
            print(f"{indent}{key:<{44 - len(indent)}} p50 {inner['p50']:>8} ms  p99 {inner['p99']:>8} ms  "
                  f"max {inner['max']:>8} ms  n {inner['n']}")
        elif isinstance(inner, dict):
            print(f"{indent}{key}")
            show(inner, indent + "  ")
        else:
            print(f"{indent}{key:<{44 - len(indent)}} {inner}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--crowd", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=5, help="of wrk")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory() as work:
        result = measure(options, Path(work))
    show(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
