"""The media router alone, with the configuration of one test file: the project's mediamtx.yml with changes, and without hooks."""

import copy
import os
from pathlib import Path

import pytest
import yaml
from devstack import programs

from . import http
from .process import Process
from .router import EVERYBODY
from .sanitizer_reports import sanitizer
from .stack import Stack
from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
ANY_PATH = "~^live/[a-zA-Z0-9_-]{1,128}/(in|out)$"
# A mark for test files about limits and messages of our router only. tests/conformance compares it with MediaMTX.
ONLY_EMBEDDED = pytest.mark.skipif(os.environ.get("ROUTER", "embedded") != "embedded",
                                   reason="about the embedded router's own limits and words")
SANITIZED = bool(sanitizer())


def configuration(**changes):
    """deploy/mediamtx/mediamtx.yml without its hooks and users. `changes` replace top-level keys."""
    base = yaml.safe_load((ROOT / "deploy" / "mediamtx" / "mediamtx.yml").read_text())
    base |= {"paths": {ANY_PATH: {}}, "authInternalUsers": EVERYBODY}
    return {**base, **copy.deepcopy(changes)}


class BareRouter(Stack):
    def __init__(self, work_dir, config=None, **overrides):
        file = Path(work_dir) / "mediamtx.yml"
        self.file = file
        self.write(config or configuration())
        super().__init__(work_dir, router_config=str(file), **overrides)

    def write(self, config):
        """Writes the configuration file as an editor does. A running router applies it."""
        text = config if isinstance(config, str) else yaml.safe_dump(config)
        aside = self.file.with_suffix(".new")
        aside.write_text(text)
        aside.replace(self.file)

    def start(self, tries=3, **environment):
        """Starts the router and waits for its log, because the Control API may want credentials. None removes a variable."""
        first = self.router is None
        program = programs.media_router(self.settings)
        self.router = Process(program.name, program.argv, self.work_dir / f"{program.name}.log",
                              {name: value for name, value in {**program.environment, **environment}.items()
                               if value is not None})
        wait_until(lambda: "[API] started with listener" in self.router.log() or not self.router.running(),
                   self.router.log)
        if first and tries > 1 and not self.router.running() and "address already in use" in self.router.log():
            return self._start_elsewhere(tries - 1, environment)
        assert self.router.running(), self.router.log()
        return self

    def _start_elsewhere(self, tries, environment):
        """Tries other ports: between choice and start, a program that knows nothing of our reservations may have taken one."""
        self.router.log_path.unlink()
        self.router = None
        self.choose_ports()
        return self.start(tries, **environment)

    def log_lines(self, *parts, since=0):
        """The lines of the router's log that contain all parts. `since` is a size that the log had: only later lines count."""
        return [line for line in self.router.log()[since:].splitlines() if all(part in line for part in parts)]

    def log_size(self):
        return len(self.router.log())

    def wait_log_line(self, *parts, seconds=20):
        return wait_until(lambda: self.log_lines(*parts),
                          lambda: f"a line with {parts}; the router's log ends:\n{self.router.log()[-3000:]}", seconds)[0]

    def rss_bytes(self):
        status = Path(f"/proc/{self.router.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def open_connections(self):
        """The connections and sessions of both protocols, from the lists of the Control API."""
        lists = ("rtmpconns", "rtspconns", "rtspsessions")
        return [item for name in lists for item in http.get(self.api(f"/v3/{name}/list?itemsPerPage=1000")).json()["items"]]
