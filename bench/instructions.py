#!/usr/bin/python3
"""Counts the instructions of the hot paths (with valgrind's callgrind), and compares them with the committed baseline.

    bench/instructions.py            prints what has grown by more than 5 %, and exits with 1 if anything has
    bench/instructions.py --update   writes a new baseline

The counts need no quiet machine. They depend on the compiler and its flags: the baseline is that of the dev preset on x86-64. They
do not depend on the processor, because glibc is told to copy like the oldest x86-64. Newer processors copy with `rep movsb`, for
which callgrind counts one instruction for each byte; so copying would hide everything else.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "bench" / "instructions.json"
BASELINE_MACHINE = "x86_64"
TOLERANCE_PERCENT = 5
ANY_X86_64 = ("glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-EVEX,-AVX2,-AVX,-ERMS,-FSRM,-SSSE3,-Fast_Unaligned_Copy"
              ":glibc.cpu.x86_non_temporal_threshold=0x10000000")
# Each case runs twice, with these numbers of steps. The difference does not include the start of the program and of the case.
FEW, MANY = 20, 120
RUN_SECONDS = 300


def counted(program, case, times, folder):
    out = Path(folder) / f"{case}.{times}"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", str(program), case,
                           str(times)], capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
                          env={**os.environ, "GLIBC_TUNABLES": ANY_X86_64})
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"{case}: {done.stderr.strip()[-500:]}")
    return int(found.group(1))


def per_step(program, case, folder):
    return round((counted(program, case, MANY, folder) - counted(program, case, FEW, folder)) / (MANY - FEW))


def measure(program):
    names = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(lambda name: per_step(program, name, folder), names)))


def baseline():
    return json.loads(BASELINE.read_text()) if BASELINE.exists() else {}


def report(now):
    before = baseline()
    return {name: {"instructions": count, "against the baseline":
                   f"{count / before[name] - 1:+.1%}" if before.get(name) else "no baseline"} for name, count in now.items()}


def compare(now, before_all, tolerance):
    """(lines of the table, names of the cases that have grown)."""
    lines, grown = [], []
    for name, count in now.items():
        before = before_all.get(name)
        change = None if not before else count / before - 1
        if change is None or change > tolerance / 100:
            grown.append(name)
        lines.append(f"{name:<22} {count:>10}  " + ("no baseline" if change is None else f"{change:+.1%}"))
    return lines, grown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--tolerance", type=float, default=TOLERANCE_PERCENT, help="percent")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--json", type=Path, help="write the counts and their growth here")
    options = parser.parse_args()
    if platform.machine() != BASELINE_MACHINE:
        print(f"instructions: the baseline is for {BASELINE_MACHINE}")
        return 0
    now = measure(options.build / "bench" / "tidegate-instructions")
    if options.update:
        BASELINE.write_text(json.dumps(now, indent=1) + "\n")
    lines, grown = compare(now, baseline(), options.tolerance)
    if options.json:
        options.json.write_text(json.dumps(report(now), indent=1) + "\n")
    print("instructions per step, against the baseline:", *lines, sep="\n")
    if grown:
        print(f"grew by more than {options.tolerance:g} %: {', '.join(grown)}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
