"""HLS: playlists, blocking reloads, preload hints, and media of the three variants."""

import re
import threading

import pytest
from support import ffmpeg, hls
from support.differences import differs
from support.hls import Player
from support.process import Process
from support.router import variation
from support.wait import wait_until

EVERYTHING = {"all_others": {}}


@pytest.fixture(scope="module", params=["lowLatency", "fmp4", "mpegts"])
def any_variant(request, make_router):
    router = make_router(variation(hls=True, hlsVariant=request.param, paths=EVERYTHING)).start()
    router.variant = request.param
    yield router
    router.stop()


@pytest.fixture(scope="module")
def low_latency(make_router):
    router = make_router(variation(hls=True, paths=EVERYTHING)).start()
    yield router
    router.stop()


@pytest.fixture
def player(low_latency, live, path):
    live(low_latency, path)
    return Player(low_latency, path)


def test_the_index(any_variant, live, path):
    live(any_variant, path)
    index = Player(any_variant, path).index
    mpegts = any_variant.variant == "mpegts"
    assert index.lines[:3] == ["#EXTM3U", f"#EXT-X-VERSION:{3 if mpegts else 10}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    variant = hls.attributes(index.value("EXT-X-STREAM-INF"))
    assert variant["CODECS"] == "avc1.42c00d,mp4a.40.2" and variant["RESOLUTION"] == "320x180"
    assert variant["FRAME-RATE"] == "30.000" and int(variant["BANDWIDTH"]) >= int(variant["AVERAGE-BANDWIDTH"]) > 50_000
    if mpegts:
        assert not index.has("EXT-X-MEDIA") and index.uris()[0].startswith("main_stream.m3u8?")
        return
    audio = hls.attributes(index.value("EXT-X-MEDIA"))
    assert {k: audio[k] for k in ("TYPE", "GROUP-ID", "AUTOSELECT", "DEFAULT")} == \
        {"TYPE": "AUDIO", "GROUP-ID": "audio", "AUTOSELECT": "YES", "DEFAULT": "YES"}
    assert audio["URI"].startswith("audio2_stream.m3u8?") and variant["AUDIO"] == "audio"
    assert index.uris()[0].startswith("video1_stream.m3u8?")


@pytest.mark.parametrize("clip,uri,codecs", [
    ("audio-only", "audio1_stream.m3u8", "mp4a.40.2"), ("video-only", "video1_stream.m3u8", "avc1.42c00d")])
def test_one_track(low_latency, live, path, clip, uri, codecs):
    live(low_latency, path, clip)
    index = Player(low_latency, path).index
    assert index.uris()[0].startswith(uri) and not index.has("EXT-X-MEDIA")
    assert hls.attributes(index.value("EXT-X-STREAM-INF"))["CODECS"] == codecs


def test_the_media_playlist(any_variant, live, path):
    live(any_variant, path)
    player = Player(any_variant, path)
    media = player.playlist()
    assert media.lines[0] == "#EXTM3U" and media.value("EXT-X-TARGETDURATION") == "1"
    first = player.get(media.segments()[0])
    if any_variant.variant == "mpegts":
        assert re.fullmatch(r"[0-9a-f]{12}_main_seg0\.ts\?.*", media.segments()[0])
        assert media.value("EXT-X-VERSION") == "3" and media.value("EXT-X-ALLOW-CACHE") == "NO"
        assert first.headers["Content-Type"] == "video/mp2t" and first.body[0] == 0x47 and len(first.body) % 188 == 0
        return
    number = 7 if any_variant.variant == "lowLatency" else 0
    assert re.fullmatch(rf"[0-9a-f]{{12}}_video1_seg{number}\.mp4\?.*", media.segments()[0])
    assert media.value("EXT-X-VERSION") == "10"
    assert first.headers["Content-Type"] == "video/mp4" and first.body[4:8] == b"moof"
    init = player.get(hls.attributes(media.value("EXT-X-MAP"))["URI"])
    assert init.body[4:8] == b"ftyp"
    dates = media.values("EXT-X-PROGRAM-DATE-TIME")
    assert 1 <= len(dates) <= 2 and all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date) for date in dates)
    audio = player.playlist(player.audio)
    sound = player.get(audio.segments()[0])
    assert sound.headers["Content-Type"] == "audio/mp4" and sound.body[4:8] == b"moof"


