"""The other measurements of `make bench` and `make bench-full`: counts, hook, control plane, worker, dubbing."""

import shutil
from pathlib import Path

from .parts import Part

BENCH = Path(__file__).resolve().parents[1]
MEDIAMTX_CYCLES = 30  # few, because it takes 2 s of media until it shows an output


def _part(name, seconds, script, *argv, **environment):
    return Part(name, (str(BENCH / script), *map(str, argv)), seconds, environment)


def _counts():
    return [_part("instructions of the hot paths", 8, "instructions.py"),
            _part("heap allocations of the router", 26, "allocations.py"),
            _part("time of the hot paths", 12, "micro.py")]


def short():
    return [*_counts(),
            _part("hook", 6, "hook_cost.py", "--runs", 60),
            _part("control plane", 30, "control_plane.py", "--cycles", 20, "--crowd", 200, "--seconds", 3),
            _part("worker", 25, "worker_cost.py", "--seconds", 5, "--workers", 0, "--starts", 5, "--gstreamer")]


def full(mediamtx):
    """The control plane is measured with MediaMTX as the router, too."""
    router = shutil.which(mediamtx)

    def control(name, cycles, **environment):
        return _part(name, 240, "control_plane.py", "--cycles", cycles, "--crowd", 1000, "--seconds", 10, **environment)

    return [*_counts(),
            _part("a publisher's turn while everything is read", 20, "reads.py"),
            _part("hook", 20, "hook_cost.py", "--runs", 300),
            control("control plane", 200),
            *([control("control plane with MediaMTX as the router", MEDIAMTX_CYCLES, ROUTER=router)] if router else []),
            _part("worker", 300, "worker_cost.py", "--seconds", 30, "--workers", 20, "--starts", 20, "--gstreamer"),
            _part("dubbing", 200, "dub_cost.py", "--seconds", 60, "--streams", 20, "--gstreamer")]
