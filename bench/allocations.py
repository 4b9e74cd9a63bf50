#!/usr/bin/python3
"""Counts the router's heap allocations in steady state: for each unit, and for each unit and further reader.

    bench/allocations.py             prints a table; exits with 1 if units or further readers cause allocations

The router runs with a preloaded library that counts (allocations/counter.cpp), once with few readers and once with many. The
difference, divided by the units that were delivered in addition, is what one more reader costs.
"""

import argparse
import json
import mmap
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT)]

from runner import machine, servers  # noqa: E402
from runner.ports import choose_ports  # noqa: E402
from runner.server import Running, child, end  # noqa: E402
from runner.signals import end_in_order  # noqa: E402

FEW, MANY = 10, 200
WINDOW_S = 3
UNITS_PER_SECOND = 30 + 44100 / 1024
# Timers, log lines and the first block of a new size may also allocate. These limits allow for them: allocations for each unit,
# and for each unit that the additional readers got.
LIMIT_PER_UNIT = 0.1
LIMIT_PER_UNIT_AND_READER = 0.01


class Counter:
    """The file through which the counting library reports the count of one server."""

    def __init__(self, folder):
        self.path = Path(folder) / "allocations"
        self.path.write_bytes(bytes(8))
        with open(self.path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def value(self):
        return int.from_bytes(self._map[:8], sys.byteorder)


def allocations(build, read, readers):
    """The heap allocations of the router within the window, with so many readers."""
    with tempfile.TemporaryDirectory() as folder:
        counter = Counter(folder)
        server = replace(servers.ours(build)[0],
                         environment={"TIDEGATE_ALLOCATIONS": str(counter.path),
                                      "LD_PRELOAD": str(build / "bench" / "libtidegate-allocations.so")})
        ports = choose_ports()
        first, last = machine.cores()
        with Running(server, [first], ports):
            load = child(
                ["taskset", "-c", str(last), str(build / "bench" / "tidegate-load"), "--publish-port",
                 str(ports["rtmp"]), "--read", read, "--read-port", str(ports[read]), "--readers", str(readers),
                 "--window", str(WINDOW_S)], stdout=subprocess.PIPE, text=True)
            at = {}
            try:
                for line in load.stdout:
                    at[line.strip()] = counter.value()
            finally:
                end(load)
    return at["window_end"] - at["window_begin"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    end_in_order()
    units, failed, result = UNITS_PER_SECOND * WINDOW_S, False, {}
    print(f"heap allocations in steady state  {'per unit':>12} {'per unit and further reader':>30}")
    for read in ("rtmp", "rtsp"):
        few, many = (allocations(options.build, read, readers) for readers in (FEW, MANY))
        each = (many - few) / units / (MANY - FEW)
        failed |= few / units > LIMIT_PER_UNIT or each > LIMIT_PER_UNIT_AND_READER
        result[read] = {"per unit": round(few / units, 2), "per unit and further reader": round(each, 4)}
        print(f"{read:<33} {few / units:>12.2f} {each:>30.4f}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
