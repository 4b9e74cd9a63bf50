#!/usr/bin/python3
"""What a TLS handshake costs the router, in CPU time: bench/handshakes.py [--count N]

Connections are opened one after the other over TLS 1.3, finish the handshake and close: on the RTMPS port, then on that of HLS, with a key
on P-256 and one of RSA 2048, each time anew and with the ticket of the first. TCP alone is what a refused connection would cost, too.
The CPU time is the router's own (user and system), so it hardly depends on what else the machine does.
"""

import argparse
import socket
import ssl
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests"), str(ROOT / "bench")]

from runner import process  # noqa: E402
from runner.signals import end_in_order  # noqa: E402
from support import tls  # noqa: E402
from support.router import BIN, HOST, Program, Router, variation  # noqa: E402

KEYS = {"P-256": tls.P_256, "RSA 2048": tls.RSA_2048}
SECONDS = 20


def ticket(port, context):
    """A session that the server has given. In TLS 1.3 it comes with what the server sends first, so the client asks for something."""
    with tls.connect(HOST, port, SECONDS, context) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(1)
        return client.session


def one(port, context, session):
    with socket.create_connection((HOST, port), SECONDS) as plain:
        if context:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as client:
                assert client.version() == "TLSv1.3" and client.session_reused == bool(session)


def milliseconds(router, port, count, context=None, session=None):
    """CPU time of the router for one of `count` connections."""
    before = process.usage(router.process.pid)
    for _ in range(count):
        one(port, context, session)
    return (process.usage(router.process.pid) - before).cpu_s / count * 1000


def measure(key, count):
    with tempfile.TemporaryDirectory() as folder:
        made = tls.make_certificate(Path(folder), key=KEYS[key])
        files = {"ServerKey": str(made.key), "ServerCert": str(made.crt)}
        settings = {"rtmpEncryption": "optional", "hlsEncryption": True}
        settings |= {f"{server}{name}": path for server in ("rtmp", "hls") for name, path in files.items()}
        router = Router(Program("embedded", str(BIN / "media-router")), Path(folder), config=variation(**settings)).start()
        try:
            context = tls.trusting()
            return [milliseconds(router, router.rtmp_port, count), milliseconds(router, router.rtmps_port, count, context),
                    milliseconds(router, router.hls_port, count, context),
                    milliseconds(router, router.hls_port, count, context, ticket(router.hls_port, context))]
        finally:
            router.kill()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=1000)
    count = options.parse_args().count
    end_in_order()
    print(f"CPU ms for one connection, of {count}\n{'key':<10}{'TCP':>8}{'RTMPS':>8}{'HLS':>8}{'resumed':>9}")
    for key in KEYS:
        tcp, rtmps, hls, resumed = measure(key, count)
        print(f"{key:<10}{tcp:>8.2f}{rtmps:>8.2f}{hls:>8.2f}{resumed:>9.2f}")


if __name__ == "__main__":
    main()
