"""What is recorded, and how it is played: the playback server and the recordings of the Control API. The files are made by the test.
Both routers find them in the folder of their recordings."""

import shutil
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from support import boxes, http, recorded
from support.differences import differs
from support.pictures import decoded
from support.router import variation
from support.wait import wait_until

PICTURE = 1 / 30
SECOND = timedelta(seconds=1)
NOTHING = (404, "no recording segments found")


def error(reply):
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    return reply.status, reply.json()["error"]


def near(actual, expected, tolerance=0.06):
    assert len(actual) == len(expected), actual
    for (start, duration), (wanted, length) in zip(actual, expected):
        assert abs((start - wanted).total_seconds()) <= tolerance and abs(duration - length) <= tolerance, (actual, expected)


@pytest.fixture(scope="module")
def source(clips):
    """The pictures of the clip that is recorded; no two are equal."""
    pictures = decoded(clips.get("sync"))
    assert len({md5 for _, md5 in pictures}) == len(pictures)
    return pictures


@pytest.fixture
def record(router, path, clips):
    """Records the clip: record(). Returns its segments."""
    def make(clip="sync", start=None, to=path, **options):
        return recorded.segments(router, to, clips.get(clip), start or recorded.an_hour_ago(), **options)
    yield make
    # Other tests of the same router see no recordings.
    shutil.rmtree(router.folder / "recordings", ignore_errors=True)


def test_segments_of_one_run_are_one_range(router, record, path):
    segments = record()
    whole = sum(s.duration for s in segments)
    assert len(segments) == 4
    near(recorded.ranges(router, path), [(segments[0].start, whole)])
    item = recorded.listed(router, path).json()[0]
    url = urlsplit(item["url"])
    assert (url.scheme, url.netloc, url.path) == ("http", f"127.0.0.1:{router.playback_port}", "/get")
    query = parse_qs(url.query)
    assert query["path"] == [path] and recorded.time_of(query["start"][0]) == recorded.time_of(item["start"])
    assert float(query["duration"][0]) == item["duration"] and url.query.index("duration=") < url.query.index("path=") < url.query.index("start=")


def test_a_window_cuts_the_ranges(router, record, path):
    start = record()[0].start
    near(recorded.ranges(router, path, start=start + 12 * SECOND, end=start + 20 * SECOND), [(start + 12 * SECOND, 8)])
    near(recorded.ranges(router, path, end=start + 5 * SECOND), [(start, 5)])
    assert error(recorded.listed(router, path, start=start + 100 * SECOND)) == NOTHING
    assert error(recorded.listed(router, path, end=start - 100 * SECOND)) == NOTHING


def test_a_gap_makes_two_ranges(router, record, path):
    first = record("av")
    second = record("av", start=first[0].start + 60 * SECOND)
    near(recorded.ranges(router, path), [(s[0].start, s[0].duration) for s in (first, second)])
    between = first[0].start + 30 * SECOND
    near(recorded.ranges(router, path, start=between), [(second[0].start, second[0].duration)])
    assert error(recorded.get(router, path, between, 5)) == NOTHING


@pytest.mark.parametrize("later,ranges", [(0.5, 1), (1.5, 2)])
def test_files_of_other_recorders_follow_within_a_second(router, record, path, later, ranges):
    first = record("av", recorder=False)[0]
    record("av", start=first.start + (first.duration + later) * SECOND, recorder=False)
    assert len(recorded.ranges(router, path)) == ranges


