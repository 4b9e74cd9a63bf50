#!/usr/bin/python3
"""make test: builds a preset and runs everything that can fail; ends in `N passed, N failed`.

Suites: unit (every CTest program), corpus (each fuzz target replays its committed inputs), checks (the
repository's own rules), then pytest's contract, conformance, interop, integration and browser tests against the built
programs, together, and chaos tests after them. Conformance runs on the embedded router, and on a MediaMTX too where
ROUTER=/path/to/mediamtx names one. ONLY=unit,contract runs some of them; PYTEST_ARGS='-k override' goes to pytest; PYTEST_JOBS=1:
one file after the other.

System tests run beside each other and share the processors. If a few fail, each of them is repeated once, alone. The summary names
those that pass then ("UNSTABLE"), with what they printed at first, so that nobody overlooks them. Files that take long begin first
(tests/seconds.json; --update-seconds writes it).
"""

import argparse
import itertools
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
PYTEST_SECONDS = 2400
BUILD_SECONDS = 2400
SYSTEM_TARGET = "for-system-tests"
PYTEST_JOBS = "6"            # at the same time, also on two cores, because system tests mostly wait
GOOD = (0, 5)                # exit codes of pytest: all passed; no test was chosen
MOST_REPEATED = 5            # if more of a suite fail, it is not for want of processor time
CHECKS = ["check_layers", "check_sizes", "check_links"]
OWN = ["unit", "corpus", "checks"]
TOGETHER = ["contract", "conformance", "interop", "integration", "browser"]  # one run of pytest
ALONE = ["chaos", "package", "cluster"]
UNUSUAL = ["package", "cluster"]  # `make test-package` and `make test-cluster`: take longer, and need root
ONE_BY_ONE = "cluster"  # the machine has room for one cluster
SECONDS = ROOT / "tests" / "seconds.json"  # of each file that takes longer than LONG
LONG = 15
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


def note_seconds(report):
    """Writes down how long each file took."""
    took = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        took[f"{case.get('classname', '').replace('.', '/')}.py"] += float(case.get("time", 0))
    known = {**json.loads(SECONDS.read_text()), **took}
    SECONDS.write_text(json.dumps({name: round(known[name]) for name in sorted(known) if known[name] > LONG}, indent=1) + "\n")


def repeat_alone(build_dir, report, cases):
    """Repeats the failed tests once, one after the other. Returns pytest's exit code and what to print; updates cases."""
    failed = [name for name, outcome in cases.items() if outcome == "failed"]
    code, text = run_pytest(build_dir, report, "0", failed)
    second = cases_of(report) if report.exists() else {}
    unstable = [name for name in failed if second.get(name) == "passed"]
    cases.update(dict.fromkeys(unstable, "passed"))
    output = ["\n".join(f"UNSTABLE {name}: failed beside others, passed alone" for name in unstable)]
    if code != 0:
        output.append(f"--- pytest, failed tests repeated alone (exit {code})\n{text}")
    return code, output


def run_system(suites, build_dir, work):
    """Runs these suites together: (their names, pytest's exit code, what it printed, its report)."""
    report = work / f"{suites[0]}.xml"
    jobs = "0" if ONE_BY_ONE in suites else os.environ.get("PYTEST_JOBS", PYTEST_JOBS)
    return suites, *run_pytest(build_dir, report, jobs, [f"tests/{suite}" for suite in suites]), report


def judge(build_dir, suites, code, text, report):
    """The result of each suite; a few failed tests are repeated first. What they print stands with the first suite."""
    if not report.exists():
        return {suites[0]: verdict(f"pytest {' '.join(suites)}", code or 1, text)}
    if os.environ.get("UPDATE_SECONDS"):
        note_seconds(report)
    cases = cases_of(report)
    output = [] if code in GOOD else [f"--- pytest {' '.join(suites)}, all tests (exit {code})\n{text}"]
    failed = Counter(name.split("/")[1] for name, outcome in cases.items() if outcome == "failed")
    if code == 1 and failed and max(failed.values()) <= MOST_REPEATED:
        code, more = repeat_alone(build_dir, report.with_suffix(".again.xml"), cases)
        output += more
    results = {suite: result_of(suite, cases) for suite in suites}
    if code not in GOOD and not any(result.failed for result in results.values()):
        results[suites[0]].failed = 1
    results[suites[0]].output = output
    return results


