"""Output that native processes and containers have in common: the addresses, the table of processes, the end of a log, and the
error for a port that is in use."""

import sys

from . import credentials, health, ports, secure
from .settings import UserError

LOG_TAIL_LINES = 15
ROW = "{:<15} {:>8} {:>6}  {:<10} {:>10} {:>9}"


def urls(settings):
    service = settings.url("http", settings.service_port)
    rtmp = settings.url("rtmp", settings.rtmp_port, "/live/<streamId>/in")
    rtsp = settings.url("rtsp", settings.rtsp_port, "/live/<streamId>/in")
    print(f"dashboard    {service}/\n"
          f"publish      {rtmp}\n"
          f"read         {rtsp}  (or the RTMP address)\n"
          f"HLS          {settings.url('http', settings.hls_port, '/live/<streamId>/out')}\n"
          f"streams      {service}/v1/streams   API page {service}/docs\n"
          f"Control API  {settings.url('http', settings.api_port, '/v3/paths/list')}\n"
          f"metrics      {settings.url('http', settings.metrics_port, '/metrics')} "
          f"and {service}/metrics\n"
          f"passwords    {credentials.path(settings)}  (make api and make metrics use them)")
    if settings.is_secure:
        secured(settings)
    if settings.has_demo:
        print(f"dubbing      es, fr or de, by the demo speech service on port {settings.sts_port}\n"
              "next: make publish STREAM=demo QUERY=lang=es     (and make logs, make ps, make down)")
    else:
        print(f"next: make publish STREAM=demo{' SECURE=1' if settings.is_secure else ''}     (and make logs, make ps, make down)")


def secured(settings):
    folder = secure.folder(settings)
    print(f"             {folder / 'clients.env'}  (publishers, viewers, and the token of the dashboard)\n"
          f"certificates {secure.authority(settings)}  (clients have to trust it: curl --cacert, ffmpeg -ca_file)")


def check_ports(settings):
    for port, name, variable in settings.tcp_ports():
        if not ports.is_free(settings.bind_of(variable), port):
            by = ports.owner(port) or "another process"
            raise UserError(f"port {port} ({name}) is already in use by {by}: stop it, or choose "
                            f"another port with {variable}=<port>")


def table(programs, headers):
    """Prints a row for each (Running, uptime in seconds or None). `headers` are sent to the health URLs. Returns whether all are
    healthy."""
    print(ROW.format("PROCESS", "PID", "PORT", "HEALTH", "UPTIME", "RESTARTS"))
    all_good = True
    for program, seconds in programs:
        alive = seconds is not None
        healthy = alive and health.is_healthy(program.health_url, headers)
        all_good = all_good and healthy
        state = "healthy" if healthy else "unhealthy" if alive else "restarting"
        print(ROW.format(program.name, program.pid, program.port, state,
                         duration(seconds) if alive else "-", program.restarts))
    return all_good


def duration(seconds):
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}h{minutes}m{left}s" if hours else f"{minutes}m{left}s" if minutes else f"{left}s"


def unhealthy(program, log_name, log_text):
    print(f"error: {program.name} is not healthy ({program.health_url} does not answer 200); "
          f"everything is stopped again. The end of {log_name}:", file=sys.stderr)
    for line in log_text.splitlines()[-LOG_TAIL_LINES:]:
        print(f"    {line}", file=sys.stderr)
