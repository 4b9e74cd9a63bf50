"""Hostile clients of the playback server and of the list of recordings: they cost little, and somebody who plays meanwhile notices
nothing."""

import contextlib
import os
import re
import shutil
import socket
import struct
import threading
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from support import http, recorded
from support.bare_router import ONLY_EMBEDDED, SANITIZED
from support.hanging_disk import HangingDisk
from support.making import making
from support.router import BIN, HOST, Program, Router, variation
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
PATH, PIECES = "live/hostile/in", "live/pieces/in"
COPIES = 40             # of a clip of 2 MB: more than the kernel keeps for a client that takes nothing
RANGES = 2000           # of PIECES
PLACES = 64             # kMaxPlaybacks
PATIENCE_SECONDS = 60
WRITE_TIMEOUT_SECONDS = 5
MOST_GROWTH_BYTES = (800 if SANITIZED else 96) << 20
TAKEN_BYTES = 256 * 1024  # by the witness, every tenth of a second


def new_router(folder, **environment):
    config = variation(playback=True, writeTimeout=f"{WRITE_TIMEOUT_SECONDS}s", pathDefaults={"recordDeleteAfter": "0s"}, paths={"all_others": {}})
    return Router(Program("embedded", str(BIN / "media-router")), folder, config, environment)


@pytest.fixture(scope="module")
def router(tmp_path_factory, clips):
    one = new_router(tmp_path_factory.mktemp("hostile-playback"))
    one.first = recorded.an_hour_ago()
    fill(one, PATH, clips.get("hd"), COPIES, pause=0)
    fill(one, PIECES, clips.get("small"), RANGES, pause=2)
    one.start()
    yield one
    one.stop()


def fill(router, path, clip, copies, pause):
    """The clip many times, one behind the other, with a pause of some seconds between two."""
    [first] = recorded.segments(router, path, clip, router.first, recorder=False, as_ffmpeg=True)
    for number in range(1, copies):
        later = router.first + timedelta(seconds=number * (first.duration + pause))
        os.link(first.file, first.file.with_name(recorded.name_of(later)))


def target(start, duration="1000000", path=PATH, form=""):
    return f"/get?path={quote(path)}&start={quote(recorded.rfc3339(start))}&duration={duration}" + (f"&format={form}" if form else "")


def connect(router, port=None, small=False):
    peer = socket.socket()
    if small:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.settimeout(PATIENCE_SECONDS)
    peer.connect((HOST, port or router.playback_port))
    return peer


