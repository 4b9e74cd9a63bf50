#!/usr/bin/python3
"""make test: builds a preset and runs everything that can fail; ends in `N passed, N failed`.

Suites: unit (every CTest program), corpus (each fuzz target replays its committed inputs), checks (the
repository's own rules), then pytest's contract, conformance, interop, integration, browser and chaos tests against the built
programs. Conformance runs on the embedded router, and on a MediaMTX too where ROUTER=/path/to/mediamtx names one.
ONLY=unit,contract runs some of them; PYTEST_ARGS='-k override' goes to pytest; PYTEST_JOBS=1: one file after the
other.

System tests run beside each other and share the processors. If a few fail, each of them is repeated once, alone. The summary names
those that pass then ("UNSTABLE"), with what they printed at first, so that nobody overlooks them.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, the one that has pytest
PROGRAM_SECONDS = 300        # one test program; sanitizer builds are slow
PYTEST_SECONDS = 1800
PYTEST_JOBS = "6"            # at the same time, also on two cores, because system tests mostly wait
GOOD = (0, 5)                # exit codes of pytest: all passed; no test was chosen
MOST_REPEATED = 5            # if more of a suite fail, it is not for want of processor time
CHECKS = ["check_layers", "check_sizes", "check_links"]
PYTEST_SUITES = ["contract", "conformance", "interop", "integration", "browser", "chaos"]
OTHER_SUITES = ["package", "cluster"]  # `make test-package` and `make test-cluster`: take longer, and need root
ONE_BY_ONE = ("cluster",)    # the machine has room for one cluster
# A sanitizer ends the program at its first report, so that the exit code shows it.
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=66:second_deadlock_stack=1",
}


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter = field(default_factory=Counter)  # why tests were skipped, and how many for each reason
    output: list = field(default_factory=list)  # what the failed tests printed

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.reasons += other.reasons
        self.output += other.output


def run(argv, seconds, environment=None):
    """(exit code, everything it printed). The exit code is None if the command took too long."""
    try:
        done = subprocess.run(argv, cwd=ROOT, env={**os.environ, **(environment or {})}, timeout=seconds,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as error:
        return None, (error.output or b"").decode(errors="replace") + f"\ntimed out after {seconds} s"
    return done.returncode, done.stdout.decode(errors="replace")


def verdict(name, code, text):
    return Result(passed=1) if code == 0 else Result(failed=1, output=[f"--- {name} (exit {code})\n{text}"])


def failures(output):
    """The lines that say which tests failed, without what they printed."""
    marks = ("--- ", "FAILED ", "ERROR ", "UNSTABLE ", "[  FAILED  ] ")
    lines = [line for text in output for line in text.splitlines() if line.startswith(marks)]
    unstable = [line.split(": ")[0].removeprefix("UNSTABLE ") for line in lines if line.startswith("UNSTABLE ")]
    return [line for line in dict.fromkeys(lines)
            if line.startswith("UNSTABLE ") or not any(f" {name} - " in line for name in unstable)]


def unit_program(name, argv, work):
    """Counts each test of a GoogleTest program. If the program crashed, this is one more failure."""
    report = work / f"{name}.json"
    code, text = run([*argv, f"--gtest_output=json:{report}", "--gtest_brief=1"], PROGRAM_SECONDS)
    if not report.exists():
        return verdict(name, code, text)
    totals = json.loads(report.read_text())
    bad = totals["failures"] + totals.get("errors", 0)
    skipped = sum(case.get("result") == "SKIPPED" for suite in totals["testsuites"]
                  for case in suite["testsuite"])
    result = Result(totals["tests"] - bad - skipped, bad, skipped, Counter({name: skipped} if skipped else {}))
    if code != 0:
        result.failed = max(result.failed, 1)
        result.output.append(f"--- {name} (exit {code})\n{text}")
    return result


def unit(build_dir, work, pool):
    code, text = run(["ctest", "--test-dir", str(build_dir), "--show-only=json-v1"], 60)
    if code != 0:
        return verdict("ctest", code, text)
    tests = [t for t in json.loads(text)["tests"] if t.get("command")]
    return total(pool.map(lambda t: unit_program(t["name"], t["command"], work), tests))


def corpus(build_dir, work, pool):
    def replay(target):
        name = target.name.removeprefix("fuzz_")
        return verdict(f"corpus of {name}", *run([str(target), f"fuzz/corpus/{name}"], PROGRAM_SECONDS))
    targets = [t for t in sorted((build_dir / "fuzz").glob("fuzz_*")) if os.access(t, os.X_OK)]
    return total(pool.map(replay, targets))


def checks(build_dir, work, pool):
    return total(pool.map(lambda name: verdict(name, *run([f"tools/{name}.py"], 60)), CHECKS))


def run_pytest(build_dir, report, jobs, tests):
    # The tests of a file run in the same process, because they share a stack.
    return run([PYTHON, "-m", "pytest", *tests, f"--junit-xml={report}", "-n", jobs, "--dist", "loadfile",
                *shlex.split(os.environ.get("PYTEST_ARGS", ""))], PYTEST_SECONDS, {"BUILD_DIR": str(build_dir)})


def cases_of(report):
    """Each test of the report by its name for pytest's command line: "passed", "failed", or why it was skipped."""
    cases = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        skipped = case.find("skipped")
        bad = case.find("failure") is not None or case.find("error") is not None or cases.get(name) == "failed"
        cases[name] = "failed" if bad else "passed" if skipped is None else ("skipped", skipped.get("message", ""))
    return cases


