"""GET /<path>/live.mp4: a stream as one fragmented MP4 without an end."""

import itertools
import re
import socket

import pytest
from support import ffmpeg, http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.hook_record import HookRecord
from support.live_mp4 import LiveViewer, begins_with_key_frame
from support.making import making, started
from support.rtmp_client import AUDIO, VIDEO, RtmpClient, flv_tags
from support.rtmp_script import is_picture
from support.rtsp_client import RtspClient, basic, rtp
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
LEAST_UNITS = 60  # a viewer that comes while a clip runs misses its beginning, but nothing after it


class LiveRouter(BareRouter):
    def __init__(self, folder, **changes):
        super().__init__(folder, configuration(hls=True, **changes))

    def start(self, *arguments, **environment):
        return super().start(*arguments, **{"GOP_CACHE": "", **environment})

    def live(self, stream, query=""):
        return self.hls(f"/live/{stream}/in/live.mp4{query}")

    def sessions(self):
        return self.ask_api("/v3/hlssessions/list").json()["items"]

    def readers(self, stream):
        return self.paths()[f"live/{stream}/in"]["readers"]


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with started(LiveRouter(tmp_path_factory.mktemp("live"))) as router:
        yield router


@pytest.fixture
def viewer(stream):
    def start(router, query="", **options):
        return LiveViewer(router.settings.host, router.settings.hls_port, f"live/{stream}/in", query, **options)
    yield from making(start, LiveViewer.close)


@pytest.fixture
def live(router, publish_tags, stream, clips):
    """live(clip): publishes it endlessly."""
    def start(clip="av"):
        publisher = publish_tags(router, clips.get(clip), stream)
        router.wait_live(stream)
        return publisher
    return start


def is_suffix(part, whole):
    return len(part) <= len(whole) and whole[len(whole) - len(part):] == part


@pytest.mark.parametrize("clip", ["av", "b-frames"])
def test_elementary_streams_are_unchanged(router, publish, frame_sums, clips, stream, clip):
    sources = {kind: frame_sums(clips.get(clip), kind).finish() for kind in "va"}
    publisher = publish(router.rtmp(stream), clip, loop=False)
    router.wait_live(stream)
    readers = {kind: frame_sums(router.live(stream), kind) for kind in "va"}
    assert publisher.wait(40) == 0
    for kind, reader in readers.items():
        got = reader.finish()  # the answer ends with the stream
        assert len(got) >= LEAST_UNITS, reader.process.log()
        assert is_suffix(got, sources[kind]), f"{kind}: {len(got)} units of {len(sources[kind])} differ"


@pytest.mark.parametrize("clip,kinds,codecs", [
    ("av", {"video": "h264", "audio": "aac"}, "avc1.42c00d,mp4a.40.2"),
    ("video-only", {"video": "h264"}, "avc1.42c00d"),
    ("audio-only", {"audio": "aac"}, "mp4a.40.2"),
    ("mp3", {"video": "h264", "audio": "mp3"}, "avc1.42c00d,mp4a.6B")])
def test_each_kind_of_stream_is_described_and_played(router, live, viewer, stream, clip, kinds, codecs):
    live(clip)
    page = router.settings.page_origins()[0]
    status, headers = viewer(router, headers={"Origin": page}).head()
    kind = "video" if "video" in kinds else "audio"
    assert (status, headers["content-type"]) == (200, f'{kind}/mp4; codecs="{codecs}"')
    assert headers["cache-control"] == "no-store" and headers["access-control-allow-origin"] == page
    streams = ffmpeg.probe(router.live(stream))
    assert {kind: s["codec_name"] for kind, s in streams.items()} == kinds


@pytest.mark.parametrize("query,type_", [("?audio=none", 'video/mp4; codecs="avc1.42c00d"'),
                                         ("?video=none", 'audio/mp4; codecs="mp4a.40.2"'),
                                         ("?video=1&audio=1", 'video/mp4; codecs="avc1.42c00d,mp4a.40.2"')])
