"""Workers that exit, hang, do not obey, or never stop talking (tests/support/misbehaving_worker.py)."""

import os
from pathlib import Path

import pytest
from support.fleet import OneWorkerWatch, resident_bytes
from support.wait import wait_until

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "misbehaving_worker.py"
# Shorter times instead of 20, 15, 5 and 0.5 s; the code is the same.
FLAGS = {"--worker-command": f"/usr/bin/python3 {SCRIPT}", "--ready-timeout": "3s", "--watchdog": "2s",
         "--stop-timeout": "1s", "--restart-delay": "100ms", "--max-starts": "4", "--grace-period": "1s"}
MEMORY_BYTES = 24 << 20   # media-service may grow by this much while a worker writes a gigabyte
LOG_BYTES = 1 << 20


@pytest.fixture
def pipeline(make_pipeline):
    return make_pipeline(service_flags=FLAGS)


def serve(pipeline, *streams):
    for stream in streams:
        pipeline.encoders.start(stream)


def wait_view(fleet, stream, what, condition, seconds=60):
    def holds():
        view = fleet.show(stream)
        return view if view and condition(view) else None
    return wait_until(holds, lambda: f"{stream}: {what}: {fleet.show(stream)}", seconds)


def test_each_gets_what_it_deserves_and_the_service_stays_well(pipeline):
    fleet, stack = pipeline.fleet, pipeline.stack
    before = fleet.descriptors()
    streams = ["exits-1", "config-1", "hangs-1", "silent-1", "stubborn-1"]
    with OneWorkerWatch(fleet):
        serve(pipeline, *streams)
        # Exit code 10: the worker is started once, and then a person has to correct it.
        view = wait_view(fleet, "config-1", "failed", lambda v: v["state"] == "failed")
        assert view["attempt"] == 1 and "configuration" in view["reason"], view
        # Workers that exit at once, hang or fall silent are replaced with growing delays, up to the limit of starts.
        for stream, reason in (("exits-1", "other"), ("hangs-1", "signal"), ("silent-1", "signal")):
            view = wait_view(fleet, stream, "failed", lambda v: v["state"] == "failed")
            assert "4 starts" in view["reason"] and view["lastExit"]["reason"] == reason, view
            assert view["restarts"] == 3 and view["worker"] is None and view["live"], view
        assert fleet.show("config-1")["attempt"] == 1, "never retried"
        # A worker that ignores SIGTERM gets SIGKILL.
        wait_view(fleet, "stubborn-1", "running", lambda v: v["state"] == "running")
        [pid] = fleet.workers()["stubborn-1"]
        fleet.post("stubborn-1", "stop")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of what ignores SIGTERM", 60)
        view = wait_view(fleet, "stubborn-1", "held back", lambda v: v["state"] == "idle")
        assert view["lastExit"]["meaning"] == "killed by signal 9 (SIGKILL)", view
    assert fleet.workers() == {} and fleet.zombies() == []
    assert fleet.metric("tidegate_streams", state="failed") == 4
    assert fleet.metric("tidegate_worker_exits_total", reason="configuration") == 1
    assert fleet.metric("tidegate_worker_exits_total", reason="other") == 4
    assert fleet.metric("tidegate_worker_starts_total") == 1 + 3 * 4 + 1
    for stream in streams:
        pipeline.encoders.stop(stream)
        wait_view(fleet, stream, "forgotten", lambda v: v["state"] == "idle" and not v["live"])
    fleet.descriptors_return_to(before)
    stack.stop()


def test_a_failed_stream_is_revived_by_an_operator_and_by_a_new_session(pipeline):
    fleet, encoders = pipeline.fleet, pipeline.encoders
    serve(pipeline, "config-2")
    first = wait_view(fleet, "config-2", "failed", lambda v: v["state"] == "failed")
    fleet.post("config-2", "reset")
    second = wait_view(fleet, "config-2", "failed again", lambda v: v["state"] == "failed"
                       and v["runId"] != first["runId"])
    encoders.stop("config-2")
    encoders.start("config-2", name="another")
    wait_view(fleet, "config-2", "failed for the third", lambda v: v["state"] == "failed"
              and v["runId"] != second["runId"])
    assert fleet.metric("tidegate_worker_exits_total", reason="configuration") == 3
    pipeline.stack.stop()


def test_a_flood_of_output_neither_blocks_the_worker_nor_costs_memory_or_disk(pipeline):
    fleet, stack = pipeline.fleet, pipeline.stack
    # The worker sends READY after it has written its gigabyte, which may take long on this machine.
    stack.service.kill()
    stack.service_flags = {**FLAGS, "--ready-timeout": "5m"}
    stack.start_service()
    memory, log = resident_bytes(stack.service.pid), len(stack.service.log())
    serve(pipeline, "flood-1")
    wait_view(fleet, "flood-1", "running", lambda v: v["state"] == "running", 120)
    view = fleet.show("flood-1")
    assert view["attempt"] == 1, view
    assert resident_bytes(stack.service.pid) < memory + MEMORY_BYTES
    serve(pipeline, "babble-1")
    wait_view(fleet, "babble-1", "running", lambda v: v["state"] == "running")
    pid = fleet.show("babble-1")["worker"]["pid"]
    written = lambda: int(dict(line.split(": ") for line in  # noqa: E731
                               open(f"/proc/{pid}/io").read().splitlines())["wchar"])
    wait_until(lambda: written() > 100 << 20, lambda: f"100 MB written, only {written()}", 120)
    assert fleet.show("babble-1")["worker"]["pid"] == pid, "it goes on"
    assert resident_bytes(stack.service.pid) < memory + MEMORY_BYTES
    assert len(stack.service.log()) < log + LOG_BYTES
    fleet.post("babble-1", "stop")
    fleet.post("flood-1", "stop")
    wait_until(lambda: fleet.workers() == {}, "the end of both", 60)
    stack.service.wait_log("worker.output-dropped")
    stack.stop()


def test_what_a_worker_says_last_is_logged(pipeline):
    serve(pipeline, "config-3")
    wait_view(pipeline.fleet, "config-3", "failed", lambda v: v["state"] == "failed")
    pipeline.stack.service.wait_log("this worker refuses its configuration")
    pipeline.stack.stop()
