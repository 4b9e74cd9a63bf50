"""A recording reaches object storage by the hook of either router, also when the router and the archiver are killed."""

import contextlib
import itertools

import pytest
from support import recordings
from support.archiver import Archiver
from support.making import making
from support.recordings import assert_plays, files
from support.router import variation
from support.s3_server import S3Server
from support.wait import wait_until


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rec"


@pytest.fixture
def start_router(new_router, folder, tmp_path):
    """Starts routers that record into one folder, and use one spool."""
    defaults = recordings.path_defaults(folder, runOnRecordSegmentComplete="segment-archiver")
    config = variation(pathDefaults=defaults, paths={"all_others": {}})
    return lambda: new_router(config, {"ARCHIVE_SPOOL": str(tmp_path / "spool")}).start()


@pytest.fixture
def server():
    with contextlib.closing(S3Server()) as running:
        yield running


@pytest.fixture
def start_archiver(server, tmp_path):
    numbers = itertools.count()
    yield from making(lambda *arguments: Archiver(tmp_path, server.url, *arguments, name=f"archiver{next(numbers)}").started())


def test_finished_segments_are_in_the_bucket_after_everything_was_killed(start_router, start_archiver, server, live, folder, path, tmp_path):
    for round_ in range(2):
        archiver, router = start_archiver(), start_router()
        before = len(files(folder, path))
        live(router, path, lead=0)
        recordings.wait_files(folder, path, before + 3)
        wait_until(lambda: len(server.arrived) > 2 * round_, archiver.log)
        archiver.kill()
        recordings.wait_files(folder, path, before + 4)
        router.kill()
    last = start_archiver()
    spool = tmp_path / "spool" / "queue"
    wait_until(lambda: not list(spool.iterdir()), last.log, 60)
    assert len(server.objects) >= 4 and server.arrived == sorted(server.arrived)
    assert all(float(headers["x-amz-meta-duration"]) > 1 for headers in server.headers.values())
    last.terminate()
    # What was open when the router was killed is on the disk only: no hook has told of it.
    recorded = {f"{path}/{file.name}": file for file in files(folder, path) if file.stat().st_size}
    assert 1 <= len(recorded.keys() - server.objects.keys()) <= 4
    looking = start_archiver(f"--record-path={folder}/{recordings.NAMES}", "--found-after=1s")
    wait_until(lambda: recorded.keys() == server.objects.keys(), looking.log, 60)
    assert server.problems == []
    for key, file in recorded.items():
        assert server.objects[key] == file.read_bytes()
        assert_plays(file)