def test_the_window(any_variant, live, path):
    """It moves on, and what has left it is gone."""
    live(any_variant, path)
    player = Player(any_variant, path)
    first = player.playlist().segments()[0]
    later = wait_until(lambda: (p := player.playlist()) and first not in p.segments() and p, "the window has moved", 30)
    assert len(later.values("EXTINF")) == 7
    wait_until(lambda: player.get(first).status == 404, "the first segment is gone", 30)


def test_low_latency_tags(player):
    media = player.playlist()
    assert media.value("EXT-X-SERVER-CONTROL") == "CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.50000,CAN-SKIP-UNTIL=6.00000"
    assert media.value("EXT-X-PART-INF") == "PART-TARGET=0.20000"
    parts = media.parts()
    assert parts[0]["INDEPENDENT"] == "YES" and all(p["DURATION"] == "0.20000" for p in parts[:4])
    numbers = [int(re.search(r"_part(\d+)\.mp4", p["URI"]).group(1)) for p in parts]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    hint = hls.attributes(media.value("EXT-X-PRELOAD-HINT"))
    assert hint["TYPE"] == "PART" and f"_part{numbers[-1] + 1}.mp4?" in hint["URI"]
    assert not media.has("EXT-X-ENDLIST")


def test_a_segment_is_its_parts(player):
    """Those of the first segment: the playlist still lists them."""
    media = player.playlist()
    segment = player.get(media.segments()[0]).body
    first = media.lines.index(media.segments()[0])
    uris = [hls.attributes(line)["URI"] for line in media.lines[:first] if line.startswith("#EXT-X-PART:")]
    assert len(uris) == 5 and b"".join(player.get(uri).body for uri in uris) == segment


@pytest.mark.parametrize("directives,status", [
    ("_HLS_msn=x", 400), ("_HLS_msn=-1", 400), ("_HLS_part=1", 400), ("_HLS_msn=7&_HLS_part=x", 400), ("_HLS_msn=100000", 400),
    ("_HLS_msn=99999999999999999999999", 400), ("_HLS_msn=0", 400), ("_HLS_msn=7", 200), ("_HLS_msn=7&_HLS_part=0", 200)])
def test_directives(player, directives, status):
    reply = player.get(player.video, directives)
    assert reply.status == status
    assert status == 200 or reply.body == b""


def test_directives_are_not_repeated_in_uris(player):
    media = player.playlist(more="_HLS_msn=7&_HLS_part=0&mine=1")
    assert media.segments()[0].endswith(f"?mine=1&session={player.secret}")


def test_a_blocking_reload_waits_for_its_segment(low_latency, player):
    number = player.playlist().next_segment()
    media = player.playlist(more=f"_HLS_msn={number}")
    finished = differs(low_latency, "HLS: `_HLS_msn` without `_HLS_part`", mediamtx=0, embedded=1)
    assert media.next_segment() == number + finished
    assert (f"_seg{number}.mp4" in media.segments()[-1]) == bool(finished)


def test_a_blocking_reload_waits_for_its_part(player):
    number = player.playlist().next_segment()
    media = player.playlist(more=f"_HLS_msn={number}&_HLS_part=2")
    assert media.next_segment() == number
    last = max(i for i, line in enumerate(media.lines) if line.startswith("#EXTINF"))
    assert len([line for line in media.lines[last:] if line.startswith("#EXT-X-PART:")]) == 3


def test_a_part_beyond_the_segment_is_the_first_of_the_next(player):
    number = player.playlist().next_segment()
    media = player.playlist(more=f"_HLS_msn={number}&_HLS_part=5")
    assert media.next_segment() == number + 1 and media.lines[-3].startswith("#EXT-X-PART:") or media.parts()


