"""Rewinding over HLS: /<path>/index.m3u8?start=... plays the recording of a path."""

import os
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from support import boxes, http, recorded, recordings
from support.bare_router import ONLY_EMBEDDED
from support.hls import Playlist, attributes, fetch
from support.making import making
from support.pictures import decoded
from support.recorded import rfc3339
from support.router import HOST, Router
from support.rtmp_script import Publisher
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
PATH = "live/a/in"
SECOND = timedelta(seconds=1)
PATIENCE_SECONDS = 40  # more than kRewindPatience: a recording that nobody has written for so long has ended
LIVE_SECONDS = 90
PICTURE_MS = 34
PLACES_OF_ADDRESS = 256  # kMaxDvrRequestsOfAddress
NOTHING = (404, "no recording segments found")


@pytest.fixture
def new_router(tmp_path):
    """new_router(**path settings): it works in the folder where tests put recordings."""
    def start(changes=None, **defaults):
        settings = {"hls": True, "playback": True, **(changes or {})}
        return recordings.recorder(tmp_path, {"recordDeleteAfter": "0s", **defaults}, **settings)
    yield from making(start, Router.kill)


@pytest.fixture
def record(clips):
    """record(router, clip): a recording that has ended. Returns its files."""
    def make(router, clip="sync", start=None, path=PATH, **options):
        found = recorded.segments(router, path, clips.get(clip), start or recorded.an_hour_ago(), **options)
        then = time.time() - PATIENCE_SECONDS
        for segment in found:
            os.utime(segment.file, (then, then))
        return found
    return make


@pytest.fixture
def publish(clips):
    yield from making(lambda router, clip="av": recordings.publisher(router, clips.get(clip), PATH), Publisher.close)


def index_url(router, start, more="", path=PATH):
    start = start if isinstance(start, str) else rfc3339(start)
    return f"{router.hls(path)}/index.m3u8?start={quote(start)}{more}"


def error(reply):
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8", reply
    return reply.status, reply.json()["error"]


class Dvr:
    """What a player does: the index, its first variant, and what that lists."""

    def __init__(self, router, start, more="", path=PATH, headers=None):
        self.base, self.headers = router.hls(path + "/"), headers
        reply = fetch(index_url(router, start, more, path), headers)
        assert reply.status == 200, (reply, router.log()[-2000:])
        self.index = Playlist(reply.text().splitlines())
        assert not {"Set-Cookie", "Location"} & set(reply.headers)

    @property
    def uri(self):
        return self.index.uris()[0]

    def get(self, uri):
        return fetch(self.base + uri, self.headers)

    def text(self, uri=None):
        reply = self.get(uri or self.uri)
        assert reply.status == 200, reply
        assert reply.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert reply.headers["Cache-Control"] == "private, no-cache"
        return reply.text()

    def playlist(self, uri=None):
        return Playlist(self.text(uri).splitlines())

    def media(self, folder, uri=None):
        """A file with all that the playlist lists now, up to the next init segment."""
        playlist = self.playlist(uri)
        init = attributes(playlist.values("EXT-X-MAP")[0])["URI"]
        file = folder / "listed.mp4"
        file.write_bytes(b"".join(self.checked(each) for each in [init, *playlist.uris()]))
        return file

    def checked(self, uri):
        reply = self.get(uri)
        assert reply.status == 200 and reply.headers["Content-Type"] in ("video/mp4", "audio/mp4"), reply
        assert reply.headers["Cache-Control"] == "private, max-age=3600"
        assert int(reply.headers["Content-Length"]) == len(reply.body)
        return reply.body


def counted(source):
    """How many pictures there are, whatever their times."""
    done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames",
                           "-of", "csv=p=0", str(source)], capture_output=True, text=True, timeout=LIVE_SECONDS, check=True)
    return int(done.stdout.split()[0].strip(","))


def sums(pictures):
    return [md5 for _, md5 in pictures]


# ffmpeg is another player, which reads all by itself.
def test_ffmpeg_plays_each_picture_at_its_time(new_router, record, clips):
    router = new_router()
    begin = record(router)[0].start
    source = decoded(clips.get("sync"))
    seen = decoded(index_url(router, begin))
    assert sums(seen) == sums(source)
    # In the files that ffmpeg has cut, the first picture is a little early.
    first = seen[1][0] - source[1][0]
    assert all(abs(time - first - wanted) <= PICTURE_MS for (time, _), (wanted, _) in zip(seen, source))


