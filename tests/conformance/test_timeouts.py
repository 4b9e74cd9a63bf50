"""Peers that fall silent: the router reports them within a second after readTimeout."""

import time

import pytest
from support.router import variation
from support.wait import wait_until

READ_TIMEOUT = 2  # seconds
SLACK = 1         # the router may be late by this much


@pytest.fixture(scope="module")
def impatient(make_router):
    router = make_router(variation(readTimeout=f"{READ_TIMEOUT}s", paths={"all_others": {}}, pathDefaults=None)).start()
    yield router
    router.stop()


def until(router, pattern, since):
    router.wait_message("INF", pattern)
    return time.monotonic() - since


def test_a_silent_rtmp_publisher(impatient, live, rtsp_client, stream):
    publisher = live(impatient, stream)
    reader = rtsp_client(impatient)
    reader.play(impatient.rtsp(stream))
    publisher.pause()
    silent = time.monotonic()
    wait_until(lambda: not (impatient.path(stream) or {}).get("ready"), "the stream gone")
    assert READ_TIMEOUT - 0.5 < time.monotonic() - silent < READ_TIMEOUT + SLACK
    assert reader.closed_by_server()
    impatient.wait_message("INF", rf"\[RTMP\] \[conn {publisher.address}\] closed: read tcp .*: i/o timeout")


def test_an_rtmp_client_that_says_nothing(impatient, rtmp_client):
    client = rtmp_client(impatient)
    address = client.address
    spent = until(impatient, rf"\[RTMP\] \[conn {address}\] closed: .*i/o timeout", time.monotonic())
    assert READ_TIMEOUT - 0.5 < spent < READ_TIMEOUT + SLACK


def test_an_rtmp_client_that_never_publishes(impatient, rtmp_client):
    client = rtmp_client(impatient)
    client.start(impatient.rtmp("x"), "publish", "y")
    address = client.address
    spent = until(impatient, rf"\[RTMP\] \[conn {address}\] closed: .*i/o timeout", time.monotonic())
    assert spent < READ_TIMEOUT + SLACK


def test_a_silent_rtsp_publisher(impatient, rtsp_client, stream):
    from support.rtsp_publish import announce, record
    client = rtsp_client(impatient)
    announce(client, impatient.rtsp(stream))
    record(client, impatient.rtsp(stream))
    impatient.wait_ready(stream)
    silent = time.monotonic()
    wait_until(lambda: not (impatient.path(stream) or {}).get("ready"), "the stream gone")
    assert READ_TIMEOUT - 1 < time.monotonic() - silent < READ_TIMEOUT + SLACK


def test_a_reader_that_only_listens_stays(impatient, live, rtsp_client, stream):
    """An RTSP reader over TCP may be silent for a minute, whatever readTimeout says."""
    live(impatient, stream)
    client = rtsp_client(impatient)
    client.play(impatient.rtsp(stream))
    began = time.monotonic()
    while time.monotonic() - began < READ_TIMEOUT + 1:
        assert client.frame()
