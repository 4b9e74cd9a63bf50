"""Receives media-service's server-sent events, and notes the time at which each arrived."""

import functools
import http.client
import json
import threading

from .timing import now_ms

CONNECT_SECONDS = 10
EVENT_SECONDS = 20


class Listener:
    """Reads the events in a thread. wait() searches those that came after a mark."""

    def __init__(self, target):
        context = target.tls()
        kind = functools.partial(http.client.HTTPSConnection, context=context) if context else http.client.HTTPConnection
        self._connection = kind(target.admin_host, target.service_port, timeout=CONNECT_SECONDS)
        self._connection.request("GET", "/v1/events/stream", headers=target.service_header)
        self._reply = self._connection.getresponse()
        assert self._reply.status == 200, f"/v1/events/stream: {self._reply.status}"
        self._reply.readline()  # the first line: all events after this are received
        self._socket = self._reply.fp.raw._sock if self._connection.sock is None else self._connection.sock
        self._socket.settimeout(None)
        self._changed = threading.Condition()
        self._events = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        kind = ""
        try:
            while line := self._reply.readline():
                arrived = now_ms()
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    with self._changed:
                        self._events.append((arrived, kind, json.loads(value)))
                        self._changed.notify_all()
        except (OSError, ValueError):
            pass  # close() was called, or media-service has ended. Then wait() says which event is missing

    def mark(self):
        with self._changed:
            return len(self._events)

    def find_hook(self, since, kind, path):
        """The time at which this hook's event came. None if it has not come yet."""
        with self._changed:
            return next((arrived for arrived, name, data in self._events[since:]
                         if name == "hook" and data["type"] == kind and data["path"] == path), None)

    def wait(self, since, wanted, what, seconds=EVENT_SECONDS):
        """The time of the first event after the mark `since` for which wanted(kind, data) is true."""
        position, arrived = since, None

        def found():
            nonlocal position, arrived
            while position < len(self._events):
                arrived, kind, data = self._events[position]
                position += 1
                if wanted(kind, data):
                    return True
            return False

        with self._changed:
            came = self._changed.wait_for(found, seconds)
        assert came, f"not within {seconds} s: {what}"
        return arrived

    def wait_hook(self, since, kind, path, seconds=EVENT_SECONDS):
        return self.wait(since, lambda name, data: name == "hook" and data["type"] == kind and data["path"] == path,
                         f"{kind} of {path}", seconds)

    def hooks(self, since, kind):
        """How many of these hooks' events have come since the mark."""
        with self._changed:
            return sum(name == "hook" and data["type"] == kind for _, name, data in self._events[since:])

    def close(self):
        self._connection.close()
