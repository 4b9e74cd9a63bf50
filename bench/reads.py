#!/usr/bin/python3
"""What a publisher's turn takes while the Control API and the metrics are read: bench/reads.py [--json FILE]

The goal: at the 99th percentile at most 1.2 times what it takes while nobody reads.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    done = subprocess.run([options.build / "bench" / "tidegate-reads", "--rounds", str(options.rounds),
                           "--readers", str(options.readers), "--paths", str(options.paths)],
                          stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout)
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
