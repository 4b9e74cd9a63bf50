#!/usr/bin/python3
"""What one hook call costs: bench/hook_cost.py [--runs N] [--json FILE]

mtx-hook, a Python script that does the same (python_hook.py) and /bin/true take turns. The first two post to a running
media-service, and must succeed. The wall time is from posix_spawn to the end. The memory is the kernel's high-water mark (VmHWM),
read while a receiver holds the answer back.
"""

import argparse
import json
import os
import re
import socket
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests"), str(ROOT / "bench")]

from runner.signals import end_in_order  # noqa: E402
from support.stack import Stack  # noqa: E402

# The query is that of a real stream, so the hook has to decode it.
EVENT = {"MTX_PATH": "live/hook/in", "MTX_QUERY": "token=a%2Fb", "MTX_SOURCE_TYPE": "rtmpConn",
         "MTX_SOURCE_ID": "f6c0b6de-7f66-45a8-8f4b-0e4e6b7f5a10"}

HOLD_SECONDS = 20  # a busy machine may take long to start an interpreter


def programs(stack):
    return {"mtx-hook": [str(stack.settings.bin_dir / "mtx-hook"), "ready"],
            "Python": ["/usr/bin/python3", str(ROOT / "bench" / "python_hook.py"), "ready"],
            "/bin/true": ["/bin/true"]}


def run(argv, environment):
    """Makes one call. Returns (wall ms, CPU ms)."""
    begun = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, environment)
    _, status, usage = os.wait4(pid, 0)
    wall = (time.perf_counter_ns() - begun) / 1e6
    if status != 0:
        raise RuntimeError(f"{argv[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1000


def memory_mb(argv, environment):
    """The peak memory of a call. It is not taken from wait4, where it would include our own memory, which the child has before its
    exec."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(HOLD_SECONDS)
        pid = os.posix_spawn(argv[0], argv, {**environment, "ORCHESTRATOR_URL": "http://127.0.0.1:%d" % listener.getsockname()[1]})
        try:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                status = Path(f"/proc/{pid}/status").read_text()
                peer.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: application/json\r\n"
                             b"Connection: close\r\n\r\n{}")
        finally:
            os.waitpid(pid, 0)
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure(stack, runs):
    environment = {**os.environ, **EVENT, "ORCHESTRATOR_URL": stack.service_url("").rstrip("/")}
    named = programs(stack)
    taken = {name: [] for name in named}
    for _ in range(runs):
        for name, argv in named.items():
            taken[name].append(run(argv, environment))
    stack.wait_event("hook", "ready", 2 * runs)  # all POST requests have arrived
    memory = {name: memory_mb(named[name], environment) for name in ("mtx-hook", "Python")}
    return {name: {**figures(values), "RSS, MB": round(memory[name], 2) if name in memory else "–"}
            for name, values in taken.items()}


def figures(values):
    walls, cpus = (sorted(column) for column in zip(*values))
    at = lambda column, share: column[min(len(column) - 1, int(share * len(column)))]  # noqa: E731
    return {"wall p50, ms": round(at(walls, 0.5), 2), "wall p99, ms": round(at(walls, 0.99), 2),
            "CPU p50, ms": round(at(cpus, 0.5), 2), "n": len(walls)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="tidegate-hook-cost-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            result = measure(stack, options.runs)
        finally:
            stack.kill()
    for name, row in result.items():
        print(f"{name:<12}", *(f"{key} {value}" for key, value in row.items()), sep="  ")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
