"""HTTPS on the real programs: media-service and the hooks that reach it, media that the HTTP server hands over, large files, clients
that misbehave."""

import concurrent.futures
import contextlib
import os
import socket
import ssl
import subprocess
import time

import pytest
from support import http, https, tls
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.fleet import descriptors, resident_bytes
from support.making import started
from support.recordings import path_defaults, wait_files
from support.stack import Stack
from support.tokens import BIN, Tokens
from support.wait import wait_until

HOST = "127.0.0.1"


@contextlib.contextmanager
def environment(**values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("certificate"))


# media-service

class SecureStack(Stack):
    """media-service over TLS, with tokens and signed hooks; its router's Control API over TLS, too."""

    def __init__(self, folder, certificate, **options):
        self.certificate, self.tokens = certificate, Tokens(folder)
        self.tokens.make("ann", "operator")
        super().__init__(folder, service_flags={
            "--tls-cert": str(certificate.crt), "--tls-key": str(certificate.key), "--tokens-file": str(self.tokens.file),
            "--router-ca-file": str(certificate.crt), "--hsts": "24h"}, **options)

    def start(self):
        certificate = self.certificate
        self.service_flags["--router-api"] = f"https://{HOST}:{self.settings.api_port}"
        self.start_router(ORCHESTRATOR_URL=f"https://{HOST}:{self.settings.service_port}", ORCHESTRATOR_CA_FILE=str(certificate.crt),
                          HOOK_SECRET="of the hooks", MTX_APIENCRYPTION="yes", MTX_APISERVERCERT=str(certificate.crt), MTX_APISERVERKEY=str(certificate.key))
        with environment(HOOK_SECRET="of the hooks"):
            self.start_service()
        return self

    def _start(self, program, environment):
        """Its health is asked over TLS."""
        from support.process import Process
        process = Process(program.name, program.argv, self.work_dir / f"{program.name}.log", {**program.environment, **environment})
        url = program.health_url.replace("http://", "https://")
        wait_until(lambda: not process.running() or self._healthy(url), process.log, 30)
        assert process.running(), process.log()
        return process

    def _healthy(self, url):
        try:
            return https.get(url, self.certificate, headers=self.api_header).status == 200
        except OSError:
            return False

    def ask(self, path, **options):
        return https.get(f"https://{HOST}:{self.settings.service_port}{path}", self.certificate, headers=self.tokens.header("ann"), **options)


@pytest.fixture(scope="module")
def secure(tmp_path_factory, certificate):
    with started(SecureStack(tmp_path_factory.mktemp("secure"), certificate, worker_mode="process")) as stack:
        yield stack


def test_a_stream_goes_through_with_everything_encrypted(secure, publish, stream):
    publish(secure.rtmp(stream))

    def running():
        return secure.ask(f"/v1/streams/{stream}").status == 200 and secure.ask(f"/v1/streams/{stream}").json()["output"]["readable"]
    wait_until(running, lambda: secure.service.log()[-3000:], 60)
    assert secure.events(stream, "ready"), "the hook came over TLS, signed"
    assert "hook.failed" not in secure.router.log()
    reply = secure.ask("/v1/streams")
    assert reply.headers["Strict-Transport-Security"] == "max-age=86400"


def test_events_flow_over_tls(secure, publish, stream):
    with tls.connect(HOST, secure.settings.service_port, 60, tls.trusting(secure.certificate)) as reader:
        reader.sendall(f"GET /v1/events/stream?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secure.tokens.secrets['ann']}\r\n\r\n".encode())
        publish(secure.rtmp(stream))
        received = b""
        while stream.encode() not in received:
            more = reader.recv(65536)
            assert more
            received += more


def hook(url, certificate=None, **more):
    variables = {"MTX_PATH": "live/x/in", "MTX_QUERY": "", "MTX_SOURCE_TYPE": "rtmpConn", "MTX_SOURCE_ID": "s", "ORCHESTRATOR_URL": url,
                 "HOOK_SECRET": "of the hooks", **({"ORCHESTRATOR_CA_FILE": str(certificate.crt)} if certificate else {}), **more}
    return subprocess.run([BIN / "mtx-hook", "ready"], env=variables, capture_output=True, text=True, timeout=30)


