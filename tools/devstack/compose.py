"""Finds the container engine and Compose, says in one line what is wrong with them, and runs them with the stack's settings."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass

from . import credentials, secure
from .programs import DEMO_LANGUAGES
from .settings import ROOT, Settings, UserError

FILE = ROOT / "deploy" / "docker-compose.yml"
SECURE_FILE = ROOT / "deploy" / "docker-compose.secure.yml"
DEFAULT_PROJECT = "tidegate"
PROFILES = "observability,archive,publish,dub-demo"  # of docker-compose.yml; COMPOSE_PROFILES=observability starts the first
DEMO_PROFILE = "dub-demo"  # DUB=demo starts it
ANSWER_SECONDS = 30  # for one command to the engine, which takes seconds on a busy machine
PROJECT_LABEL = "com.docker.compose.project"  # Compose v1 and v2 give each container both labels
SERVICE_LABEL = "com.docker.compose.service"


@dataclass(frozen=True)
class Container:
    id: str
    service: str
    pid: int
    running: bool
    started_at: str  # RFC 3339
    restarts: int


def environment(settings: Settings):
    """The variables that docker-compose.yml uses, from the same settings as those of the native stack."""
    ours = settings.compose_project == DEFAULT_PROJECT
    demo = {}
    if settings.has_demo:
        profiles = [name for name in os.environ.get("COMPOSE_PROFILES", "").split(",") if name and name != DEMO_PROFILE]
        demo = {"COMPOSE_PROFILES": ",".join([*profiles, DEMO_PROFILE]), "STS_URL": "ws://sts-espeak:8765",
                "DUB_LANGUAGES": DEMO_LANGUAGES}
    return {
        **os.environ,
        "COMPOSE_PROJECT_NAME": settings.compose_project,
        # Each stack needs a network of its own. Otherwise it would find the services of the other one.
        "DUBBING_NETWORK": "dubbing-network" if ours else f"{settings.compose_project}_dubbing-network",
        "BIND": settings.bind or "0.0.0.0",
        "ADMIN_BIND": settings.admin,
        "CREDENTIALS": str(credentials.for_containers(settings)),
        "RTMP_PORT": str(settings.rtmp_port),
        "RTSP_PORT": str(settings.rtsp_port),
        "RTP_PORT": str(settings.rtp_port),
        "RTCP_PORT": str(settings.rtp_port + 1),
        "HLS_PORT": str(settings.hls_port),
        "PAGE_ORIGINS": ",".join(settings.page_origins()),
        "PLAYBACK_PORT": str(settings.playback_port),
        "API_PORT": str(settings.api_port),
        "METRICS_PORT": str(settings.metrics_port),
        "SERVICE_PORT": str(settings.service_port),
        "ROUTER_CONFIG": str(ROOT / settings.router_config),
        "WORKER_MODE": settings.worker_mode,
        "WORKER_INPUT": settings.workers_read_over("mediamtx"),
        "STS_PORT": str(settings.sts_port),
        **demo,
        **secure.for_compose(settings),
    }


def find():
    """The command for Compose, v2 or else v1. Fails if the engine does not answer."""
    if not shutil.which("docker"):
        raise UserError("ENGINE=docker: no docker command on PATH (install Docker Engine with Compose, or "
                        "Debian's docker.io and docker-compose)")
    answer = _ask(["docker", "version", "--format", "{{.Server.Version}}"])
    if answer.returncode != 0:
        raise UserError(f"ENGINE=docker: the engine does not answer: {_last_line(answer)}")
    if _ask(["docker", "compose", "version"]).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise UserError("ENGINE=docker: neither `docker compose` nor docker-compose is installed (the plugin "
                    "docker-compose-plugin, or Debian's docker-compose)")


def argv(command, settings, *arguments):
    files = ["-f", str(FILE), *(["-f", str(SECURE_FILE)] if settings.is_secure else [])]
    return [*command, *files, "-p", settings.compose_project, *arguments]


def run(command, settings, *arguments, quiet=False, **variables):
    """Runs Compose. The user sees its output; with `quiet`, only as a part of the error."""
    done = subprocess.run(argv(command, settings, *arguments), env={**environment(settings), **variables}, cwd=ROOT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
                          stderr=subprocess.STDOUT if quiet else None, text=True, errors="replace")
    if done.returncode != 0:
        why = f": {_last_line(done)}" if quiet else ", the output above says why"
        raise UserError(f"{' '.join(command)} {arguments[0]} failed{why}")


def containers(settings):
    """All containers of the project, running or not, sorted by service."""
    listed = _ask(["docker", "ps", "--all", "--quiet", "--filter", f"label={PROJECT_LABEL}={settings.compose_project}"])
    if listed.returncode != 0:
        raise UserError(f"the engine does not answer: {_last_line(listed)}")
    ids = listed.stdout.split()
    if not ids:
        return []
    shown = json.loads(_ask(["docker", "inspect", *ids]).stdout or "[]")  # a container may have gone in the meantime
    return sorted((_container(item) for item in shown), key=lambda item: item.service)


def last_log(container, lines):
    shown = _ask(["docker", "logs", "--tail", str(lines), container.id])
    return shown.stdout + shown.stderr


def _container(item):
    state = item["State"]
    return Container(item["Id"], item["Config"]["Labels"].get(SERVICE_LABEL, "?"), state["Pid"],
                     state["Running"] and not state.get("Restarting", False), state["StartedAt"],
                     item["RestartCount"])


def _ask(command):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        raise UserError(f"no answer from `{' '.join(command[:2])}` within {ANSWER_SECONDS} s") from None


def _last_line(done):
    lines = ((done.stdout or "") + (done.stderr or "")).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
