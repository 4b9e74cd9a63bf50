"""One media router on free ports, either the embedded one or a MediaMTX, with the project's mediamtx.yml or a variation of it."""

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
NOBODY = "http://127.0.0.1:9"  # the discard port, so that hooks of tests that do not need them fail at once
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
    """The path of the MediaMTX binary that the environment names. None if there is none."""
    named = os.environ.get("ROUTER", "")
    return shutil.which(named if named not in ("", "embedded") else "mediamtx")


# With these users everybody may publish and read. Tests of access use the project's own users instead.
EVERYBODY = [
    {"user": "any", "permissions": [{"action": action} for action in ("publish", "read", "playback")]},
    {"user": "any", "ips": ["127.0.0.1", "::1"], "permissions": [{"action": "api"}, {"action": "metrics"}]}]


def variation(**changes):
    """The project's configuration with other values for some top-level keys, and without its users. None removes a
    key."""
    settings = yaml.safe_load(DEPLOYED.read_text()) | {"authInternalUsers": EVERYBODY} | changes
    return yaml.safe_dump({k: v for k, v in settings.items() if v is not None}, sort_keys=False)


class Router:
    def __init__(self, program, folder, config=DEPLOYED, environment=None):
        """config: the path of a file, or its text. The router runs only after start()."""
        self.program, self.folder, self.process = program, folder, None
        self.config = config
        if isinstance(config, str):
            self.config = folder / "mediamtx.yml"
            self.config.write_text(config)
        self.overrides = environment or {}
        self._choose_ports()

    def _choose_ports(self):
        self.rtmp_port, self.rtsp_port, self.playback_port, self.api_port, self.metrics_port, self.hls_port = free_ports(6)
        self.rtmps_port, self.rtsps_port = free_ports(2)
        self.rtp_port = free_udp_pair()
        self.environment = {
            **os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}", "ORCHESTRATOR_URL": NOBODY,
            "MTX_RTMPADDRESS": f"{HOST}:{self.rtmp_port}", "MTX_RTSPADDRESS": f"{HOST}:{self.rtsp_port}",
            "MTX_RTPADDRESS": f"{HOST}:{self.rtp_port}", "MTX_RTCPADDRESS": f"{HOST}:{self.rtp_port + 1}",
            "MTX_PLAYBACKADDRESS": f"{HOST}:{self.playback_port}", "MTX_APIADDRESS": f"{HOST}:{self.api_port}",
            "MTX_METRICSADDRESS": f"{HOST}:{self.metrics_port}", "MTX_HLSADDRESS": f"{HOST}:{self.hls_port}",
            "MTX_RTMPSADDRESS": f"{HOST}:{self.rtmps_port}", "MTX_RTSPSADDRESS": f"{HOST}:{self.rtsps_port}",
            **self.overrides}

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
        """Starts the router and waits until all its servers listen. The API is the last one to start, so its log line tells.
        If another program has taken one of the ports in the meantime, it tries other ports."""
        self.launch()
        wait_until(lambda: "[API] started with listener" in self.log() or not self.process.running(),
                   lambda: f"the router has started:\n{self.log()}", START_SECONDS)
        if not self.process.running() and "address already in use" in self.log() and tries > 1:
            (self.folder / "router.log").unlink()
            self._choose_ports()
            return self.start(tries - 1)
        assert self.process.running(), self.log()
        # MediaMTX handles signals only a moment after it has started. When it has answered a request, this moment is over.
        http.get(self.api("/v3/info"))
        return self

    def stop(self):
        code = self.process.terminate()
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"

    def kill(self):
        if self.process:
            self.process.kill()

    # Addresses

    def rtmp(self, path):
        return f"rtmp://{HOST}:{self.rtmp_port}/{path}"

    def rtsp(self, path):
        return f"rtsp://{HOST}:{self.rtsp_port}/{path}"

    def rtmps(self, path):
        return f"rtmps://{HOST}:{self.rtmps_port}/{path}"

    def rtsps(self, path):
        return f"rtsps://{HOST}:{self.rtsps_port}/{path}"

    def hls(self, path):
        return f"http://{HOST}:{self.hls_port}/{path}"

    def api(self, path):
        return f"http://{HOST}:{self.api_port}{path}"

    def metrics(self, path="/metrics"):
        return f"http://{HOST}:{self.metrics_port}{path}"

    def playback(self, path):
        return f"http://{HOST}:{self.playback_port}{path}"

    # Log and lists

    def log(self):
        return self.process.log()

    def messages(self, containing=""):
        """(level, message) of those log lines so far that contain the text."""
        found = (LOG_LINE.fullmatch(line) for line in self.log().splitlines())
        return [(m[2], m[3]) for m in found if m and containing in m[3]]

    def wait_message(self, level, pattern, seconds=20):
        """Waits for a log message of this level that the pattern matches completely. Returns the first match."""
        def find():
            matches = (re.fullmatch(pattern, text) for at, text in self.messages() if at == level)
            return next(filter(None, matches), None)
        return wait_until(find, lambda: f"{level} {pattern!r} in the log, which ends:\n{self.log()[-2000:]}", seconds)

    def get(self, path):
        return http.get(self.api(path))

    def items(self, kind):
        """All items of a list of the Control API (/v3/<kind>/list)."""
        return self.get(f"/v3/{kind}/list").json()["items"]

    def path(self, name):
        """The item of the path, or None. It is taken from the list, because each 404 would make a line in the log."""
        return next((item for item in self.items("paths") if item["name"] == name), None)

    def wait_ready(self, name, seconds=20):
        return wait_until(lambda: (self.path(name) or {}).get("ready") and self.path(name),
                          lambda: f"{name} ready; the log:\n{self.log()[-3000:]}", seconds)

    def wait_not_ready(self, name, seconds=20):
        wait_until(lambda: not (self.path(name) or {}).get("ready"), f"{name} gone", seconds)

    def wait_item(self, kind, seconds=20, **values):
        """Waits for an item of a list with these values of its fields. Returns the first one."""
        def find():
            return next((i for i in self.items(kind) if all(i[k] == v for k, v in values.items())), None)
        return wait_until(find, lambda: f"{values} among {self.items(kind)}", seconds)
