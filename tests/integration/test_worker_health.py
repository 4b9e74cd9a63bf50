"""What a worker answers to probes over HTTP (--health-listen): the same as it reports by sd_notify."""

import os
import signal
import socket
from pathlib import Path

import pytest
from support import http
from support.probed import Probed
from support.rtmp_client import VIDEO
from support.wait import wait_until
from support.worker import NotifySocket

HANGS_AFTER = 15   # without media
LATE_SECONDS = 20  # a busy machine


@pytest.fixture
def probed():
    return Probed()


def test_without_the_flag_nothing_listens(start, source, target, pump):
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 5)
    assert not _listeners(worker.pid), "a door that nobody has opened"


def test_with_the_flag_one_port_listens(start, source, target, pump, probed):
    worker = start(source.url(), target.url(), *probed.flags)
    target.wait_units(VIDEO, 5)
    assert len(_listeners(worker.pid)) == 1


def _listeners(pid):
    """The sockets of a process that listen for TCP."""
    own = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    lines = [line.split() for family in ("tcp", "tcp6") for line in open(f"/proc/{pid}/net/{family}")]
    return [fields for fields in lines if fields[3] == "0A" and f"socket:[{fields[9]}]" in own]


def test_readiness_comes_with_the_accepted_output(start, source, target, pump, probed):
    pump.paused.set()
    source.mute.add("DESCRIBE")
    start(source.url(), target.url(), *probed.flags)
    probed.wait_open()
    wait_until(lambda: probed.get("/readyz").text().startswith("connecting to the input"), lambda: probed.get("/readyz").text())
    assert probed.get("/readyz").status == 503
    assert probed.get("/livez").status == 200, "a program that begins does not hang"
    assert probed.status()["ready"] is False
    source.mute.clear()
    pump.paused.clear()
    wait_until(lambda: probed.get("/readyz").status == 200, lambda: probed.get("/readyz").text(), LATE_SECONDS)
    assert probed.get("/readyz").text() == "ok\n"


def test_the_status_says_what_the_supervisor_hears(start, source, target, pump, probed, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    start(source.url(), target.url(), *probed.flags, "--run-id", "run-1", environment=notify.environment())
    target.wait_units(VIDEO, 30)
    wait_until(lambda: "X_FIGURES=fps-in=" in "\n".join(notify.lines()), "figures")

    def heard_the_same():
        status = probed.status()
        return f"STATUS={status['status']}" in notify.lines() and f"X_FIGURES={status['figures']}" in notify.lines()

    wait_until(heard_the_same, lambda: f"{probed.status()} in {notify.lines()[-4:]}")
    status = probed.status()
    assert (status["streamId"], status["runId"]) == ("scripted", "run-1")
    assert status["ready"] and not status["hanging"] and not status["stopping"]
    assert status["heartbeats"] > 0 and status["heartbeatAgeMs"] < 1000 * LATE_SECONDS
    assert (status["degraded"], status["holding"], status["dubs"]) == ("", "", [])
    more = status["heartbeats"]
    wait_until(lambda: probed.status()["heartbeats"] > more, "more heartbeats while media flows")


def test_without_a_supervisor_the_status_is_the_same(start, source, target, pump, probed):
    start(source.url(), target.url(), *probed.flags)
    target.wait_units(VIDEO, 5)
    wait_until(lambda: probed.status()["status"].startswith("relaying H264, MPEG-4 Audio: "), lambda: f"{probed.status()}")
    assert "tidegate_worker_output_accepted 1" in probed.get("/metrics").text()


def test_liveness_fails_when_media_does_not_advance(start, source, target, pump, probed):
    worker = start(source.url(), target.url(), *probed.flags)
    target.wait_units(VIDEO, 5)
    wait_until(lambda: probed.get("/livez").status == 200, "liveness")
    source.mute |= {"OPTIONS", "DESCRIBE"}
    source.drop()
    wait_until(lambda: probed.get("/livez").status == 503, lambda: f"{probed.status()}", HANGS_AFTER + LATE_SECONDS)
    assert probed.get("/livez").text().startswith("no media has advanced for ")
    assert probed.status()["hanging"] is True
    assert probed.status()["heartbeatAgeMs"] >= 1000 * HANGS_AFTER
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0


def test_a_web_page_of_elsewhere_reads_nothing(start, source, target, pump, probed):
    start(source.url(), target.url(), *probed.flags)
    target.wait_units(VIDEO, 5)
    for path in ("/status", "/readyz", "/livez", "/metrics"):
        stranger = probed.get(path, headers={"Host": "evil.example", "Origin": "http://evil.example"})
        assert stranger.status == 403, path
        assert "Access-Control-Allow-Origin" not in probed.get(path, headers={"Origin": "http://evil.example"}).headers
    assert http.request("POST", f"http://127.0.0.1:{probed.port}/status").status == 405
    assert probed.get("/elsewhere").status == 404


def test_a_taken_port_is_a_configuration_error(start, source, target):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = start(source.url(), target.url(), "--health-listen", address)
        assert worker.wait() == 10
    assert f"listen tcp {address}: bind: address already in use" in worker.records("health.failed")[0]["msg"]


def test_a_bad_address_is_told(start, source, target):
    worker = start(source.url(), target.url(), "--health-listen", "nowhere")
    assert worker.wait() == 10 and "health-listen" in worker.log()
