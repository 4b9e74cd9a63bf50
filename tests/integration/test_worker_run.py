"""A worker's start, end, lease, notifications and metrics."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from support import http
from support.free_ports import free_ports
from support.rtmp_client import VIDEO
from support.rtsp_server import RtspServer
from support.wait import wait_until
from support.worker import LATE, NotifySocket

STOP_SECONDS = 1         # SIGTERM to exit


# Stopping

def test_sigterm_ends_both_sessions_properly_within_a_second(start, source, target, pump):
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 5)
    _assert_stops(worker)
    assert source.methods()[-1] == "TEARDOWN"
    assert target.commands[-2:] == ["FCUnpublish", "deleteStream"]


def test_sigterm_ends_a_run_whose_peers_have_stopped_answering(start, source, target, pump):
    source.mute.add("TEARDOWN")
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 5)
    target.reads.clear()
    _assert_stops(worker)
    target.reads.set()


def test_sigterm_ends_a_run_that_waits_for_its_source(start, target):
    server = RtspServer(status={"DESCRIBE": 404})
    worker = start(server.url(), target.url())
    worker.wait_event("input.reconnecting", 2)
    _assert_stops(worker)
    server.close()


@pytest.mark.parametrize("mute", ["DESCRIBE", "PLAY"])
def test_sigterm_ends_a_run_that_is_still_connecting(start, target, mute):
    server = RtspServer(mute={mute})
    worker = start(server.url(), target.url())
    server.wait_for(mute)
    _assert_stops(worker)
    server.close()


def _assert_stops(worker):
    worker.signal(signal.SIGTERM)
    asked_at = time.monotonic()
    assert worker.wait() == 0
    assert time.monotonic() - asked_at < STOP_SECONDS
    assert "exit 0: stopped" in worker.records("worker.ended")[0]["msg"]


# The supervisor

def test_the_supervisor_hears_ready_progress_and_status(start, source, target, pump, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    pump.paused.set()
    worker = start(source.url(), target.url(), environment=notify.environment(watchdog_usec=400_000))
    notify.wait_for("READY=1")
    assert notify.count("WATCHDOG=1") == 0, "no media has advanced"
    pump.paused.clear()
    begun = time.monotonic()
    wait_until(lambda: any("0 units in" not in s.replace("10 units", "") for s in notify.statuses()), "a true STATUS")
    assert time.monotonic() - begun < 1.0 + LATE
    wait_until(lambda: notify.count("WATCHDOG=1") >= 5, "watchdog messages while media flows")
    pump.paused.set()
    worker.wait_event("input.lost")
    settled = notify.count("WATCHDOG=1")
    notify.wait_for("input lost, reconnection 1 of 3")
    worker.wait_event("input.reconnecting", 1)
    assert notify.count("WATCHDOG=1") == settled, "no media, no watchdog"
    assert {line.split("=")[0] for line in notify.lines()} <= {"READY", "WATCHDOG", "STATUS", "X_DEGRADED", "X_FIGURES"}
    worker.terminate()
    notify.wait_for("STOPPING=1")
    assert notify.received.index("READY=1") < notify.received.index("WATCHDOG=1")


def test_a_status_never_says_nothing_once_media_flows(start, source, target, pump, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    start(source.url(), target.url(), environment=notify.environment())
    target.wait_units(VIDEO, 30)
    wait_until(lambda: "relaying H264, MPEG-4 Audio" in notify.statuses()[-1]
               and " 0 out" not in notify.statuses()[-1], lambda: f"{notify.statuses()}", 1 + LATE)


def test_a_lease_is_held_for_life_by_one_worker(start, source, target, pump, tmp_path):
    lease = tmp_path / "scripted.lock"
    first = start(source.url(), target.url(), "--lease", str(lease), "--run-id", "run-1")
    first.wait_event("output.accepted")
    pid, started, run_id = lease.read_text().split()
    stat = Path(f"/proc/{first.pid}/stat").read_text().rsplit(")", 1)[1].split()
    assert (int(pid), started, run_id) == (first.pid, stat[19], "run-1")
    asked_at = time.monotonic()
    second = start(source.url(), target.url(), "--lease", str(lease))
    assert second.wait() == 40 and time.monotonic() - asked_at < 1 + LATE
    assert f"another worker holds the lease {lease} (pid {first.pid})" in second.log()
    assert len(source.connections) == 1 and len(target.connections) == 1
    first.kill()
    third = start(source.url(), target.url(), "--lease", str(lease))
    third.wait_event("output.accepted")
    third.signal(signal.SIGTERM)
    assert third.wait() == 0 and not lease.exists()


def test_metrics_tell_what_the_run_does(start, source, target, pump):
    port = free_ports(1)[0]
    start(source.url(), target.url(), "--metrics-listen", f"127.0.0.1:{port}", "--run-id", "run-1",
          "--param", "lang=es", "--param", "token=geheim")
    target.wait_units(VIDEO, 10)
    source.drop()
    before = len(target.units(VIDEO))
    target.wait_units(VIDEO, before + 10)
    text = http.get(f"http://127.0.0.1:{port}/metrics").text()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    for direction in ("in", "out"):
        for track in (0, 1):
            for what in ("units", "bytes"):
                assert float(values[f'tidegate_worker_{what}_total{{direction="{direction}",track="{track}"}}']) > 0
    assert values["tidegate_worker_reconnections_total"] == "1"
    assert float(values["tidegate_worker_input_to_output_seconds_count"]) > 20
    assert abs(float(values["tidegate_worker_av_offset_seconds"])) <= 0.005
    assert abs(float(values["tidegate_worker_av_interleave_seconds"])) < 1
    assert 'tidegate_worker_last_error_info{error="EOF"} 1' in text
    assert 'params="lang=es token=***"' in text and "geheim" not in text


# The command line

BAD = [
    (["--stream-id", "a b"], ["--stream-id"]),
    (["--input", "http://u:geheim@h/p"], ["--input", "rtsp[s]://HOST[:PORT]/PATH"]),
    (["--input", "rtsp://h:99999/p"], ["--input"]),
    (["--output", "http://h/live/x"], ["--output", "rtmp[s]://HOST[:PORT]/PATH"]),
    (["--output", "nonsense", "--input", "nonsense"], ["--input", "--output"]),
    (["--param", "geheim"], ["--param", "KEY=VALUE"]),
    (["--param", "a=1", "--param", "a=2"], ["--param", "once"]),
    (["--log-level", "loud", "--log-format", "xml"], ["--log-level", "--log-format"]),
    (["--param", "geheim", "--log-level", "loud"], ["--param", "--log-level"]),
    (["--metrics-listen", "nowhere"], ["metrics-listen", "nowhere"]),
    (["--unheard-of"], ["--unheard-of"]),
]


@pytest.mark.parametrize("arguments, named", BAD, ids=lambda value: " ".join(value)[:40])
def test_bad_arguments_are_told_in_one_line(start, arguments, named):
    good = {"--stream-id": "x", "--input": "rtsp://127.0.0.1/p", "--output": "rtmp://127.0.0.1/live/x"}
    words = [word for name, value in good.items() if name not in arguments for word in (name, value)]
    done = _run([*words, *arguments])
    lines = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 10 and len(lines) == 1, done
    assert all(name in lines[0] for name in named), lines
    assert "geheim" not in lines[0]


def test_a_taken_metrics_port_is_a_configuration_error(start, source, target):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = start(source.url(), target.url(), "--metrics-listen", address)
        assert worker.wait() == 10
    assert f"listen tcp {address}: bind: address already in use" in worker.records("metrics.failed")[0]["msg"]


def test_missing_arguments_are_all_named(start):
    done = _run([])
    assert done.returncode == 10 and len(done.stderr.splitlines()) == 1
    assert all(name in done.stderr for name in ("--stream-id", "--input", "--output"))


def _run(arguments):
    from devstack import settings
    program = settings.from_environment().bin_dir / "stream-worker"
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20)


def test_parameters_are_logged_without_secrets(start, source, target, pump):
    worker = start(source.url(), target.url() + "?user=u&pass=geheim", "--param", "lang=es", "--param", "pass=geheim")
    worker.wait_event("output.accepted")
    assert worker.records("worker.started")[0]["msg"] == "parameters: lang=es pass=***"
    assert "geheim" not in worker.log()
    for record in worker.records():
        assert record["streamId"] == "scripted" and record["runId"] and record["component"] == "stream-worker"
