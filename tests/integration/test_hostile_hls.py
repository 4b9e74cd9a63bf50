"""Hostile viewers of HLS: they cost little, are counted, and nobody else notices."""

import re
import socket
import time

import pytest
from support import http
from support.bare_router import ONLY_EMBEDDED, SANITIZED, BareRouter, configuration
from support.hls import Player, fetch
from support.making import started
from support.rtmp_script import Publisher
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
HOST = "127.0.0.1"
PATH = "live/hostile/in"
WRITE_TIMEOUT_SECONDS = 2
SESSIONS, SESSIONS_OF_ADDRESS = 20_000, 5_000   # kMaxHlsSessions, kMaxHlsSessionsOfAddress
UNUSED_SECONDS = 5                              # kHlsSessionUnused
AT_ONCE = 250                                   # requests that are sent before the answers are read
MOST_GROWTH_BYTES = (800 if SANITIZED else 96) << 20  # a session may take 4 KB
BEGIN = f"GET /{PATH}/index.m3u8?cookieCheck=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture(scope="module")
def router(tmp_path_factory, clips):
    config = configuration(hls=True, writeTimeout=f"{WRITE_TIMEOUT_SECONDS}s", hlsAllowOrigins=["*"])
    with started(BareRouter(tmp_path_factory.mktemp("hostile-hls"), config)) as one:
        publisher = Publisher(HOST, one.settings.rtmp_port, clips.get("hd"), PATH)
        wait_until(lambda: fetch(one.hls(f"/{PATH}/index.m3u8?cookieCheck=1")).status == 200, "a first segment", 60)
        yield one
        publisher.close()


class Witness:
    """A viewer who is there before and after, and whose playlist goes on meanwhile."""

    def __init__(self, router):
        self.router = router
        self.player = Player(Address(router), PATH)
        self.number = self.player.playlist().next_segment()
        self.before = router.rss_bytes()
        self.watch()

    def watch(self):
        """What a player does all the time. A session without it ends, so a test that waits long calls it."""
        assert self.player.get(self.player.playlist().segments()[-1]).status == 200

    def check(self):
        began = time.monotonic()
        wanted = self.player.playlist().next_segment()
        media = self.player.playlist(more=f"_HLS_msn={wanted}")
        assert media.next_segment() > wanted >= self.number and time.monotonic() - began < 10
        assert self.player.get(media.segments()[-1]).status == 200
        assert self.router.rss_bytes() - self.before < MOST_GROWTH_BYTES


class Address:
    """What Player wants of a router."""

    def __init__(self, router):
        self.log, self.hls = router.router.log, lambda path: router.hls("/" + path)


@pytest.fixture(autouse=True)
def witness(router):
    one = Witness(router)
    yield one
    one.check()
    assert router.router.running()


def refused(router, reason):
    page = http.get(router.metrics("/metrics")).text()
    return int(re.search(rf'hls_refused_total{{reason="{reason}"}} (\d+)', page).group(1))


def connect(router, source=HOST):
    return socket.create_connection((HOST, router.settings.hls_port), 60, source_address=(source, 0))


def statuses(router, requests, source=HOST):
    """Sends requests one behind the other, and returns the status of each answer."""
    with connect(router, source) as peer:
        peer.sendall(b"".join(requests))
        peer.shutdown(socket.SHUT_WR)
        received = b""
        while data := peer.recv(1 << 20):
            received += data
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", received)]


def begin_sessions(router, count, source):
    found = []
    while len(found) < count:
        found += statuses(router, [BEGIN] * min(AT_ONCE, count - len(found)), source)
    return found


def test_sessions_without_end(router, witness):
    """Of one address, and of many. Those who are refused are told so, and the others still watch."""
    began = begin_sessions(router, SESSIONS_OF_ADDRESS + AT_ONCE, "127.0.0.2")
    assert began.count(200) == SESSIONS_OF_ADDRESS and began.count(503) == AT_ONCE
    assert refused(router, "sessions_of_address") == AT_ONCE and refused(router, "sessions") == 0
    witness.check()
    began = time.monotonic()
    for last in range(3, 7):
        begin_sessions(router, SESSIONS_OF_ADDRESS, f"127.0.0.{last}")
        witness.watch()
    took = time.monotonic() - began
    always_room = SANITIZED and took > 2 * UNUSED_SECONDS  # the first ones have ended before the last ones began

    def refusal():
        """On a slow machine the first ones have made room meanwhile."""
        witness.watch()
        begin_sessions(router, AT_ONCE, "127.0.0.7")
        reply = fetch(router.hls(f"/{PATH}/index.m3u8?cookieCheck=1"))
        return reply if reply.status == 503 else None

    if not always_room:
        reply = wait_until(refusal, "no room for anybody", 60)
        assert (reply.headers["Retry-After"], reply.json()["error"]) == ("10", "too many sessions")
        assert refused(router, "sessions") > 0
    assert http.get(router.api("/v3/hlssessions/list?itemsPerPage=1")).json()["itemCount"] <= SESSIONS
    assert len(http.get(router.api("/v3/hlssessions/list?itemsPerPage=1")).json()["items"]) == 1
    witness.check()
    # Those that have never asked for a file make room, each in its turn.
    def room():
        witness.watch()
        return http.get(router.api("/v3/hlssessions/list?itemsPerPage=1")).json()["itemCount"] < SESSIONS_OF_ADDRESS

    wait_until(room, "room for others", 120, poll=0.5)
    assert fetch(router.hls(f"/{PATH}/index.m3u8?cookieCheck=1")).status == 200
    if always_room:
        pytest.skip(f"too slow to fill all sessions: the last of them began after {took:.0f} s. All but the refusal was tested")


