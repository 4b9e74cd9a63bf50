"""Who may do what at media-service: tokens and their roles, hooks that are signed, and what strangers get. On the real programs."""

import hashlib
import hmac
import json
import os
import socket
import subprocess
import time

import pytest
from support import http
from support.free_ports import free_ports
from support.making import started
from support.process import Process
from support.stack import Stack
from support.tokens import BIN, Tokens
from support.wait import wait_until

PUBLIC = {"/healthz": (200,), "/readyz": (200, 503), "/": (200,), "/app.js": (200,), "/docs": (200,), "/openapi.json": (200,)}
VIEWER = ["/v1/access", "/v1/streams", "/v1/routers", "/v1/leader", "/v1/events", "/v1/streams/x", "/v1/streams/x/history",
          "/v1/streams/x/transcript", "/v1/streams/x/recordings/in", "/v1/streams/x/destinations", "/v1/streams/x/destinations/n", "/metrics"]
OPERATOR = [f"/v1/streams/x/{verb}" for verb in (
    "restart", "stop", "reset", "recordings/in/start", "recordings/in/stop", "destinations", "destinations/n/enable",
    "destinations/n/disable", "destinations/n/restart")]
EVENT = json.dumps({"path": "live/signed/in", "query": "", "sourceType": "rtmp", "sourceId": "s"}).encode()
SECRET = "a secret of the hooks"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    made = Tokens(tmp_path_factory.mktemp("tokens"))
    made.make("wall", "viewer")
    made.make("ann", "operator")
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory, tokens):
    with started(Stack(tmp_path_factory.mktemp("closed"), service_flags={"--tokens-file": str(tokens.file)})) as stack:
        yield stack


def status(stack, method, path, headers=None):
    body = b"" if method == "POST" else None
    return http.request(method, stack.service_url(path), body, headers or {}).status


def test_each_endpoint_has_its_role(service, tokens):
    for path, expected in PUBLIC.items():
        assert status(service, "GET", path) in expected, path
    for path in VIEWER:
        assert status(service, "GET", path) == 401, path
        assert status(service, "HEAD", path) == 401, path
        for name in ("wall", "ann"):
            assert status(service, "GET", path, tokens.header(name)) not in (401, 403), path
    for path in OPERATOR:
        assert status(service, "POST", path) == 401, path
        assert status(service, "POST", path, tokens.header("wall")) == 403, path
        assert status(service, "POST", path, tokens.header("ann")) not in (401, 403), path
    event = http.request("POST", service.service_url("/v1/mediamtx/events/ready"), EVENT, tokens.header("wall"))
    assert event.status == 403
    assert http.request("POST", service.service_url("/v1/mediamtx/events/ready"), EVENT, tokens.header("ann")).status == 200


def test_every_path_of_the_description_is_in_the_lists_above(service):
    api = http.get(service.service_url("/openapi.json")).json()["paths"]
    known = {*PUBLIC, *VIEWER, *OPERATOR, "/v1/events/stream", "/v1/mediamtx/events/ready", "/v1/mediamtx/events/not-ready"}
    for path, verbs in api.items():
        shown = path.replace("{id}", "x").replace("{side}", "in").replace("{name}", "n")
        assert shown in known, path
        for verb, told in verbs.items():
            public = shown in PUBLIC
            assert ("401" in told["responses"]) != public, (verb, path)


def test_a_client_is_told_who_it_is(service, tokens):
    assert http.get(service.service_url("/v1/access"), headers=tokens.header("wall")).json() == {"name": "wall", "role": "viewer"}
    assert http.get(service.service_url("/v1/access"), headers=tokens.header("ann")).json() == {"name": "ann", "role": "operator"}
    refused = http.get(service.service_url("/v1/access"))
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="media-service"'
    assert refused.json()["type"] == "urn:tidegate:problem:unauthorized"