def test_mtx_hook_trusts_the_right_server_only(secure, certificate, tmp_path):
    port = secure.settings.service_port
    for host in (HOST, "localhost"):
        done = hook(f"https://{host}:{port}", certificate)
        assert (done.returncode, done.stderr) == (0, ""), done
    right = certificate.fingerprint()
    for fingerprint in (right, ":".join(right[i:i + 2] for i in range(0, 64, 2)).upper()):
        assert hook(f"https://{HOST}:{port}", ORCHESTRATOR_FINGERPRINT=fingerprint).returncode == 0
    other = tls.make_certificate(tmp_path / "other")
    for done in (hook(f"https://{HOST}:{port}", other), hook(f"https://{HOST}:{port}"),
                 hook(f"https://{HOST}:{port}", ORCHESTRATOR_FINGERPRINT="0" * 64),
                 hook(f"https://{HOST}:{port}", ORCHESTRATOR_CA_FILE=str(tmp_path / "missing"))):
        assert done.returncode == 8 and '"reason":"untrusted"' in done.stderr, done
        assert "of the hooks" not in done.stderr
    assert hook(f"http://{HOST}:{port}").returncode == 6, "it speaks TLS only"


@pytest.mark.parametrize("name, addresses", [("elsewhere", ("127.0.0.1",)), ("localhost", ("10.0.0.1",)), ("127.0.0.1", ("10.0.0.1",))])
def test_mtx_hook_wants_the_certificate_for_the_host_that_it_asks(tmp_path, name, addresses):
    wrong = tls.make_certificate(tmp_path / "wrong", name=name, addresses=addresses)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(wrong.crt, wrong.key)
    host = "localhost" if name == "elsewhere" else HOST

    def shake_hands(listener):
        with contextlib.suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as peer:
            return peer.recv(10_000)
        return b""
    with socket.create_server((HOST, 0)) as listener, concurrent.futures.ThreadPoolExecutor(1) as pool:
        seen = pool.submit(shake_hands, listener)
        done = hook(f"https://{host}:{listener.getsockname()[1]}", wrong)
        assert done.returncode == 8, done
        assert seen.result(20) == b"", "nothing was sent"


def test_mtx_hook_gives_up_on_a_server_that_never_shakes_hands():
    with socket.create_server((HOST, 0)) as silent:
        began = time.monotonic()
        done = hook(f"https://{HOST}:{silent.getsockname()[1]}")
        assert done.returncode == 5 and time.monotonic() - began < 15, done


@pytest.mark.parametrize("flags, says", [
    (["--tls-cert=/nowhere.crt", "--tls-key=/nowhere.key"], "--tls-cert: open /nowhere.crt: no such file"),
    (["--tls-cert=/nowhere.crt"], "belong together"), (["--router-api=https://x:1", "--router-ca-file=/nowhere"], "cannot read certificates"),
    (["--router-api=https://x:1", "--router-fingerprint=ab"], "64 hexadecimal digits")])
def test_bad_files_end_the_start(tmp_path, flags, says):
    done = subprocess.run([BIN / "media-service", f"--state-dir={tmp_path}", *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and says in done.stderr, done


# The router

@pytest.fixture(scope="module")
def router(tmp_path_factory, certificate):
    folder = tmp_path_factory.mktemp("router")
    files = {}
    for name in ("metrics", "playback", "hls"):
        files |= {name: True, f"{name}Encryption": True, f"{name}ServerKey": str(certificate.key), f"{name}ServerCert": str(certificate.crt)}
    config = configuration(readTimeout="2s", pathDefaults=path_defaults(folder / "recordings", recordSegmentDuration="10s"), **files)
    with started(BareRouter(folder, config)) as running:
        running.recordings = folder / "recordings"
        yield running


@pytest.fixture
def nobody_notices(router):
    """The same process goes on, with as much memory and as many descriptors as before."""
    memory = resident_bytes(router.router.pid)
    open_before = descriptors(router.router.pid)
    yield
    assert router.router.running()
    wait_until(lambda: descriptors(router.router.pid) <= open_before + 3, lambda: descriptors(router.router.pid), 60)
    assert resident_bytes(router.router.pid) < memory + (192 << 20)


def hls(router, path):
    return f"https://{HOST}:{router.settings.hls_port}/{path}"


@ONLY_EMBEDDED
def test_live_mp4_over_tls(router, publish, stream):
    publish(router.rtmp(stream))
    router.wait_live(stream)
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-tls_verify", "0", "-i", hls(router, f"live/{stream}/in/live.mp4"), "-t", "3",
                           "-f", "null", "-"], capture_output=True, text=True, timeout=90)
    assert (done.returncode, done.stderr) == (0, ""), done
    line = router.wait_log_line("is reading live.mp4", stream)
    assert line


