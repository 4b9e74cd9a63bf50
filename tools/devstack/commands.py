"""make dev, ps, logs and down of the native stack: processes of this machine under a supervisor."""

import shutil
import sys
import time
from pathlib import Path

from . import credentials, health, processes, report, supervisor
from .programs import all_programs
from .settings import ROOT, UserError
from .state import RunDir

HEALTHY_SECONDS = 15.0  # a stack needs a fraction of a second, a sanitizer build several seconds
FOLLOW_POLL_SECONDS = 0.1
DOWN_SECONDS = 9.5      # longer than the supervisor's own deadline


def up(settings):
    run_dir = RunDir(settings.run_path)
    if run_dir.is_up():
        print("already running (make ps shows it, make down stops it)")
        report.urls(settings)
        return 0
    programs = all_programs(settings)
    _check_binaries(programs)
    report.check_ports(settings)
    run_dir.create()
    for old_log in run_dir.logs.glob("*.log"):
        old_log.unlink()
    background = supervisor.spawn(run_dir, [str(ROOT / "tools" / "stack.py"), "supervise"])
    unhealthy = health.wait_healthy([p.health_url for p in programs], HEALTHY_SECONDS,
                                    give_up=lambda: _failed_early(run_dir, background),
                                    headers=credentials.api_header(settings))
    if unhealthy:
        _report_unhealthy(run_dir, [p for p in programs if p.health_url in unhealthy])
        down(settings, quiet=True)
        return 1
    report.urls(settings)
    return 0


def _check_binaries(programs):
    for program in programs:
        if not Path(program.argv[0]).is_file():
            raise UserError(f"{program.name} is not built: no {program.argv[0]} (make build)")


def _failed_early(run_dir, background):
    """Whether a program has already ended. It has logged the reason, so there is no point in waiting for its restart."""
    _, programs = run_dir.read()
    return background.poll() is not None or any(p.restarts > 0 for p in programs)


def _report_unhealthy(run_dir, programs):
    for program in programs:
        log = run_dir.log_of(program.name)
        report.unhealthy(program, log, log.read_text(errors="replace") if log.exists() else "")


def ps(settings):
    run_dir = RunDir(settings.run_path)
    if not run_dir.is_up():
        print("not running (make dev starts it)")
        return 1
    return 0 if report.table([(p, _uptime(p)) for p in run_dir.read()[1]], credentials.api_header(settings)) else 1


def _uptime(program):
    alive = processes.is_alive(program.pid, program.ticks)
    return processes.uptime_seconds(program.ticks) if alive else None


def logs(settings, follow):
    """Prints the lines of all logs, each with the name of its program: first the last lines, then new ones as they come."""
    run_dir = RunDir(settings.run_path)
    if not run_dir.logs.is_dir():
        raise UserError("no logs yet (make dev starts the stack)")
    positions = {}
    while True:
        for path in sorted(run_dir.logs.glob("*.log")):
            positions[path] = _print_new_lines(path, positions.get(path))
        if not follow:
            return 0
        sys.stdout.flush()
        time.sleep(FOLLOW_POLL_SECONDS)


def _print_new_lines(path, position):
    with open(path, "rb") as log:
        size = log.seek(0, 2)
        first = position is None
        log.seek(0 if first or size < position else position)  # a file that has become smaller is a new one
        data = log.read()
    whole = data[: data.rfind(b"\n") + 1]  # an incomplete line has to wait for its rest
    lines = whole.decode(errors="replace").splitlines()
    for line in lines[-report.LOG_TAIL_LINES:] if first else lines:
        print(f"{path.stem:<14}| {line}")
    return (0 if first or size < position else position) + len(whole)


def down(settings, quiet=False):
    run_dir = RunDir(settings.run_path)
    watcher, programs = run_dir.read()
    if watcher is None:
        if not quiet:
            print("not running")
        return 0
    survivors = processes.stop([watcher], DOWN_SECONDS)
    # The supervisor ends them. If it was killed, its programs may still run: they are known by pid and start time.
    survivors += processes.stop([(p.pid, p.ticks) for p in programs], 1.0)
    if survivors:
        raise UserError(f"could not stop process {', '.join(str(pid) for pid, _ in survivors)}")
    run_dir.forget()
    if not quiet:
        print("stopped")
    return 0


def clean(settings):
    down(settings, quiet=True)
    shutil.rmtree(settings.run_path, ignore_errors=True)
    return 0
