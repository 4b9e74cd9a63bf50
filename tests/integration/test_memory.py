"""The router gives back the memory of large messages when their senders have left."""

import contextlib

import pytest
from support.bare_router import ONLY_EMBEDDED, SANITIZED, BareRouter, configuration
from support.making import making
from support.rtmp_client import CHUNK_SIZE, VIDEO
from support.rtsp_publish import announce, record, send_packet
from support.rtsp_script import ScriptedRtsp
from support.wait import wait_until

pytestmark = [ONLY_EMBEDDED, pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory counts")]

LARGEST_MESSAGE = 0xFFFFFF
PUBLISHERS = 80
LIMIT_MIB = 256
UNIT, FRAGMENT = 15_000_000, 60_000
KEPT_BYTES = 64 * 1024 * 1024  # the router may keep this much for the next messages


@pytest.fixture
def router(tmp_path, request):
    """A router. If the test names a limit, the router's memory is limited to so many MiB."""
    running = BareRouter(tmp_path, configuration(readTimeout="60s"))
    limit = getattr(request, "param", 0)
    try:
        yield running.start(MEMORY_LIMIT=str(limit))
        running.stop()
    finally:
        running.kill()


@pytest.fixture
def publisher(router, scripted_rtmp):
    """publisher(name) returns a publisher that the router has accepted."""
    def start(name):
        client = scripted_rtmp(router)
        client.start(f"rtmp://{router.settings.host}/live/{name}", "publish", "in")
        assert client.wait_for(b"NetStream.Publish.Start")
        return client
    return start


def all_but_the_end(client):
    """Sends the largest message without its last chunk. When this returns, the router has read it."""
    head = bytes([6, 0, 0, 0]) + LARGEST_MESSAGE.to_bytes(3, "big") + bytes([VIDEO]) + (1).to_bytes(4, "little")
    more = (b"\xc6" + bytes(CHUNK_SIZE)) * (LARGEST_MESSAGE // CHUNK_SIZE - 1)
    client.send(head + b"\x17" + bytes(CHUNK_SIZE - 1) + more)


def test_what_unfinished_messages_took_is_given_back(router, publisher):
    before = router.rss_bytes()
    publishers = [publisher(f"p{number}") for number in range(PUBLISHERS)]
    for client in publishers:
        all_but_the_end(client)
    assert all(client.ping() for client in publishers)
    assert router.rss_bytes() - before > PUBLISHERS * LARGEST_MESSAGE // 2, "they are in memory"
    for client in publishers:
        client.close()
    wait_until(lambda: router.rss_bytes() - before < KEPT_BYTES,
               lambda: f"kept: {(router.rss_bytes() - before) >> 20} MiB", 20)


def rtmp_publishers(publisher):
    """Publishers that each send a message without its end."""
    for number in range(PUBLISHERS):
        yield lambda client=publisher(f"p{number}"): all_but_the_end(client)


def rtsp_publishers(router, client):
    """Publishers that each send a picture without its end."""
    def send(client):
        for number in range(UNIT // FRAGMENT):
            send_packet(client, 0, 97, 4 + number, b"\x7c" + (b"\x05" if number else b"\x85") + bytes(FRAGMENT), 93_000)

    for number in range(PUBLISHERS):
        publisher, url = client(), router.rtsp(f"p{number}")
        assert announce(publisher, url).status == 200
        assert record(publisher, url).status == 200
        yield lambda publisher=publisher: send(publisher)


@pytest.fixture
def rtsp_client(router):
    yield from making(lambda: ScriptedRtsp(router.settings.host, router.settings.rtsp_port), ScriptedRtsp.close)


@pytest.mark.parametrize("router", [LIMIT_MIB], indirect=True)
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_all_publishers_together_are_bounded(router, publisher, rtsp_client, clips, stream, publish_tags, protocol):
    publish_tags(router, clips.get("av"), stream)
    router.wait_live(stream)
    senders = rtmp_publishers(publisher) if protocol == "rtmp" else rtsp_publishers(router, rtsp_client)
    for send in list(senders):
        with contextlib.suppress(OSError):
            send()  # the router closes some of them while they send
    router.wait_log_line(f"the limit is {LIMIT_MIB} MiB", "WAR memory: ")
    router.wait_log_line("the server has no memory for large ")
    wait_until(lambda: router.rss_bytes() < LIMIT_MIB << 20, lambda: f"{router.rss_bytes() >> 20} MiB")
    router.wait_log_line(f"the limit is {LIMIT_MIB} MiB", "INF memory: ")
    assert router.is_live(stream), "who holds little goes on"
