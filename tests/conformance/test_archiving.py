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
    yield from making(lambda: Archiver(tmp_path, server.url, name=f"archiver{next(numbers)}").started())


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
    wait_until(lambda: not list(spool.iterdir()), last.log)
    recorded = files(folder, path)
    # What was open when the router was killed is on the disk only: nobody has finished it.
    stored = {f"{path}/{file.name}": file for file in recorded}
    missing = [key for key in stored if key not in server.objects]
    assert len(missing) <= 4 and len(server.objects) >= 4 and set(server.objects) <= set(stored)
    for key, body in server.objects.items():
        assert stored[key].read_bytes() == body
        assert float(server.headers[key]["x-amz-meta-duration"]) > 1
    assert server.arrived == sorted(server.arrived) and server.problems == []
    assert_plays(stored[server.arrived[-1]])
