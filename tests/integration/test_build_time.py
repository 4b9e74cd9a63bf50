"""tools/build_time.py and its compiler launcher: what a unit costs, and when the whole is too dear."""

import json
import subprocess
import sys
from pathlib import Path

import build_time
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "tools" / "cpu_seconds.py"


def test_the_launcher_writes_down_what_a_command_costs_and_passes_on_how_it_ended(tmp_path):
    log = tmp_path / "log"
    busy = "n = 0\nwhile n < 3_000_000: n += 1"
    run = [sys.executable, str(LAUNCHER), str(log)]
    assert subprocess.run([*run, sys.executable, "-c", busy, "-o", "busy.o"]).returncode == 0
    assert subprocess.run([*run, "true", "-o", "idle.o"]).returncode == 0
    assert subprocess.run([*run, "sh", "-c", "exit 3", "-o", "bad.o"]).returncode == 3
    dear, cheap = (line.split() for line in log.read_text().splitlines())
    assert dear[1] == "busy.o" and cheap[1] == "idle.o", "what failed is not measured"
    assert float(dear[0]) > float(cheap[0]) + 0.03


@pytest.fixture
def built(tmp_path):
    """A build folder as tools/build_time.py leaves it, its figures multiplied."""
    def write(everything=1000.0, reference=10.0):
        units = ["3.50 src/a/CMakeFiles/tidegate_a.dir/batches/tidegate_a_1.cpp.o", "0.40 src/a/CMakeFiles/a.dir/b.cpp.o"]
        (tmp_path / build_time.UNIT_LOG).write_text("\n".join(units) + "\n")
        trace = {"traceEvents": [{"name": "ExecuteCompiler", "dur": 4000}, {"name": "Total Source", "dur": 1000}]}
        (tmp_path / "src/a/CMakeFiles/tidegate_a.dir/batches").mkdir(parents=True, exist_ok=True)
        (tmp_path / "src/a/CMakeFiles/tidegate_a.dir/batches/tidegate_a_1.cpp.json").write_text(json.dumps(trace))
        part = {"seconds": 1, "steps": 2}
        return {"cores": 2, "reference": reference, "programs": {**part, "cpu_seconds": 100.0},
                "everything": {**part, "cpu_seconds": everything}}
    return write


def test_a_build_that_got_a_third_dearer_is_refused_on_a_slow_and_on_a_fast_machine(built):
    committed = built()
    for speed in (0.5, 1, 3):
        same = built(everything=1290 * speed, reference=10 * speed)
        same["programs"]["cpu_seconds"] *= speed
        assert list(build_time.verdicts(same, committed)) == []
        dearer = {**same, "everything": {**same["everything"], "cpu_seconds": 1310 * speed}}
        found = list(build_time.verdicts(dearer, committed))
        assert len(found) == 1 and found[0].startswith("everything: ")


def test_the_dearest_units_come_first_with_where_their_time_went(built, tmp_path, capsys):
    build_time.report(tmp_path, built())
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:2] == ["3.5", "src/a/batches/tidegate_a_1.cpp"] and "headers 25 %" in lines[1]
    assert lines[2].split() == ["0.4", "src/a/b.cpp"]
    assert lines[-1] == "everything: 1000 CPU seconds in 2 steps; 1 s on 2 cores"


def test_what_is_committed_can_be_judged_against():
    committed = json.loads(build_time.COMMITTED.read_text())
    assert list(build_time.verdicts(committed, committed)) == []
