"""Many streams, and a flood of events for one of them, do not slow another stream. A stream waits for its worker, which takes a
list of the router and the start of a process. The test compares this time with the time that the machine needs for these two at
the same moment. (bench/control_plane.py measures on a quiet machine.)
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
# From the "ready" event to the worker. The target is 100 ms (99th percentile), so the test never requires less.
TARGET_SECONDS = 0.1
# If a list is already being read when the event comes, a second one is needed before the start. And media-service shares the cores
# with the flood. A factor of 3.4 was measured at a load of 20 on two cores.
TIMES_THE_MACHINES = 8


class Machine(Repeated):
    """Measures again and again how long the machine takes for the list of paths and for the start of a process."""

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
