#!/usr/bin/python3
"""Times the hot paths with Google Benchmark: bench/micro.py [--json FILE]"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPETITIONS = 3
SECONDS_EACH = 0.3  # for one repetition of a case


def measure(program):
    done = subprocess.run([str(program), "--benchmark_format=json", f"--benchmark_min_time={SECONDS_EACH}",
                           f"--benchmark_repetitions={REPETITIONS}", "--benchmark_report_aggregates_only=true"],
                          stdout=subprocess.PIPE, text=True, check=True)
    runs = json.loads(done.stdout)["benchmarks"]
    return {run["run_name"]: {"ns": run["cpu_time"]} for run in runs if run["aggregate_name"] == "median"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = measure(options.build / "bench" / "micro_bench")
    for name, row in result.items():
        print(f"{name:<22} {row['ns']:>12.0f} ns")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
