"""Too many TLS handshakes, from another machine: it is refused beyond its share, those who are connected notice nothing, and this
machine is not counted."""

import json
import re
import time

import pytest
from support import http, lan, tls
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.encrypted import keys
from support.free_ports import free_ports
from support.making import started
from support.process import Process
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

# net/handshake_limit.hpp
BURST, RATE = 500, 100
SECONDS = 60

# Opens connections to the ports in turn, many at a time, and begins a handshake on each, until so many were closed without a byte.
# Prints how many got the server's part, and how many were closed.
FLOOD = """
import itertools, json, socket, ssl, sys
host, enough, ports = sys.argv[1], int(sys.argv[2]), itertools.cycle(map(int, sys.argv[3:]))
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
try:
    ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
except ssl.SSLWantReadError:
    hello = outgoing.read()

def answer(client):
    try:
        return client.recv(1)
    except ConnectionError:
        return b""

taken = closed = 0
while closed < enough:
    clients = [socket.create_connection((host, next(ports)), 30) for _ in range(100)]
    for client in clients:
        try:
            client.sendall(hello)
        except ConnectionError:
            pass
    answers = [answer(client) for client in clients]
    taken, closed = taken + answers.count(b"\\x16"), closed + answers.count(b"")
    for client in clients:
        client.close()
print(json.dumps([taken, closed]))
"""


@pytest.fixture(scope="module")
def other():
    if why := lan.missing():
        pytest.skip(f"no network namespace: {why}")
    with lan.other_machine() as machine:
        yield machine


@pytest.fixture(scope="module")
def router(tmp_path_factory, other):
    ports = dict(zip(("rtmps", "rtsps"), free_ports(2)))
    certificate = tls.make_certificate(tmp_path_factory.mktemp("certificate"), addresses=("127.0.0.1", other.address))
    hls = {"hlsEncryption": True, "hlsServerCert": str(certificate.crt), "hlsServerKey": str(certificate.key)}
    config = configuration(rtmpsAddress=f":{ports['rtmps']}", rtspsAddress=f":{ports['rtsps']}", **hls, **keys(certificate))
    with started(BareRouter(tmp_path_factory.mktemp("handshakes"), config, bind="0.0.0.0")) as router:
        router.ports, router.certificate = {**ports, "hls": router.settings.hls_port}, certificate
        yield router


def refused(router):
    page = http.get(router.metrics()).text()
    return {reason: int(count) for reason, count in re.findall(r'tls_handshakes_refused_total{reason="(\w+)"} (\d+)', page)}


def flood(other, enough, *ports):
    code, said = other.run("python3", "-c", FLOOD, other.address, enough, *ports, seconds=120)
    assert code == 0, said
    return json.loads(said.splitlines()[-1])


def test_a_flood_from_one_address_is_cut_and_harms_nobody(router, other, clips, tmp_path):
    """On all ports together: RTMPS, RTSPS and HTTPS."""
    url = f"rtmps://{other.address}:{router.ports['rtmps']}/live/far/in"
    argv = ["ip", "netns", "exec", other.name, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(clips.get("av")),
            "-c", "copy", "-f", "flv", url]
    began = time.monotonic()
    publisher = Process("publisher", argv, tmp_path / "publisher.log")
    try:
        def received():
            items = http.get(router.api("/v3/paths/list")).json()["items"]
            return next((item["bytesReceived"] for item in items if item["name"] == "live/far/in"), 0)

        wait_until(received, publisher.log, SECONDS)
        taken, closed = flood(other, 300, *router.ports.values())
        # The publisher has had one handshake.
        assert BURST - 1 <= taken <= BURST + RATE * (time.monotonic() - began)
        assert refused(router) == {"address": closed, "all": 0}
        assert router.log_lines("TLS handshakes were refused because there were too many, the last from 10.")
        before = received()
        wait_until(lambda: received() > before + 50_000, "the publisher goes on", SECONDS)
        assert publisher.running(), publisher.log()
    finally:
        publisher.kill()


def test_this_machine_is_not_counted(router):
    before = refused(router)
    context = tls.trusting(router.certificate)
    for _ in range(BURST + 200):
        with tls.connect("127.0.0.1", router.ports["rtmps"], 20, context) as client:
            assert client.version() in ("TLSv1.2", "TLSv1.3")
    assert refused(router) == before


def test_an_address_is_taken_again_when_it_slows_down(router, other):
    assert flood(other, 1, router.ports["rtmps"])[1] >= 1
    argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--insecure", "--max-time", "20",
            f"https://{other.address}:{router.ports['hls']}/live/nobody/in/index.m3u8"]
    wait_until(lambda: other.run(*argv)[1].isdigit() and int(other.run(*argv)[1]) > 0, "an answer over HTTPS", SECONDS)
