"""Chooses ports on which nobody listens, for programs that need a port number.

The ports are below the range from which the kernel takes ports for outgoing connections. A port inside this range could become the
port of some client before the program listens on it. Several test processes never choose the same port: each reserves its ports
until the programs have had time to start.
"""

import random
import socket
from collections import deque
from pathlib import Path

FIRST_PORT = 10_240  # the ports of well-known and most registered services are below
EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 1_000        # even with hundreds of ports in use, a few tries are enough

_given = set()                      # so that a test process never gets the same port twice
_reservations = deque(maxlen=200)   # sockets that reserve the latest ports; a test needs about ten


def free_ports(count):
    """So many different TCP ports."""
    return [_choose(socket.SOCK_STREAM) for _ in range(count)]


def free_udp_pair():
    """An even UDP port; the next port is free, too (RTP and RTCP)."""
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
    """Reserves a port by an abstract UNIX address: within a network namespace only one socket can have it, until it is closed."""
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
