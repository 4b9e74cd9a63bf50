"""TLS clients that lie, stall, flood or vanish, against the running router with a healthy stream beside them."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading
import time

import pytest
from support import tls
from support.bare_router import ONLY_EMBEDDED, SANITIZED, BareRouter, configuration
from support.encrypted import keys
from support.free_ports import free_ports
from support.hostile import unharmed_witness
from support.making import started
from support.rtmp_client import RtmpClient
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

HANDSHAKE_SECONDS = 10  # net/tls_channel.hpp
MOST_BYTES = 64 * 1024  # base/limits.hpp, for each connection before its peer is authorized


@pytest.fixture(scope="module")
def ports():
    return dict(zip(("rtmps", "rtsps"), free_ports(2)))


@pytest.fixture(scope="module")
def router(tmp_path_factory, ports):
    certificate = tls.make_certificate(tmp_path_factory.mktemp("certificate"))
    config = configuration(readTimeout="30s", rtmpsAddress=f"127.0.0.1:{ports['rtmps']}",
                           rtspsAddress=f"127.0.0.1:{ports['rtsps']}", **keys(certificate))
    with started(BareRouter(tmp_path_factory.mktemp("hostile-tls"), config)) as router:
        yield router


@pytest.fixture(scope="module")
def witness(router, clips, tmp_path_factory):
    with unharmed_witness(router, clips.get("av"), tmp_path_factory.mktemp("witness")) as witness:
        yield witness


@pytest.fixture(params=["rtmps", "rtsps"])
def port(request, ports, witness):
    yield ports[request.param]
    witness.check(1)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 30)


def closed_line(router, client):
    """Of the newest connection with this port."""
    name = "127.0.0.1:{}".format(client.getsockname()[1])
    since = router.router.log().rfind(f"[conn {name}] opened")
    return wait_until(lambda: router.log_lines(f"[conn {name}] closed: ", since=max(since, 0)), router.router.log)[0]


def read_to_end(client):
    received = b""
    with contextlib.suppress(ConnectionError):
        while more := client.recv(65536):
            received += more
    return received


def client_hello(size):
    """A ClientHello of about this size, as OpenSSL writes it, padded by an extension that nobody knows (65000)."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = tls.trusting()
    made = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        made.do_handshake()
    message = outgoing.read()[5:]
    # Behind type and length (4), version (2), random (32), session, ciphers and compression come the extensions.
    at = 4 + 2 + 32
    at += 1 + message[at]
    at += 2 + int.from_bytes(message[at:at + 2], "big")
    at += 1 + message[at]
    extensions = message[at + 2:] + (65000).to_bytes(2, "big") + size.to_bytes(2, "big") + bytes(size)
    body = message[4:at] + len(extensions).to_bytes(2, "big") + extensions
    return message[:1] + len(body).to_bytes(3, "big") + body


def records(content, size=16384):
    parts = (content[i:i + size] for i in range(0, len(content), size))
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)


@pytest.mark.parametrize("sent,reason", [
    (b"\x03" + bytes(1536), "TLS handshake: "),
    (b"OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", "TLS handshake: "),
    (b"GET / HTTP/1.1\r\n\r\n", "TLS handshake: http request"),
    (b"\x16\x03\x01\x40\x00\x01\x01\xff\xff", "TLS handshake: a ClientHello that is too large"),
    (b"\x16\x03\x01\xff\xff" + bytes(100), "TLS handshake: "),
    (b"\x15\x03\x03\x00\x02\x02\x28", "TLS handshake: "),
    (b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37), "TLS handshake: "),  # SSL 2
])
def test_what_is_no_handshake_ends_the_connection(router, port, sent, reason):
    with connect(port) as client:
        client.sendall(sent)
        read_to_end(client)
        assert reason in closed_line(router, client)


def test_random_bytes(router, port):
    for _ in range(50):
        with connect(port) as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(os.urandom(4000))
                client.shutdown(socket.SHUT_WR)
            read_to_end(client)