def result_of(suite, cases):
    outcomes = [outcome for name, outcome in cases.items() if name.startswith(f"tests/{suite}/")]
    counts = Counter(outcome if isinstance(outcome, str) else "skipped" for outcome in outcomes)
    return Result(counts["passed"], counts["failed"], counts["skipped"], Counter(o[1] for o in outcomes if not isinstance(o, str)))


def total(results):
    whole = Result()
    for result in results:
        whole.add(result)
    return whole


def build(preset, build_dir, targets, quietly=False):
    """Builds these targets; "" is everything. Quietly: with low priority, and without a word unless it fails."""
    environment = {"BUILD_DIR": str(build_dir), "TARGETS": targets}
    if quietly:
        code, text = run(["nice", "-n", "10", "tools/build.sh", preset], BUILD_SECONDS, environment)
    else:
        code, text = subprocess.run(["tools/build.sh", preset], cwd=ROOT, env={**os.environ, **environment}).returncode, ""
    if code != 0:
        print(f"{text}\nthe build failed", flush=True)
    return code == 0


def own_suite(name, build_dir, work):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return {name: {"unit": unit, "corpus": corpus, "checks": checks}[name](build_dir, work, pool)}


def timed(function, *arguments):
    started = time.monotonic()
    return function(*arguments), time.monotonic() - started


def chosen_suites():
    known = [*OWN, *TOGETHER, *ALONE]
    chosen = os.environ["ONLY"].split(",") if os.environ.get("ONLY") else [name for name in known if name not in UNUSUAL]
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"ONLY={','.join(unknown)}: expected some of {','.join(known)}")
    return chosen


def tell(results, seconds):
    for number, (name, result) in enumerate(results.items()):
        print("\n".join(result.output), end="\n" if result.output else "")
        time_taken = f"{seconds:>7.1f} s" if number == 0 else "   with it"
        print(f"{name:<12} {result.passed:>5} passed {result.failed:>4} failed {result.skipped:>4} skipped {time_taken}", flush=True)
        for reason, count in result.reasons.most_common():
            print(f"{'':<12} {count:>5} skipped: {reason}", flush=True)
    return total(results.values())


def run_suites(preset, build_dir, build_first):
    """The system tests mostly wait. So what only the unit tests need is built beside them, and the unit tests run beside them."""
    os.environ.update({k: v for k, v in SANITIZER_OPTIONS.items() if preset in ("asan", "tsan")})
    chosen = chosen_suites()
    together, alone, own = ([name for name in of if name in chosen] for of in (TOGETHER, ALONE, OWN))
    if build_first and not build(preset, build_dir, SYSTEM_TARGET if together or alone else ""):
        return None
    whole = Result()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as aside:
        work = Path(folder)
        system = aside.submit(timed, run_system, together, build_dir, work) if together else None
        if own and build_first and (together or alone) and not build(preset, build_dir, "", quietly=True):
            whole.add(Result(failed=1, output=["--- the build of the unit tests"]))
            own = []
        for name in own:
            whole.add(tell(*timed(own_suite, name, build_dir, work)))
        ended = [system.result()] if system else []
        for done, seconds in itertools.chain(ended, (timed(run_system, [name], build_dir, work) for name in alone)):
            whole.add(tell(judge(build_dir, *done), seconds))
    return whole


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--preset", default="dev")
    arguments.add_argument("--no-build", action="store_true", help="test what is built already")
    arguments.add_argument("--update-seconds", action="store_true", help="write tests/seconds.json")
    chosen = arguments.parse_args()
    preset = chosen.preset
    if chosen.update_seconds:
        os.environ["UPDATE_SECONDS"] = "1"
    build_dir = ROOT / (os.environ.get("BUILD_DIR") or f"build/{preset}")
    whole = run_suites(preset, build_dir, not chosen.no_build)
    if whole is None:
        return 1
    for line in failures(whole.output):
        print(line)
    print(f"{whole.passed} passed, {whole.failed} failed")
    return 1 if whole.failed or not whole.passed else 0


if __name__ == "__main__":
    sys.exit(main())