def test_a_viewer_chooses_tracks(router, live, viewer, query, type_):
    live()
    chosen = viewer(router, query)
    status, headers = chosen.head()
    assert (status, headers["content-type"]) == (200, type_)
    chosen.read_on()
    wait_until(lambda: len(chosen.fragments()) > 5, "fragments")
    assert chosen.init().count(b"trak") == type_.count(",") + 1


@pytest.mark.parametrize("query,status,error", [
    ("?audio=2", 404, "there is no audio track 2"), ("?video=x", 400, "'video' must be the number of a track, or none"),
    ("?audio=0", 400, "'audio' must be the number of a track, or none"),
    ("?audio=99999999999999999999", 400, "'audio' must be the number of a track, or none"),
    ("?video=none&audio=none", 400, "neither video nor audio is asked for")])
def test_a_choice_that_is_not_there(router, live, stream, query, status, error):
    live()
    answer = http.get(router.live(stream, query))
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert router.readers(stream) == []


def test_a_path_without_a_stream(router, stream):
    answer = http.get(router.live(stream))
    assert answer.status == 404
    assert answer.json()["error"] == f"no stream is available on path 'live/{stream}/in'"


def test_all_viewers_get_the_same_bytes(router, live, viewer):
    live()
    viewers = [viewer(router).read_on() for _ in range(100)]
    wait_until(lambda: all(len(one.fragments()) >= 40 for one in viewers), "forty fragments for each", 60)
    whole = {}
    for one in viewers:
        numbers = list(one.fragments())
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "none twice, none left out"
        assert begins_with_key_frame(one.fragments()[numbers[0]])
        assert one.init() == viewers[0].init()
        for number, fragment in one.fragments().items():
            assert whole.setdefault(number, fragment) == fragment


def test_a_viewer_is_a_reader_that_can_be_kicked(router, live, viewer, stream):
    live()
    watching = viewer(router, "?token=secret&audio=none").read_on()
    wait_until(watching.fragments, "a fragment")
    reader, = router.readers(stream)
    session, = [s for s in router.sessions() if s["id"] == reader["id"]]
    assert reader["type"] == "hlsSession" and session["path"] == f"live/{stream}/in"
    assert session["remoteAddr"] == "{}:{}".format(*watching.socket.getsockname())
    assert session["query"] == "token=***&audio=none"
    wait_until(lambda: router.paths()[f"live/{stream}/in"]["outboundBytes"] > 10_000, "its bytes are counted")
    labels = f'id="{session["id"]}",path="live/{stream}/in"'
    assert f"hls_sessions{{{labels}" in http.get(router.metrics()).text()
    kicked = http.request("POST", router.api(f"/v3/hlssessions/kick/{session['id']}"), headers=router.api_header)
    assert kicked.status == 200
    wait_until(lambda: watching.ended, "the answer ends")
    wait_until(lambda: router.readers(stream) == [], "it is no reader any more")
    log = router.wait_log_line(f"[HLS] [session {session['id'][:8]}] closed: ")
    assert "secret" not in router.router.log(), log


def test_a_publisher_that_comes_back(router, live, viewer, stream):
    publisher = live()
    before = viewer(router).read_on()
    wait_until(before.fragments, "a fragment")
    publisher.close()
    wait_until(lambda: before.ended, "the answer ends with the stream")
    assert sum(len(box) for _, box in before.boxes()) == len(before.body()), "after a whole fragment"
    router.wait_gone(stream)
    live()
    again = viewer(router).read_on()
    wait_until(again.fragments, "a fragment")


@pytest.fixture
def publish_part(stream, router):
    def start(target, tags):
        client = RtmpClient(target.settings.host, target.settings.rtmp_port)
        assert client.publish(f"rtmp://{target.settings.host}/live/{stream}", "in")
        client.send_tags(tags)
        target.wait_live(stream)
        return client
    yield from making(start, RtmpClient.close)


