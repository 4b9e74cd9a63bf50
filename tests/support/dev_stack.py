"""A stack that tools/stack.py starts as for `make dev`, with free ports and its own run directory."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from devstack import credentials, secure, settings

from . import ffmpeg, http, https, tls
from .free_ports import free_ports, free_udp_pair
from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 1800  # with containers the first `up` builds the images
SECONDS = 60


class DevStack:
    def __init__(self, run_dir, **variables):
        names = ("RTMP_PORT", "RTSP_PORT", "HLS_PORT", "PLAYBACK_PORT", "API_PORT", "METRICS_PORT", "SERVICE_PORT")
        self.variables = {**{name: str(port) for name, port in zip(names, free_ports(len(names)))},
                          "RTP_PORT": str(free_udp_pair()), "BIND": "127.0.0.1", "RUN_DIR": str(run_dir), **variables}
        self.settings = settings.from_environment({**os.environ, **self.variables})

    def run(self, command, **variables):
        """Runs up (`make dev`), ps, logs or down. Returns (exit code, output and errors)."""
        done = subprocess.run([sys.executable, str(ROOT / "tools" / "stack.py"), command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              env={**os.environ, **self.variables, **variables}, timeout=COMMAND_SECONDS)
        return done.returncode, done.stdout

    @contextlib.contextmanager
    def running(self):
        """From `make dev` to `make down`."""
        code, text = self.run("up")
        try:
            assert code == 0, text
            yield self
        finally:
            self.run("down")

    def processes(self):
        """{process: (pid, health, restarts)}, as `make ps` shows them."""
        rows = [line.split() for line in self.run("ps")[1].splitlines()[1:]]
        return {row[0]: (int(row[1]), row[3], int(row[5])) for row in rows}

    def wait_healthy(self, but_not=()):
        """Waits until all processes are healthy and none has one of these pids."""
        def healthy():
            shown = self.processes()
            good = shown and all(state == "healthy" and pid not in but_not for pid, state, _ in shown.values())
            return shown if good else None
        return wait_until(healthy, lambda: f"a healthy stack, not {self.processes()}", SECONDS)

    def kill(self, process):
        """Kills a process with SIGKILL, and waits until the stack is healthy again."""
        pid = self.processes()[process][0]
        os.kill(pid, signal.SIGKILL)
        return self.wait_healthy(but_not=[pid])

    # Streams

    def rtmp(self, stream, side="in"):
        return self.settings.url("rtmp", self.settings.rtmp_port, f"/live/{stream}/{side}")

    def rtsp(self, stream, side="out"):
        return self.settings.url("rtsp", self.settings.rtsp_port, f"/live/{stream}/{side}")

    def viewer_rtsp(self, stream):
        """The output's address for a viewer who has a password."""
        return self.rtsp(stream).replace("rtsps://", f"rtsps://viewer:{credentials.of(self.settings)['VIEWER_PASSWORD']}@")

    def ask(self, path, method="GET", body=None, token=True):
        """The answer of a secure stack's media-service."""
        headers = credentials.service_header(self.settings) if token else {}
        return https.request(method, self.settings.url("http", self.settings.service_port, path),
                             tls.Certificate(secure.authority(self.settings), None), body, headers)

    def show(self, stream):
        try:
            reply = http.get(self.settings.url("http", self.settings.service_port, f"/v1/streams/{stream}"))
        except OSError:  # the stack is down, or is starting
            return {}
        return reply.json() if reply.status == 200 else {}

    def wait_served(self, stream, but_not=None, source=None):
        """Waits until the stream of this publisher has one worker and a readable output. Returns the worker's pid."""
        def served():
            view = self.show(stream)
            found = workers(stream)
            good = (view.get("state") == "running" and view["output"]["readable"] and source != view["sourceId"]
                    and len(found) == 1 and found[0] != but_not)
            return good and set(ffmpeg.probe(self.rtsp(stream))) == {"video", "audio"} and found[0]
        return wait_until(served, lambda: f"{stream} served: {workers(stream)} {self.show(stream)}", SECONDS)


def workers(stream):
    """The pids of a stream's workers, also of those in containers of this machine."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if Path(words[0]).name == "stream-worker" and stream in words:
                found.append(int(entry.name))
    return found