def test_the_hinted_part_is_waited_for(player):
    hint = hls.attributes(player.playlist().value("EXT-X-PRELOAD-HINT"))["URI"]
    reply = player.get(hint)
    assert reply.status == 200 and reply.body[4:8] == b"moof"
    assert player.get(hint).body == reply.body


def test_delta_updates(player):
    wait_until(lambda: player.playlist().next_segment() > 14, "some segments", 30)
    whole, delta = player.playlist(), player.playlist(more="_HLS_skip=YES")
    assert not delta.has("EXT-X-MAP") and not whole.has("EXT-X-SKIP")
    assert delta.next_segment() in (whole.next_segment(), whole.next_segment() + 1)


@pytest.mark.parametrize("name", ["gap.mp4", "nothing.mp4", "video9_stream.m3u8", "0123456789ab_video1_seg7.mp4",
                                  "0123456789ab_video1_part0.mp4", "x.ts"])
def test_files_that_are_not_there(player, name):
    assert player.get(f"{name}?session={player.secret}").status == 404


def test_a_publisher_that_leaves(low_latency, live, path):
    publisher = live(low_latency, path)
    player = Player(low_latency, path)
    number = player.playlist().next_segment()
    answers = []
    last_request = low_latency.get(f"/v3/hlsmuxers/get/{path}").json()["lastRequest"]
    waiting = threading.Thread(target=lambda: answers.append(player.get(player.video, f"_HLS_msn={number + 1}")))
    waiting.start()
    wait_until(lambda: low_latency.get(f"/v3/hlsmuxers/get/{path}").json()["lastRequest"] != last_request, "it waits")
    publisher.close()
    low_latency.wait_not_ready(path)
    waiting.join(30)
    row = "HLS: the publisher leaves and comes back"
    assert answers[0].status == differs(low_latency, row, mediamtx=500, embedded=200)
    assert player.get(player.video).status == differs(low_latency, row, mediamtx=401, embedded=200)
    live(low_latency, path)
    if low_latency.embedded:
        media = wait_until(lambda: (p := player.playlist()).has("EXT-X-DISCONTINUITY") and p, "a discontinuity", 30)
        assert media.next_segment() > number
        session = low_latency.wait_item("hlssessions", path=path)
        assert {"type": "hlsSession", "id": session["id"]} in low_latency.path(path)["readers"]
    else:
        assert player.get(player.video).status == 401


# FFmpeg's FLV writer sends a track of text as onTextData.
TEXT = "".join(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\nline {n}\n\n" for n in range(50))


@pytest.mark.parametrize("announced", [True, False])
def test_an_encoder_that_sends_text(any_variant, clips, path, tmp_path, announced):
    text = tmp_path / "text.srt"
    text.write_text(TEXT)
    said = ["-metadata", "captionlanguages=es"] if announced else []
    publisher = Process("publisher", ["ffmpeg", *ffmpeg.QUIET, "-re", "-stream_loop", "-1", "-i", str(clips.get("av")), "-i", str(text), "-map", "0",
                                      "-map", "1", "-c", "copy", "-c:s", "text", *said, "-f", "flv", any_variant.rtmp(path)],
                        tmp_path / "publisher.log")
    try:
        any_variant.wait_ready(path, 60)
        player = Player(any_variant, path)
        offered = [one["LANGUAGE"] for one in map(hls.attributes, player.index.values("EXT-X-MEDIA")) if one["TYPE"] == "SUBTITLES"]
        assert offered == differs(any_variant, "HLS: captions", mediamtx=[], embedded=["es"] if announced else [])
        # The stream goes on.
        before = player.playlist().next_segment()
        wait_until(lambda: player.playlist().next_segment() > before + 1, "two further segments", 60)
        assert publisher.running() and any_variant.path(path)["tracks"] == ["H264", "MPEG-4 Audio"]
    finally:
        publisher.kill()