def test_a_change_of_the_tracks_ends_the_answer(router, publish_part, viewer, clips, stream):
    small, large = (list(flv_tags(clips.get(clip))) for clip in ("av", "hd"))
    publisher = publish_part(router, [tag for tag in small if tag[1] < 500])
    watching = viewer(router).read_on()
    wait_until(lambda: router.readers(stream), "a reader")
    publisher.send_tags([tag for tag in small if 500 <= tag[1] < 2500])
    wait_until(watching.fragments, "a fragment")
    publisher.send_tags([(kind, stamp + 2500, body) for kind, stamp, body in large if stamp < 1000])
    wait_until(lambda: watching.ended, "the end")
    assert sum(len(box) for _, box in watching.boxes()) == len(watching.body()), "after a whole fragment"
    router.wait_log_line("closed: the tracks have changed")
    again = viewer(router)
    status, headers = again.head()
    assert status == 200 and headers["content-type"].startswith('video/mp4; codecs="avc1.42c01f,')


def test_without_the_cache_a_viewer_waits_for_a_key_frame_and_with_it_does_not(router, publish_part, viewer, clips, stream,
                                                                               tmp_path):
    tags = [tag for tag in flv_tags(clips.get("one-keyframe")) if tag[1] < 3000]
    publish_part(router, tags)
    waiting = viewer(router)
    assert waiting.head()[0] == 200
    waiting.read_on()
    cached = LiveRouter(tmp_path)
    try:
        cached.start(GOP_CACHE="hls")
        publish_part(cached, tags)
        pictures = sum(kind == VIDEO and is_picture(body) for kind, _, body in tags)
        wait_until(lambda: cached.paths()[f"live/{stream}/in"]["bytesReceived"] > sum(len(t[2]) for t in tags) * 0.9, "all")
        for _ in range(2):
            watching = viewer(cached).read_on()
            wait_until(lambda: sum(begins_with_key_frame(f) for f in watching.fragments().values()) == 1, "a key frame")
            wait_until(lambda: samples_of_video(watching) >= pictures - 3, "all pictures but the last ones")
            assert list(watching.fragments()) == sorted(watching.fragments())
        assert waiting.fragments() == {} and waiting.init()
    finally:
        cached.stop()
        cached.kill()


def samples_of_video(viewer):
    """Of the first run of each fragment, which is the video's."""
    return sum(int.from_bytes(f[(at := f.index(b"trun") + 8):at + 4], "big") for f in viewer.fragments().values())


def test_a_slow_viewer_loses_whole_fragments_up_to_the_next_key_frame(router, publish_tags, viewer, clips, stream):
    publish_tags(router, clips.get("keyframes-0.7"), stream)  # 1.5 MB a second or more
    router.wait_live(stream)
    quick = viewer(router).read_on()
    slow = viewer(router, receive_buffer=65536)
    wait_until(lambda: len(router.readers(stream)) == 2, "both read")
    router.wait_log_line("reader is too slow, discarding", seconds=60)
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    slow.read_on()

    def gaps():
        numbers = list(slow.fragments())
        return [(a, b) for a, b in itertools.pairwise(numbers) if b != a + 1]
    wait_until(gaps, "a gap, and what follows it", 60)
    for _, after in gaps():
        assert begins_with_key_frame(slow.fragments()[after])
    missed = sum(b - a - 1 for a, b in gaps())
    page = http.get(router.metrics("/metrics")).text()
    counted = sorted(int(n) for n in re.findall(r"^hls_sessions_outbound_fragments_discarded\{.*\} (\d+)$", page, re.M))
    assert len(counted) == 2 and counted[0] == 0 and counted[1] >= missed, counted
    numbers = list(quick.fragments())
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the other viewer misses nothing"


