"""The files in a run directory by which ps, logs and down find the running stack.

Only the supervisor writes state.json. It writes a new file and renames it, so nobody reads an incomplete one.
`make dev ENGINE=docker` writes containers.json, and `make down` removes it. By this file the other commands know that the stack
runs in containers.
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
    ticks: int  # its start time, which together with the pid identifies the process
    port: int
    health_url: str
    restarts: int = 0


class RunDir:
    def __init__(self, path):
        self.path = Path(path)
        self.state_file = self.path / "state.json"
        self.lock_file = self.path / "lock"  # the supervisor holds a lock on it while it runs
        self.logs = self.path / "logs"
        self.containers_file = self.path / "containers.json"  # exists while a stack runs in containers

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
        """(supervisor's (pid, ticks) or None, list of Running), as they were written. The processes may have ended."""
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

    # For a stack in containers, the engine knows what runs. Stored are the command for Compose, and the addresses.

    def remember_containers(self, command, programs):
        self.containers_file.write_text(json.dumps({"command": command, "programs": [asdict(p) for p in programs]}))

    def containers(self):
        """(command for Compose, or None if there is no such stack; list of Running without pids)."""
        try:
            data = json.loads(self.containers_file.read_text())
        except FileNotFoundError:
            return None, []
        return data["command"], [Running(**item) for item in data["programs"]]

    def forget_containers(self):
        self.containers_file.unlink(missing_ok=True)
