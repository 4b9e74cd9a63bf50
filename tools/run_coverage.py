#!/usr/bin/python3
"""make coverage: runs all tests on the coverage build, and prints the line coverage of each folder.

Each process writes its own counters, also the processes that system tests start.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict

import run_tests

ROOT = run_tests.ROOT
LEAST_IN_ALL = 80.0
LEAST_OF = {"apps/mtx-hook": 100.0}
NOT_OURS = r"(_test\.cpp$|^/usr/|/fuzz/|/bench/)"


def merge(profiles, merged):
    listing = profiles / "files.txt"
    listing.write_text("\n".join(str(p) for p in sorted(profiles.glob("*.profraw"))))
    subprocess.run(["llvm-profdata-19", "merge", "--sparse", f"--input-files={listing}", "-o", merged],
                   check=True)


def per_file(build_dir, merged):
    """{path below the root: (lines, covered lines)}"""
    programs = [p for folder in ("bin", "tests", "fuzz") for p in sorted((build_dir / folder).glob("*"))
                if p.is_file() and os.access(p, os.X_OK)]
    objects = [f"--object={p}" for p in programs[1:]]
    text = subprocess.run(
        ["llvm-cov-19", "export", "--summary-only", f"--instr-profile={merged}",
         f"--ignore-filename-regex={NOT_OURS}", str(programs[0]), *objects],
        check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for file in json.loads(text)["data"][0]["files"]:
        name = os.path.relpath(file["filename"], ROOT)
        if name.startswith(("src/", "apps/")):
            lines = file["summary"]["lines"]
            found[name] = (lines["count"], lines["covered"])
    return found


def table(files):
    """{folder: (lines, covered)}, with 'all' at the end."""
    folders = defaultdict(lambda: (0, 0))
    for name, counts in sorted(files.items()):
        for key in (os.path.dirname(name), "all"):
            folders[key] = tuple(map(sum, zip(folders[key], counts)))
    folders["all"] = folders.pop("all")
    return folders


def percent(lines, covered):
    return 100.0 * covered / lines if lines else 100.0


def main():
    build_dir = ROOT / (os.environ.get("BUILD_DIR") or "build/coverage")
    if not run_tests.build("coverage", build_dir, ""):
        return 1
    profiles = build_dir / "profiles"
    profiles.mkdir(exist_ok=True)
    for old in profiles.glob("*"):
        old.unlink()
    # With %m all runs of a program share one file. Otherwise thousands of hook calls would make thousands of files.
    os.environ["LLVM_PROFILE_FILE"] = str(profiles / "%m.profraw")
    result = run_tests.run_suites("coverage", build_dir, False)
    merged = profiles / "merged.profdata"
    merge(profiles, merged)
    folders = table(per_file(build_dir, merged))
    print(f"\n{'folder':<28} {'lines':>7} {'covered':>8} {'':>7}")
    for folder, (lines, covered) in folders.items():
        print(f"{folder:<28} {lines:>7} {covered:>8} {percent(lines, covered):>6.1f}%")
    low = [f"{name}: {percent(*folders[name]):.1f} % of lines covered, at least {least} % wanted"
           for name, least in {"all": LEAST_IN_ALL, **LEAST_OF}.items()
           if name not in folders or percent(*folders[name]) < least]
    print("\n".join(low), end="\n" if low else "")
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if low or result.failed else 0


if __name__ == "__main__":
    sys.exit(main())
