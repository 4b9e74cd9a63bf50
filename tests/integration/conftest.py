"""Runs a stream-worker between scripted peers: source, pump and target are the peers, start() starts the worker."""

import contextlib
import itertools

import pytest
from support.making import making
from support.rtmp_server import RtmpServer
from support.rtsp_server import Pump, RtspServer
from support.worker import Worker


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
    """Starts workers. They are killed after the test, and none of them may have a report of a sanitizer."""
    numbers = itertools.count()

    def make(source_url, target_url, *arguments, **options):
        return Worker(tmp_path, source_url, target_url, *arguments, name=f"worker{next(numbers)}", **options)

    def end(worker):
        worker.kill()
        worker.assert_no_report()

    yield from making(make, end)