def test_a_start_within_the_recording(new_router, record):
    router = new_router()
    begin = record(router)[0].start
    playlist = Dvr(router, begin + 17.5 * SECOND).playlist()
    # Its first segment begins where one of the file does: 10, 14 and 18.
    starts = attributes(playlist.value("EXT-X-START"))
    assert abs(float(starts["TIME-OFFSET"]) - 3.5) < 0.1 and starts["PRECISE"] == "YES"
    assert playlist.value("EXT-X-PLAYLIST-TYPE") == "EVENT" and playlist.has("EXT-X-ENDLIST")
    assert playlist.value("EXT-X-MEDIA-SEQUENCE") == "0" and not playlist.has("EXT-X-DISCONTINUITY")
    told = playlist.values("EXT-X-PROGRAM-DATE-TIME")
    assert abs(recorded.time_of(told[0]) - (begin + 14 * SECOND)) < 0.1 * SECOND
    assert len(told) == 3, "anew for each file"
    lengths = [float(value.rstrip(",")) for value in playlist.values("EXTINF")]
    assert abs(sum(lengths) - 22) < 0.1 and max(lengths) <= int(playlist.value("EXT-X-TARGETDURATION"))


def test_a_duration_ends_the_list(new_router, record):
    router = new_router()
    begin = record(router)[0].start
    dvr = Dvr(router, begin + 9 * SECOND, "&duration=6")
    playlist = dvr.playlist()
    assert len(playlist.uris()) == 3 and playlist.has("EXT-X-ENDLIST")
    assert "duration" not in playlist.uris()[0] and "duration=6" in dvr.uri


def test_a_gap_and_another_codec(new_router, record, clips, tmp_path):
    router = new_router()
    begin = record(router, "av")[0].start
    record(router, "av", begin + 60 * SECOND)
    record(router, "small", begin + 120 * SECOND)
    playlist = Dvr(router, begin).playlist()
    assert len(playlist.values("EXT-X-DISCONTINUITY")) == 2
    assert len(playlist.values("EXT-X-MAP")) == 2, "equal codecs have one init segment"
    times = [recorded.time_of(each) for each in playlist.values("EXT-X-PROGRAM-DATE-TIME")]
    assert [round((each - begin) / SECOND) for each in times] == [0, 60, 120]
    # A start in the gap begins behind it.
    later = Dvr(router, begin + 30 * SECOND).playlist()
    assert later.values("EXT-X-PROGRAM-DATE-TIME") == playlist.values("EXT-X-PROGRAM-DATE-TIME")[1:]
    assert attributes(later.value("EXT-X-START"))["TIME-OFFSET"] == "0.00000"
    # ffmpeg does not take the second init segment of a playlist, so the last part is shown alone.
    assert counted(index_url(router, begin, "&duration=70")) == 2 * counted(clips.get("av"))
    alone = Dvr(router, begin + 100 * SECOND)
    assert sums(decoded(alone.media(tmp_path))) == sums(decoded(clips.get("small")))


def test_each_language_has_a_playlist(new_router, record, clips, tmp_path):
    router = new_router()
    begin = record(router, "two-sounds")[0].start
    dvr = Dvr(router, begin)
    sounds = [attributes(value)["URI"] for value in dvr.index.values("EXT-X-MEDIA")]
    assert len(sounds) == 2
    lists = [dvr.playlist(uri) for uri in (dvr.uri, *sounds)]
    assert len({tuple(each.values("EXTINF")) for each in lists}) == 1, "renditions have the same segments"
    seen = decoded(dvr.media(tmp_path))
    assert sums(seen) == sums(decoded(clips.get("two-sounds")))
    first, second = (dvr.media(tmp_path, uri).read_bytes() for uri in sounds)
    assert first != second and len(boxes.read(tmp_path / "listed.mp4").one("moov").all("trak")) == 1