@pytest.mark.parametrize("directives", ["_HLS_msn=18446744073709551615", "_HLS_msn=99999999999999999999999999", "_HLS_msn=-1",
                                        "_HLS_msn=1e9", "_HLS_msn=%00", "_HLS_part=1", "_HLS_msn=NEXT&_HLS_part=4294967296999"])
def test_absurd_directives(router, witness, directives):
    before = refused(router, "bad_directive")
    directives = directives.replace("NEXT", str(witness.player.playlist().next_segment() + 1))
    assert witness.player.get(witness.player.video, directives).status == 400
    assert refused(router, "bad_directive") >= before + (0 if "%00" in directives else 1)


def test_who_does_not_read(router, witness):
    """Fifty ask for a whole segment and take nothing. They share its memory, and are disconnected."""
    segment = witness.player.playlist().segments()[0]
    request = f"GET /{PATH}/{segment} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    peers = []
    for _ in range(50):
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.settimeout(60)
        peer.connect((HOST, router.settings.hls_port))
        peer.sendall(request * 20)
        peers.append(peer)
    witness.check()

    def open_ends():
        listed = open(f"/proc/{router.router.pid}/net/tcp").read().splitlines()
        port = f":{router.settings.hls_port:04X}"
        return sum(line.split()[1].endswith(port) and line.split()[3] == "01" for line in listed)
    wait_until(lambda: open_ends() < 10, "they are disconnected", 60)
    for peer in peers:
        peer.close()


TRICKS = ["/..%2f..%2fetc%2fpasswd.mp4", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example/x.m3u8", "/live/hostile/in/../../../x.ts",
          "/live/hostile/in/%2e%2e%2findex.m3u8", "/live/hostile/in//index.m3u8?cookieCheck=1", "/.m3u8", "/index.m3u8?cookieCheck=1",
          "/live/hostile/in/..%5c..%5cx.mp4", "/live/hostile/in/" + "a" * 4000 + ".mp4", "/" + "x/" * 2000, "/%ff%fe.m3u8?cookieCheck=1",
          "/live/hostile/in/0123456789ab_video1_seg99999999999999999999999.mp4", "/live/hostile/in/_____.mp4"]


@pytest.mark.parametrize("target", TRICKS, ids=lambda target: target[:40])
def test_tricks_with_paths(router, target):
    with connect(router) as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := peer.recv(65536):
            answer += data
    assert int(answer.split()[1]) in (200, 302, 401, 404, 500) and b"root:" not in answer
    if answer.split()[1] == b"200":
        assert b"text/html" in answer  # the page of a path; nothing else is open
    location = re.search(rb"\r\nLocation: ([^\r]*)", answer)
    assert not location or re.match(rb"/[^/\\]", location.group(1)), location


@pytest.mark.parametrize("head,status", [
    (b"X: " + b"a" * (1 << 20), 431), (b"A: b\r\n" * 50_000, 431), (b"Cookie: " + b"a=b; " * 2000, 200), (b"X: a\0b", 400),
    (b"Content-Length: 100000\r\nA: b", 413)])
def test_floods_of_headers(router, head, status):
    with connect(router) as peer:
        try:
            peer.sendall(b"GET /live/hostile/in/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + b"\r\n\r\n")
        except ConnectionError:
            pass  # the answer is there already
        assert int(peer.recv(65536).split()[1]) == status


def half_closed(router):
    """Connections that the client has closed and the router has not (CLOSE_WAIT)."""
    listed = open(f"/proc/{router.router.pid}/net/tcp").read().splitlines()
    port = f":{router.settings.hls_port:04X}"
    return sum(line.split()[1].endswith(port) and line.split()[3] == "08" for line in listed)


def test_who_leaves_while_waiting(router, witness):
    """It is noticed at once, not when the segment comes that was waited for: that is a second or more later."""
    number = witness.player.playlist().next_segment()
    query = witness.player.video.partition("?")[2]
    request = f"GET /{PATH}/video1_stream.m3u8?_HLS_msn={number + 1}&{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    peers = [connect(router) for _ in range(50)]
    for peer in peers:
        peer.sendall(request)
    for peer in peers:
        peer.close()
    while half_closed(router):
        assert witness.player.playlist().next_segment() < number + 2, "they are still there"
    assert witness.player.playlist().next_segment() < number + 2


def test_many_who_wait(router, witness):
    """A thousand requests for a part that does not come yet: each is answered in time, and the server goes on."""
    number = witness.player.playlist().next_segment()
    query = witness.player.video.partition("?")[2]
    request = (f"GET /{PATH}/video1_stream.m3u8?_HLS_msn={number + 1}&{query} HTTP/1.1\r\nHost: x\r\n\r\n").encode()
    peers = [connect(router) for _ in range(500)]
    for peer in peers:
        peer.sendall(request)
    for peer in peers:
        assert peer.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        peer.close()
