"""A stream-worker or a stream-forwarder on its own, with any addresses. Its log is read as records, and its notifications are
received."""

import json
import os
import socket
import threading

from devstack import settings

from .process import Process
from .wait import wait_until

NOTICED_SECONDS = 5      # within this time a lost source is noticed, however it was lost
DELAYS = (1, 2, 4)       # before its three attempts to connect again
LATE = 1.5               # a busy machine may be late by this much
RUN_ENDS_SECONDS = 40    # three attempts with a server that answers none


class Logged(Process):
    """One of our programs whose log lines are records."""

    def __init__(self, folder, program, arguments, environment=None, name=None):
        base = settings.from_environment({k: os.environ[k] for k in ("BUILD_DIR",) if k in os.environ})
        clean = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        super().__init__(name or program, [str(base.bin_dir / program), *arguments], folder / f"{name or program}.log",
                         {**clean, **(environment or {})})

    def records(self, event=None):
        found = []
        for line in self.log().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [r for r in found if event is None or r["event"] == event]

    def wait_event(self, event, count=1, seconds=20):
        wait_until(lambda: len(self.records(event)) >= count,
                   lambda: f"{count} {event} in the worker's log:\n{self.log()}", seconds)
        return self.records(event)[count - 1]


class Worker(Logged):
    def __init__(self, folder, source, target, *arguments, stream="scripted", environment=None, name="stream-worker"):
        super().__init__(folder, "stream-worker", ["--stream-id", stream, "--input", source, "--output", target, *arguments],
                         environment, name)


class Forwarder(Logged):
    """Its destination may be on this machine. secret: the destination's URL goes by a file, not as an argument."""

    def __init__(self, folder, source, target, *arguments, stream="scripted", environment=None, name="stream-forwarder",
                 private=True):
        self.secret = folder / f"{name}.url"
        self.secret.write_text(target + "\n")
        super().__init__(folder, "stream-forwarder",
                         ["--stream-id", stream, "--input", source, "--output-file", str(self.secret),
                          *(["--allow-private-destinations"] if private else []), *arguments], environment, name)


class NotifySocket:
    """The socket on which systemd would listen."""

    def __init__(self, path):
        self.path = path
        self.received = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self._read, daemon=True).start()

    def environment(self, watchdog_usec=None):
        return {"NOTIFY_SOCKET": str(self.path), **({"WATCHDOG_USEC": str(watchdog_usec)} if watchdog_usec else {})}

    def count(self, text):
        return self.received.count(text)

    def statuses(self):
        return [line[len("STATUS="):] for line in self.lines() if line.startswith("STATUS=")]

    def lines(self):
        """A message has one or more of them, NAME=value each."""
        return [line for message in list(self.received) for line in message.split("\n")]

    def wait_for(self, text, seconds=20):
        wait_until(lambda: any(text in line for line in self.received), lambda: f"{text}: {self.received}", seconds)

    def _read(self):
        while True:
            try:
                self.received.append(self.socket.recv(65536).decode())
            except OSError:
                return


def gaps(times):
    return [later - earlier for earlier, later in zip(times, times[1:])]


def assert_delays(times, delays=DELAYS):
    measured = gaps(times)
    assert len(measured) == len(delays), f"{len(delays)} reconnections, measured {measured}"
    for gap, delay in zip(measured, delays):
        assert delay <= gap < delay + LATE, f"reconnections after {measured}, expected {delays}"


def assert_rising(messages):
    stamps = [m.stamp for m in messages]
    assert all(a < b for a, b in zip(stamps, stamps[1:])), stamps
