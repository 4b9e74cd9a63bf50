"""Memory of the router: what large messages took is given back when their senders have gone."""

import pytest
from support.bare_router import ONLY_EMBEDDED, SANITIZED, BareRouter
from support.making import started
from support.rtmp_client import CHUNK_SIZE, VIDEO
from support.wait import wait_until

pytestmark = [ONLY_EMBEDDED, pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory counts")]

LARGEST_MESSAGE = 0xFFFFFF
PUBLISHERS = 80
KEPT_BYTES = 64 * 1024 * 1024  # what the next ones are served from


@pytest.fixture
def router(tmp_path):
    with started(BareRouter(tmp_path)) as running:
        yield running


@pytest.fixture
def publisher(router, scripted_rtmp):
    """Publishers who have been let in, publisher(name)."""
    def start(name):
        client = scripted_rtmp(router)
        client.start(f"rtmp://{router.settings.host}/live/{name}", "publish", "in")
        assert client.wait_for(b"NetStream.Publish.Start")
        return client
    return start


def all_but_the_end(client):
    """The largest message, but for its last chunk; the router has read it when this returns."""
    head = bytes([6, 0, 0, 0]) + LARGEST_MESSAGE.to_bytes(3, "big") + bytes([VIDEO]) + (1).to_bytes(4, "little")
    more = (b"\xc6" + bytes(CHUNK_SIZE)) * (LARGEST_MESSAGE // CHUNK_SIZE - 1)
    client.send(head + b"\x17" + bytes(CHUNK_SIZE - 1) + more)
    assert client.ping()


def test_what_unfinished_messages_took_is_given_back(router, publisher):
    before = router.rss_bytes()
    publishers = [publisher(f"p{number}") for number in range(PUBLISHERS)]
    for client in publishers:
        all_but_the_end(client)
    assert router.rss_bytes() - before > PUBLISHERS * LARGEST_MESSAGE // 2, "they are in memory"
    for client in publishers:
        client.close()
    wait_until(lambda: router.rss_bytes() - before < KEPT_BYTES,
               lambda: f"kept: {(router.rss_bytes() - before) >> 20} MiB", 20)
