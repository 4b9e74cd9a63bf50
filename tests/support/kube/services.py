"""Whether a Service of the cluster can be reached from the node.

kube-proxy has rules that translate the address of a Service. Who connects before there is a rule leaves an entry without a translation in
the kernel's table of connections, for two minutes. A later connection that happens to get the same source port takes that entry, and is
refused although all is well. So nobody connects before the rule is there.
"""

import socket
import subprocess

from ..wait import wait_until
from . import box

OPEN_SECONDS = 90


def is_open(host, port):
    try:
        socket.create_connection((host, port), 5).close()
        return True
    except OSError:
        return False


def has_rule(host, port):
    """The test's process is in the cluster's network."""
    rules = subprocess.run(["iptables-save", "-t", "nat"], capture_output=True, text=True, check=True).stdout
    place = "-A KUBE-NODEPORTS " if host == box.ADDRESS else f" -d {host}/32 "
    return any(place in line and f" --dport {port} " in line for line in rules.splitlines())


def wait_open(host, port, what):
    wait_until(lambda: has_rule(host, port) and is_open(host, port), f"{what} is open", OPEN_SECONDS, 0.1)