def repeat_alone(suite, build_dir, work, cases):
    """Repeats the failed tests once, one after the other. Returns pytest's exit code and what to print; updates cases."""
    failed = [name for name, outcome in cases.items() if outcome == "failed"]
    report = work / f"{suite}-again.xml"
    code, text = run_pytest(build_dir, report, "0", failed)
    second = cases_of(report) if report.exists() else {}
    unstable = [name for name in failed if second.get(name) == "passed"]
    cases.update(dict.fromkeys(unstable, "passed"))
    output = ["\n".join(f"UNSTABLE {name}: failed beside others, passed alone" for name in unstable)]
    if code != 0:
        output.append(f"--- pytest {suite}, failed tests repeated alone (exit {code})\n{text}")
    return code, output


def pytest(suite):
    def run_suite(build_dir, work, pool):
        report = work / f"{suite}.xml"
        jobs = "0" if suite in ONE_BY_ONE else os.environ.get("PYTEST_JOBS", PYTEST_JOBS)
        code, text = run_pytest(build_dir, report, jobs, [f"tests/{suite}"])
        if not report.exists():
            return verdict(f"pytest {suite}", code or 1, text)
        cases = cases_of(report)
        output = [] if code in GOOD else [f"--- pytest {suite}, all tests (exit {code})\n{text}"]
        if code == 1 and 0 < Counter(cases.values())["failed"] <= MOST_REPEATED:
            code, more = repeat_alone(suite, build_dir, work, cases)
            output += more
        counts = Counter(outcome if isinstance(outcome, str) else "skipped" for outcome in cases.values())
        reasons = Counter(outcome[1] for outcome in cases.values() if not isinstance(outcome, str))
        bad = counts["failed"] if code in GOOD else max(counts["failed"], 1)
        return Result(counts["passed"], bad, counts["skipped"], reasons, output)
    return run_suite


def total(results):
    whole = Result()
    for result in results:
        whole.add(result)
    return whole


def build(preset, build_dir):
    environment = {**os.environ, "BUILD_DIR": str(build_dir), "TARGETS": ""}
    if subprocess.run(["tools/build.sh", preset], cwd=ROOT, env=environment).returncode != 0:
        print("the build failed")
        return False
    return True


def run_suites(preset, build_dir):
    os.environ.update({k: v for k, v in SANITIZER_OPTIONS.items() if preset in ("asan", "tsan")})
    suites = {"unit": unit, "corpus": corpus, "checks": checks, **{s: pytest(s) for s in PYTEST_SUITES + OTHER_SUITES}}
    usual = [name for name in suites if name not in OTHER_SUITES]
    chosen = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else usual
    if unknown := [name for name in chosen if name not in suites]:
        sys.exit(f"ONLY={','.join(unknown)}: expected some of {','.join(suites)}")
    whole = Result()
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in chosen:
            started = time.monotonic()
            result = suites[name](build_dir, Path(work), pool)
            print("\n".join(result.output), end="\n" if result.output else "")
            print(f"{name:<12} {result.passed:>5} passed {result.failed:>4} failed {result.skipped:>4} skipped "
                  f"{time.monotonic() - started:>7.1f} s", flush=True)
            for reason, count in result.reasons.most_common():
                print(f"{'':<12} {count:>5} skipped: {reason}", flush=True)
            whole.add(result)
    return whole


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--preset", default="dev")
    arguments.add_argument("--no-build", action="store_true", help="test what is built already")
    chosen = arguments.parse_args()
    preset = chosen.preset
    build_dir = ROOT / (os.environ.get("BUILD_DIR") or f"build/{preset}")
    if not chosen.no_build and not build(preset, build_dir):
        return 1
    whole = run_suites(preset, build_dir)
    for line in failures(whole.output):
        print(line)
    print(f"{whole.passed} passed, {whole.failed} failed")
    return 1 if whole.failed or not whole.passed else 0


if __name__ == "__main__":
    sys.exit(main())