def test_a_file_that_is_being_written(router, record, path):
    """Its header tells no duration, and its last part is cut off."""
    segment = record("av")[0]
    begin, end = recorded.parts_of(segment.file)[4]
    segment.file.write_bytes(segment.file.read_bytes()[:(begin + end) // 2])
    seconds = differs(router, "the last part of a file that a crash has cut off", mediamtx=5, embedded=4)
    near(recorded.ranges(router, path), [(segment.start, seconds)], 0.1)
    reply = recorded.get(router, path, segment.start, 60)
    boxes.check_init(boxes.Box("file", 0, len(reply.body), reply.body, boxes.parse(reply.body)))
    assert reply.status == 200


# An answer in both formats: `lead` pictures from before the start may be decoded first.
@pytest.mark.parametrize("form", ["", "fmp4", "mp4"])
@pytest.mark.parametrize("at,duration", [(0, 5), (7.5, 5.2), (12, 1), (9.98, 20), (0, 36), (35, 10)])
def test_a_clip_has_the_pictures_from_its_start_on(router, record, path, source, tmp_path, form, at, duration):
    segments = record()
    reply = recorded.get(router, path, segments[0].start + at * SECOND, duration, form)
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Accept-Ranges"]) == (200, "video/mp4", "none")
    file = tmp_path / "clip.mp4"
    file.write_bytes(reply.body)
    seen = decoded(file)
    sums = [md5 for _, md5 in source]
    begin = sums.index(seen[0][1])
    assert [md5 for _, md5 in seen] == sums[begin:begin + len(seen)], "a picture is missing or wrong"
    end = min(at + duration, source[-1][0] / 1000 + PICTURE)
    assert abs((begin + len(seen)) * PICTURE - end) <= 2 * PICTURE
    # The key frame before the start is at most a second before it.
    assert at - 1 - 2 * PICTURE <= begin * PICTURE <= at + 2 * PICTURE
    for (time, md5), (wanted, _) in zip(seen, source[begin:]):
        if wanted / 1000 >= at + PICTURE:
            assert abs(time / 1000 - (wanted / 1000 - at)) <= 2 * PICTURE, "a picture is shown at another time"


def test_a_file_of_ffmpeg(router, record, path, source, tmp_path):
    """Its fragments tell what most samples have in common only once."""
    segments = record(as_ffmpeg=True, recorder=False)
    reply = recorded.get(router, path, segments[0].start + 3 * SECOND, 4)
    assert reply.status == 200
    if not differs(router, "recorded files of other programs", mediamtx=False, embedded=True):
        return
    (tmp_path / "clip.mp4").write_bytes(reply.body)
    assert [md5 for _, md5 in decoded(tmp_path / "clip.mp4")] == [md5 for _, md5 in source][90:210]


def test_a_clip_ends_at_a_gap(router, record, path):
    first = record("av")
    record("av", start=first[0].start + 20 * SECOND)
    reply = recorded.get(router, path, first[0].start, 60)
    assert reply.status == 200
    file = boxes.Box("file", 0, len(reply.body), reply.body, boxes.parse(reply.body))
    assert sum(sum(durations) for track, _, durations, _ in boxes.check_fragmented(file) if track == 1) / 90000 == \
        pytest.approx(first[0].duration, abs=0.1)


def test_a_duration_in_gos_form(router, record, path):
    segments = record("av")
    for text in ("2s", "2000ms", "2", "2.0"):
        assert recorded.get(router, path, segments[0].start, text).status == 200
    assert error(recorded.get(router, path, segments[0].start, "-1")) == NOTHING
    assert error(recorded.get(router, path, segments[0].start + 50 * SECOND, "2")) == NOTHING
    assert error(recorded.get(router, path, segments[0].start - 50 * SECOND, "2")) == NOTHING


def test_the_plain_file_is_whole(router, record, path):
    segments = record()
    reply = recorded.get(router, path, segments[0].start + 7.4 * SECOND, 8, "mp4")
    file = boxes.Box("file", 0, len(reply.body), reply.body, boxes.parse(reply.body))
    assert [box.type for box in file.children] == ["ftyp", "moov", "mdat"]


def test_damaged_files_are_no_reason_to_show_nothing(router, record, path):
    segments = record("av")
    (segments[0].file.parent / recorded.name_of(segments[0].start - 60 * SECOND)).write_bytes(b"no mp4 at all")
    reply = recorded.listed(router, path)
    assert reply.status == differs(router, "a recorded file that cannot be read", mediamtx=500, embedded=200)
    if router.embedded:
        near(recorded.ranges(router, path), [(segments[0].start, segments[0].duration)])


@pytest.fixture
def mpegts_router(new_router):
    settings = variation(pathDefaults={"recordFormat": "mpegts"})
    return new_router(settings).start()


def test_mpeg_ts_cannot_be_played(mpegts_router, path):
    router = mpegts_router
    folder = router.folder / "recordings" / path
    folder.mkdir(parents=True)
    start = recorded.an_hour_ago()
    (folder / recorded.name_of(start).replace(".mp4", ".ts")).write_bytes(b"\x47" + bytes(187))
    status = differs(router, "`/list` of a recording in MPEG-TS", mediamtx=500, embedded=400)
    assert error(recorded.listed(router, path)) == (status, "MPEG-TS format is not supported yet")
    assert error(recorded.get(router, path, start, 5)) == (400, "MPEG-TS format is not supported yet")


# The Control API

def test_the_api_lists_recordings(router, record, path):
    segments = record()
    wanted = [s.start for s in segments]
    item = router.get(f"/v3/recordings/get/{path}").json()
    assert item["name"] == path and [recorded.time_of(s["start"]) for s in item["segments"]] == wanted
    assert item in [i for i in router.items("recordings") if i["name"] == path]
    page = router.get("/v3/recordings/list?itemsPerPage=1&page=0").json()
    assert len(page["items"]) == 1 and page["itemCount"] == page["pageCount"] >= 1


def test_the_api_knows_no_recording_of_other_paths(router):
    assert router.get("/v3/recordings/get/live/none/in").json() == {"name": "live/none/in", "segments": []}
    assert error(router.get("/v3/recordings/get/elsewhere")) == (400, "path 'elsewhere' is not configured")
    stray = router.folder / "recordings" / "elsewhere"
    stray.mkdir(parents=True, exist_ok=True)
    (stray / recorded.name_of(recorded.an_hour_ago())).write_bytes(b"")
    assert "elsewhere" not in [item["name"] for item in router.items("recordings")]
    shutil.rmtree(stray)


def delete(router, path, start):
    return http.request("DELETE", router.api(f"/v3/recordings/deletesegment?path={quote(path)}&start={quote(start)}"))


def test_the_api_deletes_a_segment(router, record, path):
    segments = record()
    local = segments[1].start.astimezone()
    reply = delete(router, path, local.isoformat(timespec="microseconds"))
    assert (reply.status, reply.json()) == (200, {"status": "ok"})
    assert not segments[1].file.exists() and segments[0].file.exists() and segments[2].file.exists()
    reply = delete(router, path, local.isoformat(timespec="microseconds"))
    assert error(reply) == (400, f"remove {segments[1].file}: no such file or directory")
    assert len(recorded.ranges(router, path)) == 2


@pytest.mark.parametrize("path,start,message", [
    ("live/x/in", "now", "invalid 'start' parameter: parsing time \"now\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"now\" as \"2006\""),
    ("elsewhere", "2026-01-02T10:00:00Z", "path 'elsewhere' is not configured"),
    ("live/../../x", "2026-01-02T10:00:00Z", "invalid path name: can't contain dot path segments (live/../../x)"),
    ("", "2026-01-02T10:00:00Z", "invalid path name: cannot be empty ()")])
def test_what_cannot_be_deleted(router, path, start, message):
    assert error(delete(router, path, start)) == (400, message)


# With the router's own recorder

def test_what_is_being_recorded_is_played(new_router, ffmpeg_publish, path, source, tmp_path):
    """A clip out of the file that is being written has the published pictures. Later, more is in the list."""
    router = new_router(variation(pathDefaults={"record": True, "recordPartDuration": "200ms"})).start()
    ffmpeg_publish(router.rtmp(path), "sync")

    def recorded_seconds():
        reply = recorded.listed(router, path)
        return reply.json()[0]["duration"] if reply.status == 200 and reply.json() else 0

    wait_until(lambda: recorded_seconds() > 5, lambda: f"5 s are recorded; the log:\n{router.log()[-2000:]}", 40)
    start, seconds = recorded.ranges(router, path)[0]
    reply = recorded.get(router, path, start + 1.5 * SECOND, 3)
    assert reply.status == 200, reply.body
    (tmp_path / "clip.mp4").write_bytes(reply.body)
    seen, sums = [md5 for _, md5 in decoded(tmp_path / "clip.mp4")], [md5 for _, md5 in source]
    begin = sums.index(seen[0])
    assert len(seen) >= 85 and seen == sums[begin:begin + len(seen)]
    wait_until(lambda: recorded_seconds() > seconds + 1, "more is recorded", 20)
