"""Runs the chosen points: first each server once, then all of them again. If a server fails, its row has the reason."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import machine, measure, servers, verdict
from .ports import choose_ports
from .server import DidNotStart

# With these errors a repetition has failed, but the run goes on.
FAILURES = (DidNotStart, OSError, ValueError, KeyError, subprocess.SubprocessError)
REASON = 300  # characters of the reason in a table


@dataclass(frozen=True)
class Tools:
    load: Path
    load_core: int

    def server_cores(self, count):
        return machine.server_cores(count, self.load_core)


def pending(plan, record, *, redo):
    """[(point, number, server)] in the order in which they run. Removes results that are to be measured again from the record."""
    steps = []
    for point, repetitions in plan:
        for server in point.servers:
            if why := servers.absent(server):
                record.absent(point, server, why)
            else:
                record.forget(point, server, everything=redo)
        present = [server for server in point.servers if not servers.absent(server)]
        steps += [(point, number, server) for number in range(repetitions) for server in present
                  if record.done(point, server) <= number]
    return steps


def run(steps, record, tools, progress):
    for point, number, server in steps:
        progress.begin(f"{point.name:<28} {server.name:<26} #{number + 1}")
        result = attempt(point, server, tools)
        record.add(point, server, result)
        progress.end(_outcome(result), point.seconds(server))


def attempt(point, server, tools):
    try:
        return measure.repetition(point, server, tools, choose_ports())
    except FAILURES as error:
        return {"error": " ".join(str(error).split())[-REASON:] or type(error).__name__}


def _outcome(result):
    return verdict.fault(result) or "{cpu_per_gb:.2f} s/GB, {cpu_percent:.0f} %, video p99 {video_p99:.1f} ms".format(
        **verdict.figures(result))
