"""Recording: files, their names and contents, log, hooks, retention, and changes of the configuration while a stream goes on."""

import itertools
import os
import time

import pytest
from support import http, recordings
from support.differences import differs
from support.recordings import assert_plays, assert_whole, began, files, wait_files
from support.router import variation
from support.wait import wait_until

DELTA = 0.25  # seconds: how exact the clocks of a test are


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rec"


@pytest.fixture
def recorder(new_router, folder):
    """recorder(**path defaults): a router that records everything that is published."""
    def start(paths=None, **changes):
        defaults = recordings.path_defaults(folder, **changes)
        return new_router(variation(logLevel="debug", pathDefaults=defaults, paths=paths or {"all_others": {}})).start()
    return start


def finished(router, publisher, path):
    """Ends the stream, and waits until its last file is finished."""
    publisher.close()
    router.wait_not_ready(path)
    router.wait_message("INF", rf"\[path {path}\] \[recorder\] recording stopped")
    opened = len(router.messages("creating segment"))
    wait_until(lambda: len(router.messages("closing segment")) == opened, lambda: router.log()[-2000:])


@pytest.mark.parametrize("form,suffix", [("fmp4", ".mp4"), ("mpegts", ".ts")])
def test_each_segment_is_a_file_that_plays(recorder, live, folder, path, form, suffix):
    router = recorder(recordFormat=form)
    publisher = live(router, path, lead=0)
    wait_files(folder, path, 4)
    finished(router, publisher, path)
    found = files(folder, path)
    assert {file.suffix for file in found} == {suffix}
    for file in found:
        assert_whole(file)
        assert recordings.packets(file)[0][1], "the first picture is a key frame"
    # The clip has a key frame each second, and two seconds are a segment.
    starts = [began(file) for file in found[1:]]
    for before, after in itertools.pairwise(starts):
        assert abs(after - before - 2) < DELTA
    assert abs(starts[-1] - time.time()) < 60
    assert (found[0].parent.stat().st_mode & 0o777, found[0].parent) == (0o755, folder / path)


def test_the_first_file_begins_with_the_stream(recorder, live, folder, path):
    row = "the time of the first file of an RTMP publisher"
    router = recorder()
    before = time.time()
    live(router, path, lead=0)
    first, second = wait_files(folder, path, 2)[:2]
    assert (began(first) - before < 1) == differs(router, row, mediamtx=False, embedded=True)
    assert began(first) < began(second)


def test_the_box_that_tells_which_segment_it_is(recorder, live, folder, path):
    router = recorder()
    publisher = live(router, path)
    wait_files(folder, path, 3)
    finished(router, publisher, path)
    boxes = [recordings.mtxi(file.read_bytes()) for file in files(folder, path)]
    assert len({box[0] for box in boxes}) == 1
    assert boxes[0][0][6] >> 4 == 4, "a random UUID"
    assert [box[1] for box in boxes] == list(range(len(boxes)))
    for file, box in zip(files(folder, path), boxes):
        assert box[3] // 1000 == round(began(file) * 1_000_000)
    for before, after in itertools.pairwise(boxes[1:]):
        assert abs((after[2] - before[2]) / 1e9 - 2) < DELTA


def test_the_log(recorder, live, folder, path):
    router = recorder()
    publisher = live(router, path)
    [first] = wait_files(folder, path, 1)[:1]
    start = rf"\[path {path}\] \[recorder\] "
    router.wait_message("INF", start + r"recording 2 tracks \((H264, MPEG-4 Audio|MPEG-4 Audio, H264)\)")
    router.wait_message("DEB", start + "creating segment " + recordings.quoted(first))
    router.wait_message("DEB", start + "closing segment " + recordings.quoted(first))
    publisher.close()
    router.wait_message("INF", start + "recording stopped")


def test_an_open_file_plays(recorder, live, folder, path):
    router = recorder(recordSegmentDuration="1h")
    live(router, path)
    [file] = wait_files(folder, path, 1)
    size = file.stat().st_size
    wait_until(lambda: file.stat().st_size > size + 20_000, "it grows")
    data = file.read_bytes()
    assert recordings.duration_ms(data) == 0
    copy = folder / "copy.mp4"
    copy.write_bytes(data[:recordings.whole_parts(data)])
    assert_plays(copy)


def test_hooks(recorder, live, folder, path, hook_record):
    router = recorder(paths={"~^live/(.*)/in$": {}}, runOnRecordSegmentCreate=hook_record.command("create", "$MTX_SEGMENT_PATH"),
                      runOnRecordSegmentComplete=hook_record.command("complete", "$MTX_SEGMENT_DURATION"))
    publisher = live(router, path)
    hook_record.wait("complete", path, 2, 40)
    finished(router, publisher, path)
    found = files(folder, path)
    # The hooks of a last segment that is short run beside each other.
    for name in ("create", "complete"):
        wait_until(lambda name=name: len(hook_record.calls(name)) >= len(found), lambda: str(hook_record.calls()))
    created, completed = hook_record.calls("create"), hook_record.calls("complete")
    assert sorted(call.arguments[0] for call in created) == [str(file) for file in found]
    expected = {"MTX_PATH": path, "RTSP_PATH": path, "RTSP_PORT": str(router.rtsp_port), "G1": path.split("/")[1]}
    assert created[0].variables() == {**expected, "MTX_SEGMENT_PATH": created[0].arguments[0]}
    for call in completed:
        assert call.variables() == {**expected, "MTX_SEGMENT_PATH": call.environment["MTX_SEGMENT_PATH"],
                                    "MTX_SEGMENT_DURATION": call.arguments[0]}
    whole = {call.environment["MTX_SEGMENT_PATH"]: float(call.arguments[0]) for call in completed}
    assert abs(whole[str(found[1])] - 2) < DELTA
    for name in ("Create", "Complete"):
        router.wait_message("INF", rf"\[path {path}\] runOnRecordSegment{name} command launched")


