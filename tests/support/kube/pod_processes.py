"""The processes of a Pod as this machine sees them: by the cgroup that its kubelet has made."""

import os
from pathlib import Path

PAUSE = "pause"  # the first process of each Pod


def of(pod):
    """{pid on this machine: name} of the programs in the Pod."""
    uid, found = pod["metadata"]["uid"], {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"pod{uid}" in (entry / "cgroup").read_text():
                found[int(entry.name)] = (entry / "comm").read_text().strip()
        except OSError:  # it has ended
            continue
    return {pid: name for pid, name in found.items() if name != PAUSE}


def signal_all(pod, number):
    """Returns how many there were."""
    pids = of(pod)
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
    return len(pids)
