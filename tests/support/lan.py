"""Stands for another machine of the local network: a network namespace of the test, connected by a pair of veth devices."""

import contextlib
import os
import secrets
import subprocess

COMMAND_SECONDS = 60


class OtherMachine:
    """`address` is the address by which the other machine reaches this one."""

    def __init__(self, name, address):
        self.name, self.address = name, address

    def run(self, *argv, seconds=COMMAND_SECONDS):
        """Runs a program there. Returns (exit code, output)."""
        done = subprocess.run(["ip", "netns", "exec", self.name, *map(str, argv)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds)
        return done.returncode, done.stdout

    def http_status(self, port, path, *options):
        """The HTTP status. 0 if nobody listens."""
        return int(self.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--max-time", 20, *options,
                            f"http://{self.address}:{port}{path}")[1])


def missing():
    """Why such a machine cannot be made here. None if it can."""
    if os.geteuid() != 0:
        return "not root"
    name = f"tidegate-{secrets.token_hex(4)}"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    except OSError:
        return "no ip (package iproute2)"
    if made.returncode == 0:
        subprocess.run(["ip", "netns", "delete", name], check=True)
    return made.stderr.strip() or None


@contextlib.contextmanager
def other_machine():
    name = f"tidegate-{secrets.token_hex(4)}"
    here, there = f"tg{name[-6:]}a", f"tg{name[-6:]}b"
    net = f"10.{secrets.randbelow(100) + 150}.{secrets.randbelow(256)}"

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    try:
        ip("netns", "add", name)
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        ip("address", "add", f"{net}.1/30", "dev", here)
        ip("link", "set", here, "up")
        ip("-n", name, "address", "add", f"{net}.2/30", "dev", there)
        ip("-n", name, "link", "set", there, "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield OtherMachine(name, f"{net}.1")
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)
