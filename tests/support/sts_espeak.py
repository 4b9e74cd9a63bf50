"""The demo speech service (examples/sts-espeak), and a client that speaks to it as a worker does, with Debian's python3-socketio."""

import base64
import os
import shutil
import sys
import threading
import uuid
from pathlib import Path

from . import http
from .free_ports import free_ports
from .process import Process
from .wait import wait_until

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "sts-espeak"
SECONDS = 60
EVENTS = ("stream:ready", "fragment:ack", "fragment:processed", "stream:complete", "error", "backpressure")


def missing():
    """Why the service cannot run here. None if it can."""
    try:
        import aiohttp  # noqa: F401
        import socketio  # noqa: F401
        import websocket  # noqa: F401
    except ImportError as error:
        return f"no {error.name} (packages python3-socketio, python3-aiohttp, python3-websocket)"
    return None if shutil.which("espeak-ng") else "no espeak-ng (package espeak-ng)"


class SpeechService(Process):
    def __init__(self, folder, *arguments, **environment):
        [self.port] = free_ports(1)
        argv = [sys.executable, str(PROGRAM), "--listen", f"127.0.0.1:{self.port}", *arguments]
        super().__init__("sts-espeak", argv, folder / "sts-espeak.log",
                         {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **environment})
        wait_until(lambda: self.is_healthy() or not self.running(), lambda: f"the speech service: {self.log()}", SECONDS)
        assert self.running(), self.log()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def is_healthy(self):
        try:
            return http.get(f"http://127.0.0.1:{self.port}/health").status == 200
        except OSError:
            return False


class SpeechClient:
    """Collects what the service sends: seen is a list of (event, data)."""

    def __init__(self, service, **options):
        import socketio
        self.seen, self.changed = [], threading.Condition()
        self.client = socketio.Client(reconnection=False)
        for event in EVENTS:
            self.client.on(event, lambda data, event=event: self._note(event, data))
        self.client.on("disconnect", lambda: self._note("disconnect", None))
        self.client.on("connect", lambda: self._note("connect", None))
        self.client.on("connect_error", lambda data=None: self._note("connect_error", data))
        self.client.connect(f"http://127.0.0.1:{service.port}", transports=["websocket"], wait=False, **options)
        with self.changed:
            assert self.changed.wait_for(lambda: self.seen, SECONDS), "an answer to the connection"
        self.accepted = self.seen[0][0] == "connect"

    def _note(self, event, data):
        with self.changed:
            self.seen.append((event, data))
            self.changed.notify_all()

    def wait(self, event, count=1, seconds=SECONDS):
        """The data of the last of so many events of this kind."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.all(event)) >= count, seconds), f"{count} {event}: {self.seen}"
            return self.all(event)[count - 1]

    def all(self, event):
        return [data for kind, data in self.seen if kind == event]

    def init(self, language="es", **changes):
        self.client.emit("stream:init", {"stream_id": "s", "worker_id": "worker-s", "max_inflight": 3, "timeout_ms": 8000, "config": {
            "source_language": "en", "target_language": language, "voice_profile": "default", "chunk_duration_ms": 3000,
            "sample_rate_hz": 48000, "channels": 2, "format": "m4a"}, **changes})

    def fragment(self, sequence, milliseconds=3000, format="m4a", data=b"\0" * 1000, **changes):
        self.client.emit("fragment:data", {
            "fragment_id": str(uuid.uuid4()), "stream_id": "s", "sequence_number": sequence, "timestamp": 1760000000000,
            "audio": {"format": format, "sample_rate_hz": 48000, "channels": 2, "duration_ms": milliseconds,
                      "data_base64": base64.b64encode(data).decode()}, "metadata": {"pts_ns": 0}, **changes})

    def close(self):
        if self.client.connected:
            self.client.disconnect()