def test_the_switch_while_a_stream_goes_on(recorder, live, folder, path, frame_sums):
    router = recorder(paths={path: {"record": False}})
    publisher = live(router, path)
    reader = frame_sums(router.rtsp(path), "v")
    wait_until(lambda: len(reader.lines()) > 10, "the reader has pictures")
    source = router.path(path)["source"]

    def switch(**values):
        reply = http.request("PATCH", router.api(f"/v3/config/paths/patch/{path}"), body=values)
        assert reply.status == 200, reply
    assert files(folder) == []
    switch(record=True)
    wait_files(folder, path, 2)
    switch(recordFormat="mpegts")
    wait_until(lambda: any(file.suffix == ".ts" for file in files(folder)), "a file of the other format", 40)
    switch(record=False)
    wait_until(lambda: len(router.messages("recording stopped")) == 2, lambda: router.log()[-2000:])
    opened = len(router.messages("creating segment"))
    wait_until(lambda: len(router.messages("closing segment")) == opened, lambda: router.log()[-2000:])
    count, seen = len(files(folder)), len(reader.lines())
    wait_until(lambda: len(reader.lines()) > seen + 90, "three further seconds")
    assert len(files(folder)) == count
    assert router.path(path)["source"] == source, "nobody was disconnected"
    for file in files(folder):
        assert_whole(file)
    stamps = [stamp for stamp, _ in reader.lines()][2:]  # the first ones are where the reader joined
    steps = {after - before for before, after in itertools.pairwise(stamps)}
    assert max(steps) < 2 * min(steps), "a picture is missing"
    publisher.close()


@pytest.mark.parametrize("setting,message", [
    ({"recordPath": "/rec/%Y-%m-%d_%H-%M-%S-%f"}, "'recordPath' must contain %path"),
    ({"recordPath": "/rec/%path/%Y-%m-%d-%f"}, "'recordPath' must contain either %s or %Y %m %d %H %M %S"),
    ({"recordPath": "/rec/%path/%s"}, "'recordPath' must contain %f"),
    ({"recordFormat": "avi"}, "invalid record format 'avi'"),
    ({"recordSegmentDuration": "25h"}, "maximum segment duration is 1 day"),
    ({"recordSegmentDuration": "2h", "recordDeleteAfter": "1h"},
     "'recordDeleteAfter' cannot be lower than 'recordSegmentDuration'")])
def test_settings_that_cannot_be(router, stream, setting, message):
    reply = http.request("POST", router.api(f"/v3/config/paths/add/live/{stream}/in"), body={"record": True, **setting})
    assert (reply.status, message in reply.json()["error"]) == (400, True), reply.json()


def test_a_record_path_without_a_folder(router, stream):
    reply = http.request("POST", router.api(f"/v3/config/paths/add/live/{stream}/in"), body={"recordPath": "/%path/%s-%f"})
    row = "`recordPath: /%path/...`, without a folder in front of the variables"
    assert reply.status == differs(router, row, mediamtx=200, embedded=400)
    http.request("DELETE", router.api(f"/v3/config/paths/delete/live/{stream}/in"))


def test_retention(recorder, folder):
    row = "files whose name is longer than that of a recording, such as `x.mp4.part`"
    old = "2020-01-01_00-00-00-000000.mp4"
    gone = [folder / "cam" / old, folder / "live" / "a" / "in" / old]
    kept = [folder / "cam" / "notes.txt", folder / "forever" / old, folder / "cam" / "2090-01-01_00-00-00-000000.mp4"]
    odd = folder / "cam" / f"{old}.part"
    for file in [*gone, *kept, odd]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    router = recorder(paths={"cam": {}, "forever": {"recordDeleteAfter": "0s"}, "~^live/": {}}, record=False,
                      recordDeleteAfter="1h")
    wait_until(lambda: not any(file.exists() for file in gone), lambda: f"{gone} have gone")
    for file in gone:
        router.wait_message("DEB", r"\[record cleaner\]removing " + recordings.quoted(file))
    assert all(file.exists() for file in kept)
    assert odd.exists() == differs(router, row, mediamtx=False, embedded=True)
    wait_until(lambda: not (folder / "live" / "a").exists() or not router.embedded, "the empty folder has gone")


def test_two_streams_have_their_own_files(recorder, live, folder, path):
    router = recorder()
    publishers = [live(router, name) for name in (path, path + "/deeper")]
    for name in (path, path + "/deeper"):
        wait_until(lambda: [file for file in files(folder) if file.parent == folder / name], f"a file of {name}", 40)
    for publisher in publishers:
        publisher.close()
    assert os.path.isdir(folder / path / "deeper")
