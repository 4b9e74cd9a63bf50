import itertools
import json
import os
import sys
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

from support import ffmpeg, sanitizer_reports  # noqa: E402
from support.bare_router import SANITIZED  # noqa: E402
from support.clips import Clips  # noqa: E402
from support.making import making, started  # noqa: E402
from support.router import BIN  # noqa: E402
from support.rtmp_script import Publisher, ScriptedRtmp  # noqa: E402
from support.stack import Stack  # noqa: E402

REPORTS = sanitizer_reports.in_this_run() if SANITIZED else None


def pytest_collection_modifyitems(items):
    """Files that take long begin first: several run at once, and the last one decides how long all take."""
    seconds = json.loads((ROOT / "tests" / "seconds.json").read_text())
    items.sort(key=lambda item: -seconds.get(item.nodeid.split("::")[0], 0))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    """After the fixtures, some of which stop programs."""
    if REPORTS:
        REPORTS.assert_none()


@pytest.fixture(scope="session")
def bin_dir():
    """The folder of the programs under test."""
    return BIN


@pytest.fixture(scope="session")
def clips():
    return Clips(ROOT / os.environ.get("BUILD_DIR", "build/dev") / "test-media")


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory):
    """One running stack for all tests that do not change it. Each test uses its own stream names."""
    with started(Stack(tmp_path_factory.mktemp("stack"))) as stack:
        yield stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack with workers for all tests of a file. What is published to `in` appears at `out`."""
    with started(Stack(tmp_path_factory.mktemp("stack"), worker_mode="process")) as running:
        yield running


@pytest.fixture
def new_stack(tmp_path):
    """Makes stacks that a test may stop, kill or start. Those that still run at the end are killed."""
    numbers = itertools.count()

    def make(**overrides):
        folder = tmp_path / f"stack{next(numbers)}"
        folder.mkdir()
        return Stack(folder, **overrides)

    yield from making(make)


@pytest.fixture
def publish(clips, tmp_path):
    """Starts publishers: publish(url, clip='av', loop=True, options=()). They end with the test."""
    numbers = itertools.count()

    def start(url, clip="av", loop=True, options=()):
        return ffmpeg.publish(clips.get(clip), url, tmp_path / f"publisher{next(numbers)}.log", loop, options)

    yield from making(start)


@pytest.fixture
def publish_tags():
    """Publishes an FLV file unchanged to `in`, in real time and endlessly: publish_tags(stack, file, stream). Ends with the
    test. Options are Publisher's."""
    def start(stack, file, stream, **options):
        return Publisher(stack.settings.host, stack.settings.rtmp_port, file, f"live/{stream}/in", **options)

    yield from making(start, Publisher.close)


@pytest.fixture
def scripted_rtmp():
    """Scripted RTMP clients of a stack. They are closed after the test."""
    yield from making(lambda stack: ScriptedRtmp(stack.settings.host, stack.settings.rtmp_port), ScriptedRtmp.close)


@pytest.fixture
def frame_sums(tmp_path):
    """Starts readers that make checksums: frame_sums(url_or_file, 'v' or 'a', codec of the video). They end with the test."""
    numbers = itertools.count()

    def start(source, kind, codec="h264"):
        number = next(numbers)
        return ffmpeg.FrameSums(source, kind, tmp_path / f"reader{number}.log", tmp_path / f"reader{number}.framemd5",
                                codec)

    yield from making(start, lambda reader: reader.process.kill())


@pytest.fixture
def stream(request):
    """A stream id for this test only: readable, and unique by a checksum."""
    name = request.node.name
    readable = "".join(c if c.isalnum() else "-" for c in name)[:60].strip("-")
    return f"{readable}-{zlib.crc32(name.encode()):08x}"