def test_it_grows_while_the_recording_goes_on(new_router, publish, tmp_path):
    router = new_router(record=True, recordPartDuration="200ms", recordSegmentDuration="9s")
    publish(router)
    begun = datetime.now(timezone.utc)
    wait_until(lambda: fetch(index_url(router, begun - 60 * SECOND)).status == 200, "a first segment", LIVE_SECONDS)
    dvr = Dvr(router, begun - 60 * SECOND)
    texts = [dvr.text()]

    def grown(files):
        if (now := dvr.text()) != texts[-1]:
            texts.append(now)
        return len(set(Playlist(now.splitlines()).values("EXT-X-PROGRAM-DATE-TIME"))) >= files
    wait_until(lambda: grown(3), "segments of a third file", LIVE_SECONDS)
    for before, after in zip(texts, texts[1:]):
        assert after.startswith(before)
    assert len(texts) > 3 and "ENDLIST" not in texts[-1] and "DISCONTINUITY" not in texts[-1]
    # A start of a moment ago is in what is still being written.
    assert Dvr(router, datetime.now(timezone.utc)).playlist().uris()

    # It is switched off while the stream goes on. What there is can still be played.
    assert http.request("PATCH", router.api("/v3/config/pathdefaults/patch"), b'{"record": false}').status == 200
    wait_until(lambda: not router.items("recorders"), "no recorder", LIVE_SECONDS)
    assert "ENDLIST" not in dvr.text(), "it may be switched on again"
    then = time.time() - PATIENCE_SECONDS
    for file in recordings.files(tmp_path / "recordings"):
        os.utime(file, (then, then))
    whole = dvr.text()
    assert whole.startswith(texts[-1]) and whole.endswith("#EXT-X-ENDLIST\n")
    assert counted(dvr.base + dvr.uri) == sum(counted(file) for file in recordings.files(tmp_path / "recordings"))


def test_neither_a_session_nor_a_muxer_nor_a_source_is_needed(new_router, record):
    router = new_router(runOnDemand="touch started")
    begin = record(router, "av")[0].start
    dvr = Dvr(router, begin)
    dvr.checked(dvr.playlist().uris()[0])
    assert router.items("hlssessions") == router.items("hlsmuxers") == []
    assert not (router.folder / "started").exists()


def test_a_restart_of_the_router_is_not_noticed(new_router, record):
    router = new_router()
    dvr = Dvr(router, record(router)[0].start)
    text, segment = dvr.text(), dvr.get(dvr.playlist().uris()[3]).body
    router.stop()
    (router.folder / "router.log").unlink()
    router.launch()
    wait_until(lambda: "[API] started" in router.log(), "the router", LIVE_SECONDS)
    assert dvr.text() == text and dvr.get(dvr.playlist().uris()[3]).body == segment


@pytest.mark.parametrize("query,status,message", [
    ("start=", 400, 'invalid start: parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'),
    ("start=yesterday", 400,
     'invalid start: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'),
    ("start=2026-01-02T10:00:00Z&duration=x", 400, 'invalid duration: time: invalid duration "x"'),
    ("start=2026-01-02T10:00:00Z&duration=0", 400, "invalid duration: must be greater than zero"),
    ("start=2026-01-02T10:00:00Z&duration=-5", 400, "invalid duration: must be greater than zero"),
    ("start=2026-01-02T10:00:00Z&token=" + "x" * 5000, 400, "the query is too long"),
    ("start=2226-01-02T10:00:00Z", *NOTHING),
    ("start=0000-01-01T00:00:00Z&duration=1", *NOTHING),
    ("start=2026-01-02T10:00:00Z&duration=1s", *NOTHING)])
def test_wrong_questions(new_router, record, query, status, message):
    router = new_router()
    record(router, "av")
    assert error(fetch(f"{router.hls(PATH)}/index.m3u8?{query}")) == (status, message)


def test_where_there_is_no_recording(new_router, record):
    router = new_router({"paths": {"~^live/": {}}})
    assert error(fetch(index_url(router, "2026-01-02T10:00:00Z"))) == NOTHING
    begin = record(router, "av")[0].start
    assert error(fetch(index_url(router, begin + 10 * SECOND))) == NOTHING, "it has ended before"
    # The HLS server's answer to any request for such a path.
    assert error(fetch(index_url(router, begin, path="other"))) == (500, "path 'other' is not configured")


@pytest.mark.parametrize("changes,defaults,status,message", [
    ({}, {"recordFormat": "mpegts"}, 400, "MPEG-TS format is not supported yet"),
    ({"playback": False}, {}, 404, "recordings are not offered, because playback is off")])
def test_recordings_that_cannot_be_played(new_router, changes, defaults, status, message):
    router = new_router(changes, **defaults)
    assert error(fetch(index_url(router, "2026-01-02T10:00:00Z"))) == (status, message)


