"""Whether a Service of the cluster can be reached from the node.

kube-proxy makes rules that translate the address of a Service. A connection that comes before its rule is refused, and the kernel
remembers it without a translation for two minutes (conntrack). A later connection with the same source port is then refused, too. So
tests connect only when the rule is there.
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
    """Whether kube-proxy translates this address. The process of the tests is in the cluster's network, so it sees the rules."""
    rules = subprocess.run(["iptables-save", "-t", "nat"], capture_output=True, text=True, check=True).stdout
    place = "-A KUBE-NODEPORTS " if host == box.ADDRESS else f" -d {host}/32 "
    return any(place in line and f" --dport {port} " in line for line in rules.splitlines())


def wait_open(host, port, what):
    wait_until(lambda: has_rule(host, port) and is_open(host, port), f"{what} is open", OPEN_SECONDS, 0.1)