def test_random_bytes_in_the_place_of_encrypted_ones(router, port):
    with connect(port) as client:
        context = tls.trusting()
        secure = context.wrap_socket(client, do_handshake_on_connect=True)
        raw = socket.socket(fileno=os.dup(secure.fileno()))
        with raw:
            raw.setblocking(True)
            raw.sendall(b"\x17\x03\x03\x01\x00" + os.urandom(256))
            read_to_end(raw)
        assert "closed: TLS" in closed_line(router, secure)


def test_a_hello_of_a_large_but_possible_size_is_taken(router, port):
    with connect(port) as client:
        client.sendall(records(client_hello(7_000), 700))
        assert client.recv(1) == b"\x16", "the server's part of the handshake"


@pytest.mark.parametrize("size", [8_000, 60_000])
def test_a_larger_hello_is_refused(router, port, size):
    with connect(port) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(records(client_hello(size)))
        read_to_end(client)
        assert "a ClientHello that is too large" in closed_line(router, client)


@pytest.mark.parametrize("beginning", [b"", b"\x16\x03\x01", None])
def test_a_handshake_that_is_not_finished_ends(router, port, beginning):
    """None: all of the client's part but its last message."""
    began = time.monotonic()
    with connect(port) as client:
        client.sendall(records(client_hello(10)) if beginning is None else beginning)
        read_to_end(client)
        assert HANDSHAKE_SECONDS - 1 < time.monotonic() - began < HANDSHAKE_SECONDS + 10
        assert "TLS handshake: i/o timeout" in closed_line(router, client)


def test_a_handshake_that_drips_in_ends(router, port):
    began = time.monotonic()
    hello = records(client_hello(10))
    with connect(port) as client:
        with contextlib.suppress(ConnectionError):
            for byte in hello:
                client.sendall(bytes([byte]))
                client.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    if not client.recv(1):
                        break
        assert time.monotonic() - began < HANDSHAKE_SECONDS + 10
        assert "i/o timeout" in closed_line(router, client)


def unread_bytes(port):
    """What the kernel holds for the server on this port."""
    rows = [line.split() for line in open("/proc/net/tcp", encoding="ascii").readlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "01")


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps more")
def test_unfinished_handshakes_cost_little_memory(router, ports, witness):
    """Each has sent a hello of nearly the largest size, without its end; or all of it, and half a record behind it."""
    count = 300
    hello = records(client_hello(7_500))
    before = router.rss_bytes()
    with contextlib.ExitStack() as stack:
        for i in range(count):
            client = stack.enter_context(connect(ports["rtmps"]))
            client.sendall(hello[:-1] if i % 2 else hello + b"\x17\x03\x03\x40\x00" + bytes(16_000))
        router.wait_log_line("[conn 127.0.0.1:{}] opened".format(client.getsockname()[1]))
        wait_until(lambda: unread_bytes(ports["rtmps"]) == 0, "all of it is read")
        grown = (router.rss_bytes() - before) / count
        assert grown < MOST_BYTES, grown
    witness.check(1)


def test_renegotiation_is_refused(port):
    """openssl s_client renegotiates at an R on a line of its own."""
    done = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{port}"], input=b"R\n", capture_output=True,
                          timeout=60, check=False)
    said = done.stdout + done.stderr
    assert b"RENEGOTIATING" in said and b"no renegotiation" in said


def test_a_player_that_does_not_read_loses_only_its_own_media(router, ports, witness):
    client = RtmpClient("127.0.0.1", ports["rtmps"], 30, tls.trusting())
    assert client.play("rtmps://127.0.0.1/live/witness", "in")
    for _ in range(5):
        witness.check(20)
    client.close()


def test_many_at_once(router, ports, witness):
    """Four threads that connect, shake hands and vanish."""
    failures = []

    def come_and_go():
        try:
            for i in range(50):
                plain = connect(ports["rtsps" if i % 2 else "rtmps"])
                client = tls.trusting().wrap_socket(plain)
                if i % 3:
                    client.close()
                else:
                    plain.close()
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    witness.check(1)