def send(peer, what, method="GET", headers=""):
    peer.sendall(f"{method} {what} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())


class Witness(threading.Thread):
    """Somebody who plays the whole recording while the others attack."""

    def __init__(self, router, expected):
        super().__init__(daemon=True)
        self.router, self.expected = router, expected
        self.peer, self.received, self.longest_pause = connect(router), bytearray(), 0
        self.hurry = threading.Event()
        send(self.peer, target(router.first), headers="Connection: close\r\n")
        self.rss, self.descriptors = rss(router), descriptors(router)
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                began = time.monotonic()
                data = self.peer.recv(TAKEN_BYTES)
                self.longest_pause = max(self.longest_pause, time.monotonic() - began)
                if not data:
                    return
                self.received += data
                self.hurry.wait(0.1)

    def check(self):
        """The bytes are those that came when nobody attacked."""
        self.hurry.set()
        self.join(PATIENCE_SECONDS)
        self.peer.close()
        same = bytes(self.received).partition(b"\r\n\r\n")[2] == self.expected  # pytest would show the difference for minutes
        assert not self.is_alive() and same, f"{len(self.received)} of {len(self.expected)} bytes; {self.router.log()[-1000:]}"
        assert self.longest_pause < 10
        assert rss(self.router) - self.rss < MOST_GROWTH_BYTES
        wait_until(lambda: descriptors(self.router) <= self.descriptors,
                   lambda: f"{descriptors(self.router)} descriptors, {self.descriptors} before", PATIENCE_SECONDS)


def rss(router):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{router.process.pid}/status").read_text()).group(1)) * 1024


def descriptors(router):
    return len(os.listdir(f"/proc/{router.process.pid}/fd"))


def figure(router, series):
    return int(re.search(rf"^{re.escape(series)} (\d+)$", http.get(router.metrics()).text(), re.M).group(1))


def clients(router):
    return figure(router, "playback_clients")


@pytest.fixture(scope="module")
def expected(router):
    """What a client gets who asks for everything, in its chunks. Connections and memory are what they are afterwards."""
    with connect(router) as peer:
        send(peer, target(router.first), headers="Connection: close\r\n")
        body = read_all(peer).partition(b"\r\n\r\n")[2]
    assert len(body) > COPIES * 1_500_000 and body.endswith(b"\r\n0\r\n\r\n")
    return body


def read_all(peer):
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while more := peer.recv(1 << 20):
            data += more
    return bytes(data)


@pytest.fixture
def witness(router, expected):
    one = Witness(router, expected)
    yield one
    one.check()
    assert router.process.running()
    wait_until(lambda: clients(router) == 0, lambda: f"{clients(router)} clients are there", PATIENCE_SECONDS)


# Slow clients.

@pytest.mark.parametrize("form", ["fmp4", "mp4"])
def test_who_takes_nothing(router, witness, form):
    """They fill all places, and are disconnected. Then others have theirs."""
    peers = [connect(router, small=True) for _ in range(PLACES - 1)]
    for peer in peers:
        send(peer, target(router.first, form=form))
    wait_until(lambda: clients(router) == PLACES, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)
    reply = http.get(router.playback(target(router.first, 1)), timeout=PATIENCE_SECONDS)
    assert (reply.status, reply.json()["error"]) == (503, "too many playbacks at the same time")
    wait_until(lambda: clients(router) == 1, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)
    assert http.get(router.playback(target(router.first, 1)), timeout=PATIENCE_SECONDS).status == 200
    for peer in peers:
        peer.close()


def test_who_plays_slowly_is_not_taken_for_one_who_takes_nothing(router, witness):
    """A player that takes 160 KB a second, all the time."""
    with connect(router) as peer:
        send(peer, target(router.first))
        end = time.monotonic() + 4 * WRITE_TIMEOUT_SECONDS
        while time.monotonic() < end:
            assert peer.recv(16 * 1024), "it is disconnected"
            time.sleep(0.1)  # the pace of the player
        assert clients(router) == 2


def test_a_byte_at_a_time(router, witness):
    peers = [connect(router, small=True) for _ in range(PLACES // 2)]
    for peer in peers:
        send(peer, target(router.first))
    for _ in range(200):
        for peer in peers:
            assert len(peer.recv(1)) == 1
    assert clients(router) == 1 + len(peers), "they are served"
    assert http.get(router.playback(target(router.first, 1)), timeout=PATIENCE_SECONDS).status == 200
    for peer in peers:
        peer.close()


def test_a_request_that_drips(router, witness):
    """One byte of the request each tenth of a second, of a hundred clients. They are told that it took too long."""
    peers = [connect(router) for _ in range(100)]
    for byte in f"GET {target(router.first)}".encode()[:30]:
        for peer in peers:
            peer.sendall(bytes([byte]))
        time.sleep(0.1)  # the pace of the attack
    for peer in peers:
        assert read_all(peer)[:12] in (b"", b"HTTP/1.1 408")
        peer.close()


# Many.

def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", answer)]


@pytest.mark.parametrize("what,count", [("/list?path=" + PATH, 3000), ("/list?path=" + PIECES, 100)])
def test_thousands_of_lists_at_once(router, witness, what, count):
    peers = [connect(router) for _ in range(100)]
    request = f"GET {what} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    for peer in peers:
        peer.sendall(request * (count // len(peers)))
        peer.shutdown(socket.SHUT_WR)
    for peer in peers:
        assert statuses(read_all(peer)) == [200] * (count // len(peers))
        peer.close()


def test_thousands_of_clips_at_once(router, witness):
    """Each gets its second of the recording, or is told that there are too many."""
    peers = [connect(router) for _ in range(1000)]
    before = figure(router, 'playback_requests_total{request="get",result="answered"}')
    for peer in peers:
        send(peer, target(router.first, 1), headers="Connection: close\r\n")
    found = []
    for peer in peers:
        answer = read_all(peer)
        found += statuses(answer)
        assert found[-1] != 200 or answer.endswith(b"\r\n0\r\n\r\n")
        peer.close()
    assert len(found) == 1000 and set(found) <= {200, 503} and found.count(200) >= PLACES - 1
    answered = figure(router, 'playback_requests_total{request="get",result="answered"}') - before
    assert answered == found.count(200)


def test_thousands_of_lists_of_recordings_at_once(router, witness):
    requests = b"".join(f"GET /v3/recordings/{what} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
                        for what in ("list?itemsPerPage=1", f"get/{PATH}", f"get/{PIECES}"))
    peers = [connect(router, router.api_port) for _ in range(50)]
    for peer in peers:
        peer.sendall(requests * 4)
        peer.shutdown(socket.SHUT_WR)
    for peer in peers:
        assert statuses(read_all(peer)) == [200] * 12
        peer.close()


# Those who leave.

@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("form", ["fmp4", "mp4"])
def test_who_leaves_in_the_middle(router, witness, form, reset):
    for _ in range(5):
        peers = [connect(router, small=True) for _ in range(PLACES // 2)]
        for peer in peers:
            send(peer, target(router.first, form=form))
        for number, peer in enumerate(peers):
            assert len(peer.recv(1 + 100 * number)) > 0
            if reset:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
        # Their places are free before the next ones come.
        wait_until(lambda: clients(router) == 1, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)


def test_who_leaves_before_the_answer(router, witness):
    for what in ("/list?path=" + PIECES, target(router.first), target(router.first, form="mp4")):
        peers = [connect(router) for _ in range(100)]
        for peer in peers:
            send(peer, what)
        for peer in peers:
            peer.close()
    assert http.get(router.playback("/list?path=" + PATH), timeout=PATIENCE_SECONDS).status == 200


# Absurd questions.

NUL, DOTS = "live/%00/in", "live/hostile/../hostile/in"
STARTS = ["NaN", "-1", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00%2B99:99", "9999-12-31T23:59:59-99:99",
          "2026-01-01T24:00:00Z", "2026-02-29T00:00:00Z", "%00", "2026-01-01T00:00:00Z%00", "9" * 5000, "2026-01-01T00:00:00." + "9" * 5000 + "Z"]
DURATIONS = ["NaN", "-NaN", "inf", "-inf", "infinity", "1e308", "1e999", "-1", "-1e300", "0", "-0", "1e-300", "9223372036854775807", "-9223372036854775808",
             "99999999999999999999999999", "9223372036s", "99999999h", "-99999999h", "1h1h1h", "0x10", "%00", "1%00", "", "1e", "+1", "nan(1)", "9" * 5000]
FORMATS = ["%00", "mp4%00", "../mp4", "MP4", "avi", "f" * 5000, "%ff%fe", "%0d%0aSet-Cookie: x"]
PATHS = ["", "%00", NUL, DOTS, "../../../../etc/passwd", "..", ".", "/live/hostile/in", "live/hostile/in/", "live//hostile/in", "live/hostile",
         "live/hostile/in%00.mp4", "..%2f..%2fetc", "%2e%2e/%2e%2e/etc", "live/hostile/in\\..\\..", "a" * 5000, "x/" * 2000, "%ff%fe", "~^live", "%25path",
         "live/hostile/in?x=y", "live/hostile/in%0d%0aX: y", "%Y-%m-%d"]


def answer_to(router, what, port=None, method="GET"):
    with connect(router, port) as peer:
        send(peer, what, method, "Connection: close\r\n")
        began = time.monotonic()
        answer = read_all(peer)
        assert time.monotonic() - began < 30
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"root:" not in body and b"Set-Cookie" not in head and b"\r\nX: y" not in head
    [status] = statuses(head)
    return status, body


USUAL = {"path": quote(PATH), "start": None, "duration": "1", "format": "fmp4"}
ABSURD = [(key, value) for key, values in (("start", STARTS), ("duration", DURATIONS), ("format", FORMATS), ("path", PATHS)) for value in values]


def test_absurd_questions(router, witness):
    """Each is answered soon, with an error that is the client's, or with what is recorded."""
    usual = {**USUAL, "start": quote(recorded.rfc3339(router.first))}
    for key, value in ABSURD:
        query = "&".join(f"{name}={text}" for name, text in {**usual, key: value}.items()).replace(" ", "%20")
        status, body = answer_to(router, "/get?" + query)
        assert status in (200, 400, 404, 431), (key, value[:40], status, body[:200])
        if status == 400:
            assert body.startswith(b'{"status":"error","error":"'), body[:200]
        if key in ("format", "start"):
            assert status != 200 or key == "start" and value.startswith("0000"), (key, value[:40])
        status, body = answer_to(router, "/list?" + query.replace("duration=", "end="))
        assert status in (200, 400, 404, 431), (key, value[:40], status, body[:200])


@pytest.mark.parametrize("duration,status", [("NaN", 400), ("inf", 400), ("1e999", 400), ("-1", 404), ("0", 404), ("", 400), ("%00", 400)])
def test_absurd_durations(router, duration, status):
    assert answer_to(router, target(router.first, duration))[0] == status


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:30])
def test_absurd_paths_of_recordings(router, path):
    """Nothing is told of, or removed from, what lies beside the recordings."""
    beside = router.folder / "beside.mp4"
    beside.write_bytes(b"x")
    path = path.replace(" ", "%20")
    assert answer_to(router, "/v3/recordings/get/" + path, router.api_port)[0] in (200, 301, 400, 404, 431)
    assert answer_to(router, "/v3/recordings/list?itemsPerPage=" + path, router.api_port)[0] in (200, 400, 431)
    start = quote(recorded.rfc3339(router.first - timedelta(days=1)))
    assert answer_to(router, f"/v3/recordings/deletesegment?path={path}&start={start}", router.api_port, "DELETE")[0] in (400, 431)
    assert beside.exists() and len(list((router.folder / "recordings" / PATH).iterdir())) == COPIES


@pytest.mark.parametrize("ranges", ["bytes=0-0", "bytes=" + ",".join(f"{n}-{n}" for n in range(500)), "bytes=-1", "bytes=5-1",
                                    "bytes=99999999999999999999-", "lines=1-2"], ids=lambda ranges: ranges[:20])
def test_ranges_are_not_served(router, ranges):
    with connect(router) as peer:
        send(peer, target(router.first, 1), headers=f"Range: {ranges}\r\nConnection: close\r\n")
        head = read_all(peer).partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("HTTP/1.1 200 ") and "\r\nAccept-Ranges: none" in head


def test_files_that_are_no_recordings(router, witness, tmp_path):
    """Links out of the folder, pipes, folders, and broken files with names of recordings: nothing hangs, nothing is told of them."""
    folder = router.folder / "recordings" / "live" / "tricks" / "in"
    folder.mkdir(parents=True)
    secret = tmp_path / "secret.mp4"
    shutil.copy(next((router.folder / "recordings" / PATH).iterdir()), secret)
    names = [folder / recorded.name_of(router.first + timedelta(seconds=10 * number)) for number in range(5)]
    names[0].symlink_to(secret)
    os.mkfifo(names[1])
    names[2].mkdir()
    names[3].write_bytes(os.urandom(100_000))
    names[4].touch()
    try:
        path = "live/tricks/in"
        assert answer_to(router, f"/list?path={path}")[0] in (200, 400, 404)
        assert answer_to(router, target(router.first, path=path))[0] in (400, 404)
        assert answer_to(router, target(router.first, path=path, form="mp4"))[0] in (400, 404)
        assert answer_to(router, f"/v3/recordings/get/{path}", router.api_port)[0] == 200
    finally:
        shutil.rmtree(folder)


# A disk that hangs.

@pytest.fixture
def new_hanging(tmp_path, clips):
    def start(disk):
        one = new_router(tmp_path, **disk.environment)
        one.first = recorded.an_hour_ago()
        fill(one, PATH, clips.get("small"), 3, pause=0)
        return one.start()
    yield from making(start, Router.kill)


def test_a_disk_that_hangs_does_not_hang_the_end(new_hanging, tmp_path):
    """Clients of both servers wait for it. The Control API goes on meanwhile, and the router ends in time."""
    disk = HangingDisk(tmp_path)
    router = new_hanging(disk)
    assert answer_to(router, target(router.first))[0] == 200
    disk.reads.touch()
    peers = [connect(router) for _ in range(10)]
    for peer in peers:
        send(peer, target(router.first))
    wait_until(lambda: clients(router) == 10, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)
    assert router.get("/v3/paths/list").status == 200
    began = time.monotonic()
    assert router.process.terminate() == 0
    assert time.monotonic() - began < 15, "three seconds for the servers, one for the files"
    assert "[playback] the disk hangs" in router.log()
    for peer in peers:
        assert read_all(peer) == b""
        peer.close()


def test_when_a_disk_no_longer_hangs_playback_goes_on(new_hanging, tmp_path):
    disk = HangingDisk(tmp_path)
    router = new_hanging(disk)
    disk.reads.touch()
    with connect(router) as waiting, connect(router) as leaving:
        for peer in (waiting, leaving):
            send(peer, target(router.first), headers="Connection: close\r\n")
        wait_until(lambda: clients(router) == 2, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)
        leaving.close()
        disk.reads.unlink()
        assert read_all(waiting).endswith(b"\r\n0\r\n\r\n")
    wait_until(lambda: clients(router) == 0, lambda: f"{clients(router)} clients", PATIENCE_SECONDS)
