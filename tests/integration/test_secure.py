"""`make dev SECURE=1`: everything over TLS, with passwords, signed hooks and tokens, on either router (docs/security.md)."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.request

import pytest
from devstack import credentials, secure, settings
from support import ffmpeg
from support.free_ports import free_ports, free_udp_pair
from support.rtmp_client import RtmpClient
from support.wait import wait_until

TOOL = [sys.executable, str(settings.ROOT / "tools" / "stack.py")]
PORTS = ("RTMP_PORT", "RTSP_PORT", "HLS_PORT", "PLAYBACK_PORT", "API_PORT", "METRICS_PORT", "SERVICE_PORT")
SECONDS = 60


class SecureStack:
    """The stack of `make dev`, and a client that trusts its authority."""

    def __init__(self, folder):
        ports = dict(zip(PORTS, map(str, free_ports(len(PORTS)))))
        self.environment = {**os.environ, "SECURE": "1", "BIND": "127.0.0.1", "RUN_DIR": str(folder), "RTP_PORT": str(free_udp_pair()), **ports}
        self.settings = settings.from_environment(self.environment)

    def run(self, word, **more):
        return subprocess.run([*TOOL, word], env={**self.environment, **more}, cwd=settings.ROOT, capture_output=True, text=True, timeout=120)

    def tls(self):
        return ssl.create_default_context(cafile=str(secure.authority(self.settings)))

    def log(self, program):
        return (self.settings.run_path / "logs" / f"{program}.log").read_text(errors="replace")

    def ask(self, path, token=True):
        headers = credentials.service_header(self.settings) if token else {}
        request = urllib.request.Request(self.settings.url("http", self.settings.service_port, path), headers=headers)
        with urllib.request.urlopen(request, timeout=20, context=self.tls()) as reply:
            return json.loads(reply.read())

    def stream(self, name):
        return next((item for item in self.ask("/v1/streams")["items"] if item["streamId"] == name), {})

    def publish_url(self, stream, side="in", query=None):
        query = credentials.publisher_query(self.settings) if query is None else query
        return self.settings.url("rtmp", self.settings.rtmp_port, f"/live/{stream}/{side}") + (f"?{query}" if query else "")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    one = SecureStack(tmp_path_factory.mktemp("secure"))
    started = one.run("up")
    assert started.returncode == 0, started.stdout + started.stderr
    yield one
    stopped = one.run("down")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture
def live(stack, clips, tmp_path, stream):
    publisher = ffmpeg.publish(clips.get("small"), stack.publish_url(stream), tmp_path / "publisher.log", loop=True)
    wait_until(lambda: stack.stream(stream).get("output", {}).get("readable"), lambda: f"{stream} readable: {stack.stream(stream)}", SECONDS)
    yield stream
    publisher.kill()


def test_a_stream_goes_through_over_tls_only(stack, live, tmp_path):
    shown = stack.stream(live)
    assert shown["sourceType"] == "rtmpsConn" and shown["state"] == "running"
    for side in ("in", "out"):
        url = stack.settings.url("rtsp", stack.settings.rtsp_port, f"/live/{live}/{side}")
        probed = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", url],
                                capture_output=True, text=True, timeout=SECONDS)
        assert "h264" in probed.stdout, probed.stderr
    hls = stack.settings.url("http", stack.settings.hls_port, f"/live/{live}/out/index.m3u8?cookieCheck=1")

    def playlist():
        with urllib.request.urlopen(hls, timeout=20, context=stack.tls()) as reply:
            return reply.read().decode()
    wait_until(lambda: "#EXTM3U" in playlist(), "HLS over HTTPS", SECONDS)


def test_the_hooks_are_signed_and_come_over_tls(stack, live):
    events = stack.ask("/v1/events")["items"]
    assert {event["path"] for event in events} >= {f"live/{live}/in", f"live/{live}/out"}
    assert "hook.failed" not in stack.log("media-router")
    forged = json.dumps({"path": "live/forged/in", "query": "", "sourceType": "rtmp", "sourceId": "x"}).encode()
    request = urllib.request.Request(stack.settings.url("http", stack.settings.service_port, "/v1/mediamtx/events/ready"), forged,
                                     {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=20, context=stack.tls())


@pytest.mark.parametrize("variable", PORTS)
def test_every_port_speaks_tls_and_nothing_else(stack, variable):
    port = int(stack.environment[variable])
    with socket.create_connection(("127.0.0.1", port), 20) as plain, stack.tls().wrap_socket(plain, server_hostname="localhost") as encrypted:
        assert encrypted.version() in ("TLSv1.2", "TLSv1.3")
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" if "RT" not in variable else b"\x03" + bytes(1536))
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith((b"HTTP/1.1 200", b"\x03", b"RTSP/1.0 2")), answer


@pytest.mark.parametrize("query", ["", "user=publisher&pass=wrong", "user=viewer&pass=VIEWER"])
def test_nobody_publishes_without_the_publisher_s_password(stack, stream, query):
    query = query.replace("VIEWER", credentials.of(stack.settings)["VIEWER_PASSWORD"])
    client = RtmpClient("127.0.0.1", stack.settings.rtmp_port, 20, tls=stack.tls())
    key = "in" + (f"?{query}" if query else "")
    try:
        assert not client.publish(f"rtmps://127.0.0.1:{stack.settings.rtmp_port}/live/{stream}", key)
    except (OSError, EOFError):
        pass  # MediaMTX closes the connection instead of an answer
    finally:
        client.close()
    assert not stack.stream(stream)


def test_media_service_asks_for_a_token(stack):
    with pytest.raises(urllib.error.HTTPError, match="401"):
        stack.ask("/v1/streams", token=False)
    assert "items" in stack.ask("/v1/streams")


def test_make_ps_api_and_metrics_find_the_stack(stack):
    for word in ("ps", "api", "metrics"):
        done = stack.run(word)
        assert done.returncode == 0 and done.stdout, done.stderr
    assert "unhealthy" not in stack.run("ps").stdout


def test_the_secrets_are_for_nobody_else(stack, live):
    assert stack.settings.run_path.joinpath("secure").stat().st_mode & 0o077 == 0
    made = {**credentials.of(stack.settings), **secure.for_router(stack.settings)}
    secrets = [value for name, value in made.items() if re.search("PASS|SECRET|TOKEN", name)]
    assert len(set(secrets)) >= 6
    pid = stack.stream(live)["worker"]["pid"]
    with open(f"/proc/{pid}/environ") as environment:
        text = environment.read()
    for name in ("HOOK_SECRET", "SERVICE_TOKEN", "PUBLISHER_PASSWORD", "VIEWER_PASSWORD", "ROUTER_API_PASSWORD"):
        assert made[name] not in text, f"a worker does not need {name}"
    for program in ("media-router", "media-service"):
        logged = stack.log(program)
        assert not [secret for secret in secrets if secret in logged]


def test_what_is_made_once_stays(stack):
    before = {file.name: file.read_bytes() for file in stack.settings.run_path.joinpath("secure").glob("*.env")}
    assert stack.run("api").returncode == 0
    assert before == {file.name: file.read_bytes() for file in stack.settings.run_path.joinpath("secure").glob("*.env")}


def test_another_value_of_secure_is_an_error(stack):
    done = stack.run("ps", SECURE="yes")
    assert done.returncode == 1 and "SECURE=yes: expected 1" in done.stderr
