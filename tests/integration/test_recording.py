"""Recordings when disks fail: full, read-only, gone, hanging. The stream and its readers must not notice. Files stay playable
whatever byte they end with."""

import itertools
import random
import resource
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pytest
from support import http, recordings
from support.bare_router import ONLY_EMBEDDED
from support.hanging_disk import HangingDisk
from support.making import making
from support.recordings import assert_plays, files
from support.router import BIN, HOST, Router
from support.rtmp_script import Publisher
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
PATH = "live/a/in"
KILOBYTE = 1024


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rec"


@pytest.fixture
def new_recorder(tmp_path, folder):
    """new_recorder(environment, program, **path defaults): a router that records everything into the folder."""
    def start(environment=None, program=None, **changes):
        return recordings.recorder(tmp_path / "router", recordings.path_defaults(folder, **changes), program=program,
                                   environment=environment, logLevel="debug", playback=False)
    yield from making(start, Router.kill)


@pytest.fixture
def publish_live(clips):
    yield from making(lambda router, clip="av": recordings.publisher(router, clips.get(clip), PATH), Publisher.close)


@pytest.fixture
def watched(frame_sums):
    """watched(router): a reader over RTSP. Its check() says that no picture was missing so far."""
    class Watched:
        def __init__(self, router):
            self.reader = frame_sums(router.rtsp(PATH), "v")
            wait_until(lambda: len(self.reader.lines()) > 10, "the reader has pictures")

        def check(self, more=30):
            seen = len(self.reader.lines())
            wait_until(lambda: len(self.reader.lines()) >= seen + more, "the stream goes on")
            stamps = [stamp for stamp, _ in self.reader.lines()][2:]  # the first ones are where it joined
            steps = [after - before for before, after in itertools.pairwise(stamps)]
            assert max(steps) < 2 * statistics.median(steps), "a picture is missing"
    return Watched


def recorder(router):
    return next(iter(router.items("recorders")), None)


def wait_state(router, state, seconds=60):
    return wait_until(lambda: (found := recorder(router)) and found["state"] == state and found,
                      lambda: f"{state}, but {recorder(router)}; the log:\n{router.log()[-2000:]}", seconds)


def failures(router):
    return [text for level, text in router.messages("[recorder]") if level == "ERR"]


def wait_resumed(router):
    wait_state(router, "recording")
    router.wait_message("INF", rf"\[path {PATH}\] \[recorder\] recording goes on", 60)


def assert_all_play(found):
    assert found
    for file in found:
        assert_plays(file)


