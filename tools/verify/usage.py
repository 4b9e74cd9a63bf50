"""CPU and memory of the programs, from /proc. Also processes in containers are processes of this machine."""

import os
import time
from pathlib import Path

from devstack import compose, processes
from devstack.state import RunDir

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def groups(target):
    """{'router': [pid], 'service': [pid], 'workers': [pids]}. Empty if we may not see the processes."""
    if target.engine == "docker":
        pids = {item.service: item.pid for item in compose.containers(target.settings) if item.running}
    else:
        pids = {program.name: program.pid for program in RunDir(target.settings.run_path).read()[1]}
    router = pids.get("media-router") or pids.get("mediamtx")
    service = pids.get("media-service")
    if not router or not service:
        return {}
    service = _without_init(service, "media-service")
    return {"router": [router], "service": [service], "workers": processes.children_of(service)}


def _without_init(pid, name):
    """The pid of the program. The first process of a container may be an init; then the program is its child."""
    named = [child for child in processes.children_of(pid) if processes.command_of(child) == name]
    return named[0] if named and processes.command_of(pid) != name else pid


class Usage:
    """read() returns the percent of one core since the last call of read(), and the memory in MB now."""

    def __init__(self, target):
        self.target = target
        self.started = time.monotonic()
        self.before = self._cpu()

    def _cpu(self):
        return {name: {pid: _ticks(pid) for pid in pids} for name, pids in groups(self.target).items()}

    def read(self):
        elapsed = time.monotonic() - self.started
        result = {}
        for name, now in self._cpu().items():
            then = self.before.get(name, {})
            used = sum(ticks - then.get(pid, 0) for pid, ticks in now.items()) / TICKS
            result[name] = {"processes": len(now), "cpu_percent": round(100 * used / elapsed, 1),
                            "rss_mb": round(sum(_rss_mb(pid) for pid in now), 1)}
        return result


def _ticks(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except OSError:
        return 0


def _rss_mb(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except OSError:
        return 0.0
