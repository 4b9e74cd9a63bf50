"""Helpers for tests with hostile peers: a router with short timeouts; a healthy stream beside them, with the check that neither
this stream nor the router's memory suffers; and the check that a refused peer is disconnected.
"""

import contextlib
import re
import time

from .bare_router import SANITIZED, BareRouter, configuration
from .making import started
from .wait import wait_until
from .witness import Witness

READ_TIMEOUT_SECONDS = 2
# A slow reader may use 64 MiB, which malloc may keep; as much again for everything else. A sanitizer keeps freed memory in
# quarantine.
MOST_GROWTH_BYTES = (800 if SANITIZED else 128) * 1024 * 1024


@contextlib.contextmanager
def short_tempered_router(folder):
    config = configuration(readTimeout=f"{READ_TIMEOUT_SECONDS}s", writeTimeout="2s")
    with started(BareRouter(folder, config)) as router:
        yield router


@contextlib.contextmanager
def unharmed_witness(router, clip, folder):
    witness = Witness(router, clip, folder)
    before = router.rss_bytes()
    yield witness
    witness.check()
    # Wait until only the healthy stream is left.
    wait_until(lambda: len(router.open_connections()) == 2, lambda: f"everybody else gone: {router.open_connections()}")
    assert router.rss_bytes() - before < MOST_GROWTH_BYTES
    witness.kill()


def arriving(router, client):
    """Returns the client, and the size of the log when it came, because an earlier client may have had the same port."""
    client.came_at = router.log_size()
    return client


def closed_with(router, peer, reason):
    assert peer.closed_by_server(), "the server did not close"
    port = peer.local_port
    peer.close()  # otherwise the server would wait for it to close
    lines = wait_until(lambda: router.log_lines(f"[conn 127.0.0.1:{port}] closed: ", since=peer.came_at),
                       "a line in the router's log")
    assert len(lines) == 1 and re.search(reason, lines[0]), lines


def timed_out_while_dripping(router, peer, data):
    """Sends one byte at a time. There must be one deadline for all bytes, not one for each byte."""
    began = time.monotonic()
    try:
        for byte in data:
            peer.send(bytes([byte]))
            peer.socket.settimeout(0.05)
            try:
                if not peer.socket.recv(1):
                    break
            except TimeoutError:
                pass
            assert time.monotonic() - began < READ_TIMEOUT_SECONDS + 10
    except ConnectionError:
        pass
    router.wait_log_line(f"[conn 127.0.0.1:{peer.local_port}] closed: ", "i/o timeout")
