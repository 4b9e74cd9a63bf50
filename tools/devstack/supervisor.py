"""The background process of `make dev`. It starts the programs, starts them again when they end, and stops all of them together.

It has one thread and one loop; signals arrive as bytes on a wake-up pipe. It is a child subreaper: processes that its programs
leave behind become its children, so it can end them, too.
"""

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time

from . import processes
from .state import Running

FIRST_DELAY = 0.2      # a person does not notice so short a delay
LONGEST_DELAY = 10.0   # a program that cannot start must not be started all the time
HEALTHY_AFTER = 10.0   # when a program has run this long, its next restart has the first delay again
STOP_SECONDS = 7.0     # time for a program to end after SIGTERM; `make down` takes 10 s at most
PR_SET_CHILD_SUBREAPER = 36


class Watched:
    """A program, and when it is to be started next."""

    def __init__(self, program):
        self.program = program
        self.process = None
        self.running = None
        self.restarts = -1
        self.delay = FIRST_DELAY / 2  # doubled before each restart
        self.due = 0.0

    def start(self, log_path):
        with open(log_path, "ab", buffering=0) as log:
            self.process = subprocess.Popen(
                self.program.argv, env=self.program.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self.restarts += 1
        self.started = time.monotonic()
        self.running = Running(self.program.name, self.process.pid,
                               processes.start_ticks(self.process.pid) or 0, self.program.port,
                               self.program.health_url, self.restarts)

    def ended(self):
        return self.process is not None and self.process.poll() is not None

    def plan_restart(self):
        lived = time.monotonic() - self.started
        self.delay = FIRST_DELAY if lived > HEALTHY_AFTER else min(self.delay * 2, LONGEST_DELAY)
        self.due = time.monotonic() + self.delay
        note(f"{self.program.name} (pid {self.process.pid}) ended with "
             f"{describe(self.process.returncode)}; restart in {self.delay:.1f} s")
        self.process = None


def describe(returncode):
    return f"exit code {returncode}" if returncode >= 0 else signal.Signals(-returncode).name


def note(text):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), text, flush=True)


class Supervisor:
    def __init__(self, run_dir, programs):
        self.run_dir = run_dir
        self.watched = [Watched(program) for program in programs]
        self.stopping = False
        self.identity = (os.getpid(), processes.start_ticks(os.getpid()))

    def run(self):
        lock = open(self.run_dir.lock_file, "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            note("another supervisor holds the lock of this run directory")
            return 1
        self._become_reaper()
        wakeup = self._catch_signals()
        try:
            while not self.stopping:
                self._turn()
                self._sleep(wakeup)
        finally:
            self._stop_all()
        return 0

    def _become_reaper(self):
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            note("no child subreaper: processes left behind by a program may outlive the stack")

    def _catch_signals(self):
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_stop)
        return reading

    def _ask_stop(self, *_):
        self.stopping = True

    def _turn(self):
        changed = False
        for item in self.watched:
            if item.ended():
                item.plan_restart()
                changed = True
            if item.process is None and time.monotonic() >= item.due:
                try:
                    item.start(self.run_dir.log_of(item.program.name))
                except OSError as error:
                    note(f"{item.program.name}: {error}")
                    item.delay = min(item.delay * 2, LONGEST_DELAY)
                    item.due = time.monotonic() + item.delay
                changed = True
        self._reap_orphans()
        if changed:
            self._write_state()

    def _sleep(self, wakeup):
        dues = [item.due for item in self.watched if item.process is None]
        timeout = max(0.0, min(dues) - time.monotonic()) if dues else None
        select.select([wakeup], [], [], timeout)
        try:
            os.read(wakeup, 4096)
        except BlockingIOError:
            pass

    def _reap_orphans(self):
        """Reaps processes that the programs have left behind. Popen reaps the programs themselves."""
        ours = {item.process.pid for item in self.watched if item.process}
        for pid in processes.children_of(os.getpid()):
            if pid not in ours:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass

    def _write_state(self):
        self.run_dir.write(self.identity, [item.running for item in self.watched if item.running])

    def _stop_all(self):
        self._stop([item.process.pid for item in self.watched if item.process], STOP_SECONDS)
        self._stop(processes.children_of(os.getpid()), 1.0)  # processes that the programs have left behind
        self.run_dir.forget()

    def _stop(self, pids, seconds):
        known = [(pid, processes.start_ticks(pid)) for pid in pids]
        left = processes.stop([p for p in known if p[1] is not None], seconds)
        if left:
            note(f"still running after SIGKILL: {left}")


def spawn(run_dir, arguments):
    """Starts the supervisor in its own session. Its messages go to a log in the run directory."""
    run_dir.create()
    with open(run_dir.log_of("supervisor"), "ab", buffering=0) as log:
        return subprocess.Popen([sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                stderr=log, start_new_session=True)
