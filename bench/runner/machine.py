"""The machine of a run: its limits, and its cores for the servers and for the load generator."""

import os
import platform
import resource
import subprocess
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# 1,600 readers need 1,600 sockets in each of two processes. The rest is for everything else.
WANTED_DESCRIPTORS = 4096


def cores():
    """(first core of the servers, core of the load generator). The load generator gets the last core."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def server_cores(count, load_core):
    """`count` cores for a server. On a small machine, the load generator uses one of them, too."""
    usable = [core for core in sorted(os.sched_getaffinity(0)) if core != load_core]
    return (usable + [load_core])[:count]


def allow_many_descriptors():
    """Raises the limit of file descriptors for all children. Returns a message if it is still too low for the largest points."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < WANTED_DESCRIPTORS:
        return f"only {hard} descriptors a process are allowed (ulimit -Hn): the largest points will fail"
    return None


def busy_seconds():
    """The seconds that all cores together have worked since the machine started, without idle time and the time of guests."""
    fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq + steal) / TICK


def describe():
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
            "tcp": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
            "load_average": os.getloadavg()[0], "commit": _commit()}


def _commit():
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=10"], capture_output=True,
                              text=True, cwd=Path(__file__).parent, check=False)
        return done.stdout.strip()
    except FileNotFoundError:
        return ""
