"""bench/run.py: how long it takes, what it does when a server fails, and that an interrupted run loses no results."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.bench_result import clean
from tests.support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from runner import budget, part_list, parts, points, scenarios, servers  # noqa: E402
from runner.record import Record  # noqa: E402
from runner.server import Server  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD_DIR", "build/dev")


@pytest.fixture
def tools():
    if not (BUILD / "bench" / "tidegate-load").exists():
        pytest.skip("this build has no bench (sanitizers)")
    return points.Tools(BUILD / "bench" / "tidegate-load", sorted(os.sched_getaffinity(0))[-1])


class Quiet:
    def begin(self, _):
        pass

    def end(self, *_):
        pass


def floor_point(name="fan-out RTMP", readers=2):
    return scenarios.fan_out(servers.floors(BUILD)[:2], "rtmp", readers, 0.5, name=name)


def test_the_short_form_is_planned_for_less_than_ten_minutes_with_every_peer_there():
    everyone = servers.everyone(BUILD)
    plan = scenarios.short(everyone, [])
    planned = sum(repetitions * point.seconds(server) for point, repetitions in plan for server in point.servers)
    planned += sum(part.seconds for part in part_list.short())
    assert planned <= scenarios.SHORT_BUDGET_SECONDS < 600
    assert {point.scenario for point, _ in plan} >= {"fan-out RTMP", "fan-out RTSP", "ingest, 128-byte chunks",
                                                     "small streams", "join storm", "one stalled reader among"}


def test_the_full_form_has_every_point_of_the_issue():
    plan = scenarios.full(servers.everyone(BUILD), servers.more_cores(BUILD))
    have = {(point.scenario, point.x) for point, _ in plan}
    wanted = {("fan-out RTMP", x) for x in scenarios.READERS} | {("fan-out RTSP", x) for x in scenarios.READERS}
    wanted |= {("ingest, 128-byte chunks", x) for x in scenarios.PUBLISHERS}
    assert have >= wanted | {("small streams", 1000), ("join storm", 400), ("one stalled reader among", 100)}
    names = [[server.name for server in point.servers] for point, _ in plan]
    assert all(names) and all(len(set(of_point)) == len(of_point) for of_point in names)


def test_a_server_that_does_not_start_is_a_row_with_its_reason_and_the_others_are_measured(tools, tmp_path):
    point = floor_point()
    broken = Server("broken", "/bin/sh", lambda *_: ["/bin/sh", "-c", "echo no such setting >&2; exit 3"])
    point = scenarios.Point(point.scenario, point.x, (broken, *point.servers), point.read, point.load)
    record = Record.begin(tmp_path / "short.json", "short")
    points.run(points.pending([(point, 1)], record, redo=True), record, tools, Quiet())
    rows = json.loads((tmp_path / "short.json").read_text())["points"][0]["rows"]
    assert "no such setting" in rows["broken"]["fault"]
    assert [len(rows[server.name]["results"]) for server in point.servers] == [1, 1, 1]
    assert all("usage" in rows[server.name]["results"][0] for server in point.servers[1:])


def test_a_resumed_run_measures_what_is_missing_and_what_could_not_be_run(tmp_path):
    present = tuple(Server(name, "/bin/true", lambda *_: ["/bin/true"]) for name in ("first", "second"))
    point = replace(floor_point(), servers=present)
    first, second = point.servers
    record = Record.begin(tmp_path / "short.json", "short")
    record.add(point, first, clean())
    record.add(point, first, clean(2.0))
    record.add(point, second, {"error": "did not start"})
    again = Record.resume(tmp_path / "short.json", "short")
    steps = points.pending([(point, 3)], again, redo=False)
    assert [(number, server.name) for _, number, server in steps] == [
        (0, second.name), (1, second.name), (2, first.name), (2, second.name)]
    assert again.rows(point)[first.name]["median"]["cpu_per_gb"] == 1.5
    assert len(points.pending([(point, 3)], again, redo=True)) == 6


def test_an_interrupted_run_ends_its_children_and_keeps_what_it_has_measured(tools, tmp_path):
    run = subprocess.Popen([ROOT / "bench" / "run.py", "--build", BUILD, "--results", tmp_path, "--only", "fan-out RTMP",
                            "--x", "400", "--servers", "floor, a write a unit;floor, audio rides", "--repeat", "50",
                            "--seconds", "0.2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           start_new_session=True)
    try:
        wait_until(lambda: kept(tmp_path) >= 1, "one repetition", 90)
        wait_until(lambda: descendants(run.pid), "a server", 60)
        children = descendants(run.pid)
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 130, err
    assert "floor, a write a unit" in out and "--resume" in err
    assert kept(tmp_path) >= 1
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_a_report_without_the_library_for_plots_has_its_table(tmp_path):
    point = floor_point()
    record = Record.begin(tmp_path / "short.json", "short")
    record.add(point, point.servers[0], clean())
    record.save()
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not installed')")
    report = subprocess.run([ROOT / "bench" / "run.py", "--build", BUILD, "--results", tmp_path, "--report"],
                            env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert report.returncode == 0, report.stderr
    assert point.servers[0].name in report.stdout and "no plots (not installed" in report.stderr


def kept(folder):
    file = folder / "partial.json"
    if not file.exists():
        return 0
    return sum(len(row.get("results", [])) for point in json.loads(file.read_text())["points"]
               for row in point["rows"].values())


def descendants(pid):
    try:
        children = [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
    except OSError:
        return []
    return children + [grandchild for child in children for grandchild in descendants(child)]


def test_the_budget_is_judged_only_where_the_figures_can_be_compared(tmp_path):
    point = scenarios.fan_out([s for s in servers.everyone(BUILD) if s.name in ("media-router", "nginx-rtmp")], "rtmp", 400, 3)
    record = Record.begin(tmp_path / "short.json", "short")
    nginx, ours = point.servers
    record.add(point, ours, clean(1.0))
    record.add(point, nginx, clean(4.0))
    first = budget.verdicts(record.document)[0]
    assert first[2] == 0.25 and "| met |" in budget.markdown(record.document)[4]
    record.add(point, nginx, clean(fps=10.0))
    assert budget.verdicts(record.document)[0][2] is None
    assert "cannot be compared" in budget.markdown(record.document)[4]


def test_the_json_of_a_part_becomes_tables(tmp_path):
    text = "\n".join(parts.markdown({"parts": {"hook": {
        "mtx-hook": {"wall": 1.5, "n": 3}, "Python": {"wall": 60.25, "n": 3}, "router": "embedded",
        "deeper": {"one": {"p50": 1.0}, "two": {"p50": 2.0}}}}}))
    assert "| router | embedded |" in text
    assert "|  | wall | n |\n|---|---|---|\n| mtx-hook | 1.50 | 3 |\n| Python | 60.25 | 3 |" in text
    assert "| deeper | p50 |\n|---|---|\n| one | 1.00 |\n| two | 2.00 |" in text


def test_a_part_that_fails_is_shown_with_its_last_words():
    part = parts.Part("broken", ("/bin/sh", "-c", "echo out of luck >&2; exit 4"), 1)
    assert parts.run(part, dict(os.environ)) == {"error": "ended with 4: out of luck"}
