"""The tools of the bench measure real streams: the load generator with the router and with the floor, and its evaluation."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bench_result import clean

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from runner import servers, table, verdict  # noqa: E402
from runner.ports import choose_ports  # noqa: E402
from runner.server import Running  # noqa: E402


@pytest.fixture(scope="module")
def tools():
    build = ROOT / os.environ.get("BUILD_DIR", "build/dev")
    if not (build / "bench" / "tidegate-load").exists():
        pytest.skip("this build has no bench (sanitizers)")
    return build


def drive(build, server, read, readers=3):
    ports = choose_ports()
    target = ["--publish", "floor", "--read", "floor", "--wire", read] if server.floor else ["--read", read]
    port = ports["rtmp"] if server.floor else ports[read]
    with Running(server, sorted(os.sched_getaffinity(0)), ports):
        done = subprocess.run([build / "bench" / "tidegate-load", *target, "--publish-port", str(ports["rtmp"]),
                               "--read-port", str(port), "--readers", str(readers), "--window", "1"],
                              capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout.splitlines()[-1])


SERVERS = {"router": servers.ours, "floor": servers.floors, "live.mp4": servers.other_viewers}


@pytest.mark.parametrize("kind,read", [("router", "rtmp"), ("router", "rtsp"), ("floor", "rtmp"), ("floor", "rtsp"),
                                       ("live.mp4", "live")])
def test_the_load_generator_times_what_arrives(tools, kind, read):
    server = SERVERS[kind](tools)[0]
    report = drive(tools, server, read)
    assert report["problem"] is None and report["readers"]["lost"] == 0
    assert report["fps"]["slowest"] > 20  # there are 30; the machine may be busy
    assert 0 < report["video_delay_ms"]["p50"] <= report["video_delay_ms"]["p99"]
    assert report["audio_delay_ms"]["count"] > 3 * 20


@pytest.mark.skipif("coverage" in os.environ.get("BUILD_DIR", ""), reason="the baseline is an optimised build's")
def test_no_hot_path_needs_many_more_instructions_than_its_baseline(tools):
    # `make bench` reports a growth of 5 %. This test fails only for a growth that cannot be intended.
    done = subprocess.run([ROOT / "bench" / "instructions.py", "--build", str(tools), "--tolerance", "30"],
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_ratio_is_made_of_a_row_whose_readers_lagged():
    good, bad = verdict.summary([clean(1.0), clean(3.0)]), verdict.summary([clean(), clean(fps=20.0)])
    assert good["median"]["cpu_per_gb"] == 2.0 and good["spread"]["cpu_per_gb"] == 2.0
    assert verdict.ratio(good, verdict.summary([clean(4.0)])) == 0.5
    assert "20.0 fps" in bad["fault"] and verdict.ratio(bad, good) is None and verdict.ratio(good, bad) is None


def test_no_repetition_counts_when_the_generator_was_saturated():
    busy = clean()
    busy["report"]["generator"]["cpu_percent"] = 95.0
    assert "saturated" in verdict.summary([busy])["fault"]


def test_the_table_says_who_is_absent_and_who_was_refused():
    rows = {"floor, a write a unit": verdict.summary([clean(2.0)]), "nginx-rtmp": {"absent": "no program on PATH"},
            "media-router": verdict.summary([clean(1.0)]), "mediamtx": verdict.summary([clean(fps=3.0)])}
    text = table.markdown({"machine": {"cpu": "c", "cores": 2, "memory_gb": 1, "kernel": "k", "load_average": 0.0,
                                       "commit": ""}, "versions": {}, "form": "short", "date": "d",
                           "points": [{"scenario": "s", "x": 1, "rows": rows}]})
    assert "| 1 | media-router | 1.00 | 0.00 | 0.50 | – |" in text
    assert "absent: no program on PATH" in text and "refused: slowest reader at 3.0 fps" in text
