"""A program that handles one stream and answers probes over HTTP (--health-listen)."""

import socket

from . import http
from .free_ports import free_ports
from .wait import wait_until


class Probed:
    """Where a program answers probes."""

    def __init__(self):
        [self.port] = free_ports(1)
        self.flags = ["--health-listen", f"127.0.0.1:{self.port}"]

    def get(self, path, **options):
        return http.get(f"http://127.0.0.1:{self.port}{path}", **options)

    def wait_open(self):
        wait_until(lambda: _is_open(self.port), "the port of the probes")

    def status(self):
        return self.get("/status").json()


def _is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
