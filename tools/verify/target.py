"""The stack that is measured: the running one, or one that is started on free ports with `make dev`."""

import os
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass

from devstack import credentials, engines, health, ports, secure, settings
from support.free_ports import free_ports, free_udp_pair

from .row import Place

STOP_SECONDS = 30
START_SECONDS = {"native": 120, "docker": 1800}  # long, because images may have to be built; the criterion decides what is too slow


def tls_context(secure):
    """Trusts the authority of SSL_CERT_FILE."""
    return ssl.create_default_context() if secure else None


@dataclass(frozen=True)
class RtmpServer:
    host: str
    port: int
    secure: bool
    publisher_query: str  # with which one publishes `in`; empty if no password is needed
    worker_query: str     # with which one publishes `out`


class Target:
    def __init__(self, environ):
        self.environ = environ
        self.settings = settings.from_environment(environ)
        self.engine = engines.name_of(self.settings, environ)
        for name in ("rtmp_port", "rtsp_port", "api_port", "metrics_port", "service_port"):
            setattr(self, name, getattr(self.settings, name))

    @property
    def host(self):
        """The host for RTMP and RTSP."""
        return _by_address(self.settings.host)

    @property
    def admin_host(self):
        return _by_address(self.settings.admin_host)

    @property
    def api_header(self):
        return credentials.api_header(self.settings)

    @property
    def service_header(self):
        return credentials.service_header(self.settings)

    @property
    def rtmp(self):
        return RtmpServer(self.host, self.rtmp_port, self.settings.is_secure, credentials.publisher_query(self.settings),
                          credentials.worker_query(self.settings))

    def url(self, port, path):
        return f"http{'s' if self.settings.is_secure else ''}://{self.admin_host}:{port}{path}"

    def hook_environment(self):
        """What mtx-hook needs beside the event: the secret with which it signs, and whom it trusts."""
        given = {**credentials.of(self.settings), **credentials.for_router(self.settings)}
        trusted = {"ORCHESTRATOR_CA_FILE": str(secure.authority(self.settings))} if self.settings.is_secure else {}
        return {**{name: given[name] for name in ("HOOK_SECRET",) if name in given}, **trusted}

    def tls(self):
        """What a client needs for TLS; None without SECURE=1."""
        return tls_context(self.settings.is_secure)

    def is_running(self):
        secure.make(self.settings)  # and trust this stack from now on, not another one
        return all(health.is_healthy(url, self.api_header) for url in (self.url(self.api_port, "/v3/info"),
                                                      self.url(self.service_port, "/healthz")))

    @property
    def router(self):
        """'embedded' or 'mediamtx': which program listens on the port. If we may not see this: which one was asked for."""
        owner = ports.owner(self.api_port) or ""
        if owner.startswith(("media-router", "mediamtx")):
            return "embedded" if owner.startswith("media-router") else "mediamtx"
        asked = self.settings.router
        return "embedded" if asked == "embedded" and self.engine == "native" else "mediamtx"

    @property
    def place(self):
        return Place(self.router, self.settings.worker_mode == "kubernetes")

    # Starting one of its own

    def make(self, word, seconds):
        return subprocess.run(["make", "--no-print-directory", word], cwd=settings.ROOT, env=self.environ,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def start(self):
        """Runs `make dev`. Returns the seconds until everything was healthy."""
        started = time.monotonic()
        done = self.make("dev", START_SECONDS[self.engine])
        elapsed = time.monotonic() - started
        if done.returncode != 0 or not self.is_running():
            raise settings.UserError(f"make dev failed:\n{done.stdout}{done.stderr}")
        return elapsed

    def stop(self):
        done = self.make("down", STOP_SECONDS)
        if done.returncode != 0:
            raise settings.UserError(f"make down failed:\n{done.stdout}{done.stderr}")


def _by_address(host):
    """The URL with an address instead of a name. Otherwise the time of the name look-up would be measured, too."""
    return "127.0.0.1" if host == "localhost" else host


def on_free_ports(environ=os.environ):
    """A further stack with free ports, on the same engine."""
    rtmp, rtsp, hls, playback, api, metrics, service = map(str, free_ports(7))
    engine = engines.name_of(settings.from_environment(environ), environ)
    return Target({**_without_make(environ), "ENGINE": engine, "COMPOSE_PROJECT_NAME": f"tidegate-verify-{service}",
                   "BIND": "127.0.0.1", "RTMP_PORT": rtmp, "RTSP_PORT": rtsp, "HLS_PORT": hls,
                   "PLAYBACK_PORT": playback, "API_PORT": api, "METRICS_PORT": metrics, "SERVICE_PORT": service,
                   "RTP_PORT": str(free_udp_pair()), "RUN_DIR": tempfile.mkdtemp(prefix="tidegate-verify-")})


def _without_make(environ):
    """The environment without the variables that the outer make has set for its own children."""
    return {key: value for key, value in environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
