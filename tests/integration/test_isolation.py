"""A crowd of streams and a flood of events on one of them change nothing for another stream. What a stream waits for
its worker is held against what the same machine takes in the same moments for the two things that it waits for: the
router's list of paths, and the start of a process (bench/control_plane.py gives the figures of a machine of its own).
"""

import os
import subprocess
import time
from pathlib import Path

from support import http
from support.crowd import Crowd, EventFlood
from support.cycles import Readers, Repeated, milliseconds, percentile, run_cycles
from support.fleet import Fleet
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
CROWD = 1000
CYCLES = 20
FLOOD_PER_SECOND = 10_000
# From the ready event to the worker. The target is 100 ms at the 99th percentile: less than that is never asked for.
TARGET_SECONDS = 0.1
# A list that is under way when the event comes may be too old for it: one more, then the start; and all of it in a
# media-service that shares the cores with its flood. 3.4 was seen at a load of 20 on two cores.
TIMES_THE_MACHINES = 8


class Machine(Repeated):
    """What the machine takes for the list of paths and then a process, again and again."""

    def __init__(self, stack, command):
        super().__init__(self._measure)
        self.list, self.command, self.seconds = stack.api("/v3/paths/list?itemsPerPage=1000"), command, []

    def _measure(self):
        started = time.monotonic()
        assert http.get(self.list, timeout=30).json()["itemCount"] >= CROWD
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)
        self.seconds.append(time.monotonic() - started)


def test_a_crowd_and_a_flood_do_not_delay_another_streams_worker(new_stack, clips, tmp_path):
    worker = tmp_path / "worker.sh"
    real = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bin" / "stream-worker"
    worker.write_text(f'#!/bin/sh\ncase "$2" in crowd-*) exit 10;; *) exec "{real}" "$@";; esac\n')
    stack = new_stack(worker_mode="process", service_flags={
        "--worker-command": f"/bin/sh {worker}", "--grace-period": "1s", "--max-workers": "2000"})
    stack.start_router(MTX_READTIMEOUT="600s")
    stack.start_service()
    fleet = Fleet(stack)
    crowd = Crowd(stack.settings, clips.get("av"), [f"crowd-{i}" for i in range(CROWD)])
    try:
        crowd.join()
        wait_until(lambda: fleet.metric("tidegate_streams", state="failed") == CROWD, "every stream of the crowd seen",
                   120, 0.2)
        with EventFlood(stack.settings, "flooded", FLOOD_PER_SECOND) as flood, Readers(stack) as readers, \
                Machine(stack, [real, "--version"]) as machine:
            steps = run_cycles(stack, clips.get("av"), CYCLES, "crowded")
        waited = steps["ready event to worker"]
        print(f"waited {milliseconds(waited)}, the machine {milliseconds(machine.seconds)}")
        for share in (0.5, 0.99):
            limit = max(TARGET_SECONDS, TIMES_THE_MACHINES * percentile(machine.seconds, share))
            assert percentile(waited, share) < limit, (share, waited, machine.seconds)
        assert flood.answered > 1000 and readers.count > 1, "there was a flood, and a reader"
        assert len(fleet.streams()) >= CROWD
    finally:
        crowd.leave()
    stack.stop()
