"""All ports, addresses and directories of a stack. They come from the environment, so that several stacks can run side by side."""

import ipaddress
import os
import re
import shutil
from dataclasses import dataclass, field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class UserError(Exception):
    """An error that the user can correct. The text is one line, which is printed."""


LOOPBACK = "127.0.0.1"
EVERYWHERE = ("", "0.0.0.0", "[::]")
# With SECURE=1: the schemes of all URLs, and the usual ports of RTMPS and RTSPS.
SECURE_SCHEMES = {"http": "https", "rtmp": "rtmps", "rtsp": "rtsps"}
SECURE_PORTS = {"RTMP_PORT": "1936", "RTSP_PORT": "8322"}


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
    rtp_port: int = _setting(8000, "RTP_PORT")  # UDP; RTCP has the next one, because the router requires this
    hls_port: int = _setting(8888, "HLS_PORT")
    playback_port: int = _setting(9996, "PLAYBACK_PORT")
    api_port: int = _setting(9997, "API_PORT")
    metrics_port: int = _setting(9998, "METRICS_PORT")
    service_port: int = _setting(8080, "SERVICE_PORT")
    sts_port: int = _setting(8765, "STS_PORT")  # of the demo speech service (DUB=demo)
    bind: str = _setting("", "BIND")  # address for RTMP, RTSP and HLS; empty: all addresses
    admin_bind: str = _setting("", "ADMIN_BIND")  # address for all other ports; empty: this machine only
    build_dir: str = _setting("build/dev", "BUILD_DIR")
    run_dir: str = _setting(".run", "RUN_DIR")
    router: str = _setting("embedded", "ROUTER")  # or the path of a mediamtx binary
    router_config: str = _setting("deploy/mediamtx/mediamtx.yml", "ROUTER_CONFIG")
    compose_project: str = _setting("tidegate", "COMPOSE_PROJECT_NAME")  # with ENGINE=docker: the name of the stack
    worker_mode: str = _setting("process", "WORKER_MODE")  # or none: start no workers
    worker_input: str = _setting("", "WORKER_INPUT")  # rtsp or rtmp; empty: what suits the router
    dub: str = _setting("", "DUB")  # demo: start the demo speech service, and dub with it

    secure: str = _setting("", "SECURE")  # 1: TLS on each port, and passwords (docs/security.md)

    def workers_read_over(self, router):
        """MediaMTX moves picture and sound apart for those who read over RTSP (docs/routers.md)."""
        return self.worker_input or ("rtsp" if router == "embedded" else "rtmp")

    @property
    def is_secure(self):
        return self.secure == "1"

    @property
    def admin(self):
        """Where Control API, metrics, playback and media-service listen."""
        return self.admin_bind or (self.bind if _is_loopback(self.bind) else LOOPBACK)

    @property
    def host(self):
        """The host name by which a client on this machine reaches RTMP and RTSP."""
        return "localhost" if self.bind in EVERYWHERE else self.bind

    @property
    def admin_host(self):
        return "localhost" if self.admin in EVERYWHERE else self.admin

    @property
    def has_demo(self):
        """Whether the demo speech service is a part of the stack."""
        return self.dub == "demo"

    @property
    def bin_dir(self):
        return ROOT / self.build_dir / "bin"

    @property
    def run_path(self):
        return ROOT / self.run_dir

    @property
    def recordings(self):
        """Where the router records, unless its configuration says it: of two stacks, each has its own folder."""
        if re.search(r"^\s*[\"']?recordPath\b", (ROOT / self.router_config).read_text(), re.MULTILINE):
            return {}
        return {"MTX_PATHDEFAULTS_RECORDPATH": str(self.run_path / "recordings" / "%path" / "%Y-%m-%d_%H-%M-%S-%f")}

    def listen(self, port):
        return f"{self.bind}:{port}"

    def listen_admin(self, port):
        return f"{self.admin}:{port}"

    @property
    def open_to(self):
        """Clients of media-service that need no token, for OPEN_TO. {}: as media-service does it. If it listens on one address, this
        machine's own requests come from there."""
        if self.admin in EVERYWHERE or _is_loopback(self.admin):
            return {}
        return {"OPEN_TO": f"127.0.0.0/8,::1,{self.admin.strip('[]')}"}

    def url(self, scheme, port, path=""):
        """An http URL has the host of ADMIN_BIND; that of HLS, and any other URL, the host of BIND. With SECURE=1 the scheme is that of
        TLS."""
        host = self.admin_host if scheme == "http" and port != self.hls_port else self.host
        if self.is_secure and port != self.sts_port:
            scheme = SECURE_SCHEMES[scheme]
        return f"{scheme}://{host}:{port}{path}"

    def page_origins(self):
        """The origins of the dashboard, which media-service serves: pages from there may play over HLS, and what was recorded."""
        hosts = dict.fromkeys([self.admin_host, "localhost", LOOPBACK])
        scheme = "https" if self.is_secure else "http"
        return [f"{scheme}://{host}:{self.service_port}" for host in hosts]

    def bind_of(self, variable):
        return self.bind if variable in ("RTMP_PORT", "RTSP_PORT", "HLS_PORT") else self.admin

    def tcp_ports(self):
        """For each port: its number, what it is for, and the variable that changes it."""
        names = {"rtmp": "RTMP", "rtsp": "RTSP", "hls": "HLS", "playback": "playback", "api": "Control API",
                 "metrics": "metrics", "service": "media-service"}
        if self.has_demo:
            names["sts"] = "demo speech service"
        for key, name in names.items():
            yield getattr(self, f"{key}_port"), name, f"{key.upper()}_PORT"


def from_environment(environ=os.environ):
    values = {}
    secure = environ.get("SECURE", "")
    if secure not in ("", "1"):
        raise UserError(f"SECURE={secure}: expected 1, or nothing")
    defaults = SECURE_PORTS if secure else {}
    for item in fields(Settings):
        text = environ.get(item.metadata["env"], "") or defaults.get(item.metadata["env"], "")
        if text:
            values[item.name] = _number(item.metadata["env"], text) if item.type is int else text
    settings = Settings(**values)
    if settings.dub not in ("", "demo"):
        raise UserError(f"DUB={settings.dub}: expected demo (STS_URL and DUB_LANGUAGES name a service of your own, docs/dubbing.md)")
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
    """The path of the router's program: ours, or the MediaMTX that the user has named."""
    if settings.router == "embedded":
        return str(settings.bin_dir / "media-router")
    found = shutil.which(settings.router)
    if not found:
        raise UserError(f"ROUTER={settings.router}: no such program (expected 'embedded' or the path "
                        "of a mediamtx binary)")
    return str(Path(found).resolve())
