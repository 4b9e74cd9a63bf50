"""A clean Debian that systemd boots in a container. Packages are installed, upgraded and purged there as on a real machine.

It contains nothing of this machine: no compiler and none of our libraries. Its only network is its own loopback.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "clean-debian"  # is made once, and unpacked for each run
MIRROR = "http://deb.debian.org/debian"
BOOT_SECONDS = 120
COMMAND_SECONDS = 300
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def clean_debian():
    """The path of a tar file with a Debian 12 that has systemd, apt and little else."""
    made = CACHE / "bookworm.tar"
    if not made.exists():
        folder = CACHE / f"making.{os.getpid()}"
        folder.mkdir(parents=True)
        check(["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", "bookworm",
               str(folder / "root"), MIRROR], 1200)
        check(["tar", "-C", str(folder / "root"), "-cf", str(folder / "bookworm.tar"), "."])
        (folder / "bookworm.tar").rename(made)
        check(["rm", "-rf", str(folder)])
    return made


def check(argv, seconds=COMMAND_SECONDS, **options):
    """Runs a command. Returns what it printed. If it failed, raises AssertionError with this."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=seconds, **options)
    assert done.returncode == 0, f"{' '.join(map(str, argv))} (exit {done.returncode}):\n{done.stdout}"
    return done.stdout


class Machine:
    def __init__(self, folder):
        self.root = folder / "root"
        self.log_path = folder / "console.log"
        self.container = self.leader = None
        self.root.mkdir()
        check(["tar", "-C", str(self.root), "-xf", str(clean_debian())])

    def fetch(self, package, *others):
        """Downloads the dependencies of a package, and other packages by name, while the machine still has the network."""
        (self.root / "var/cache/apt/archives/partial").mkdir(parents=True, exist_ok=True)
        in_root = ["chroot", str(self.root), "apt-get", "-q", "-y", "--no-install-recommends"]
        check([*in_root, "update"], env=ENVIRONMENT)
        check([*in_root, "install", "--download-only", self.put(package), *others], env=ENVIRONMENT)

    def put(self, package):
        """Copies a package file into the machine. Returns its path there."""
        inside = f"/var/tmp/{package.name}"
        (self.root / inside.lstrip("/")).write_bytes(package.read_bytes())
        return inside

    def boot(self):
        with open(self.log_path, "wb") as console:
            self.container = subprocess.Popen(
                ["systemd-nspawn", "-D", str(self.root), "--register=no", "--keep-unit", "--private-network", "--boot"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
        wait_until(self._booted, lambda: f"a booted machine:\n{self.log_path.read_text(errors='replace')}",
                   BOOT_SECONDS, 0.1)

    def _booted(self):
        assert self.container.poll() is None, self.log_path.read_text(errors="replace")
        pid = self.container.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.leader = next((child for child in children if Path(f"/proc/{child}/comm").read_text() == "systemd\n"), None)
        return self.leader and self.ask("systemctl", "is-active", "multi-user.target") == "active"

    def kill(self):
        if self.leader:
            os.kill(int(self.leader), signal.SIGKILL)  # it is the first process of its namespace, so all others end with it
        if self.container:
            if not self.leader:
                self.container.kill()
            self.container.wait()

    # Commands in the machine

    def entered(self, *argv):
        return ["nsenter", "--all", "--root", "--wd=/", "--target", self.leader, "--", *argv]

    def run(self, *argv):
        """Runs a command, which must succeed. Returns what it printed."""
        return check(self.entered(*argv), env=ENVIRONMENT).strip()

    def ask(self, *argv):
        """Runs a command. Returns what it printed, whatever its exit code is."""
        return subprocess.run(self.entered(*argv), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=ENVIRONMENT, timeout=COMMAND_SECONDS).stdout.strip()

    def in_its_network(self, *argv):
        """A command of the host that uses the loopback addresses of the machine."""
        return ["nsenter", "--net", "--target", self.leader, "--", *argv]

    def get(self, url, *options):
        """The JSON that a URL of the machine answers. None if there is no such answer."""
        done = subprocess.run(self.in_its_network("curl", "-fsS", "--max-time", "5", *options, url), capture_output=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def processes_of(self, user):
        """(pid in the machine, words of the command line) of each process of a user."""
        found = {}
        for line in self.run("sh", "-c", "for p in /proc/[0-9]*; do echo \"$(stat -c %U $p 2>/dev/null) ${p#/proc/} "
                             "$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)\"; done").splitlines():
            owner, _, rest = line.partition(" ")
            if owner == user:
                found[int(rest.split()[0])] = rest.split()[1:]
        return found

    def files(self):
        """All files in /etc, /usr and /var, except those that apt, dpkg and the journal write for themselves."""
        own = ("var/cache/", "var/lib/apt/", "var/lib/dpkg/", "var/log/", "var/tmp/")
        names = {str(path.relative_to(self.root)) for top in ("etc", "usr", "var") for path in (self.root / top).rglob("*")}
        return {name for name in names if not f"{name}/".startswith(own)}
