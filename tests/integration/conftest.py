"""Runs a stream-worker between scripted peers: source, pump and target are the peers, start() starts the worker.
assert_seen_everywhere() compares what viewers of a whole stack see with what was published."""

import contextlib
import itertools

import pytest
from support.making import making
from support.pictures import EnhancedViewer, Viewer, assert_same_pictures, decoded
from support.rtmp_client import write_flv
from support.rtmp_server import RtmpServer
from support.rtsp_server import Pump, RtspServer
from support.wait import wait_until
from support.worker import Worker

WATCHED, LEAST = 150, 90  # pictures, 30 a second; a reader may have joined in the middle of a group


@pytest.fixture
def source():
    with contextlib.closing(RtspServer()) as server:
        yield server


@pytest.fixture
def pump(source):
    sender = Pump(source)
    yield sender
    sender.stop()


@pytest.fixture
def target():
    with contextlib.closing(RtmpServer()) as server:
        yield server


@pytest.fixture
def start(tmp_path):
    """Starts workers. They are killed after the test."""
    numbers = itertools.count()

    def make(source_url, target_url, *arguments, **options):
        return Worker(tmp_path, source_url, target_url, *arguments, name=f"worker{next(numbers)}", **options)

    yield from making(make)


@pytest.fixture
def watch(stack, publish_tags, tmp_path, stream):
    """watch(tags, enhanced): publishes them, and returns the pictures that are seen, {where: pictures}, and how many
    milliseconds a repetition takes."""
    def view(side, protocol, enhanced):
        viewer = EnhancedViewer if enhanced and protocol == "rtmp" else Viewer
        return viewer(getattr(stack, protocol)(stream, side), tmp_path, f"{side}-{protocol}")

    def run(view, tags, enhanced):
        publisher = publish_tags(stack, write_flv(tmp_path / "form.flv", tags), stream)
        for side in ("in", "out"):
            wait_until(lambda: stack.is_live(stream, side),
                       lambda: f"{side}; the router's log ends:\n{stack.router.log()[-2000:]}", 40)
        viewers = {f"{side} over {protocol}": view(side, protocol, enhanced)
                   for side in ("in", "out") for protocol in ("rtmp", "rtsp")}
        wait_until(lambda: all(len(v.pictures()) >= WATCHED for v in viewers.values()),
                   lambda: str({name: len(v.pictures()) for name, v in viewers.items()}), 60)
        publisher.close()
        return {name: viewer.finish() for name, viewer in viewers.items()}, publisher.length

    for make in making(view, lambda viewer: viewer.close()):
        yield lambda *arguments: run(make, *arguments)


@pytest.fixture
def assert_seen_everywhere(watch):
    """assert_seen_everywhere(tags, clip): publishes the tags, which every viewer must see as the pictures of the clip."""
    def check(tags, clip, enhanced=False):
        seen, cycle_ms = watch(tags, enhanced)
        source = decoded(clip)
        for name, pictures in seen.items():
            try:
                assert_same_pictures(pictures, source, cycle_ms, LEAST)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from None

    return check
