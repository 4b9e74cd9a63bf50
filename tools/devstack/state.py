"""What a running stack writes down in its run directory for ps, logs and down.

state.json is written by the supervisor only, whole and by rename, so a reader never sees half of it.
containers.json is written by `make dev ENGINE=docker` and removed by `make down`: it makes the other commands
choose the engine by themselves.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .processes import is_alive


@dataclass
class Running:
    name: str
    pid: int
    ticks: int  # start time: with the pid, the process's identity
    port: int
    health_url: str
    restarts: int = 0


class RunDir:
    def __init__(self, path):
        self.path = Path(path)
        self.state_file = self.path / "state.json"
        self.lock_file = self.path / "lock"  # held by the supervisor while it lives
        self.logs = self.path / "logs"
        self.containers_file = self.path / "containers.json"  # there while a stack runs in containers

    def create(self):
        self.logs.mkdir(parents=True, exist_ok=True)

    def log_of(self, name):
        return self.logs / f"{name}.log"

    def write(self, supervisor, programs):
        text = json.dumps({"supervisor": supervisor, "programs": [asdict(p) for p in programs]})
        partial = self.state_file.with_suffix(".partial")
        partial.write_text(text)
        os.replace(partial, self.state_file)

    def read(self):
        """(supervisor's (pid, ticks) or None, list of Running): what is written, alive or not."""
        try:
            data = json.loads(self.state_file.read_text())
        except FileNotFoundError:
            return None, []
        return tuple(data["supervisor"]), [Running(**item) for item in data["programs"]]

    def is_up(self):
        supervisor, _ = self.read()
        return bool(supervisor) and is_alive(*supervisor)

    def forget(self):
        self.state_file.unlink(missing_ok=True)

    # A stack in containers: the engine knows what runs, these are the command and the addresses that it was given.

    def remember_containers(self, command, programs):
        self.containers_file.write_text(json.dumps({"command": command, "programs": [asdict(p) for p in programs]}))

    def containers(self):
        """(Compose's command or None, list of Running without pids)."""
        try:
            data = json.loads(self.containers_file.read_text())
        except FileNotFoundError:
            return None, []
        return data["command"], [Running(**item) for item in data["programs"]]

    def forget_containers(self):
        self.containers_file.unlink(missing_ok=True)
