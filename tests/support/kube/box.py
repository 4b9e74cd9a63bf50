"""Namespaces of their own for a whole cluster: mounts, network, processes. Nothing that the cluster does reaches this machine's network,
mounts or sysctls, and when the box ends, every process in it ends. Needs root."""

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from ..process import Process
from ..wait import wait_until
from . import programs

INIT = Path(__file__).with_name("box_init.py")
ADDRESS = "10.99.0.1"   # of the node, in a network of its own
COMMAND_SECONDS = 120
END_SECONDS = 30
CGROUPS = Path("/sys/fs/cgroup")


def missing():
    if os.geteuid() != 0:
        return "namespaces need root"
    lacking = [name for name in ("setpriv", "unshare", "nsenter", "ip", "mount") if not programs.find(name)]
    return f"missing: {', '.join(lacking)}" if lacking else ""


class Box:
    """folder: on a real disk, because images are unpacked there."""

    def __init__(self, folder):
        self.folder, self.address = folder, ADDRESS
        self.cgroup = f"tidegate-{secrets.token_hex(4)}"
        self._programs = CGROUPS / "cpu" / self.cgroup / "programs"
        self.holder = self.leader = None
        self._namespaces = set()

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        # The box ends with us, also when we are killed.
        argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
                sys.executable, "-I", str(INIT), str(self.folder), self.address, self.cgroup]
        self.holder = Process("box", argv, self.folder / "box.log")
        wait_until(self._is_ready, lambda: f"the namespaces:\n{self.holder.log()}", COMMAND_SECONDS, 0.05)
        return self

    def _is_ready(self):
        assert self.holder.running(), self.holder.log()
        pid = self.holder.pid
        self.leader = next(iter(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()), None)
        if not self.leader or not (self.folder / "ready").exists():
            return False
        self._namespaces = {os.readlink(f"/proc/{self.leader}/ns/{kind}") for kind in ("mnt", "net", "pid", "ipc")}
        return True

    def kill(self):
        if self.leader:
            try:
                os.kill(int(self.leader), signal.SIGKILL)  # the first process of its namespace
            except ProcessLookupError:
                pass
        if self.holder:
            self.holder.kill()
        wait_until(self._remove_cgroups, lambda: f"the cgroups are empty: {self._cgroups()}", END_SECONDS, 0.1)
        shutil.rmtree(self.folder / "var", ignore_errors=True)

    def left(self):
        """What is still there after kill(), and should not be."""
        processes = [f"process {entry.name}" for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_inside(entry)]
        mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.folder) in line or self.cgroup in line]
        return processes + mounts + self._cgroups() + list(self.folder.glob("var"))

    def _is_inside(self, entry):
        try:
            return any(os.readlink(link) in self._namespaces for link in (entry / "ns").iterdir())
        except OSError:  # it has ended
            return False

    def _cgroups(self):
        return [path for path in CGROUPS.glob(f"*/{self.cgroup}")] + [path for path in CGROUPS.glob(self.cgroup)]

    def _remove_cgroups(self):
        for top in self._cgroups():
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:  # a process in it has not ended yet
                    return False
        return True

    # Commands in the box. They see this machine's files.

    def entered(self, argv, folder=None):
        """The command line with which it runs in the box, and in this folder."""
        return ["nsenter", "--target", self.leader, "--mount", "--net", "--pid", "--ipc", f"--wd={folder or os.getcwd()}", "--",
                *map(str, argv)]

    def environment(self, more=None):
        return {**os.environ, "PATH": programs.path(), **(more or {})}

    def run(self, *argv, seconds=COMMAND_SECONDS, environment=None, **options):
        """Runs a command, which must succeed. Returns what it printed."""
        done = subprocess.run(self.entered(argv), env=self.environment(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds, **options)
        assert done.returncode == 0, f"{' '.join(map(str, argv))} (exit {done.returncode}):\n{done.stdout}"
        return done.stdout

    def start_process(self, name, argv, log_path, environment=None, folder=None):
        return BoxedProcess(name, self.preferred(self.entered(argv, folder)), log_path, self.environment(environment))

    def preferred(self, argv):
        """The command line with which it has the box's share of the processors (box_init.py), as the Pods have."""
        if not self._programs.exists():
            return argv
        return ["sh", "-c", 'echo 0 >"$0"; exec "$@"', str(self._programs / "cgroup.procs"), *argv]

    def enter_network(self):
        """From now on this thread, and the threads and processes that it starts, have the network of the box. Returns what
        leave_network() takes."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _set_network(f"/proc/{self.leader}/ns/net")
        return before


def leave_network(before):
    _set_network(f"/proc/self/fd/{before}")
    os.close(before)


def _set_network(path):
    namespace = os.open(path, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    finally:
        os.close(namespace)


class BoxedProcess(Process):
    """A program in the box. nsenter is its parent, and ends with its exit code; signals go to the program."""

    @property
    def program(self):
        """Its pid on this machine."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def signal(self, number):
        if self.running():
            os.kill(wait_until(lambda: self.program, f"{self.name} runs"), number)
        if number == signal.SIGCONT:
            self.popen.send_signal(number)  # nsenter stops itself when its child is stopped

    def kill(self):
        self.signal(signal.SIGKILL)
        self.forget()

    def forget(self):
        """Its namespace has ended, and the program with it."""
        self.popen.send_signal(signal.SIGCONT)
        self.popen.wait()
