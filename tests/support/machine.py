"""A clean Debian that systemd boots in a container: packages are installed, upgraded and purged there as on a host.

Nothing of this machine is in it: no compiler, no library of ours, no network but its own loopback.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "clean-debian"  # made once, unpacked for each run
MIRROR = "http://deb.debian.org/debian"
BOOT_SECONDS = 120
COMMAND_SECONDS = 300
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def clean_debian():
    """A tar file of Debian 12 with systemd and apt and little else."""
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
    """What a command printed; AssertionError with all of it where it failed."""
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

    def fetch(self, package):
        """Downloads what a package depends on, before the machine is cut off from the network."""
        (self.root / "var/cache/apt/archives/partial").mkdir(parents=True, exist_ok=True)
        in_root = ["chroot", str(self.root), "apt-get", "-q", "-y", "--no-install-recommends"]
        check([*in_root, "update"], env=ENVIRONMENT)
        check([*in_root, "install", "--download-only", self.put(package)], env=ENVIRONMENT)

    def put(self, package):
        """Where a package file of this machine is in that one."""
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
            os.kill(int(self.leader), signal.SIGKILL)  # the first process of its namespace: all others go with it
        if self.container:
            if not self.leader:
                self.container.kill()
            self.container.wait()

    # Commands inside

    def entered(self, *argv):
        return ["nsenter", "--all", "--root", "--wd=/", "--target", self.leader, "--", *argv]

    def run(self, *argv):
        """What the command printed; it must succeed."""
        return check(self.entered(*argv), env=ENVIRONMENT).strip()

    def ask(self, *argv):
        """What the command printed, whatever its exit code."""
        return subprocess.run(self.entered(*argv), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=ENVIRONMENT, timeout=COMMAND_SECONDS).stdout.strip()

    def in_its_network(self, *argv):
        """A command of this machine that talks to that one's loopback addresses."""
        return ["nsenter", "--net", "--target", self.leader, "--", *argv]

    def get(self, url):
        """The JSON that a URL of that machine answers, None where it does not."""
        done = subprocess.run(self.in_its_network("curl", "-fsS", "--max-time", "5", url), capture_output=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def processes_of(self, user):
        """pid (in the machine) and words of each process of a user."""
        found = {}
        for line in self.run("sh", "-c", "for p in /proc/[0-9]*; do echo \"$(stat -c %U $p 2>/dev/null) ${p#/proc/} "
                             "$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)\"; done").splitlines():
            owner, _, rest = line.partition(" ")
            if owner == user:
                found[int(rest.split()[0])] = rest.split()[1:]
        return found

    def files(self):
        """Every file of /etc, /usr and /var, but what apt, dpkg and the journal write for themselves."""
        own = ("var/cache/", "var/lib/apt/", "var/lib/dpkg/", "var/log/", "var/tmp/")
        names = {str(path.relative_to(self.root)) for top in ("etc", "usr", "var") for path in (self.root / top).rglob("*")}
        return {name for name in names if not f"{name}/".startswith(own)}
