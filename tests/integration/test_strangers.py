"""What many connections cost that have sent a lot, but are not authorised yet."""

import contextlib
import socket

import pytest
from support.bare_router import ONLY_EMBEDDED, SANITIZED, BareRouter, configuration
from support.making import started
from support.rtmp_client import VIDEO, RtmpClient

pytestmark = ONLY_EMBEDDED
CONNECTIONS = 300
EARLY_BYTES = 64 * 1024
# For a session, its coroutines and queues, and what malloc needs itself.
FIXED_BYTES = 48 * 1024


@pytest.fixture
def router(tmp_path):
    with started(BareRouter(tmp_path, configuration(readTimeout="60s"))) as running:
        yield running


def half_a_message(client, stream, declared, sent):
    head = bytes([stream, 0, 0, 0]) + declared.to_bytes(3, "big") + bytes([VIDEO]) + (1).to_bytes(4, "little")
    chunks = [bytes([0xC0 | stream]) + bytes(4096)] * (sent // 4096 - 1)
    client.send(head + bytes(4096) + b"".join(chunks))


def rtmp_stranger(router, most):
    client = RtmpClient("127.0.0.1", router.settings.rtmp_port)
    client.handshake()
    client.connect("rtmp://127.0.0.1/live/x")
    half_a_message(client, 6, 10_000_000, most)
    return client.socket


def rtsp_stranger(router, most):
    connection = socket.create_connection(("127.0.0.1", router.settings.rtsp_port), 10)
    connection.sendall(b"ANNOUNCE rtsp://127.0.0.1/live/x/in RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"
                       b"Content-Length: %d\r\n\r\n" % (most + 1000) + bytes(most))
    return connection


def is_closed(connection):
    connection.settimeout(10)
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return True


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory counts")
@pytest.mark.parametrize("stranger", [rtmp_stranger, rtsp_stranger])
def test_many_strangers_cost_little(router, stranger):
    first = stranger(router, 40 * 1024)
    before = router.rss_bytes()
    strangers = [stranger(router, 60 * 1024) for _ in range(CONNECTIONS)]
    # When a last request is answered on each loop, the router has read all of them.
    asking = [RtmpClient("127.0.0.1", router.settings.rtmp_port) for _ in range(8)]
    for client in asking:
        client.handshake()
    assert router.rss_bytes() - before < CONNECTIONS * (EARLY_BYTES + FIXED_BYTES)
    for connection in [first, *strangers, *(client.socket for client in asking)]:
        connection.close()


@pytest.mark.parametrize("stranger", [rtmp_stranger, rtsp_stranger])
def test_a_stranger_that_says_more_is_closed(router, stranger):
    with contextlib.suppress(OSError):
        connection = stranger(router, 200 * 1024)
        assert is_closed(connection)
