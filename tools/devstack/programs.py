"""The programs of the native stack: the command line, the environment and the health URL of each."""

import os
import sys
from dataclasses import dataclass

from . import credentials
from .settings import LOOPBACK, ROOT, Settings, router_program

DEMO = ROOT / "examples" / "sts-espeak"  # the demo speech service
DEMO_LANGUAGES = "es,fr,de"


@dataclass(frozen=True)
class Program:
    name: str
    argv: list
    environment: dict
    port: int
    health_url: str


def media_router(settings: Settings):
    tls = "S" if settings.is_secure else ""
    environment = {
        **settings.recordings,
        **os.environ,
        # mediamtx.yml names the hook without a folder, because of the container image. So it has to be on PATH.
        "PATH": f"{settings.bin_dir}:{os.environ.get('PATH', '')}",
        "ORCHESTRATOR_URL": settings.url("http", settings.service_port),
        f"MTX_RTMP{tls}ADDRESS": settings.listen(settings.rtmp_port),
        f"MTX_RTSP{tls}ADDRESS": settings.listen(settings.rtsp_port),
        "MTX_RTPADDRESS": settings.listen(settings.rtp_port),
        "MTX_RTCPADDRESS": settings.listen(settings.rtp_port + 1),
        "MTX_HLSADDRESS": settings.listen(settings.hls_port),
        "MTX_HLSALLOWORIGINS": ",".join(settings.page_origins()),
        "MTX_PLAYBACKADDRESS": settings.listen_admin(settings.playback_port),
        "MTX_PLAYBACKALLOWORIGINS": ",".join(settings.page_origins()),
        "MTX_APIADDRESS": settings.listen_admin(settings.api_port),
        "MTX_METRICSADDRESS": settings.listen_admin(settings.metrics_port),
        # The dashboard's pictures come at once. MediaMTX does not know the variable.
        "GOP_CACHE": os.environ.get("GOP_CACHE", "hls"),
        **credentials.for_router(settings),
    }
    argv = [router_program(settings), str(ROOT / settings.router_config)]
    return Program("media-router", argv, environment, settings.rtmp_port,
                   settings.url("http", settings.api_port, "/v3/info"))


def media_service(settings: Settings):
    argv = [
        str(settings.bin_dir / "media-service"),
        "--listen", settings.listen_admin(settings.service_port),
        "--router-api", settings.url("http", settings.api_port),
        "--router-rtsp", settings.url("rtsp", settings.rtsp_port),
        "--router-rtmp", settings.url("rtmp", settings.rtmp_port),
        "--worker-mode", settings.worker_mode,
        "--worker-input", settings.workers_read_over(settings.router),
        "--worker-command", str(settings.bin_dir / "stream-worker"),
        "--forwarder-command", str(settings.bin_dir / "stream-forwarder"),
        "--state-dir", str(settings.run_path / "workers"),
        # So that `make down` ends the workers, too. After a crash, the next media-service adopts them nevertheless.
        "--stop-workers-on-exit",
        "--log-format", os.environ.get("LOG_FORMAT", "json"),
    ]
    open_to = {} if os.environ.get("TOKENS_FILE") else settings.open_to
    environment = {**open_to, **os.environ, **credentials.for_service(settings)}
    if settings.has_demo:
        environment |= {"STS_URL": f"ws://{LOOPBACK}:{settings.sts_port}", "DUB_LANGUAGES": DEMO_LANGUAGES}
    return Program("media-service", argv, environment, settings.service_port,
                   settings.url("http", settings.service_port, "/healthz"))


def demo_speech_service(settings: Settings):
    """It has no password, so it listens on this machine only, whatever ADMIN_BIND says."""
    argv = [sys.executable, str(DEMO), "--listen", f"{LOOPBACK}:{settings.sts_port}"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    return Program("sts-espeak", argv, environment, settings.sts_port, f"http://{LOOPBACK}:{settings.sts_port}/health")


def all_programs(settings: Settings):
    programs = [media_router(settings), media_service(settings)]
    return [*programs, demo_speech_service(settings)] if settings.has_demo else programs
