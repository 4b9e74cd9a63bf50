"""A stream-forwarder between a scripted source and targets: what reaches them, how failures are told, and what is secret."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from support.free_ports import free_ports
from support.making import making
from support.probed import Probed
from support.router import BIN
from support.rtmp_client import AUDIO, VIDEO
from support.rtmp_server import RtmpServer
from support.rtsp_server import Pump
from support.wait import wait_until
from support.worker import Forwarder, NotifySocket, assert_rising

KEY = "s3cret-key-abcd"
PROGRAM = BIN / "stream-forwarder"
FOUND_SECONDS = 10   # a target that accepts and never reads is found within this time, once its buffers are full
FILL_SECONDS = 4     # of the buffers of both kernels


@pytest.fixture
def forward(tmp_path, source):
    numbers = itertools.count()

    def make(target, *arguments, **options):
        return Forwarder(tmp_path, source.url(), target, *arguments, name=f"forwarder{next(numbers)}", **options)

    yield from making(make)


def metrics_of(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        return reply.read().decode()


def test_it_copies_what_comes_from_the_first_key_frame_on(forward, source, pump, target):
    forwarder = forward(target.url(f"app/{KEY}"))
    target.wait_units(VIDEO, 40)
    target.wait_units(AUDIO, 40)
    pictures = target.units(VIDEO)
    assert pictures[0].body[0] >> 4 == 1, "a key frame"
    assert pictures[0].stamp < 500, "a session begins near 0"
    assert_rising(pictures)
    for name in ("egress.starting", "input.connecting", "input.connected", "output.connecting", "output.connected",
                 "forwarding.started"):
        record = forwarder.wait_event(name)
        assert (record["component"], record["streamId"]) == ("stream-forwarder", "scripted")
        assert record["destHost"] == "127.0.0.1" and record["destApp"] == "app"
        assert record["inputUrl"] == source.url()
    assert forwarder.terminate() == 0
    wait_until(lambda: "deleteStream" in target.commands, "deleteStream")
    assert "FCUnpublish" in target.commands
    assert forwarder.wait_event("exit")["msg"].startswith("exit 0: stopped; ")


def test_the_key_is_nowhere_but_at_the_target(forward, source, pump, target, tmp_path):
    [port] = free_ports(1)
    notify = NotifySocket(tmp_path / "notify")
    forwarder = forward(target.url(f"app/{KEY}"), "--metrics-listen", f"127.0.0.1:{port}", environment=notify.environment())
    target.wait_units(VIDEO, 10)
    notify.wait_for("X_FORWARD=")
    command_line = open(f"/proc/{forwarder.pid}/cmdline", "rb").read().decode()
    environment = open(f"/proc/{forwarder.pid}/environ", "rb").read().decode()
    for name, text in (("argv", command_line), ("environment", environment), ("log", forwarder.log()),
                       ("metrics", metrics_of(port)), ("notifications", "\n".join(notify.received))):
        assert KEY not in text, name
    assert any(KEY.encode() in message.body for message in target.messages)


def test_probes_hear_what_the_supervisor_hears(forward, source, pump, target, tmp_path):
    probed = Probed()
    notify = NotifySocket(tmp_path / "notify")
    forward(target.url(f"app/{KEY}"), *probed.flags, "--destination", "tube", environment=notify.environment())
    target.wait_units(VIDEO, 10)
    wait_until(lambda: probed.get("/readyz").status == 200, "readiness")
    wait_until(lambda: "X_FORWARD=" + json.dumps(probed.status()["forward"], separators=(",", ":")) in notify.lines(),
               lambda: f"{probed.status()} in {notify.lines()[-2:]}")
    status = probed.get("/status")
    assert status.json()["destination"] == "tube" and KEY not in status.text()
    assert probed.get("/livez").status == 200


def test_a_url_comes_by_a_descriptor(source, pump, target):
    read, write = os.pipe()
    pipe = os.readlink(f"/proc/self/fd/{read}")
    os.write(write, (target.url(f"app/{KEY}") + "\n").encode())
    os.close(write)
    argv = [str(PROGRAM), "--stream-id", "scripted", "--input", source.url(), "--output-fd", str(read),
            "--allow-private-destinations"]
    forwarder = subprocess.Popen(argv, pass_fds=(read,), stdout=subprocess.DEVNULL)
    os.close(read)
    try:
        target.wait_units(VIDEO, 5)
        assert pipe not in [os.readlink(entry) for entry in Path(f"/proc/{forwarder.pid}/fd").iterdir()], "it is closed"
    finally:
        forwarder.kill()
        forwarder.wait()


def test_a_target_that_accepts_and_never_reads_is_found(forward, source):
    server = RtmpServer(receive_buffer=16_384)
    sender = Pump(source, size=20_000)
    forwarder = forward(server.url(f"app/{KEY}"))
    server.wait_units(VIDEO, 5)
    server.reads.clear()
    stuck_at = time.monotonic()
    record = forwarder.wait_event("retry.scheduled", seconds=40)
    took = time.monotonic() - stuck_at
    assert record["error.kind"] == "stalled" and "has taken no byte for 10 s" in record["error.message"]
    assert FOUND_SECONDS - 1 < took < FOUND_SECONDS + FILL_SECONDS + 2, f"found after {took:.1f} s"
    server.reads.set()
    wait_until(lambda: len(forwarder.records("forwarding.started")) >= 2, forwarder.log, 30)
    sender.stop()
    server.close()


def test_retries_double_up_to_ten_seconds(forward, source, pump):
    forwarder = forward(f"rtmp://127.0.0.1:{free_ports(1)[0]}/app/{KEY}")
    records = [forwarder.wait_event("retry.scheduled", count, seconds=30) for count in range(1, 5)]
    assert {r["error.kind"] for r in records} == {"connect"}
    pauses = [int(r["msg"].rpartition(" in ")[2].split()[0]) for r in records]
    for pause, least in zip(pauses, (500, 1000, 2000, 4000)):
        assert least <= pause <= least * 1.25 + 1, pauses
    assert forwarder.running(), "it never gives up"
    began = time.monotonic()
    assert forwarder.terminate() == 0
    assert time.monotonic() - began < 5


def test_wrong_credentials_end_the_program(forward, source, pump):
    with contextlib.closing(RtmpServer(refuse=("NetStream.Publish.Unauthorized", f"no {KEY} here"))) as server:
        forwarder = forward(server.url(f"app/{KEY}"))
        assert forwarder.wait() == 30
        assert server.commands.count("publish") == 1, "it does not ask again"
        record = forwarder.records("output.lost")[0]
        assert record["error.kind"] == "credentials" and KEY not in forwarder.log()


def test_refusals_without_a_reason_are_followed_by_a_long_pause(forward, source, pump):
    with contextlib.closing(RtmpServer(close_on="publish")) as server:
        forwarder = forward(server.url(f"app/{KEY}"))
        record = forwarder.wait_event("retry.scheduled", 3, seconds=30)
        assert record["error.kind"] == "refused" and "next attempt in 60000 ms" in record["msg"]


@pytest.mark.parametrize("host, words", [
    ("169.254.169.254", "link-local"), ("127.0.0.1", "loopback"), ("[::1]", "loopback"), ("localhost", "loopback"),
    ("0.0.0.0", "this machine"), ("[::ffff:10.0.0.1]", "private"), ("224.0.0.5", "multicast")])
def test_addresses_that_are_not_public_are_refused(forward, source, pump, host, words):
    forwarder = forward(f"rtmp://{host}:1935/app/{KEY}", private=False)
    assert forwarder.wait() == 10
    record = forwarder.records("output.lost")[0]
    assert record["error.kind"] == "address" and words in record["error.message"]


def test_our_own_ports_are_refused_on_this_machine(forward, source, pump, target):
    forwarder = forward(target.url(f"app/{KEY}"), "--own-port", str(target.port))
    assert forwarder.wait() == 10
    assert "is one of our own" in forwarder.records("output.lost")[0]["error.message"]
    assert not target.connections
    allowed = forward(target.url(f"app/{KEY}"), "--own-port", str(target.port), "--allow-destination", "127.0.0.1/32",
                      private=False)
    target.wait_units(VIDEO, 2)
    assert allowed.running()


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "concat:rtmp://h/a/k", "subfile,,start,0,end,0,,:/etc/passwd", "tcp://127.0.0.1:1/a/k", "http://h/a/k",
    "rtmp://h/app/key live=1 swfUrl=x", "rtmp://h/app", "rtmp://h", "rtmp://0x7f000001:99999/a/k", "-i /etc/passwd", "\x00", ""])
def test_what_is_no_destination_is_refused_with_the_command_line(forward, source, url):
    forwarder = forward(url)
    assert forwarder.wait() == 10
    assert url == "" or url.strip("\x00") == "" or url not in forwarder.log()


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1"])
def test_odd_forms_of_a_loopback_address_lead_nowhere(forward, source, pump, host):
    forwarder = forward(f"rtmp://{host}:1935/app/{KEY}", "--retry-attempts", "1", private=False)
    assert forwarder.wait(40) in (10, 40), forwarder.log()
    assert not forwarder.records("output.connected")


def test_an_input_that_never_plays_ends_it(tmp_path, target):
    nowhere = f"rtsp://127.0.0.1:{free_ports(1)[0]}/live/x/out"
    forwarder = Forwarder(tmp_path, nowhere, target.url(f"app/{KEY}"), "--input-grace", "2s")
    assert forwarder.wait(30) == 20
    assert not target.connections


def test_switched_off_it_ends_at_once(forward, source):
    forwarder = forward(f"rtmp://a.example/app/{KEY}", "--no-enabled")
    assert forwarder.wait() == 0
    assert [r["event"] for r in forwarder.records()] == ["egress.disabled"]


def test_it_reports_what_it_does(forward, source, pump, target, tmp_path):
    [port] = free_ports(1)
    notify = NotifySocket(tmp_path / "notify")
    forwarder = forward(target.url(f"app/{KEY}"), "--metrics-listen", f"127.0.0.1:{port}",
                        environment=notify.environment(watchdog_usec=1_000_000))
    notify.wait_for("READY=1")
    target.wait_units(VIDEO, 60)
    wait_until(lambda: notify.count("WATCHDOG=1") >= 3, lambda: str(notify.received))

    def reports():
        return [json.loads(line.partition("=")[2]) for line in notify.lines() if line.startswith("X_FORWARD=")]

    wait_until(lambda: reports() and reports()[-1]["phase"] == "forwarding" and reports()[-1]["bitsPerSecond"] > 1000,
               lambda: str(reports()[-3:]))
    text = metrics_of(port)
    assert "tidegate_forwarder_forwarding 1" in text and "tidegate_forwarder_connections_total 1" in text
    sent = next(float(line.split()[-1]) for line in text.splitlines() if line.startswith("tidegate_forwarder_bytes_out_total"))
    assert sent > 5000
    forwarder.signal(signal.SIGTERM)
    assert forwarder.wait() == 0
    assert "STATUS=stopped" in notify.lines()