@ONLY_EMBEDDED
def test_recordings_are_read_whole_over_tls(router, publish, stream, certificate):
    """The same bytes as in clear: here the kernel cannot copy them from the file to the socket."""
    publisher = publish(router.rtmp(stream))
    path = f"live/{stream}/in"
    wait_files(router.recordings, path, 1)
    wait_until(lambda: sum(file.stat().st_size for file in (router.recordings / path).iterdir()) > 300_000, "some recording", 60)
    publisher.kill()
    router.wait_gone(stream)
    base = f"https://{HOST}:{router.settings.playback_port}"
    [first, *_] = https.get(f"{base}/list?path={path}", certificate).json()
    assert first["url"].startswith(base)
    for form in ("fmp4", "mp4"):
        reply = https.get(f"{first['url']}&format={form}", certificate, timeout=60)
        assert reply.status == 200 and len(reply.body) > 100_000
        done = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", "-", "-f", "null", "-"], input=reply.body, capture_output=True, timeout=90)
        assert (done.returncode, done.stderr) == (0, b""), done.stderr
        if form == "mp4":
            assert int(reply.headers["Content-Length"]) == len(reply.body)


@ONLY_EMBEDDED
def test_a_slow_viewer_over_tls_does_not_delay_the_others(router, publish, stream, certificate, nobody_notices):
    publish(router.rtmp(stream))
    router.wait_live(stream)
    slow = []
    for _ in range(20):
        peer = tls.connect(HOST, router.settings.hls_port, 20, tls.trusting(certificate))
        peer.sendall(f"GET /live/{stream}/in/live.mp4 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        slow.append(peer)
    began = time.monotonic()
    reply = https.get(hls(router, f"live/{stream}/in/index.m3u8"), certificate)
    assert reply.status == 200 and time.monotonic() - began < 10
    for peer in slow:
        peer.close()


# Clients that misbehave

HELLO = bytes.fromhex("16030100")


@ONLY_EMBEDDED
@pytest.mark.parametrize("sent", [b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x01" * 70_000, b"\x00" * 1000,
                                  b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x80\x2e\x01\x03\x01", b"\x15\x03\x01\x00\x02\x02\x28", os.urandom(5000)],
                         ids=["in-clear", "huge-hello", "zeros", "cut-hello", "ssl2", "alert", "noise"])
def test_no_handshake(router, nobody_notices, sent):
    with socket.create_connection((HOST, router.settings.metrics_port), 20) as peer:
        with contextlib.suppress(OSError):
            peer.sendall(sent)
            peer.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionError):
            while more := peer.recv(65536):
                received += more
        assert b"HTTP/1.1 2" not in received


@ONLY_EMBEDDED
def test_handshakes_that_never_end_are_cut_off(router, certificate, nobody_notices):
    silent = [socket.create_connection((HOST, router.settings.metrics_port), 30) for _ in range(50)]
    for peer in silent[:25]:
        peer.sendall(HELLO)
    # Meanwhile others are served.
    assert https.get(f"https://{HOST}:{router.settings.metrics_port}/metrics", certificate).status == 200
    for peer in silent:
        with contextlib.suppress(ConnectionError):
            assert peer.recv(100) == b""
        peer.close()


@ONLY_EMBEDDED
def test_a_request_byte_by_byte_and_many_at_once(router, certificate, nobody_notices):
    with tls.connect(HOST, router.settings.metrics_port, 20, tls.trusting(certificate)) as peer:
        for byte in b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n":
            peer.sendall(bytes([byte]))
        assert peer.recv(4096).startswith(b"HTTP/1.1 200 ")
    with tls.connect(HOST, router.settings.metrics_port, 20, tls.trusting(certificate)) as peer:
        peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 200:
            more = peer.recv(1 << 20)
            assert more
            received += more


@ONLY_EMBEDDED
def test_who_asks_and_does_not_read_is_bounded(router, certificate, nobody_notices):
    """Pipelined requests whose answers nobody takes."""
    peers = []
    for _ in range(10):
        peer = tls.connect(HOST, router.settings.metrics_port, 20, tls.trusting(certificate))
        peer.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(200):
                peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        peers.append(peer)
    assert https.get(f"https://{HOST}:{router.settings.metrics_port}/metrics", certificate).status == 200
    for peer in peers:
        peer.close()


@ONLY_EMBEDDED
def test_a_client_that_is_cut_while_it_reads(router, certificate, nobody_notices):
    for _ in range(20):
        peer = tls.connect(HOST, router.settings.metrics_port, 20, tls.trusting(certificate))
        peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        socket.socket.close(peer)


@ONLY_EMBEDDED
def test_sessions_are_resumed(router, certificate):
    context = tls.trusting(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where Python has the ticket at once
    plain = socket.create_connection((HOST, router.settings.metrics_port), 20)
    with context.wrap_socket(plain, server_hostname="localhost") as first:
        session = first.session
    plain = socket.create_connection((HOST, router.settings.metrics_port), 20)
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as second:
        assert second.session_reused


@ONLY_EMBEDDED
def test_a_hundred_handshakes_at_once(router, certificate, nobody_notices):
    url = f"https://{HOST}:{router.settings.metrics_port}/metrics"
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert set(pool.map(lambda _: https.get(url, certificate, timeout=60).status, range(100))) == {200}