# The limit of the process stands for a full disk: the kernel writes a part of what it was given, and then refuses.
def test_a_disk_that_is_full(new_recorder, publish_live, watched, folder):
    router = new_recorder(recordSegmentDuration="1h")
    publish_live(router)
    reader = watched(router)
    [file] = recordings.wait_files(folder, PATH, 1)
    old = resource.prlimit(router.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(router.process.pid, resource.RLIMIT_FSIZE, (file.stat().st_size + 50 * KILOBYTE + 77, old[1]))
    found = wait_state(router, "failing")
    assert found["error"].endswith(": file too large") and found["errors"] >= 1
    reader.check()
    size = file.stat().st_size
    assert recordings.whole_parts(file.read_bytes()) == size, "what was written half is cut off"
    assert recordings.duration_ms(file.read_bytes()) > 0, "it is finished"
    # With this limit no file can begin: an attempt leaves nothing behind.
    resource.prlimit(router.process.pid, resource.RLIMIT_FSIZE, (0, old[1]))
    wait_until(lambda: recorder(router)["errors"] >= 2 and recorder(router)["state"] == "failing", "another attempt", 60)
    metrics = http.get(router.metrics()).text()
    assert f'recorders_failing{{name="{PATH}"}} 1\n' in metrics
    resource.prlimit(router.process.pid, resource.RLIMIT_FSIZE, old)
    wait_state(router, "recording", 90)
    assert len(failures(router)) == 1, failures(router)
    assert recorder(router)["framesDiscarded"] > 0
    wait_resumed(router)
    reader.check()
    assert file.stat().st_size == size
    found = files(folder)
    assert all(one.stat().st_size > 0 for one in found)
    assert_all_play([one for one in found if recordings.duration_ms(one.read_bytes())])


def in_a_namespace(tmp_path, folder, size):
    """A script that runs the router with a small file system at the folder, which nobody else sees. Skips where that is forbidden."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespaces of its own: unshare -rm is forbidden here")
    script = tmp_path / "router.sh"
    script.write_text(f"#!/bin/sh\nexec unshare -rm sh -c 'mount -t tmpfs -o size={size} tmpfs {folder} && "
                      f"exec {BIN}/media-router \"$@\"' sh \"$@\"\n")
    script.chmod(0o755)
    folder.mkdir()
    return script


def test_a_small_file_system_that_fills_up_and_turns_read_only(new_recorder, publish_live, watched, folder, tmp_path):
    router = new_recorder(program=in_a_namespace(tmp_path, folder, "600k"), recordSegmentDuration="1h")
    seen = Path(f"/proc/{router.process.pid}/root{folder}")  # as the router sees it
    enter = ["nsenter", "-t", str(router.process.pid), "-U", "-m", "--preserve-credentials"]
    publish_live(router)
    reader = watched(router)
    assert wait_state(router, "failing")["error"].endswith(": no space left on device")
    reader.check()
    found = files(seen)
    assert_all_play(found)
    # While nothing is open, it can be made read-only.
    wait_until(lambda: subprocess.run([*enter, "mount", "-o", "remount,ro", str(folder)], capture_output=True).returncode == 0,
               "it is read-only")
    wait_until(lambda: recorder(router)["error"].endswith(": read-only file system"), lambda: str(recorder(router)), 60)
    reader.check()
    subprocess.run([*enter, "mount", "-o", "remount,rw", str(folder)], check=True)
    for file in found:
        file.unlink()
    wait_state(router, "recording", 90)
    reader.check()
    assert len(failures(router)) == 1, "no flood"


def test_a_folder_that_is_removed(new_recorder, publish_live, watched, folder):
    router = new_recorder(recordSegmentDuration="1h")
    publish_live(router)
    reader = watched(router)
    [file] = recordings.wait_files(folder, PATH, 1)
    shutil.rmtree(folder)
    wait_until(lambda: failures(router), "the log says so")
    assert failures(router) == [f"[path {PATH}] [recorder] write {file}: no such file or directory (the stream goes on, and "
                                "recording is tried again until it works)"]
    wait_resumed(router)
    reader.check()
    assert len(files(folder)) == 1
    assert len(failures(router)) == 1


def test_a_disk_that_hangs(new_recorder, publish_live, watched, folder, tmp_path):
    disk = HangingDisk(tmp_path)
    router = new_recorder(disk.environment)
    publish_live(router, "keyframes-4")  # 4 MB a second fill the queue soon
    recordings.wait_files(folder, PATH, 1)
    reader = watched(router)
    disk.writes.touch()
    found = wait_state(router, "failing", 120)
    assert found["error"] == "the disk is too slow" and found["bytesWaiting"] > 48 << 20
    reader.check(10)
    assert len(failures(router)) == 1
    disk.writes.unlink()
    wait_resumed(router)
    wait_until(lambda: recorder(router)["bytesWaiting"] < 16 << 20, "the disk has caught up")
    reader.check(10)
    for file in files(folder)[:-1]:
        data = file.read_bytes()
        assert recordings.whole_parts(data) == len(data)
    assert len(failures(router)) == 1


def test_a_disk_that_hangs_does_not_hang_the_end(new_recorder, publish_live, folder, tmp_path):
    disk = HangingDisk(tmp_path)
    router = new_recorder(disk.environment)
    publish_live(router)
    recordings.wait_files(folder, PATH, 1)
    disk.writes.touch()
    wait_until(lambda: recorder(router)["bytesWaiting"] > 0, "something waits")
    began = time.monotonic()
    assert router.process.terminate() == 0
    assert time.monotonic() - began < 19, "it waits for ten seconds"
    assert "the disk hangs" in router.log()


def test_a_file_that_ends_with_any_byte_plays_up_to_its_last_part(new_recorder, publish_live, folder, tmp_path):
    router = new_recorder(recordSegmentDuration="1h")
    publish_live(router)
    [file] = recordings.wait_files(folder, PATH, 1)
    wait_until(lambda: file.stat().st_size > 150 * KILOBYTE, "some parts")
    data = file.read_bytes()
    moov = data.index(b"mvex") + 500  # behind it parts begin
    cut = tmp_path / "cut.mp4"
    for end in sorted(random.sample(range(moov, len(data)), 15)):
        whole = recordings.whole_parts(data[:end])
        cut.write_bytes(data[:whole])
        expected = len(recordings.packets(cut)) if data[:whole].count(b"moof") else 0
        cut.write_bytes(recordings.as_written(data, end))
        done = subprocess.run(["ffprobe", "-v", "quiet", "-select_streams", "v", "-show_entries", "packet=size", "-of", "csv", str(cut)],
                              capture_output=True, text=True)
        assert len(done.stdout.splitlines()) >= expected, f"{end} of {len(data)}"


def test_a_router_that_is_killed_before_a_part_is_named(new_recorder, publish_live, folder, tmp_path):
    """The bytes of the last part are there, but it still is a box that players skip. That box ends the file."""
    disk = HangingDisk(tmp_path)
    router = new_recorder(disk.environment, recordSegmentDuration="1h")
    publish_live(router)
    [file] = recordings.wait_files(folder, PATH, 1)
    wait_until(lambda: recordings.whole_parts(file.read_bytes()) > 50 * KILOBYTE, "some parts")
    disk.names.touch()
    data = wait_until(lambda: (data := file.read_bytes()) and recordings.is_skipped(data) and data, "a part without its name", 60)
    router.kill()
    assert file.read_bytes() == data
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[:recordings.whole_parts(data)])
    assert recordings.packets(file) == recordings.packets(cut)
    recordings.assert_plays(file)


def test_a_publisher_that_returns_within_the_second_overwrites_nothing(new_recorder, publish_live, folder):
    router = new_recorder(recordPath=f"{folder}/%path/%s")
    for count in range(1, 4):
        publisher = publish_live(router)
        wait_until(lambda: len(files(folder)) == count, "a file of its own")
        publisher.close()
        router.wait_not_ready(PATH)
    assert_all_play(files(folder))


def test_many_paths_end_together_with_the_router(new_recorder, clips, folder):
    router = new_recorder()
    names = [f"live/{i}/in" for i in range(8)]
    publishers = [Publisher(HOST, router.rtmp_port, clips.get("small"), name) for name in names]
    try:
        grown = 20 * KILOBYTE
        wait_until(lambda: len({file.parent for file in files(folder) if file.stat().st_size > grown}) == len(names),
                   "a file of each", 60)
        router.stop()
    finally:
        for publisher in publishers:
            publisher.close()
    for file in files(folder):
        recordings.assert_whole(file)
    assert not [text for level, text in router.messages() if level == "ERR"]
