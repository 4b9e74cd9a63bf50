"""The package with TLS, passwords and tokens: what docs/security.md tells to do, on a clean machine, and a stream through it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from support import ffmpeg
from support.delivery import Delivery
from support.delivery_targets import DeliveryTargets
from support.process import Process
from support.shell_blocks import BLOCK
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
[STEPS] = [block for block in BLOCK.findall((ROOT / "docs" / "security.md").read_text()) if "/etc/tidegate/secure" in block]
SERVICE = "https://localhost:8080"
UNITS = ("media-router.service", "media-service.service")
SECONDS = 60
PORTS = {"RTMP": 1936, "RTSP": 8322, "HLS": 8888, "API": 9997, "metrics": 9998, "playback": 9996, "media-service": 8080}


class Secure:
    """The machine, and a client that trusts its authority."""

    def __init__(self, machine):
        self.machine = machine
        self.authority = machine.root / "etc/tidegate/secure/tls/ca.pem"
        self.secrets = dict(re.findall(r"^(\w+)=(.*)$", machine.run("cat", "/etc/tidegate/secure/clients.env"), re.M))

    def ask(self, path, *options, token=True):
        header = ["-H", f"Authorization: Bearer {self.secrets['SERVICE_TOKEN']}"] if token else []
        return self.machine.get(f"{SERVICE}{path}", "--cacert", self.authority, *header, *options)

    def status(self, path, *options):
        argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(self.authority), *options, f"{SERVICE}{path}"]
        return int(subprocess.run(self.machine.in_its_network(*argv), capture_output=True, text=True, timeout=SECONDS).stdout)

    def is_served(self):
        shown = self.ask("/v1/streams/demo") or {}
        return shown.get("state") == "running" and shown["output"]["readable"] and shown

    def report(self):
        return f"{self.ask('/v1/streams')}\n" + self.machine.ask("journalctl", "--no-pager", "-n", "60")


@pytest.fixture(scope="module")
def secure(machine):
    [package] = (machine.root / "var/tmp").glob("tidegate_*.deb")
    machine.run("apt-get", "install", "-y", "--no-install-recommends", f"/var/tmp/{package.name}", "openssl")
    machine.run("sh", "-eu", "-c", STEPS)
    one = Secure(machine)
    wait_until(lambda: one.ask("/readyz", token=False), lambda: machine.ask("journalctl", "--no-pager", "-n", "60"), SECONDS)
    return one


@pytest.fixture(scope="module")
def publisher(secure, clips, tmp_path_factory):
    """It connects again when the router restarts."""
    url = f"rtmps://localhost:1936/live/demo/in?user=publisher&pass={secure.secrets['PUBLISHER_PASSWORD']}"
    argv = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re", "-stream_loop", "-1", "-i",
            str(clips.get("av")), "-c", "copy", "-f", "flv", url]
    process = Process("publisher", secure.machine.in_its_network("sh", "-c", 'until "$@"; do :; done', "sh", *argv),
                      tmp_path_factory.mktemp("publisher") / "log")
    yield process
    process.kill()


def test_a_stream_goes_through_over_tls(secure, publisher):
    shown = wait_until(secure.is_served, lambda: f"{secure.report()}\n{publisher.log()}", SECONDS)
    assert shown["sourceType"] == "rtmpsConn"
    probed = subprocess.run(secure.machine.in_its_network(
        "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
        f"rtsps://viewer:{secure.secrets['VIEWER_PASSWORD']}@localhost:8322/live/demo/out"),
        capture_output=True, text=True, timeout=SECONDS)
    assert sorted(probed.stdout.split()) == ["aac", "h264"], probed.stderr
    events = secure.ask("/v1/events")["items"]
    assert {event["path"] for event in events} >= {"live/demo/in", "live/demo/out"}, "the hooks are signed"


@pytest.mark.parametrize("name", PORTS)
def test_every_port_speaks_tls_with_a_certificate_of_the_installation(secure, name):
    argv = ["openssl", "s_client", "-connect", f"localhost:{PORTS[name]}", "-CAfile", str(secure.authority), "-verify_return_error",
            "-verify_hostname", "localhost"]
    done = subprocess.run(secure.machine.in_its_network(*argv), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and "Verify return code: 0 (ok)" in done.stdout, done.stderr


def test_nothing_else_listens(secure):
    ports = set()
    for file in ("tcp", "tcp6"):
        for line in secure.machine.run("cat", f"/proc/net/{file}").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A":
                ports.add(int(local.rpartition(":")[2], 16))
    assert ports == set(PORTS.values())


def test_media_service_asks_for_a_token(secure):
    assert secure.status("/v1/streams") == 401
    assert secure.status("/v1/mediamtx/events/ready", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{}") == 401
    assert secure.ask("/v1/access") == {"name": "first", "role": "operator"}


def test_only_root_reads_the_secrets_and_no_command_line_has_one(secure, publisher):
    machine = secure.machine
    wait_until(secure.is_served, secure.report, SECONDS)
    assert machine.run("stat", "-c", "%U %a", "/etc/tidegate/secure") == "root 700"
    assert machine.run("stat", "-c", "%U %a", "/etc/tidegate/secure/tls/server.key") == "root 600"
    words = [word for words in machine.processes_of("tidegate").values() for word in words]
    assert "/usr/bin/stream-worker" in words
    secrets = {*secure.secrets.values(), *re.findall(r"=([0-9a-f]{48})$", machine.run("cat", "/etc/tidegate/credentials.env"), re.M)}
    secrets -= {"publisher", "viewer"}
    assert len(secrets) == 5 and not [word for word in words if any(secret in word for secret in secrets)]
    journal = machine.ask("journalctl", "--no-pager")
    assert not [secret for secret in secrets if secret in journal]


def test_an_operator_s_destination_is_kept_and_gets_a_forwarder(secure, publisher):
    wait_until(secure.is_served, secure.report, SECONDS)
    body = '{"name":"elsewhere","url":"rtmps://127.0.0.1:9/app/secretkey1"}'
    assert secure.ask("/v1/streams/demo/destinations", "-X", "POST", "-H", "Content-Type: application/json", "-d", body)

    def refused():
        [item] = secure.ask("/v1/streams/demo/destinations")["items"]
        return item["state"] == "failed" and "loopback address" in item["error"]

    wait_until(refused, lambda: f"{secure.ask('/v1/streams/demo/destinations')}\n{secure.report()}", SECONDS)
    assert "secretkey1" in (secure.machine.root / "var/lib/tidegate-egress/destinations.json").read_text()


def test_a_new_certificate_is_used_after_a_restart(secure, publisher):
    """Also by the workers: those that trust the old one end with their connections, and new ones take their places."""
    machine = secure.machine
    wait_until(secure.is_served, secure.report, SECONDS)
    before = secure.authority.read_text()
    machine.run("sh", "-eu", "-c", "rm /etc/tidegate/secure/tls/server.key; /usr/lib/tidegate/make-secure.sh /etc/tidegate/secure")
    assert secure.authority.read_text() != before
    for unit in UNITS:
        machine.run("systemctl", "restart", unit)
    wait_until(lambda: secure.ask("/readyz", token=False), secure.report, SECONDS)
    wait_until(secure.is_served, lambda: f"{secure.report()}\n{publisher.log()}", SECONDS)


@pytest.fixture
def holding(secure):
    """Outputs that never end, and destinations on this machine, as docs/operations.md and docs/forwarding.md tell."""
    variables = secure.machine.root / "etc/tidegate/egress.env"
    variables.write_text("ON_SOURCE_LOST=hold\nALLOW_PRIVATE_DESTINATIONS=true\n")
    secure.machine.run("systemctl", "restart", "media-service.service")
    wait_until(lambda: secure.ask("/readyz", token=False), secure.report, SECONDS)
    yield
    variables.unlink()


@pytest.fixture
def targets(secure, holding, tmp_path):
    tls = secure.authority.parent
    made = DeliveryTargets(tmp_path, tls / "server.pem", tls / "server.key", "127.0.0.1", secure.machine.in_its_network)
    yield made
    made.close()


def test_a_stream_is_delivered_while_destination_and_source_come_and_go(secure, targets, clips, tmp_path):
    def ask(path, method="GET", body=None):
        options = ["-X", method, "-H", "Content-Type: application/json", "-d", json.dumps(body)] if body else []
        return secure.ask(path, *options)

    def client(name, *argv):
        return Process(name, secure.machine.in_its_network("ffmpeg", *ffmpeg.QUIET, *argv), tmp_path / f"{name}.log")

    def publish(stream):
        url = f"rtmps://localhost:1936/live/{stream}/in?user=publisher&pass={secure.secrets['PUBLISHER_PASSWORD']}"
        return client("publisher", "-re", "-stream_loop", "-1", "-i", str(clips.get("av")), "-c", "copy", "-f", "flv", url)

    def read(stream):
        url = f"rtsps://viewer:{secure.secrets['VIEWER_PASSWORD']}@localhost:8322/live/{stream}/out"
        return client("reader", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "null", "-")

    Delivery(targets, "127.0.0.1", ask, publish, read, secure.report).assert_delivers()
    assert not [key for key in ("good-key", "bad-key") if key in secure.machine.ask("journalctl", "--no-pager")]
