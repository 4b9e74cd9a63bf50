"""The real mtx-hook with a real local receiver: what it posts, and how it reports each failure."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from support.bare_router import SANITIZED

ROOT = Path(__file__).resolve().parents[2]
HOOK = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bin" / "mtx-hook"
VARIABLES = {"MTX_PATH": "live/demo/in", "MTX_QUERY": "lang%3Des%26x%3D1", "MTX_SOURCE_TYPE": "rtmpConn",
             "MTX_SOURCE_ID": "a6ddfc35"}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.requests, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(url, kind="ready", program=HOOK, **changes):
    environment = {**VARIABLES, "ORCHESTRATOR_URL": url, **changes}
    environment = {key: value for key, value in environment.items() if value is not None}
    if "LLVM_PROFILE_FILE" in os.environ:
        environment["LLVM_PROFILE_FILE"] = os.environ["LLVM_PROFILE_FILE"]
    return subprocess.run([program, kind] if kind else [program], env=environment, capture_output=True, timeout=30)


def url_of(server):
    return f"http://127.0.0.1:{server.server_address[1]}"


def failure(result):
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    line = json.loads(lines[0])
    assert line["component"] == "mtx-hook" and line["level"] == "error"
    return line


@pytest.mark.parametrize("kind", ["ready", "not-ready"])
def test_one_post_per_call(receiver, kind):
    result = run(url_of(receiver), kind)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    [(path, headers, body)] = receiver.requests
    assert path == f"/v1/mediamtx/events/{kind}"
    assert headers["Content-Type"] == "application/json" and len(headers["X-Correlation-ID"]) == 36
    assert json.loads(body) == {"path": "live/demo/in", "query": "lang=es&x=1", "sourceType": "rtmp",
                                "sourceId": "a6ddfc35"}


@pytest.mark.parametrize("changes", [{"HOOK_SECRET": "geheim"}, {"ORCHESTRATOR_URL": "https://127.0.0.1:9"}])
def test_without_the_program_that_signs_and_encrypts_this_is_told(receiver, tmp_path, changes):
    alone = Path(shutil.copy(HOOK, tmp_path))
    result = run(url_of(receiver), program=alone, **changes)
    assert result.returncode == 2 and "mtx-hook-secure" in failure(result)["msg"] and not receiver.requests


@pytest.mark.parametrize("given,told", [
    ("lang=es&x=1", "lang=es&x=1"), ("lang%3Des", "lang=es"), ("", ""), ("a%3D%22b%22", 'a="b"'),
    ("a=\"b\"\n\t\\", "a=\"b\"\n\t\\"), ("a%3D%0AX%3A+y", "a=\nX: y"), ("x=$(id);`id`|&", "x=$(id);`id`|&"),
    (b"a=\xff\xfe", "a=%FF%FE")])
def test_the_query_is_delivered_decoded_whatever_its_bytes(receiver, given, told):
    environment = {key.encode(): value.encode() for key, value in {**VARIABLES, "ORCHESTRATOR_URL":
                                                                   url_of(receiver)}.items()}
    environment[b"MTX_QUERY"] = given if isinstance(given, bytes) else given.encode()
    result = subprocess.run([HOOK, "ready"], env=environment, capture_output=True, timeout=30)
    assert result.returncode == 0, result.stderr
    assert json.loads(receiver.requests[0][2])["query"] == told


@pytest.mark.parametrize("given,told", [("rtmpsConn", "rtmp"), ("rtspSession", "rtsp"), ("webRTCSession", "webrtc"),
                                        ("srtConn", "srt"), ("fancyNewThing", "fancyNewThing")])
def test_the_source_type_is_normalised(receiver, given, told):
    run(url_of(receiver), MTX_SOURCE_TYPE=given)
    assert json.loads(receiver.requests[0][2])["sourceType"] == told


@pytest.mark.parametrize("missing", ["MTX_PATH", "MTX_SOURCE_TYPE", "MTX_SOURCE_ID", "ORCHESTRATOR_URL"])
def test_a_missing_variable_is_named(receiver, missing):
    result = run(url_of(receiver), **{missing: None}) if missing != "ORCHESTRATOR_URL" else run(None)
    assert result.returncode == 2
    assert missing in json.dumps(failure(result))
    assert receiver.requests == []


@pytest.mark.parametrize("arguments", [None, "start"])
def test_a_wrong_argument_tells_the_usage(receiver, arguments):
    result = run(url_of(receiver), arguments)
    assert result.returncode == 2 and "ready|not-ready" in json.dumps(failure(result))


def test_help_and_version_need_nothing_and_tell_every_exit_code():
    shown = {flag: subprocess.run([HOOK, flag], capture_output=True, text=True, env={}, timeout=10)
             for flag in ("--help", "--version")}
    assert all(done.returncode == 0 and not done.stderr for done in shown.values())
    declared = re.findall(r"= (\d),", (ROOT / "apps/mtx-hook/event.hpp").read_text())
    assert re.findall(r"^  (\d)  ", shown["--help"].stdout, re.M) == ["0", *declared]
    project = re.search(r"project\(tidegate VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert shown["--version"].stdout == f"{project}\n"


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999"])
def test_a_bad_url_has_its_own_code(url):
    result = run(url)
    assert result.returncode == 3, result.stderr
    failure(result)


def test_nobody_listening_has_its_own_code():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, not listening: refused
        result = run(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert result.returncode == 4, result.stderr
    failure(result)


def test_an_error_status_is_named(receiver):
    receiver.status = 503
    result = run(url_of(receiver))
    assert result.returncode == 6 and failure(result)["status"] == 503


def test_an_answer_that_is_no_http_has_its_own_code():
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer():
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"SSH-2.0-nothing\r\n\r\n")
        thread = threading.Thread(target=answer)
        thread.start()
        result = run(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert result.returncode == 7, result.stderr
    failure(result)


def test_a_receiver_that_never_answers_costs_seconds_not_for_ever():
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = run(f"http://127.0.0.1:{server.getsockname()[1]}")
    assert result.returncode == 5, result.stderr
    failure(result)


@pytest.mark.skipif(SANITIZED, reason="the sanitizers' runtimes need a dynamic libc")
def test_it_is_static_and_needs_nothing_of_its_image():
    described = subprocess.run(["readelf", "-l", HOOK], capture_output=True, text=True).stdout
    assert "INTERP" not in described
