"""Percentiles, and a client that measures the time of HTTP requests on a connection that stays open."""

import math
import time

from support import tls
from support.wait import wait_until

REQUEST_SECONDS = 10
RECEIVE_BYTES = 1 << 22


def percentile(values, percent):
    """The percentile by nearest rank: the smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def summary(values):
    return {"p50": round(percentile(values, 50), 3), "p99": round(percentile(values, 99), 3),
            "max": round(max(values), 3), "count": len(values)}


class HttpTimer:
    """A very simple HTTP client that keeps its connection, so that it measures the server and not itself."""

    def __init__(self, host, port, headers=None, context=None):
        """context: an ssl.SSLContext, for HTTPS."""
        self.host, self.port = host, port
        self.headers = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket = tls.connect(host, port, REQUEST_SECONDS, context)
        self.buffer = bytearray(RECEIVE_BYTES)  # receives answers, which are not copied before the clock has stopped

    def get(self, target):
        """Sends a request. Returns (milliseconds until the whole answer had arrived, its body)."""
        request = f"GET {target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{self.headers}\r\n".encode()
        started = time.perf_counter()
        self.socket.sendall(request)
        received = self._receive(0)
        while (begin := self.buffer.find(b"\r\n\r\n", 0, received) + 4) < 4:
            received = self._receive(received)
        head = bytes(self.buffer[:begin])
        length = _length(head)
        if length is not None:
            while received < begin + length:
                received = self._receive(received)
        else:  # chunked, as Go sends bodies whose length it does not know
            while not self.buffer.endswith(b"0\r\n\r\n", begin, received):
                received = self._receive(received)
        elapsed = (time.perf_counter() - started) * 1000
        assert head.startswith(b"HTTP/1.1 200"), f"{target}: {head[:100]!r}"
        body = bytes(self.buffer[begin:received])
        return elapsed, body if length is not None else _unchunked(body)

    def _receive(self, position):
        """Receives more bytes behind those that are there. Returns the new end."""
        if position == len(self.buffer):
            self.buffer.extend(bytes(position))
        with memoryview(self.buffer) as view:
            count = self.socket.recv_into(view[position:])
        assert count, "the server closed the connection"
        return position + count

    def close(self):
        self.socket.close()


def _length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return None


def _unchunked(data):
    parts, position = [], 0
    while (end := data.find(b"\r\n", position)) >= 0:
        size = int(data[position:end].split(b";")[0], 16)
        if size == 0:
            break
        parts.append(data[end + 2:end + 2 + size])
        position = end + 2 + size + 2
    return b"".join(parts)


def now_ms():
    return time.monotonic_ns() / 1e6


__all__ = ["HttpTimer", "now_ms", "percentile", "summary", "wait_until"]
