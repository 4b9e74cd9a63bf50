"""A router and media-service on free ports, with the project's mediamtx.yml."""

import dataclasses
import json
import os

from devstack import credentials, health, programs, settings

from . import http
from .free_ports import free_ports, free_udp_pair
from .process import Process
from .wait import wait_until

HEALTHY_SECONDS = 30


class Stack:
    def __init__(self, work_dir, service_flags=None, **overrides):
        """service_flags: {"--grace-period": "5s"} adds this flag to media-service's command line, or replaces its value there."""
        self.overrides = {"bind": "127.0.0.1", "run_dir": str(work_dir), "worker_mode": "none", **overrides}
        self.choose_ports()
        self.work_dir = work_dir
        self.service_flags = service_flags or {}
        self.stop_workers_on_exit = True  # as with make dev; it is not the default of media-service
        self.router = None
        self.service = None

    def choose_ports(self):
        rtmp, rtsp, hls, playback, api, metrics, service = free_ports(7)
        base = settings.from_environment({k: os.environ[k] for k in ("BUILD_DIR", "ROUTER") if k in os.environ})
        self.settings = dataclasses.replace(
            base, **{"rtmp_port": rtmp, "rtsp_port": rtsp, "hls_port": hls, "playback_port": playback, "api_port": api,
                     "metrics_port": metrics, "service_port": service, "rtp_port": free_udp_pair(), **self.overrides})

    @property
    def embedded(self):
        """Whether the router is ours. Otherwise it is the MediaMTX that ROUTER names."""
        return self.settings.router == "embedded"

    # Starting and stopping

    def start_router(self, **environment):
        self.router = self._start(programs.media_router(self.settings), environment)

    def start_service(self):
        program = programs.media_service(self.settings)
        for flag, value in self.service_flags.items():
            if flag in program.argv:
                program.argv[program.argv.index(flag) + 1] = value
            else:
                program.argv.extend((flag, value))
        if not self.stop_workers_on_exit:
            program.argv.remove("--stop-workers-on-exit")
        self.service = self._start(program, {})

    def start(self):
        self.start_router()
        self.start_service()
        return self

    def _start(self, program, environment):
        process = Process(program.name, program.argv, self.work_dir / f"{program.name}.log",
                          {**program.environment, **environment})
        left = health.wait_healthy([program.health_url], HEALTHY_SECONDS, lambda: not process.running(),
                                   headers=self.api_header)
        assert not left, f"{program.name} is not healthy:\n{process.log()}"
        return process

    def stop(self):
        """Sends SIGTERM. All programs must exit with 0."""
        codes = {p.name: p.terminate() for p in (self.router, self.service) if p and p.running()}
        assert not any(codes.values()), f"exit codes after SIGTERM: {codes}"

    def kill(self):
        for process in (self.router, self.service):
            if process:
                process.kill()

    # Addresses

    def rtmp(self, stream, side="in", query=""):
        return self.settings.url("rtmp", self.settings.rtmp_port, _path(stream, side, query))

    def rtsp(self, stream, side="in", query=""):
        return self.settings.url("rtsp", self.settings.rtsp_port, _path(stream, side, query))

    def hls(self, path):
        return self.settings.url("http", self.settings.hls_port, path)

    def api(self, path):
        return self.settings.url("http", self.settings.api_port, path)

    def metrics(self, path="/metrics"):
        return self.settings.url("http", self.settings.metrics_port, path)

    def playback(self, path):
        return self.settings.url("http", self.settings.playback_port, path)

    def service_url(self, path):
        return self.settings.url("http", self.settings.service_port, path)

    # Credentials

    @property
    def api_header(self):
        """The header with which media-service logs in to the Control API."""
        return credentials.api_header(self.settings)

    @property
    def worker_query(self):
        """The query of an RTMP address with which one publishes as a worker."""
        return credentials.worker_query(self.settings)

    def worker_environment(self):
        """The variables that media-service gives a worker, so that it can log in."""
        made = credentials.of(self.settings)
        return {f"{side}_{what}": made[f"WORKER_{what}"] for side in ("INPUT", "OUTPUT") for what in ("USER", "PASSWORD")}

    # What the programs answer and log

    def ask_api(self, path):
        return http.get(self.api(path), headers=self.api_header)

    def paths(self):
        """{name: path}, for all paths of the Control API."""
        return {item["name"]: item for item in self.ask_api("/v3/paths/list").json()["items"]}

    def is_live(self, stream, side="in"):
        return self.paths().get(f"live/{stream}/{side}", {}).get("ready", False)

    def wait_live(self, stream, seconds=20):
        wait_until(lambda: self.is_live(stream), lambda: f"live/{stream}/in ready; router's log ends:\n{self.router.log()[-2000:]}",
                   seconds)

    def wait_gone(self, stream, seconds=20):
        def gone():
            try:
                return not self.is_live(stream)
            except ConnectionError:  # the API begins anew where its settings have changed
                return False
        wait_until(gone, f"live/{stream}/in gone", seconds)

    def show(self, stream):
        """The stream as media-service shows it. {} if it does not know the stream."""
        reply = http.get(self.service_url(f"/v1/streams/{stream}"))
        return reply.json() if reply.status == 200 else {}

    def wait_params(self, stream, params, seconds=60):
        """Waits until its worker has these settings, because media-service may have listed the stream before its hook came.
        Returns the stream as it is shown then."""
        def found():
            view = self.show(stream)
            worker = view.get("worker") or {}
            return worker.get("readySince") and worker["params"] == params and view
        return wait_until(found, lambda: f"{stream} with a worker that has {params}: {self.show(stream)}", seconds)

    def events(self, stream=None, kind=None):
        """Hook events as media-service logged them, oldest first; kind is 'ready' or 'not-ready'."""
        found = []
        for line in self.service.log().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("event") == "hook.received":
                found.append(entry)
        return [e for e in found if (stream is None or e["streamId"] == stream)
                and (kind is None or e["type"] == kind)]

    def wait_event(self, stream, kind, count=1, seconds=20):
        wait_until(lambda: len(self.events(stream, kind)) >= count,
                   lambda: f"{count} {kind} event(s) of {stream}, only {self.events(stream)}\n"
                           f"router's log ends:\n{self.router.log()[-2000:] if self.router else ''}", seconds)
        return self.events(stream, kind)[count - 1]


def _path(stream, side, query):
    return f"/live/{stream}/{side}" + (f"?{query}" if query else "")
