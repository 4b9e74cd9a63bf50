#!/usr/bin/python3
"""Compares the cost of a stream-worker with `ffmpeg -c copy` and, with --gstreamer, GStreamer: same stream, same run.

    bench/worker_cost.py [--seconds 60] [--workers 20] [--starts 20] [--gstreamer] [--json FILE]

A publisher sends one stream (720p30, 2.5 Mbit/s H.264 and AAC) to the media router. Each relay reads it over RTSP/TCP and
publishes it over RTMP to the same router, all at the same time. The CPU time is that of the scheduler (/proc/<pid>/schedstat of all
threads); the memory is from /proc/<pid>/smaps_rollup. Then --workers relays of each kind run at the same time, to see what one more
costs. At the end, the start-up and the delay of the worker are measured with scripted peers.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests"), str(ROOT / "bench")]

from runner import parts, process  # noqa: E402
from runner.relays import Relays  # noqa: E402
from runner.signals import end_in_order  # noqa: E402
from support.rtmp_client import AUDIO, VIDEO  # noqa: E402
from support.rtmp_server import RtmpServer  # noqa: E402
from support.rtsp_server import Pump, RtspServer, sent_at  # noqa: E402
from support.wait import wait_until  # noqa: E402
from support.worker import Worker  # noqa: E402

SETTLE_SECONDS = 3
# The budget: shares of ffmpeg's figures, and milliseconds.
BUDGET = {"cpu": 1 / 3, "rss": 1 / 4, "start_ms": 100, "delay_p99_ms": 5}


def memory_kb(pid):
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    fields = {name: int(rest.split()[0]) for name, rest in (line.split(":", 1) for line in lines)}
    return {"RSS, kB": fields["Rss"], "PSS, kB": fields["Pss"], "USS, kB": fields["Private_Clean"] + fields["Private_Dirty"]}


def measure(processes, seconds):
    """{name: CPU in percent of one core, wake-ups per second and memory}, all within the same window."""
    time.sleep(SETTLE_SECONDS)
    before = {name: process.usage(p.pid) for name, p in processes.items()}
    begun = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - begun
    result = {}
    for name, relay in processes.items():
        assert relay.running(), f"{name} has ended:\n{relay.log()[-2000:]}"
        used = process.usage(relay.pid) - before[name]
        result[name] = {"CPU %": 100 * used.cpu_s / elapsed, "wake-ups a second": used.voluntary / elapsed,
                        **memory_kb(relay.pid)}
    return result


def one_stream(relays, kinds, seconds):
    """Measures one relay of each kind, all at the same time and with the same stream."""
    started = relays.start({kind.lower(): kind for kind in kinds}, "bench")
    result = measure(started, seconds)
    for relay in started.values():
        relay.kill()
    return {kind: rounded(result[kind.lower()]) for kind in kinds}


def many_streams(relays, kinds, count, seconds):
    """Measures so many relays of the same source, one kind after the other. Returns the mean for one relay."""
    result = {}
    for kind in kinds:
        started = relays.start({f"{kind.lower()}-{i}": kind for i in range(count)}, "bench")
        each = measure(started, seconds).values()
        result[kind] = rounded({key: sum(v[key] for v in each) / count for key in next(iter(each))})
        for relay in started.values():
            relay.kill()
    return result


def rounded(values):
    return {key: round(value, 2) if isinstance(value, float) else value for key, value in values.items()}


def start_up(folder, count):
    """Milliseconds from the worker's connection, and from its exec, until its first access unit reaches an RTMP server."""
    source = RtspServer()
    pump = Pump(source, size=2000)
    from_connect, from_exec = [], []
    try:
        for number in range(count):
            known, executed = len(source.requests), time.monotonic()
            first = first_unit(folder, source, number)
            from_exec.append((first - executed) * 1000)
            from_connect.append((first - source.requests[known][0]) * 1000)
    finally:
        pump.stop()
        source.close()
    return {"connect to first unit out": spread(from_connect), "exec to first unit out": spread(from_exec)}


def first_unit(folder, source, number):
    target = RtmpServer()
    worker = Worker(folder, source.url(), target.url(), name=f"start-{number}")
    try:
        wait_until(lambda: target.units(VIDEO) or target.units(AUDIO), "the first unit")
        return min(m.at for m in target.units(VIDEO) + target.units(AUDIO)) / 1e9
    finally:
        worker.kill()
        target.close()


def added_delay(folder, seconds):
    """Milliseconds from an RTSP server's sending of a unit to its arrival at an RTMP server. Each unit contains the time
    at which it was sent."""
    source, target = RtspServer(), RtmpServer()
    pump = Pump(source, size=9_880)
    worker = Worker(folder, source.url(), target.url(), name="delay")
    try:
        target.wait_units(VIDEO, 30)
        target.messages.clear()
        time.sleep(seconds)
    finally:
        pump.stop()
        worker.kill()
    delays = [(m.at - sent_at(m)) / 1e6 for m in target.units(VIDEO)]
    source.close()
    target.close()
    return spread(delays)


def spread(values):
    values = sorted(values)
    at = lambda share: round(values[min(len(values) - 1, int(share * len(values)))], 2)  # noqa: E731
    return {"p50": at(0.5), "p99": at(0.99), "max": at(1), "n": len(values)}


def budget(result):
    worker, ffmpeg = result["one stream"]["stream-worker"], result["one stream"]["ffmpeg"]
    times = result["the worker, ms"]
    rows = [("CPU, share of ffmpeg's", worker["CPU %"] / ffmpeg["CPU %"], BUDGET["cpu"]),
            ("RSS, share of ffmpeg's", worker["RSS, kB"] / ffmpeg["RSS, kB"], BUDGET["rss"]),
            ("connect to first unit out, p50, ms", times["connect to first unit out"]["p50"], BUDGET["start_ms"]),
            ("added delay p99, ms", times["added delay"]["p99"], BUDGET["delay_p99_ms"])]
    return {what: {"measured": round(measured, 3), "at most": round(limit, 3), "": "met" if measured <= limit else "missed"}
            for what, measured, limit in rows}


def measure_all(options, folder):
    kinds = ["stream-worker", "ffmpeg"] + ["GStreamer"] * options.gstreamer
    relays = Relays(folder)
    try:
        relays.stack.start_router()
        relays.publish("bench")
        result = {"one stream": one_stream(relays, kinds, options.seconds)}
        if options.workers:
            result[f"each of {options.workers} streams"] = many_streams(relays, kinds, options.workers, options.seconds)
    finally:
        relays.close()
    result["the worker, ms"] = {**start_up(folder, options.starts), "added delay": added_delay(folder, options.seconds)}
    result["budget"] = budget(result)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="length of each measured window")
    parser.add_argument("--workers", type=int, default=20, help="how many at once; 0 leaves that part out")
    parser.add_argument("--starts", type=int, default=20, help="how often the worker is started for its start-up time")
    parser.add_argument("--gstreamer", action="store_true", help="measure a GStreamer relay as well")
    parser.add_argument("--json", type=Path, help="write the result here")
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="tidegate-worker-cost-") as folder:
        result = measure_all(options, Path(folder))
    print("\n".join(parts.markdown({"parts": {"worker": result}})))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
