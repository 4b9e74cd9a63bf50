"""Ports nobody listens on, for programs that want a number.

They are taken below the range from which the kernel gives ports to outgoing connections: one from inside it could
become some client's own port between the choice and the listener's start. Test processes side by side, of one run
or of several, never choose the same: each reserves what it gives until its listeners have had time to start.
"""

import random
import socket
from collections import deque
from pathlib import Path

FIRST_PORT = 10_240  # well-known and most registered services lie below
EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 1_000        # with hundreds of ports in use, a handful of tries are needed

_given = set()                      # never the same twice within one test process
_reservations = deque(maxlen=200)   # the sockets that hold the last ports given: one test wants some ten


def free_ports(count):
    """TCP ports that differ."""
    return [_choose(socket.SOCK_STREAM) for _ in range(count)]


def free_udp_pair():
    """An even UDP port whose successor is free as well (RTP and RTCP)."""
    return _choose(socket.SOCK_DGRAM, pair=True)


def _choose(kind, pair=False):
    end = int(EPHEMERAL_RANGE.read_text().split()[0]) if EPHEMERAL_RANGE.exists() else 32_768
    for _ in range(TRIES):
        port = random.randrange(FIRST_PORT, end - 1) & (~1 if pair else ~0)
        wanted = {port, port + 1} if pair else {port}
        if all(_reserve(p) for p in wanted) and all(_is_free(kind, p) for p in wanted):
            return port
    raise AssertionError(f"no free port between {FIRST_PORT} and {end} in {TRIES} tries")


def _reserve(port):
    """An abstract UNIX address belongs to one socket of the network namespace, and ends with it."""
    if port in _given:
        return False
    reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        reservation.bind(f"\0tidegate-test-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    _given.add(port)
    return True


def _is_free(kind, port):
    with socket.socket(socket.AF_INET6, kind) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
