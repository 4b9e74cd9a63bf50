"""SIGKILL of the router at random moments while it records: what it had written stays, and plays up to its last part."""

import random
import subprocess
import time

import pytest
from support import browser, recordings
from support.bare_router import ONLY_EMBEDDED
from support.making import making
from support.recordings import files
from support.router import HOST, Router
from support.rtmp_script import Publisher
from support.video_element import play
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
NAMES = [f"live/{i}/in" for i in range(2)]
FORMATS = ("fmp4", "mpegts")


@pytest.fixture
def new_recorder(tmp_path):
    """A router that records each of NAMES in parts of 100 ms, so that kills come while something is written."""
    def start(folder):
        paths = {name: {"recordFormat": FORMATS[i % 2]} for i, name in enumerate(NAMES)}
        defaults = recordings.path_defaults(folder, recordPartDuration="100ms", recordSegmentDuration="1s")
        return recordings.recorder(tmp_path / f"router-{folder.name}", defaults, paths=paths)
    yield from making(start, Router.kill)


def pictures(data):
    """How many pictures players get of these bytes of a file."""
    done = subprocess.run(["ffprobe", "-v", "quiet", "-f", "mpegts", "-select_streams", "v", "-show_entries", "packet=flags", "-of",
                           "csv=p=0", "-"], input=data, capture_output=True, timeout=60)
    return len(done.stdout.splitlines())


def check(file, flushed):
    """flushed: the bytes that were seen in the file before the kill."""
    data = file.read_bytes()
    assert data[:64] == flushed[:64] and len(data) >= len(flushed), f"{file} has lost what was in it"
    mp4 = file.suffix == ".mp4"
    whole = recordings.whole_parts(data) if mp4 else len(data) // 188 * 188
    assert whole >= (recordings.whole_parts(flushed) if mp4 else 0)
    if mp4 or whole == len(data):
        recordings.assert_plays(file)
    else:  # the kernel was interrupted while it took the last part
        assert pictures(data) >= pictures(data[:whole])


def check_in_browser(chromium, file):
    """The browser plays it up to the last whole part."""
    data = file.read_bytes()
    whole = data[:recordings.whole_parts(data)]
    if b"moof" not in whole:
        return  # it was killed before the first part
    cut = file.with_suffix(".whole")
    cut.write_bytes(whole)
    last = max(time for time, _ in recordings.packets(cut))
    cut.unlink()
    result = play(chromium, data)
    assert isinstance(result, dict) and result["pictures"] > 0 and result["time"] > last - 0.2, (file, last, result)


@pytest.fixture
def chromium():
    """None: there is no browser."""
    if browser.missing():
        yield None
        return
    opened = browser.Browser()
    yield opened
    opened.close()


def test_a_killed_router_leaves_files_that_play(new_recorder, clips, tmp_path, long_form, chromium):
    kills = 200 if long_form else 10
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # pytest shows it when the test fails
    moments = random.Random(seed)
    for number in range(kills):
        folder = tmp_path / f"rec{number}"
        router = new_recorder(folder)
        publishers = [Publisher(HOST, router.rtmp_port, clips.get("small"), name) for name in NAMES]
        wait_until(lambda: {file.parent for file in files(folder)} == {folder / name for name in NAMES}, "a file of each")
        time.sleep(moments.uniform(0, 0.4))
        seen = {file: file.read_bytes() for file in files(folder)}
        router.kill()
        for publisher in publishers:
            publisher.close()
        assert set(files(folder)) >= set(seen)
        for file in files(folder):
            check(file, seen.get(file, b""))
        of_browser = [file for file in files(folder) if file.suffix == ".mp4"]
        for file in of_browser if long_form else of_browser[-1:]:
            if chromium:
                check_in_browser(chromium, file)
