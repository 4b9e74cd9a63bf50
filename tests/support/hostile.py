"""What the tests of hostile peers share: a router with short timeouts, the healthy stream beside them with the check that
it and the router's memory did not notice, and the end of a peer that was refused.
"""

import contextlib
import re
import time

from .bare_router import SANITIZED, BareRouter, configuration
from .making import started
from .wait import wait_until
from .witness import Witness

READ_TIMEOUT_SECONDS = 2
# A slow reader may hold 64 MiB, which malloc may keep, and as much again for all the rest. A sanitizer keeps freed
# memory in quarantine.
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
    # Only the witness is left.
    wait_until(lambda: len(router.open_connections()) == 2, lambda: f"everybody else gone: {router.open_connections()}")
    assert router.rss_bytes() - before < MOST_GROWTH_BYTES
    witness.kill()


def arriving(router, client):
    """The client, with where the log stood when it came: another one may have had its port before."""
    client.came_at = router.log_size()
    return client


def closed_with(router, peer, reason):
    assert peer.closed_by_server(), "the server did not close"
    port = peer.local_port
    peer.close()  # the server lingers for it
    lines = wait_until(lambda: router.log_lines(f"[conn 127.0.0.1:{port}] closed: ", since=peer.came_at),
                       "a line in the router's log")
    assert len(lines) == 1 and re.search(reason, lines[0]), lines


def timed_out_while_dripping(router, peer, data):
    """A byte at a time: one deadline is over all of it, not one over each byte."""
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
