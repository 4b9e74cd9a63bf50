"""HLS: where the embedded router's playlists and media differ from MediaMTX's on purpose."""

import re

import pytest
from support import ffmpeg, hls
from support.differences import differs
from support.hls import Player
from support.router import variation
from support.wait import wait_until


@pytest.fixture(scope="module")
def low_latency(make_router):
    router = make_router(variation(hls=True, paths={"all_others": {}})).start()
    yield router
    router.stop()


@pytest.fixture
def player(low_latency, live, path):
    live(low_latency, path)
    return Player(low_latency, path)


def bits_per_second(player, playlist):
    """Of the segments of a media playlist."""
    media = player.playlist(playlist)
    lengths = [float(value.rstrip(",")) for value in media.values("EXTINF")][-len(media.segments()):]
    return 8 * sum(len(player.get(uri).body) for uri in media.segments()) / sum(lengths)


def test_the_bandwidth_is_that_of_what_is_played_together(low_latency, player):
    picture, sound = bits_per_second(player, player.video), bits_per_second(player, player.audio)
    told = int(hls.attributes(Player(low_latency, player.base.split("/", 3)[3].rstrip("/"))
                              .index.value("EXT-X-STREAM-INF"))["AVERAGE-BANDWIDTH"])
    with_sound = abs(told - picture - sound) < abs(told - picture)
    assert with_sound == differs(low_latency, "HLS: `BANDWIDTH`, `AVERAGE-BANDWIDTH`", mediamtx=False, embedded=True)


def test_the_other_rendition_is_reported(low_latency, player):
    for uri, other in ((player.video, "audio2_stream.m3u8"), (player.audio, "video1_stream.m3u8")):
        media = player.playlist(uri)
        reported = media.has("EXT-X-RENDITION-REPORT")
        assert reported == differs(low_latency, "HLS: the other rendition", mediamtx=False, embedded=True)
        if reported:
            report = hls.attributes(media.value("EXT-X-RENDITION-REPORT"))
            assert report["URI"].split("?") == [other, f"session={player.secret}"]
            assert int(report["LAST-MSN"]) in (media.next_segment(), media.next_segment() - 1)


def language_of(init):
    """The language in mdhd: three letters of five bits."""
    at = init.index(b"mdhd") + 24
    packed = int.from_bytes(init[at:at + 2], "big")
    return "".join(chr(0x60 + (packed >> shift & 31)) for shift in (10, 5, 0))


def test_language_and_name_of_a_sound(low_latency, path, clips, tmp_path):
    """ffmpeg has no other way to tell them over RTMP."""
    publisher = ffmpeg.publish(clips.get("av"), low_latency.rtmp(path), tmp_path / "publisher.log",
                               options=["-metadata", "language=spa", "-metadata", "audioname=Doblaje"])
    try:
        low_latency.wait_ready(path)
        player = Player(low_latency, path)
        sound = hls.attributes(player.index.value("EXT-X-MEDIA"))
        row = "HLS: `LANGUAGE` and `NAME` of a sound"
        assert sound.get("LANGUAGE") == differs(low_latency, row, mediamtx=None, embedded="es")
        assert sound["NAME"] == differs(low_latency, row, mediamtx="audio2", embedded="Doblaje")
        init = player.get(hls.attributes(player.playlist(player.audio).value("EXT-X-MAP"))["URI"]).body
        assert language_of(init) == differs(low_latency, row, mediamtx="und", embedded="spa")
    finally:
        publisher.kill()


def test_the_time_of_day(low_latency, player):
    digits = differs(low_latency, "HLS: `EXT-X-PROGRAM-DATE-TIME`", mediamtx=r"(\.\d{1,3})?", embedded=r"\.\d{3}")
    times = player.playlist().values("EXT-X-PROGRAM-DATE-TIME")
    assert times and all(re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{digits}Z", time) for time in times)


def test_a_part_far_ahead(low_latency, player):
    number = player.playlist().next_segment()
    reply = player.get(player.video, f"_HLS_msn={number}&_HLS_part=4000")
    assert reply.status == differs(low_latency, "HLS: `_HLS_part` more than 3 s ahead", mediamtx=200, embedded=400)


def test_pictures_with_b_frames(low_latency, live, path):
    live(low_latency, path, "b-frames")
    player = Player(low_latency, path)
    media = wait_until(lambda: (found := player.playlist()) and len(found.segments()) >= 3 and found, "three segments", 30)
    target = differs(low_latency, "HLS: pictures with B-frames", mediamtx="2", embedded="1")
    assert media.value("EXT-X-TARGETDURATION") == target
    if low_latency.embedded:
        # A little longer where the clip begins again.
        assert all(0.99 < float(value.rstrip(",")) < 1.1 for value in media.values("EXTINF"))
