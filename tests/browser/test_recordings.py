"""Chromium plays recordings: finished files, those that are still written, those of a router that was killed, and clips of them."""

from datetime import timedelta

import pytest
from support import recorded, recordings
from support.bare_router import ONLY_EMBEDDED
from support.making import making
from support.router import Router
from support.video_element import play, play_url
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
PATH = "live/browser/in"
LONG_ENOUGH_SECONDS = 3


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rec"


@pytest.fixture
def new_recorder(tmp_path, folder):
    def start():
        return recordings.recorder(tmp_path, recordings.path_defaults(folder, recordSegmentDuration="1h"), playback=True)
    yield from making(start, Router.kill)


@pytest.fixture
def recording(new_recorder, clips, folder):
    """(router, publisher, file): a file that is being written, and has some seconds."""
    router = new_recorder()
    publisher = recordings.publisher(router, clips.get("b-frames"), PATH)
    recorded.wait_ranges(router, PATH, LONG_ENOUGH_SECONDS)
    [file] = recordings.files(folder, PATH)
    yield router, publisher, file
    publisher.close()


def check(result, seconds):
    assert isinstance(result, dict), result
    assert result["time"] > seconds - 0.3 and result["width"] == 320 and result["sound"] > 10_000
    assert result["pictures"] > 20  # at eight times the speed not all are shown


def seconds_of(data, tmp_path):
    """Of all whole parts."""
    cut = tmp_path / "whole.mp4"
    cut.write_bytes(data[:recordings.whole_parts(data)])
    return max(time for time, _ in recordings.packets(cut))


def test_a_finished_file(chromium, recording, folder, tmp_path):
    router, publisher, file = recording
    publisher.close()
    wait_until(lambda: recordings.duration_ms(file.read_bytes()) > 0, "its duration", 60)
    data = file.read_bytes()
    check(play(chromium, data), seconds_of(data, tmp_path))


def test_a_file_that_is_written_meanwhile(chromium, recording, tmp_path):
    data = recording[2].read_bytes()
    check(play(chromium, data), seconds_of(data, tmp_path))


def test_the_file_of_a_killed_router(chromium, recording, tmp_path):
    router, _, file = recording
    router.kill()
    data = file.read_bytes()
    assert recordings.duration_ms(data) == 0
    check(play(chromium, data), seconds_of(data, tmp_path))
    # The kernel may have been interrupted anywhere in the last part.
    for end in (len(data) - 1000, recordings.whole_parts(data[:-1]) + 150):
        cut = recordings.as_written(data, end)
        check(play(chromium, cut), seconds_of(cut, tmp_path))


@pytest.mark.parametrize("form", ["fmp4", "mp4"])
def test_a_clip_of_the_playback_server(chromium, recording, form):
    router = recording[0]
    [(start, _)] = recorded.ranges(router, PATH)
    check(play_url(chromium, recorded.get_url(router, PATH, start + timedelta(seconds=0.5), 2, form)), 2)
