"""What a server has used, from /proc: the sum for its process and all child processes."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass
class Usage:
    """Totals since the processes began. The difference between two of them is the usage within a window."""
    cpu_s: float = 0.0       # from the scheduler, in nanoseconds
    user_s: float = 0.0      # these two are counted in ticks, so only their ratio is exact
    system_s: float = 0.0
    voluntary: int = 0       # context switches because it waited
    involuntary: int = 0     # context switches that the scheduler forced
    rss_kb: int = 0

    def __sub__(self, other):
        return Usage(self.cpu_s - other.cpu_s, self.user_s - other.user_s, self.system_s - other.system_s,
                     self.voluntary - other.voluntary, self.involuntary - other.involuntary, self.rss_kb)


def family(pid):
    """The process and all its descendants."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            left += [int(child) for child in children.read_text().split()]
    return found


def usage(pid):
    total = Usage()
    for one in family(pid):
        try:
            _add(total, one)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return total


def _add(total, pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    total.user_s += int(fields[11]) / TICK
    total.system_s += int(fields[12]) / TICK
    total.rss_kb += int(fields[21]) * PAGE_KB
    for task in Path(f"/proc/{pid}/task").iterdir():
        total.cpu_s += int((task / "schedstat").read_text().split()[0]) / 1e9
        for line in (task / "status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "voluntary_ctxt_switches":
                total.voluntary += int(value)
            elif name == "nonvoluntary_ctxt_switches":
                total.involuntary += int(value)
