"""make dev, ps, logs and down of the stack in containers: stock MediaMTX and media-service under Compose."""

import os
import sys
from datetime import datetime, timezone

from . import commands, compose, credentials, health, ports, report
from .settings import UserError
from .state import Running, RunDir

HEALTHY_SECONDS = 30.0  # containers start in a few seconds; on a busy machine their network takes longer
STOP_SECONDS = "20"     # longer than every stop_grace_period in docker-compose.yml


def up(settings):
    if settings.router != "embedded":
        raise UserError("ROUTER is for the native stack: with ENGINE=docker the router is MediaMTX's image")
    run_dir = RunDir(settings.run_path)
    if run_dir.is_up():
        raise UserError("the native stack runs in this run directory: `make down` first, or choose another RUN_DIR")
    command = compose.find()
    if any(item.running for item in compose.containers(settings)):
        print("already running (make ps shows it, make down stops it)")
        print_addresses(settings)
        return 0
    report.check_ports(settings)
    _check_udp_ports(settings)
    compose.run(command, settings, "build")
    run_dir.create()
    run_dir.remember_containers(command, _programs(settings))
    try:
        compose.run(command, settings, "up", "--detach", "--no-build", "--remove-orphans", quiet=True)
        healthy = _wait_healthy(settings)
    except BaseException:  # also after Ctrl-C, so that nothing stays half started
        down(settings, quiet=True)
        raise
    if not healthy:
        down(settings, quiet=True)
        return 1
    print_addresses(settings)
    return 0


def print_addresses(settings):
    if "observability" in os.environ.get("COMPOSE_PROFILES", "").split(","):
        for name, variable, port in (("Grafana", "GRAFANA_PORT", 3000), ("Prometheus", "PROMETHEUS_PORT", 9090)):
            print(f"{name:<12} {settings.url('http', os.environ.get(variable) or port)}")
    report.urls(settings)


def _check_udp_ports(settings):
    for port in (settings.rtp_port, settings.rtp_port + 1):
        if not ports.is_free(settings.bind or "0.0.0.0", port, udp=True):
            raise UserError(f"UDP port {port} (RTP and RTCP) is already in use: choose another even port with "
                            "RTP_PORT=<port>")


def _programs(settings):
    """The URLs that show the health, on the published ports. /readyz says whether media-service can reach the router."""
    programs = [Running("media-service", 0, 0, settings.service_port,
                        settings.url("http", settings.service_port, "/readyz")),
                Running("mediamtx", 0, 0, settings.rtmp_port, settings.url("http", settings.api_port, "/v3/info"))]
    if settings.has_demo:
        programs.append(Running("sts-espeak", 0, 0, settings.sts_port, settings.url("http", settings.sts_port, "/health")))
    return programs


def _wait_healthy(settings):
    programs = _programs(settings)
    left = health.wait_healthy([p.health_url for p in programs], HEALTHY_SECONDS,
                               give_up=lambda: _failed_early(settings), poll_seconds=0.1,
                               headers=credentials.api_header(settings))
    logs = {item.service: item for item in compose.containers(settings)} if left else {}
    for program in programs:
        if program.health_url in left:
            log = compose.last_log(logs[program.name], report.LOG_TAIL_LINES) if program.name in logs else ""
            report.unhealthy(program, "its log", log)
    return not left


def _failed_early(settings):
    return any(item.restarts > 0 or not item.running for item in compose.containers(settings))


def ps(settings):
    found = {item.service: item for item in compose.containers(settings)}
    if not found:
        print("not running (make dev ENGINE=docker starts it)")
        return 1
    rows = []
    for program in RunDir(settings.run_path).containers()[1] or _programs(settings):
        item = found.get(program.name)
        seconds = _uptime(item) if item and item.running else None
        rows.append((Running(program.name, item.pid if item else 0, 0, program.port, program.health_url,
                             item.restarts if item else 0), seconds))
    return 0 if report.table(rows, credentials.api_header(settings)) else 1


def _uptime(container):
    started = datetime.fromisoformat(container.started_at.partition(".")[0].rstrip("Z")).replace(tzinfo=timezone.utc)
    return max(0.0, (datetime.now(timezone.utc) - started).total_seconds())


def logs(settings, follow):
    """Compose prints the logs, each line with the name of its service. Following ends when the user stops it."""
    command = compose.find()
    if not compose.containers(settings):
        raise UserError("no logs: nothing runs (make dev ENGINE=docker starts it)")
    options = [f"--tail={report.LOG_TAIL_LINES}"] + (["--follow"] if follow else [])
    if not sys.stdout.isatty():
        options.append("--no-color")
    words = compose.argv(command, settings, "logs", *options)
    os.execvpe(words[0], words, compose.environment(settings))


def down(settings, quiet=False, everything=False):
    """Removes the containers and the network; with `everything`, also our two images. Images that were pulled stay."""
    run_dir = RunDir(settings.run_path)
    if not compose.containers(settings) and not run_dir.containers()[0] and not everything:
        if not quiet:
            print("not running")
        return 0
    options = ["--volumes", "--remove-orphans", "--timeout", STOP_SECONDS]
    # Compose would leave the containers of a profile that is not named.
    compose.run(compose.find(), settings, "down", *options, quiet=True, COMPOSE_PROFILES=compose.PROFILES)
    if everything:
        compose.run(compose.find(), settings, "down", *options, "--rmi", "all", quiet=True)
    run_dir.forget_containers()
    if not quiet:
        print("stopped")
    return 0


def clean(settings):
    down(settings, quiet=True, everything=True)
    return commands.clean(settings)
