"""Every test here runs on both routers: the embedded one always, a MediaMTX where the environment names one
(ROUTER=/path/to/mediamtx, or a `mediamtx` on PATH)."""

import itertools
import subprocess

import pytest
from support import ffmpeg
from support.hook_record import HookRecord
from support.making import making
from support.process import Process
from support.router import BIN, HOST, Program, Router, find_mediamtx
from support.rtmp_script import Publisher, ScriptedRtmp
from support.rtsp_script import ScriptedRtsp

RUN_SECONDS = 20  # within this time, a program that ends by itself must have ended
LEAD_DEADLINE_SECONDS = 20


@pytest.fixture(scope="session", params=["embedded", "mediamtx"])
def program(request):
    if request.param == "embedded":
        return Program("embedded", str(BIN / "media-router"))
    found = find_mediamtx()
    if not found:
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    return Program("mediamtx", found)


@pytest.fixture(scope="session")
def make_router(program, tmp_path_factory):
    """Makes routers with any configuration, and does not start them. Those that still run at the end are killed."""
    def make(config=None, environment=None):
        folder = tmp_path_factory.mktemp(program.kind)
        options = {"config": config} if config is not None else {}
        return Router(program, folder, environment=environment, **options)

    yield from making(make)


@pytest.fixture(scope="session")
def router(make_router):
    """A router with the project's mediamtx.yml, unchanged, for all tests that do not change its configuration."""
    shared = make_router().start()
    yield shared
    shared.stop()


@pytest.fixture
def new_router(make_router):
    """A router for this test only: new_router(config text, environment). It is killed after the test."""
    yield from making(make_router)


@pytest.fixture
def run_program(program, tmp_path):
    """Runs the router's program until it ends by itself. Returns (exit code, stdout, stderr)."""
    def run(*arguments, environment=None, folder=tmp_path):
        import os
        done = subprocess.run([program.path, *map(str, arguments)], cwd=folder, capture_output=True, text=True,
                              env={**os.environ, **(environment or {})}, timeout=RUN_SECONDS,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr
    return run


@pytest.fixture
def path(stream):
    """A path for this test only, which the project's configuration allows."""
    return f"live/{stream}/in"


@pytest.fixture
def publish_to(clips):
    """Publishes over RTMP: publish_to(router, path, clip='av', query='', lead=...). Ends with the test."""
    def start(router, path, clip="av", **options):
        return Publisher(HOST, router.rtmp_port, clips.get(clip), path, **options)

    yield from making(start, Publisher.close)


@pytest.fixture
def live(publish_to):
    """publish_to, and waits until the stream can be read and its lead has been sent."""
    def start(router, path, clip="av", **options):
        publisher = publish_to(router, path, clip, **options)
        publisher.lead_sent.wait(LEAD_DEADLINE_SECONDS)
        router.wait_ready(path)
        return publisher
    return start


@pytest.fixture
def stream_url(router, live, path):
    """The RTSP address of a stream with video and audio that can be read."""
    live(router, path)
    return router.rtsp(path)


@pytest.fixture
def rtmp_client():
    """Scripted RTMP clients of a router; closed after the test."""
    yield from making(lambda router: ScriptedRtmp(HOST, router.rtmp_port), ScriptedRtmp.close)


@pytest.fixture
def rtsp_client():
    """Scripted RTSP clients of a router; closed after the test."""
    yield from making(lambda router: ScriptedRtsp(HOST, router.rtsp_port), ScriptedRtsp.close)


@pytest.fixture
def client(tmp_path):
    """Starts a real client program: client('ffmpeg', ...). It ends with the test."""
    numbers = itertools.count()

    def start(*argv):
        return Process(argv[0], list(map(str, argv)), tmp_path / f"client{next(numbers)}.log")

    yield from making(start)


@pytest.fixture
def ffmpeg_publish(clips, client):
    """Publishes a clip with ffmpeg, over RTMP or RTSP, in real time and endlessly."""
    def start(url, clip="av", *more):
        form = ["-rtsp_transport", "tcp", "-f", "rtsp"] if url.startswith("rtsp:") else ["-f", "flv"]
        return client("ffmpeg", *ffmpeg.QUIET, "-re", "-stream_loop", "-1", "-i", clips.get(clip), "-c", "copy",
                      *more, *form, url)
    return start


@pytest.fixture
def hook_record(tmp_path):
    return HookRecord(tmp_path)
