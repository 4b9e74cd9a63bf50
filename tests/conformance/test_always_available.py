"""`alwaysAvailable`: a path has a stream from the start. Publishers come and go, and readers stay."""

import subprocess
import time

import pytest
from support import ffmpeg, http
from support.decoded_stream import DecodedStream, steps
from support.differences import differs
from support.router import variation
from support.wait import wait_until

SECONDS = 60
H264 = {"codec": "H264"}
SOUND = {"codec": "MPEG4Audio", "sampleRate": 44100, "channelCount": 1}  # as the clips have it
OFFLINE, ONLINE = (True, True, False), (True, True, True)


def entry(*tracks, **more):
    return {"alwaysAvailable": True, "alwaysAvailableTracks": list(tracks), **more}


@pytest.fixture
def steady(new_router):
    """steady({path: entry}): a router with these paths."""
    def make(paths, **more):
        return new_router(variation(paths={**paths, "all_others": {}}, pathDefaults=None, **more)).start()
    return make


def shown(router, name="show"):
    item = router.path(name)
    return item["ready"], item["available"], item["online"]


def wait_shown(router, wanted, name="show"):
    wait_until(lambda: shown(router, name) == wanted, lambda: f"{wanted}: {router.path(name)}; {router.log()[-2000:]}", SECONDS)
    return router.path(name)


def wait_more(reader, kind, count):
    before = len(reader.frames(kind))
    wait_until(lambda: len(reader.frames(kind)) >= before + count, lambda: f"{count} more of {kind}; {reader.errors()}", SECONDS)


def test_a_path_has_a_stream_before_anybody_publishes(steady):
    router = steady({"show": entry(H264, SOUND)})
    item = wait_shown(router, OFFLINE)
    assert item["source"] is None and item["onlineTime"] is None and item["availableTime"]
    assert item["tracks"] == ["H264", "MPEG-4 Audio"]
    for url in (router.rtsp("show"), router.rtmp("show")):
        probed = ffmpeg.probe(url)
        assert {kind: track["codec_name"] for kind, track in probed.items()} == {"video": "h264", "audio": "aac"}
        assert (probed["audio"]["sample_rate"], probed["audio"]["channels"]) == ("44100", 1)
    router.wait_message("INF", r"\[path show\] stream is available, 2 tracks \(H264, MPEG-4 Audio\)")
    wait_until(lambda: "#EXTM3U" in http.get(router.hls("show/index.m3u8")).text(), "a playlist", SECONDS)


def test_readers_stay_while_publishers_come_and_go(steady, publish_to, tmp_path, hook_record):
    commands = {key: hook_record.command(name) for key, name in (
        ("runOnAvailable", "available"), ("runOnUnavailable", "unavailable"), ("runOnOnline", "online"), ("runOnOffline", "offline"))}
    router = steady({"show": entry(H264, SOUND, **commands)})
    wait_shown(router, OFFLINE)
    keepers = [DecodedStream(router.rtsp("show"), tmp_path, "rtsp"), DecodedStream(router.rtmp("show"), tmp_path, "rtmp")]
    try:
        for keeper in keepers:
            wait_until(lambda keeper=keeper: len(keeper.times("video")) >= 2 and len(keeper.times("audio")) >= 40, "the offline clip", SECONDS)
        readers = sorted(reader["id"] for reader in router.path("show")["readers"])
        assert len(readers) == 2
        for turn in (1, 2):
            publisher = publish_to(router, "show")
            item = wait_shown(router, ONLINE)
            assert item["source"]["type"] == "rtmpConn" and item["onlineTime"]
            for keeper in keepers:
                wait_more(keeper, "video", 60)
            publisher.close()
            assert wait_shown(router, OFFLINE)["source"] is None
            for keeper in keepers:
                wait_more(keeper, "video", 3)
                wait_more(keeper, "audio", 60)
            hook_record.wait("offline", "show", turn)
        assert sorted(reader["id"] for reader in router.path("show")["readers"]) == readers
        assert all(keeper.process.running() for keeper in keepers)
    finally:
        for keeper in keepers:
            keeper.process.terminate()
    assert len(hook_record.calls("available", "show")) == 1 and not hook_record.calls("unavailable", "show")
    assert [len(hook_record.calls(name, "show")) for name in ("online", "offline")] == [2, 2]
    assert hook_record.calls("online", "show")[0].variables()["MTX_SOURCE_TYPE"] == "rtmpConn"
    for keeper in keepers:
        times = keeper.times("audio")
        if router.embedded:  # MediaMTX: the same time comes twice where a publisher begins
            assert min(steps(times)) > 0, "times rise"
            assert max(steps(times)) < 0.5, "the sound has no gap"
            assert not keeper.errors()
    assert "stream is online" in router.log()
    assert ("stream is offline" in router.log()) == differs(router, "`alwaysAvailable`: log", mediamtx=False, embedded=True)


def test_a_publisher_of_other_tracks_is_refused(steady, ffmpeg_publish):
    router = steady({"show": entry(H264, SOUND), "rate": entry(H264, SOUND | {"sampleRate": 48000})})
    ffmpeg_publish(router.rtmp("show"), "video-only")
    wait_until(lambda: "wants to publish [H264], but stream expects [H264 MPEG-4 Audio]" in router.log(), router.log, SECONDS)
    ffmpeg_publish(router.rtmp("rate"))
    wait_until(lambda: "MPEG-4 audio configuration does not match, is type=2, sampleRate=44100, channelCount=1, but stream expects "
               "type=2, sampleRate=48000, channelCount=1" in router.log(), router.log, SECONDS)
    assert shown(router) == OFFLINE and shown(router, "rate") == OFFLINE


