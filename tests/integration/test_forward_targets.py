"""stream-forwarder with real servers: nginx-rtmp, MediaMTX (where ROUTER names one) and our own router as targets."""

import itertools
import os

import pytest
from support import tls
from support.encrypted import keys
from support.making import making
from support.router import BIN, EVERYBODY, Program, Router, find_mediamtx, variation
from support.targets import NginxRtmp, nginx_is_missing
from support.wait import wait_until
from support.worker import Forwarder

PUSHED = "pushed"
SECONDS = 40
ACCESS = [{"user": "pusher", "pass": "s3cretword", "permissions": [{"action": "publish"}, {"action": "read"}]}, EVERYBODY[1]]


def mediamtx():
    """Not shutil.which alone: ROUTER may name our own router."""
    named = os.environ.get("ROUTER", "")
    return find_mediamtx() if named not in ("", "embedded") else find_mediamtx() or ""


class RouterTarget:
    """One of the two routers as a target."""

    def __init__(self, folder, program, **changes):
        self.router = Router(program, folder, variation(**changes)).start()

    def url(self, key=PUSHED, login="", query=""):
        return f"rtmp://{login}127.0.0.1:{self.router.rtmp_port}/live/{key}/in{query}"

    def _path(self, key):
        try:
            return self.router.path(f"live/{key}/in") or {}
        except OSError:
            return {}  # it does not run

    def tracks(self, key=PUSHED):
        return self._path(key).get("tracks", [])

    def bytes(self, key=PUSHED):
        return self._path(key).get("bytesReceived", 0)

    def kill(self):
        self.router.kill()

    def start(self):
        self.router.launch()  # its ports stay


class NginxTarget:
    def __init__(self, folder):
        self.nginx = NginxRtmp(folder)

    def url(self, key=PUSHED, login="", query=""):
        return self.nginx.url(f"{key}{query}")

    def tracks(self, key=PUSHED):
        return self.nginx.codecs_of(key)

    def bytes(self, key=PUSHED):
        return self.nginx.bytes_of(key) or 0

    def kill(self):
        self.nginx.kill()

    def start(self):
        self.nginx.start()


def make_target(kind, folder, **changes):
    if kind == "nginx":
        if why := nginx_is_missing():
            pytest.skip(why)
        return NginxTarget(folder)
    if kind == "mediamtx" and not mediamtx():
        pytest.skip("no MediaMTX: set ROUTER=/path/to/mediamtx")
    path = mediamtx() if kind == "mediamtx" else str(BIN / "media-router")
    return RouterTarget(folder, Program("mediamtx" if kind == "mediamtx" else "embedded", path), **changes)


@pytest.fixture
def target(tmp_path):
    numbers = itertools.count()

    def make(kind, **changes):
        folder = tmp_path / f"target{next(numbers)}"
        folder.mkdir()
        return make_target(kind, folder, **changes)

    yield from making(make)


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """Our router, in which a stream is to be read."""
    router = Router(Program("embedded", str(BIN / "media-router")), tmp_path_factory.mktemp("origin"), variation()).start()
    yield router
    router.kill()


@pytest.fixture
def push(tmp_path, origin, publish):
    """push(url, clip): publishes the clip at the origin, and forwards it to the URL."""
    numbers = itertools.count()

    def make(url, clip="av", *arguments):
        number = next(numbers)
        path = f"live/s{os.getpid()}-{number}-{clip}/out"
        publish(origin.rtsp(path) if clip.startswith("h265") else origin.rtmp(path), clip)
        origin.wait_ready(path, SECONDS)
        return Forwarder(tmp_path, origin.rtsp(path), url, *arguments, name=f"forwarder{number}")

    yield from making(make)


KINDS = pytest.mark.parametrize("kind", ["nginx", "mediamtx", "embedded"])


@KINDS
def test_sound_and_picture_arrive_and_go_on(kind, target, push):
    server = target(kind)
    forwarder = push(server.url())
    wait_until(lambda: len(server.tracks()) >= 2, lambda: f"{server.tracks()}\n{forwarder.log()}", SECONDS)
    before = server.bytes()
    wait_until(lambda: server.bytes() > before + 20_000, lambda: f"{before}, {server.bytes()}", SECONDS)
    assert not forwarder.records("retry.scheduled"), forwarder.log()


@KINDS
def test_it_comes_back_to_a_target_that_was_killed(kind, target, push):
    server = target(kind)
    forwarder = push(server.url())
    wait_until(lambda: len(server.tracks()) >= 2, forwarder.log, SECONDS)
    server.kill()
    assert forwarder.wait_event("retry.scheduled", seconds=SECONDS)["error.kind"] in ("closed", "connect")
    server.start()
    wait_until(lambda: len(server.tracks()) >= 2 and server.bytes() > 10_000, forwarder.log, SECONDS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("trust", ["ca-file", "fingerprint"])
@pytest.mark.parametrize("kind", ["mediamtx", "embedded"])
def test_it_pushes_over_tls_only_to_whom_it_trusts(kind, target, push, certificate, trust):
    server = target(kind, rtspTransports=["tcp"], **keys(certificate, "strict"))
    url = server.router.rtmps(f"live/{PUSHED}/in")
    stranger = push(url)
    refused = stranger.wait_event("retry.scheduled", seconds=SECONDS)
    assert "certificate" in refused["error.message"] and not server.tracks(), refused
    stranger.kill()
    trusting = ["--ca-file", str(certificate.crt)] if trust == "ca-file" else ["--output-fingerprint", certificate.fingerprint()]
    forwarder = push(url, "av", *trusting)
    wait_until(lambda: len(server.tracks()) >= 2, lambda: f"{server.tracks()}\n{forwarder.log()}", SECONDS)
    before = server.bytes()
    wait_until(lambda: server.bytes() > before + 20_000, lambda: f"{before}, {server.bytes()}", SECONDS)


@pytest.mark.parametrize("kind", ["mediamtx", "embedded"])
def test_hevc_goes_out_as_enhanced_rtmp(kind, target, push):
    server = target(kind)
    forwarder = push(server.url(), "h265")
    wait_until(lambda: "H265" in server.tracks(), lambda: f"{server.tracks()}\n{forwarder.log()}", SECONDS)


@pytest.mark.parametrize("kind", ["mediamtx", "embedded"])
def test_user_and_password_of_the_query(kind, target, push):
    server = target(kind, authInternalUsers=ACCESS)
    forwarder = push(server.url(query="?user=pusher&pass=s3cretword"))
    wait_until(lambda: len(server.tracks()) >= 2, forwarder.log, SECONDS)
    assert "s3cretword" not in forwarder.log()
    wrong = push(server.url(key="other", query="?user=pusher&pass=wr0ngword"))
    assert wrong.wait(SECONDS) == 30, wrong.log()
    assert wrong.records("output.lost")[0]["error.kind"] == "credentials"
    assert "wr0ngword" not in wrong.log()


def test_a_target_that_hangs_up_on_a_wrong_key_is_asked_seldom(target, push):
    server = target("nginx")
    forwarder = push(server.url(query="?pass=wrong"))
    record = forwarder.wait_event("retry.scheduled", 3, SECONDS)
    assert record["error.kind"] == "refused" and "next attempt in 60000 ms" in record["msg"]
