"""Runs a server: starts it on its cores and in its own folder, waits until it listens, and ends it by its pid."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .signals import uninterrupted

START_SECONDS = 20
STOP_SECONDS = 10
LOG_TAIL = 2000  # so many characters of the log are shown when a server did not start
# So that the kernel sends SIGTERM to the child when this program is killed with SIGKILL.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"]


class DidNotStart(RuntimeError):
    """The message has the name of the server and the end of its log."""


@dataclass(frozen=True)
class Server:
    """How to run a server with certain settings. servers.py has all of them."""
    name: str                       # as the tables show it
    program: str                    # a path, or a name on PATH. If it is missing, the row says "absent"
    argv: object                    # function (program, folder, ports) -> argv, which writes the configuration into the folder
    protocols: tuple = ("rtmp",)    # protocols that readers can use
    reads: str = ""                 # its readers use this protocol, whatever that of the point is
    floor: bool = False             # it is a floor, and has no real protocol
    publish_settle: float = 0.5     # seconds until a new stream can be read
    waits_for_keyframe: bool = True  # readers get nothing before the next key frame
    version: object = None          # function (program) -> text
    environment: dict = field(default_factory=dict)
    cores: int = 1

    def find(self):
        return shutil.which(self.program)


class Running:
    """A running server, as a context manager."""

    def __init__(self, server, cores, ports):
        self.server, self.cores, self.ports = server, cores, ports
        self.process = None
        self._folder = tempfile.TemporaryDirectory(prefix="tidegate-bench-")
        self._log = Path(self._folder.name) / "log"

    def __enter__(self):
        try:
            self._start()
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        argv = self.server.argv(self.server.find(), Path(self._folder.name), self.ports)
        pinned = ["taskset", "-c", ",".join(map(str, self.cores))]
        with open(self._log, "wb") as log, uninterrupted():
            self.process = child([*pinned, *argv], cwd=self._folder.name, stdout=log, stderr=log,
                                 env={**os.environ, **self.server.environment})

    def _wait(self):
        deadline = time.monotonic() + START_SECONDS
        while not all(_listens(port) for port in self._wanted_ports()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(f"did not start: {self._log.read_text(errors='replace').strip()[-LOG_TAIL:]}")
            time.sleep(0.02)

    def __exit__(self, *_):
        if self.process is not None:
            end(self.process)
        self._folder.cleanup()

    @property
    def pid(self):
        return self.process.pid

    def _wanted_ports(self):
        return [self.ports[protocol] for protocol in self.server.protocols] if not self.server.floor \
            else [self.ports["rtmp"]]


def child(argv, **options):
    """Starts a child process in its own session. So Ctrl-C reaches only this program, which then ends its children in order."""
    return subprocess.Popen([*ENDS_WITH_US, *argv], stdin=subprocess.DEVNULL, start_new_session=True, **options)


def end(process, seconds=STOP_SECONDS):
    """Sends SIGTERM, and then SIGKILL to it and to everything that it has started."""
    with uninterrupted():
        if process.poll() is None:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