def test_it_needs_the_permission_of_playback(new_router, record):
    def user(name, action):
        return {"user": name, "pass": "secret", "permissions": [{"action": action}]}
    router = new_router({"hlsCDNSecret": "of-the-cdn", "authInternalUsers": [
        user("viewer", "read"), user("archive", "playback"),
        {"user": "any", "ips": [HOST], "permissions": [{"action": "api"}]}]})
    begin = record(router, "av")[0].start
    bearer = {name: {"Authorization": f"Bearer {name}:secret"} for name in ("viewer", "archive")}
    dvr = Dvr(router, begin, headers=bearer["archive"])
    segment = dvr.playlist().uris()[0]
    dvr.checked(segment)
    for uri in (f"index.m3u8?start={rfc3339(begin)}", dvr.uri, segment):
        refused = fetch(dvr.base + uri)
        assert error(refused) == (401, "authentication error") and refused.headers["WWW-Authenticate"]
        assert error(fetch(dvr.base + uri, bearer["viewer"])) == (401, "authentication error")
        assert error(fetch(dvr.base + uri, {"Authorization": "Bearer of-the-cdn"})) == (401, "authentication error")


def test_a_query_of_the_clients_is_kept(new_router, record):
    router = new_router({"hlsAllowOrigins": ["https://player.example"]})
    begin = record(router, "av")[0].start
    dvr = Dvr(router, begin, "&token=a%26b&_HLS_msn=3", headers={"Origin": "https://player.example"})
    segment = dvr.playlist().uris()[0]
    assert segment.endswith(".mp4?token=a%26b") and "token=a%26b" in dvr.uri and "_HLS" not in dvr.uri
    for uri in (dvr.uri, segment):
        assert dvr.get(uri).headers["Access-Control-Allow-Origin"] == "https://player.example"


def test_without_a_start_nothing_changes(new_router, record):
    router = new_router()
    record(router, "av")
    reply = fetch(router.hls(PATH) + "/index.m3u8?x=start")
    assert reply.status == 302 and "cookieCheck=1" in reply.headers["Location"]


@pytest.mark.parametrize("name", [
    "dvr_{file}_0_0_v.ts", "dvr_{file}_0_va1_stream.m3u8x", "dvr_{file}_0_va1_stream.mp4", "dvr_{file}_00_0_v.mp4", "dvr_0_0_0_v.mp4",
    "dvr_{file}_999999_0_v.mp4", "dvr_{file}_init_v_stream.m3u8", "dvr_{file}_-1_0_v.mp4", "dvr_{file}_0_0_a0.mp4", "dvr_{file}_0_0_.mp4",
    "dvr_{file}_0_0_a17.mp4", "dvr_9999999999999999_0_0_v.mp4", "dvr_99999999999999999999_0_0_v.mp4", "dvr_.mp4",
    "dvr_..%2f..%2fx_0_0_v.mp4", "dvr_{file}_0_v.mp4", "dvr_{file}_0_0_v%00.mp4", "..%2f{name}", "{name}"])
def test_other_names_are_not_found(new_router, record, name):
    router = new_router()
    [segment] = record(router, "av")
    micros = round(segment.start.timestamp() * 1e6)
    reply = fetch(router.hls(PATH + "/" + name.format(file=micros, name=segment.file.name)))
    assert reply.status in (302, 400, 401, 404) and b"moov" not in reply.body


def test_clients_that_take_nothing(new_router, record):
    """They have places, of which an address has a share. The live stream and the Control API do not notice."""
    router = new_router({"writeTimeout": "120s"})
    begin = record(router, "hd")[0].start
    dvr = Dvr(router, begin)
    segment = dvr.playlist().uris()[0]
    assert len(dvr.checked(segment)) > 1_000_000, "more than what sockets hold"
    slow = []
    try:
        for _ in range(PLACES_OF_ADDRESS):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((HOST, router.hls_port))
            client.sendall(f"GET /{PATH}/{segment} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            slow.append(client)
        refused = wait_until(lambda: (reply := dvr.get(segment)).status == 503 and reply, "no place left", LIVE_SECONDS)
        assert refused.headers["Retry-After"] == "2" and "too many requests" in refused.json()["error"]
        assert router.get("/v3/info").status == 200
        assert fetch(router.hls(PATH) + "/index.m3u8").status == 302
    finally:
        for client in slow:
            client.close()
    wait_until(lambda: dvr.get(segment).status == 200, "places are given back", LIVE_SECONDS)
