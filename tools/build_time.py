#!/usr/bin/python3
"""make build-time: what a first build costs, and which units it is spent on.

Builds the programs, then everything, from scratch in build/time, without ccache. Prints the ten dearest units and the
whole in CPU seconds (user and system), and fails when the whole is above 1.3 times the committed figures
(tools/build_time.json). It takes some minutes, so it is not part of `make test`.

    tools/build_time.py                   builds and judges
    tools/build_time.py --read build/time judges a build that was made this way before
    tools/build_time.py --update          builds and writes the figures to be committed
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cpu_seconds

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "tools" / "build_time.json"
ALLOWED = 1.3  # above the noise of two runs (under 1.1), below what a careless include costs every unit
DEAREST = 10
# These two compile Asio and Beast, and no code of ours. Their cost shows how fast a machine is. So the committed figures can be
# compared with those of another machine.
REFERENCE = ("net/CMakeFiles/tidegate_net.dir/asio.cpp.o", "http/CMakeFiles/tidegate_http.dir/beast.cpp.o")
UNIT_LOG = "cpu_seconds.log"  # tools/cpu_seconds.py writes it
FIGURES = "build_time.json"   # the whole, in the build folder
# What -ftime-trace names, and what it means to a reader.
PHASES = {"Total Source": "headers", "Total InstantiateFunction": "templates", "Total Backend": "optimiser"}


@dataclass
class Unit:
    seconds: float
    name: str   # the object file, below the build folder


def units_of(folder):
    """The units of a build, the dearest first."""
    lines = (folder / UNIT_LOG).read_text().splitlines()
    found = [Unit(float(seconds), name) for seconds, name in (line.split(" ", 1) for line in lines)]
    return sorted(found, key=lambda unit: -unit.seconds)


def phases_of(folder, unit):
    """How much of a unit's time went where, in percent, from the compiler's own trace; empty without one."""
    trace = (folder / unit.name).with_suffix(".json")
    if not trace.exists():
        return {}
    events = {event["name"]: event["dur"] for event in json.loads(trace.read_text())["traceEvents"] if "dur" in event}
    whole = events.get("Total ExecuteCompiler") or events.get("ExecuteCompiler")
    return {word: round(100 * events.get(name, 0) / whole) for name, word in PHASES.items()} if whole else {}


def short(name):
    """src/net/CMakeFiles/tidegate_net.dir/batches/tidegate_net_1.cpp.o -> src/net/batches/tidegate_net_1.cpp"""
    folder, _, rest = name.partition("CMakeFiles/")
    return folder + rest.partition("/")[2].removesuffix(".o")


def report(folder, figures):
    units = units_of(folder)
    print(f"the {DEAREST} dearest of {len(units)} units, in CPU seconds:")
    for unit in units[:DEAREST]:
        phases = ", ".join(f"{word} {share} %" for word, share in phases_of(folder, unit).items())
        print(f"  {unit.seconds:6.1f}  {short(unit.name)}{'  (' + phases + ')' if phases else ''}")
    for name in ("programs", "everything"):
        part = figures[name]
        print(f"{name}: {part['cpu_seconds']:.0f} CPU seconds in {part['steps']} steps; "
              f"{part['seconds']:.0f} s on {figures['cores']} cores")


def reference_of(units):
    return sum(unit.seconds for unit in units if unit.name.endswith(REFERENCE))


def verdicts(figures, committed):
    """A sentence for each figure that is above what is allowed."""
    speed = figures["reference"] / committed["reference"]
    for name in ("programs", "everything"):
        allowed = ALLOWED * committed[name]["cpu_seconds"] * speed
        used = figures[name]["cpu_seconds"]
        if used > allowed:
            yield (f"{name}: {used:.0f} CPU seconds, more than {allowed:.0f} "
                   f"({ALLOWED} x {committed[name]['cpu_seconds']:.0f}, on a machine {1 / speed:.2f} times as fast)")


def steps(folder):
    """How many steps ninja has run. After its first line, its log has a line for each of them."""
    return len({line.split("\t")[3] for line in (folder / ".ninja_log").read_text().splitlines()[1:]})


def build(folder):
    """Builds from scratch; returns the figures, which are also kept in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    launcher = f"{sys.executable};{ROOT / 'tools' / 'cpu_seconds.py'};{folder / UNIT_LOG}"
    subprocess.run(["cmake", "--preset", "dev", "-B", str(folder), "-DTIDEGATE_CCACHE=OFF",
                    f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", "-DCMAKE_CXX_FLAGS=-ftime-trace"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    figures, begun, used = {"cores": len(os.sched_getaffinity(0))}, time.monotonic(), cpu_seconds.of_children()
    for name, targets in (("programs", "programs"), ("everything", "")):
        subprocess.run(["tools/build.sh", "dev"], cwd=ROOT, check=True,
                       env={**os.environ, "BUILD_DIR": str(folder), "TARGETS": targets})
        figures[name] = {"cpu_seconds": round(cpu_seconds.of_children() - used, 1), "seconds": round(time.monotonic() - begun),
                         "steps": steps(folder)}
    figures["reference"] = round(reference_of(units_of(folder)), 2)
    (folder / FIGURES).write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--read", type=Path, metavar="FOLDER", help="judge this build instead of making one")
    parser.add_argument("--update", action="store_true", help="write the figures to tools/build_time.json")
    options = parser.parse_args()
    folder = (options.read or ROOT / "build" / "time").resolve()
    figures = json.loads((folder / FIGURES).read_text()) if options.read else build(folder)
    report(folder, figures)
    if options.update:
        COMMITTED.write_text(json.dumps(figures, indent=2) + "\n")
        return 0
    found = list(verdicts(figures, json.loads(COMMITTED.read_text())))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