@pytest.mark.parametrize(("codec", "name"), [("H264", "h264"), ("H265", "hevc"), ("VP9", "vp9")])
def test_each_codec_has_a_clip_that_can_be_decoded(steady, tmp_path, codec, name):
    router = steady({"show": entry({"codec": codec}, {"codec": "Opus"}), "tone": entry({"codec": "G711", "sampleRate": 8000, "channelCount": 1})})
    keeper = DecodedStream(router.rtsp("show"), tmp_path, "reader")
    wait_until(lambda: len(keeper.times("video")) >= 6 and len(keeper.times("audio")) >= 100, "media", SECONDS)
    keeper.process.terminate()
    # MediaMTX's clips have one key frame each five seconds, and readers begin in between.
    assert not router.embedded or not keeper.errors()
    probed = ffmpeg.probe(router.rtsp("show"))
    assert (probed["video"]["codec_name"], probed["audio"]["codec_name"]) == (name, "opus")
    assert ffmpeg.probe(router.rtsp("tone"))["audio"]["codec_name"] == "pcm_alaw"


def test_av1_is_shown_too(steady):
    router = steady({"show": entry({"codec": "AV1"})})
    assert wait_shown(router, OFFLINE)["tracks"] == ["AV1"]
    wait_until(lambda: router.path("show")["bytesReceived"] > 100, "media", SECONDS)


def test_a_file_is_played_in_a_loop(steady, clips, tmp_path):
    film = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-t", "2", "-i", str(clips.get("b-frames")), "-c", "copy", str(film)], check=True)
    router = steady({"show": {"alwaysAvailable": True, "alwaysAvailableFile": str(film)}})
    assert wait_shown(router, OFFLINE)["tracks"] == ["H264", "MPEG-4 Audio"]
    keeper = DecodedStream(router.rtsp("show"), tmp_path, "reader")
    wait_until(lambda: (keeper.times("video") or [0])[-1] > 5, "more than two rounds", SECONDS)
    keeper.process.terminate()
    assert not router.embedded or not keeper.errors()


def test_recording_goes_on_across_publishers(steady, publish_to):
    router = steady({"show": entry(H264, SOUND, record=True, recordPartDuration="500ms")})
    wait_shown(router, OFFLINE)
    folder = router.folder / "recordings" / "show"
    wait_until(lambda: list(folder.glob("*.mp4")), "a file", SECONDS)
    publisher = publish_to(router, "show")
    wait_shown(router, ONLINE)
    time.sleep(1.5)  # some of the publisher's pictures
    publisher.close()
    wait_shown(router, OFFLINE)
    files = sorted(folder.glob("*.mp4"))
    assert files and ffmpeg.probe(files[0])["video"]["codec_name"] == "h264"


BAD = [
    ({"alwaysAvailable": True}, "'alwaysAvailableTracks' must contain at least one track"),
    (entry(H264, runOnDemand="true"), "'runOnDemand' and 'runOnUnDemand' cannot be used with 'alwaysAvailable'"),
    (entry(H264, alwaysAvailableFile="/nowhere.mp4"), "'alwaysAvailableFile' and 'alwaysAvailableTracks' cannot be used together"),
    ({"alwaysAvailable": True, "alwaysAvailableFile": "/nowhere.mp4"}, "invalid 'alwaysAvailableFile': "),
    (entry({"codec": "VP8"}), "unsupported codec 'VP8'"),
    (entry({"codec": "MPEG4Audio"}), "sampleRate is mandatory for codec 'MPEG4Audio'"),
    (entry({"codec": "MPEG4Audio", "sampleRate": 8000}), "sampleRate must be greater than or equal to 22050 for codec 'MPEG4Audio'"),
    (entry({"codec": "MPEG4Audio", "sampleRate": 48000}), "channelCount is mandatory for codec 'MPEG4Audio'"),
    (entry({"codec": "G711", "sampleRate": 7000, "channelCount": 1}), "sampleRate must be greater than or equal to 8000 for codec 'G711'"),
    (entry({"codec": "H264", "sampleRate": 48000}), "sampleRate must not be specified for codec 'H264'"),
    (entry({"codec": "Opus", "channelCount": 2}), "channelCount must not be specified for codec 'Opus'"),
    (entry(H264, useAbsoluteTimestamp=True), "'useAbsoluteTimestamp' cannot be used with 'alwaysAvailable'")]


@pytest.mark.parametrize(("path", "message"), BAD, ids=range(len(BAD)))
def test_entries_that_are_refused(run_program, tmp_path, path, message):
    config = tmp_path / "bad.yml"
    config.write_text(variation(paths={"show": path}, pathDefaults=None))
    code, out, err = run_program(config)
    assert code != 0 and message in out + err, out + err


def test_a_path_of_a_regular_expression_cannot_be_always_available(run_program, tmp_path):
    config = tmp_path / "bad.yml"
    config.write_text(variation(paths={"~^live/": entry(H264)}, pathDefaults=None))
    code, out, err = run_program(config)
    assert code != 0
    assert "'alwaysAvailable' cannot be used in a path with a regular expression (or path 'all_others')" in out + err