def test_turning_hls_off_ends_the_answers(tmp_path, clips, publish_tags, viewer, stream):
    with started(LiveRouter(tmp_path)) as router:
        publish_tags(router, clips.get("av"), stream)
        router.wait_live(stream)
        watching = viewer(router).read_on()
        wait_until(watching.fragments, "a fragment")
        done = http.request("PATCH", router.api("/v3/config/global/patch"), {"hls": False}, router.api_header)
        assert done.status == 200
        wait_until(lambda: watching.ended, "the end")
        assert sum(len(box) for _, box in watching.boxes()) == len(watching.body()), "after a whole fragment"
        wait_until(lambda: router.readers(stream) == [], "no reader")
        assert router.is_live(stream)


SDP = (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n")


def nalus(avc_record):
    """SPS and PPS of an H.264 sequence header in an FLV tag."""
    sps_size = int.from_bytes(avc_record[11:13], "big")
    pps_at = 13 + sps_size + 3
    return avc_record[13:13 + sps_size], avc_record[pps_at:pps_at + int.from_bytes(avc_record[pps_at - 2:pps_at], "big")]


def test_a_publisher_whose_parameter_sets_come_with_the_pictures(router, viewer, clips, stream):
    header, key = (next(body for kind, _, body in flv_tags(clips.get("av")) if kind == VIDEO and is_picture(body) == picture)
                   for picture in (False, True))
    publisher = RtspClient(router.settings.host, router.settings.rtsp_port)
    try:
        assert publisher.record(f"live/{stream}/in", SDP).status == 200
        router.wait_live(stream)
        watching = viewer(router).read_on()
        wait_until(lambda: router.readers(stream), "it waits")
        assert watching.received == b"", "the codecs are not known"
        size = int.from_bytes(key[5:9], "big")
        numbers, pictures = itertools.count(), itertools.count()

        def seen_after_one_more():
            stamp = next(pictures) * 9000
            for unit in (*nalus(header), key[9:9 + size]):
                publisher.send_frame(0, rtp(unit, next(numbers), stamp, marker=unit[0] & 31 == 5))
            return watching.fragments()
        wait_until(seen_after_one_more, "a fragment", poll=0.1)
        assert watching.head()[1]["content-type"] == 'video/mp4; codecs="avc1.42c00d"'
    finally:
        publisher.close()


USERS = [{"user": "any", "permissions": [{"action": "publish"}]},
         {"user": "guest", "pass": "open", "permissions": [{"action": "read"}]},
         {"user": "any", "ips": ["127.0.0.1"], "permissions": [{"action": "api"}, {"action": "metrics"}]}]


def test_admission_and_hooks_are_those_of_every_reader(tmp_path, clips, publish_tags, viewer, stream):
    hooks = HookRecord(tmp_path)
    paths = {"all_others": {"maxReaders": 1, "runOnRead": hooks.command("read", end="hold"),
                            "runOnUnread": hooks.command("unread")}}
    with started(LiveRouter(tmp_path, authInternalUsers=USERS, paths=paths)) as router:
        publish_tags(router, clips.get("av"), stream)
        router.wait_live(stream)
        status, headers = viewer(router).head()
        assert status == 401 and headers["www-authenticate"] == 'Basic realm="mediamtx"'
        guest = {"Authorization": basic("guest", "open")}
        watching = viewer(router, "?audio=1", headers=guest)
        assert watching.head()[0] == 200
        wait_until(lambda: hooks.calls("read"), "runOnRead")
        seen = hooks.calls("read")[0].variables()
        assert (seen["MTX_READER_TYPE"], seen["MTX_QUERY"]) == ("hlsSession", "audio%3D1")
        assert viewer(router, headers=guest).head()[0] == 500, "the path takes no more readers"
        watching.close()
        wait_until(lambda: hooks.calls("unread"), "runOnUnread")
        status, headers = viewer(router, headers={"Authorization": basic("guest", "wrong")}).head()
        assert status == 401 and "www-authenticate" not in headers
        assert "wrong" not in router.router.log()
