"""One media router, the embedded one or a MediaMTX, on free ports: with the project's own mediamtx.yml or a
variation of it."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import http
from .free_ports import free_ports, free_udp_pair
from .process import Process
from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ROOT / "deploy" / "mediamtx" / "mediamtx.yml"
HOST = "127.0.0.1"
BIN = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bin"
START_SECONDS = 20
NOBODY = "http://127.0.0.1:9"  # the discard port: hooks that nobody waits for fail at once
LOG_LINE = re.compile(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) (DEB|INF|WAR|ERR) (.*)")


@dataclass(frozen=True)
class Program:
    """Which of the two routers, and where it is."""
    kind: str  # "embedded" or "mediamtx"
    path: str

    @property
    def embedded(self):
        return self.kind == "embedded"


def find_mediamtx():
    """The binary that the environment names; None when there is none."""
    named = os.environ.get("ROUTER", "")
    return shutil.which(named if named not in ("", "embedded") else "mediamtx")


# Tests of anything but access publish and read what they like; who may do what is tested with the project's own users.
EVERYBODY = [
    {"user": "any", "permissions": [{"action": action} for action in ("publish", "read", "playback")]},
    {"user": "any", "ips": ["127.0.0.1", "::1"], "permissions": [{"action": "api"}, {"action": "metrics"}]}]


def variation(**changes):
    """The project's configuration with other values for some top-level keys, and without its rules of access; None
    takes a key out."""
    settings = yaml.safe_load(DEPLOYED.read_text()) | {"authInternalUsers": EVERYBODY} | changes
    return yaml.safe_dump({k: v for k, v in settings.items() if v is not None}, sort_keys=False)


class Router:
    def __init__(self, program, folder, config=DEPLOYED, environment=None):
        """config: a file, or the text of one. Nothing runs until start()."""
        self.program, self.folder, self.process = program, folder, None
        self.config = config
        if isinstance(config, str):
            self.config = folder / "mediamtx.yml"
            self.config.write_text(config)
        self.overrides = environment or {}
        self._choose_ports()

    def _choose_ports(self):
        self.rtmp_port, self.rtsp_port, self.playback_port, self.api_port, self.metrics_port = free_ports(5)
        self.rtp_port = free_udp_pair()
        self.environment = {
            **os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}", "ORCHESTRATOR_URL": NOBODY,
            "MTX_RTMPADDRESS": f"{HOST}:{self.rtmp_port}", "MTX_RTSPADDRESS": f"{HOST}:{self.rtsp_port}",
            "MTX_RTPADDRESS": f"{HOST}:{self.rtp_port}", "MTX_RTCPADDRESS": f"{HOST}:{self.rtp_port + 1}",
            "MTX_PLAYBACKADDRESS": f"{HOST}:{self.playback_port}", "MTX_APIADDRESS": f"{HOST}:{self.api_port}",
            "MTX_METRICSADDRESS": f"{HOST}:{self.metrics_port}", **self.overrides}

    @property
    def embedded(self):
        return self.program.embedded

    # Starting and stopping

    def launch(self):
        """Starts the program without waiting for anything."""
        self.process = Process(self.program.kind, [self.program.path, str(self.config)],
                               self.folder / "router.log", self.environment, self.folder)
        return self

    def start(self, tries=3):
        """The API is the last server to start: its line says that all of them listen. Between their choice and
        the start another program may take a port: then other ones are tried."""
        self.launch()
        wait_until(lambda: "[API] started with listener" in self.log() or not self.process.running(),
                   lambda: f"the router has started:\n{self.log()}", START_SECONDS)
        if not self.process.running() and "address already in use" in self.log() and tries > 1:
            (self.folder / "router.log").unlink()
            self._choose_ports()
            return self.start(tries - 1)
        assert self.process.running(), self.log()
        # MediaMTX listens for signals a moment after it has started: an answer takes longer than that.
        http.get(self.api("/v3/info"))
        return self

    def stop(self):
        code = self.process.terminate()
        self.process.assert_no_report()
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"

    def kill(self):
        if self.process:
            self.process.kill()

    # Addresses

    def rtmp(self, path):
        return f"rtmp://{HOST}:{self.rtmp_port}/{path}"

    def rtsp(self, path):
        return f"rtsp://{HOST}:{self.rtsp_port}/{path}"

    def api(self, path):
        return f"http://{HOST}:{self.api_port}{path}"

    def metrics(self, path="/metrics"):
        return f"http://{HOST}:{self.metrics_port}{path}"

    def playback(self, path):
        return f"http://{HOST}:{self.playback_port}{path}"

    # What it says

    def log(self):
        return self.process.log()

    def messages(self, containing=""):
        """(level, message) of the log lines so far that contain the text."""
        found = (LOG_LINE.fullmatch(line) for line in self.log().splitlines())
        return [(m[2], m[3]) for m in found if m and containing in m[3]]

    def wait_message(self, level, pattern, seconds=20):
        """The match of the first log message of the level that the pattern matches wholly."""
        def find():
            matches = (re.fullmatch(pattern, text) for at, text in self.messages() if at == level)
            return next(filter(None, matches), None)
        return wait_until(find, lambda: f"{level} {pattern!r} in the log, which ends:\n{self.log()[-2000:]}", seconds)

    def get(self, path):
        return http.get(self.api(path))

    def items(self, kind):
        """All items of one list of the Control API, as /v3/<kind>/list gives them."""
        return self.get(f"/v3/{kind}/list").json()["items"]

    def path(self, name):
        """The path's item, or None; asked of the list, because each 404 would be a line in the log."""
        return next((item for item in self.items("paths") if item["name"] == name), None)

    def wait_ready(self, name, seconds=20):
        return wait_until(lambda: (self.path(name) or {}).get("ready") and self.path(name),
                          lambda: f"{name} ready; the log:\n{self.log()[-3000:]}", seconds)

    def wait_not_ready(self, name, seconds=20):
        wait_until(lambda: not (self.path(name) or {}).get("ready"), f"{name} gone", seconds)

    def wait_item(self, kind, seconds=20, **values):
        """The first item of a list whose fields have these values."""
        def find():
            return next((i for i in self.items(kind) if all(i[k] == v for k, v in values.items())), None)
        return wait_until(find, lambda: f"{values} among {self.items(kind)}", seconds)
