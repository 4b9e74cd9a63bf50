#!/usr/bin/python3
"""The first process in the namespaces of a private cluster (box.py): box_init.py FOLDER ADDRESS CGROUP.

It gives the cluster file systems, a network and sysctls of its own, says so in FOLDER/ready, and then only reaps processes. When it
is killed, the kernel ends all others in there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

folder, address, cgroup = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
# A kubelet writes these for the whole machine. It gets files instead, with the values that it wants.
SYSCTLS = {"vm/overcommit_memory": "1", "kernel/panic": "10", "kernel/panic_on_oops": "1"}

# Otherwise all Pods together get as much of a busy processor as one program outside, and their probes and Leases run out of time. On a
# node of its own nothing is outside. This is the most that Linux takes.
CPU_SHARES = "262144"


def run(*argv):
    subprocess.run(argv, check=True)


def file_systems():
    run("mount", "--make-rshared", "/")
    for name in ("lib", "log"):
        (folder / "var" / name).mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", str(folder / "var" / name), f"/var/{name}")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/lock").mkdir()
    for name, value in SYSCTLS.items():
        file = folder / name.replace("/", ".")
        file.write_text(f"{value}\n")
        run("mount", "--bind", str(file), f"/proc/sys/{name}")


def cgroups():
    """One in each hierarchy: a kubelet removes the groups of Pods that it does not know."""
    for hierarchy in Path("/sys/fs/cgroup").iterdir():
        if not (hierarchy / "cgroup.procs").exists():
            continue
        own = hierarchy / cgroup
        own.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (own / name).exists():
                (own / name).write_text((hierarchy / name).read_text())
        if (own / "cpu.shares").exists():
            (own / "cpu.shares").write_text(CPU_SHARES)
            (own / "programs").mkdir(exist_ok=True)  # for those of the cluster itself (box.py)


def network():
    run("ip", "link", "set", "lo", "up")
    # One end has the node's address, the other is not used. There may be no driver for a dummy link.
    run("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node1")
    run("ip", "address", "add", f"{address}/24", "dev", "node0")
    run("ip", "link", "set", "node0", "up")
    run("ip", "link", "set", "node1", "up")
    run("ip", "route", "add", "default", "via", address, "dev", "node0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")


def main():
    file_systems()
    cgroups()
    network()
    (folder / "ready").touch()
    while True:
        signal.sigwait({signal.SIGCHLD})
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
main()
