"""Every port, address and directory of a stack, from the environment, so that copies run side by side."""

import ipaddress
import os
import shutil
from dataclasses import dataclass, field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class UserError(Exception):
    """One clear line for the person at the terminal."""


LOOPBACK = "127.0.0.1"
EVERYWHERE = ("", "0.0.0.0", "[::]")


def _is_loopback(bind):
    try:
        return ipaddress.ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return False


def _setting(default, env):
    return field(default=default, metadata={"env": env})


@dataclass(frozen=True)
class Settings:
    rtmp_port: int = _setting(1935, "RTMP_PORT")
    rtsp_port: int = _setting(8554, "RTSP_PORT")
    rtp_port: int = _setting(8000, "RTP_PORT")  # UDP; RTCP is the next one, as the router demands
    playback_port: int = _setting(9996, "PLAYBACK_PORT")
    api_port: int = _setting(9997, "API_PORT")
    metrics_port: int = _setting(9998, "METRICS_PORT")
    service_port: int = _setting(8080, "SERVICE_PORT")
    bind: str = _setting("", "BIND")  # of RTMP and RTSP; empty: every address of this machine
    admin_bind: str = _setting("", "ADMIN_BIND")  # of everything that commands or tells; empty: this machine alone
    build_dir: str = _setting("build/dev", "BUILD_DIR")
    run_dir: str = _setting(".run", "RUN_DIR")
    router: str = _setting("embedded", "ROUTER")  # or the path of a mediamtx binary
    router_config: str = _setting("deploy/mediamtx/mediamtx.yml", "ROUTER_CONFIG")
    compose_project: str = _setting("tidegate", "COMPOSE_PROJECT_NAME")  # ENGINE=docker: names its containers
    worker_mode: str = _setting("process", "WORKER_MODE")  # none: only watch
    worker_input: str = _setting("rtsp", "WORKER_INPUT")  # or rtmp: docs/routers.md

    @property
    def admin(self):
        """Where Control API, metrics, playback and media-service listen."""
        return self.admin_bind or (self.bind if _is_loopback(self.bind) else LOOPBACK)

    @property
    def host(self):
        """How a client on this machine reaches RTMP and RTSP."""
        return "localhost" if self.bind in EVERYWHERE else self.bind

    @property
    def admin_host(self):
        return "localhost" if self.admin in EVERYWHERE else self.admin

    @property
    def bin_dir(self):
        return ROOT / self.build_dir / "bin"

    @property
    def run_path(self):
        return ROOT / self.run_dir

    def listen(self, port):
        return f"{self.bind}:{port}"

    def listen_admin(self, port):
        return f"{self.admin}:{port}"

    def url(self, scheme, port, path=""):
        """Everything that speaks HTTP is for the administrator."""
        host = self.admin_host if scheme == "http" else self.host
        return f"{scheme}://{host}:{port}{path}"

    def bind_of(self, variable):
        return self.bind if variable in ("RTMP_PORT", "RTSP_PORT") else self.admin

    def tcp_ports(self):
        """Port, what it is for, and the variable that moves it."""
        names = {"rtmp": "RTMP", "rtsp": "RTSP", "playback": "playback", "api": "Control API",
                 "metrics": "metrics", "service": "media-service"}
        for key, name in names.items():
            yield getattr(self, f"{key}_port"), name, f"{key.upper()}_PORT"


def from_environment(environ=os.environ):
    values = {}
    for item in fields(Settings):
        text = environ.get(item.metadata["env"], "")
        if text:
            values[item.name] = _number(item.metadata["env"], text) if item.type is int else text
    settings = Settings(**values)
    _check_distinct(settings)
    return settings


def _number(name, text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise UserError(f"{name}={text}: expected a port from 1 to 65535")
    return int(text)


def _check_distinct(settings):
    seen = {}
    for port, _, variable in settings.tcp_ports():
        if port in seen:
            raise UserError(f"{variable} and {seen[port]} are both {port}: give each its own port")
        seen[port] = variable


def router_program(settings):
    """The router's binary: ours, or a MediaMTX that the user names."""
    if settings.router == "embedded":
        return str(settings.bin_dir / "media-router")
    found = shutil.which(settings.router)
    if not found:
        raise UserError(f"ROUTER={settings.router}: no such program (expected 'embedded' or the path "
                        "of a mediamtx binary)")
    return str(Path(found).resolve())