def raw(stack, *lines):
    with socket.create_connection(("127.0.0.1", stack.settings.service_port), 20) as peer:
        peer.sendall(b"GET /v1/streams HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
        received = b""
        while data := peer.recv(65536):
            received += data
    return int(received.split(b" ", 2)[1])


def test_odd_headers_are_no_tokens(service, tokens):
    token = tokens.secrets["ann"].encode()
    good = b"Authorization: Bearer " + token
    assert raw(service, good) == 200
    assert raw(service, b"aUTHORIZATION:bearer    " + token + b"  ") == 200
    assert raw(service, good, good) == 400
    assert raw(service, good, b"Authorization: Basic eDp5") == 400
    for value in (b"", b"Bearer", b"Basic " + token, b"Bearer " + token[:-1], b"Bearer " + token + b"0", b"Bearer " + token.upper(),
                  b"Bearer " + token + b", Bearer " + token, b"Bearer \x80\xff", b"Token " + token, b"Bearer " + b"a" * 5000):
        assert raw(service, b"Authorization: " + value) == 401, value
    assert raw(service, b"Authorization: Bearer " + b"a" * 9000) == 431
    # Cookies and queries are no tokens either.
    assert raw(service, b"Cookie: token=" + token) == 401
    assert status(service, "GET", f"/v1/streams?token={token.decode()}") == 401
    assert token.decode() not in service.service.log()
    assert http.get(service.service_url("/healthz")).status == 200


def test_refusals_are_counted_and_logged_once_a_second(service, tokens):
    before = service.service.log().count("access.refused")
    began = time.monotonic()
    for _ in range(200):
        assert status(service, "GET", "/v1/streams") == 401
    def lines():
        status(service, "GET", "/v1/streams")
        return service.service.log().count("access.refused") - before
    assert wait_until(lines, "a line") <= time.monotonic() - began + 2
    text = http.get(service.service_url("/metrics"), headers=tokens.header("wall")).text()
    [line] = [line for line in text.splitlines() if line.startswith('tidegate_access_refused_total{status="401"}')]
    assert float(line.split()[-1]) >= 200


def test_what_an_operator_does_is_logged_with_the_name(service, tokens):
    status(service, "POST", "/v1/streams/nobody/stop", tokens.header("ann"))
    def told():
        return [json.loads(line) for line in service.service.log().splitlines() if "access.command" in line and "nobody" in line]
    lines = wait_until(told, "a line")
    assert lines[-1]["name"] == "ann" and lines[-1]["target"] == "/v1/streams/nobody/stop"


def test_tokens_come_and_go_while_it_runs(tmp_path):
    tokens = Tokens(tmp_path)
    tokens.make("first", "operator")
    with started(Stack(tmp_path, service_flags={"--tokens-file": str(tokens.file)})) as stack:
        tokens.make("second")
        wait_until(lambda: status(stack, "GET", "/v1/streams", tokens.header("second")) == 200, "a new token")
        with socket.create_connection(("127.0.0.1", stack.settings.service_port), 20) as reader:
            reader.sendall(b"GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + tokens.secrets["second"].encode() + b"\r\n\r\n")
            assert b" 200 " in reader.recv(4096)
            tokens.withdraw("second")
            wait_until(lambda: status(stack, "GET", "/v1/streams", tokens.header("second")) == 401, "no token any more")
            reader.settimeout(20)
            while reader.recv(4096):  # what it still got, then the end of the stream
                pass
        # A file with an error changes nothing, and the log says why.
        with tokens.file.open("a") as file:
            file.write("third boss sha256:00\n")
        stack.service.wait_log("access.tokens_refused")
        assert status(stack, "GET", "/v1/streams", tokens.header("first")) == 200
        assert "line 2: the second word is the role" in stack.service.log()


@pytest.mark.parametrize("text, says", [("", "there is no token in it"), ("x viewer tg_inclear\n", "line 1: the third word")])
def test_it_does_not_start_with_a_bad_file(tmp_path, text, says):
    file = tmp_path / "tokens"
    file.write_text(text)
    file.chmod(0o600)
    done = subprocess.run([BIN / "media-service", f"--tokens-file={file}", f"--state-dir={tmp_path}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and says in done.stderr and "tg_inclear" not in done.stderr, done
    file.chmod(0o666)
    done = subprocess.run([BIN / "media-service", f"--tokens-file={file}", f"--state-dir={tmp_path}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "may be written by others" in done.stderr, done


def test_a_token_is_printed_once_and_its_name_is_taken(tmp_path):
    tokens = Tokens(tmp_path)
    secret = tokens.make("ann", "operator")
    assert secret not in tokens.file.read_text() and hashlib.sha256(secret.encode()).hexdigest() in tokens.file.read_text()
    again = subprocess.run([BIN / "media-service", f"--tokens-file={tokens.file}", "--make-token=ann"], capture_output=True, text=True, timeout=60)
    assert again.returncode == 2 and "a token of this name already" in again.stderr and not again.stdout
    without = subprocess.run([BIN / "media-service", "--make-token=ann"], capture_output=True, text=True, timeout=60)
    assert without.returncode == 2 and "--tokens-file" in without.stderr


# Hooks

@pytest.fixture(scope="module")
def signed(tmp_path_factory, tokens):
    folder = tmp_path_factory.mktemp("signed")
    os.environ["HOOK_SECRET"] = SECRET
    try:
        with started(Stack(folder, service_flags={"--tokens-file": str(tokens.file)})) as stack:
            yield stack
    finally:
        del os.environ["HOOK_SECRET"]


def signature(body, secret=SECRET, age=0, kind="ready"):
    seconds = str(int(time.time()) - age)
    message = f"{seconds}./v1/mediamtx/events/{kind}.".encode() + body
    return {"X-Hook-Signature": f"t={seconds},sha256={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"}


def test_only_signed_events_are_taken(signed):
    url = signed.service_url("/v1/mediamtx/events/ready")
    assert http.request("POST", url, EVENT, signature(EVENT)).status == 200
    for headers in ({}, signature(EVENT, "another secret"), signature(EVENT, age=600), signature(EVENT, age=-600), signature(EVENT + b" "),
                    signature(EVENT, kind="not-ready")):
        refused = http.request("POST", url, EVENT, headers)
        assert refused.status == 401 and refused.json()["type"] == "urn:tidegate:problem:unauthorized", headers
    assert SECRET not in signed.service.log()


def test_mtx_hook_signs(signed, publish, stream):
    publish(signed.rtmp(stream))
    assert signed.wait_event(stream, "ready")["outcome"] == "accepted"
    assert SECRET not in signed.router.log() + signed.service.log()


# Prometheus

def test_prometheus_scrapes_with_a_token(service, tokens, tmp_path):
    from support.prometheus import SECONDS, program
    prometheus = program("prometheus")
    secret, none = tmp_path / "token", tmp_path / "none"
    secret.write_text(tokens.secrets["wall"])
    none.write_text("")
    [port] = free_ports(1)
    target = {"static_configs": [{"targets": [f"127.0.0.1:{service.settings.service_port}"]}]}
    jobs = [{"job_name": name, "authorization": {"credentials_file": str(file)}, **target} for name, file in (("with", secret), ("without", none))]
    config = tmp_path / "prometheus.yml"
    config.write_text(json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}))
    process = Process("prometheus", [prometheus, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
                                     f"--web.listen-address=127.0.0.1:{port}"], tmp_path / "prometheus.log", dict(os.environ))

    def targets():
        try:
            found = http.get(f"http://127.0.0.1:{port}/api/v1/targets").json()["data"]["activeTargets"]
        except (OSError, ValueError, KeyError):
            return {}
        return {target["labels"]["job"]: (target["health"], target["lastError"]) for target in found}
    try:
        wait_until(lambda: {health for health, _ in targets().values()} == {"up", "down"}, lambda: f"{targets()}\n{process.log()}", SECONDS)
        assert targets()["with"] == ("up", "")
        assert "401" in targets()["without"][1]
    finally:
        process.kill()
