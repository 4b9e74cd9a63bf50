"""What /proc says about processes. A process is identified by its pid and its start time, never by its name."""

import os
import signal
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def _stat_fields(pid):
    """The fields of /proc/<pid>/stat from field 3 on, which is behind the name (the name may have blanks). None if the process
    has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def start_ticks(pid):
    stat = _stat_fields(pid)
    return int(stat[19]) if stat else None


def is_alive(pid, ticks):
    """Whether the process with this pid and this start time is running. A zombie is not running."""
    stat = _stat_fields(pid)
    return bool(stat) and int(stat[19]) == ticks and stat[0] != "Z"


def uptime_seconds(ticks):
    boot_age = float(Path("/proc/uptime").read_text().split()[0])
    return max(0.0, boot_age - ticks / TICKS_PER_SECOND)


def children_of(parent):
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            stat = _stat_fields(entry.name)
            if stat and int(stat[1]) == parent:
                pids.append(int(entry.name))
    return pids


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def send_signal(pid, ticks, number):
    """Returns False if the process has already ended."""
    if not is_alive(pid, ticks):
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_gone(processes, seconds):
    """Waits until these processes have ended. Returns the (pid, ticks) of those that are still running at the deadline."""
    deadline = time.monotonic() + seconds
    alive = [p for p in processes if is_alive(*p)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.01)
        alive = [p for p in alive if is_alive(*p)]
    return alive


def stop(processes, term_seconds, kill_seconds=1.0):
    """Sends SIGTERM, and after a while SIGKILL to those that are left. Returns those that are running even after that."""
    for process in processes:
        send_signal(*process, signal.SIGTERM)
    left = wait_gone(processes, term_seconds)
    for process in left:
        send_signal(*process, signal.SIGKILL)
    return wait_gone(left, kill_seconds)
