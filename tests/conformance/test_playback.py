"""What the playback server answers when nothing was recorded, and to wrong questions (test_recordings.py: what was recorded)."""

import pytest
from support import http


def error(reply):
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert reply.json()["status"] == "error"
    return reply.status, reply.json()["error"]


def test_nothing_was_ever_recorded(router):
    status, text = error(http.get(router.playback("/list?path=live/x/in")))
    assert status == 400 and text.startswith("lstat /") and text.endswith(": no such file or directory")
    assert text.split(":")[0].endswith("/recordings/live/x/in")


def test_an_empty_folder(router):
    folder = router.folder / "recordings" / "live" / "empty" / "in"
    folder.mkdir(parents=True)
    assert error(http.get(router.playback("/list?path=live/empty/in"))) == (404, "no recording segments found")


@pytest.mark.parametrize("query,status,message", [
    ("list", 400, "invalid path name: cannot be empty ()"),
    ("list?path=/x", 400, "invalid path name: can't begin with a slash (/x)"),
    ("list?path=elsewhere", 400, "path 'elsewhere' is not configured"),
    ("list?path=live/x/in&start=now", 400,
     'invalid start: parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'),
    ("list?path=live/x/in&end=2026-01-02T10:00", 400,
     'invalid end: parsing time "2026-01-02T10:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as ":"'),
    ("list?path=live/x/in&end=2026-01-02T10:00:00", 400,
     'invalid end: parsing time "2026-01-02T10:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'),
    ("list?path=live/x/in&end=2026-13-02T10:00:00Z", 400,
     'invalid end: parsing time "2026-13-02T10:00:00Z": month out of range'),
    ("list?path=live/x/in&end=2026-02-30T10:00:00Z", 400,
     'invalid end: parsing time "2026-02-30T10:00:00Z": day out of range'),
    ("list?path=live/x/in&end=2026-02-20T10:00:00.5Zx", 400,
     'invalid end: parsing time "2026-02-20T10:00:00.5Zx": extra text: "x"'),
    ("get?path=live/x/in&duration=1", 400,
     'invalid start: parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'),
    ("get?path=live/x/in&start=2026-01-01T00:00:00Z&duration=x", 400, 'invalid duration: time: invalid duration "x"'),
    ("get?path=live/x/in&start=2026-01-01T00:00:00Z&duration=1&format=vhs", 400, "invalid format: vhs")])
def test_wrong_questions(router, query, status, message):
    found = error(http.get(router.playback(f"/{query}")))
    assert found[0] == status and message == found[1]


@pytest.mark.parametrize("path", ["/", "/lists", "/v3/info"])
def test_other_routes(router, path):
    reply = http.get(router.playback(path))
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (404, "text/plain", b"404 page not found")


def test_preflight(router):
    reply = http.request("OPTIONS", router.playback("/list"), headers={"Access-Control-Request-Method": "GET"})
    assert reply.status == 204 and reply.headers["Access-Control-Allow-Methods"] == "OPTIONS, GET"
