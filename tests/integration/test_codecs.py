"""Each codec that this router supports is published and read by real clients, over each protocol that supports it."""

import pytest
from support import ffmpeg
from support.bare_router import ONLY_EMBEDDED
from support.rtmp_client import AUDIO, VIDEO, RtmpClient
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

LEAST_UNITS = 60
CODECS = {"av": {"video": "h264", "audio": "aac"}, "h265-opus": {"video": "hevc", "audio": "opus"},
          "h265-only": {"video": "hevc"}, "opus-only": {"audio": "opus"}, "mp3-only": {"audio": "mp3"},
          "mp3": {"video": "h264", "audio": "mp3"}, "video-only": {"video": "h264"}, "audio-only": {"audio": "aac"}}
RTMP_KNOWS = {"h264", "aac", "mp3"}  # these of them are supported by this FFmpeg over RTMP


def tracks_of(clip):
    """The arguments of frame_sums for each track."""
    return [("v" if kind == "video" else "a", codec if kind == "video" else "h264")
            for kind, codec in CODECS[clip].items()]


# FFmpeg's RTP muxer collects several audio frames for a packet. At the end, it never sends those that are still waiting.
KEPT_BACK = 8


def agrees(reader, source, may_lack_at_end):
    """The reader may have missed the beginning, but nothing after it."""
    got = reader.finish()
    assert len(got) >= LEAST_UNITS, reader.process.log()
    assert got[0] in source, "the first unit is not the source's"
    begin = source.index(got[0])
    assert got == source[begin:begin + len(got)], f"{len(got)} units of {len(source)} differ"
    assert len(source) - begin - len(got) <= may_lack_at_end


@pytest.mark.parametrize("clip", CODECS)
def test_published_over_rtsp_and_read_unchanged(shared_stack, publish, frame_sums, clips, stream, clip):
    sources = {track: frame_sums(clips.get(clip), *track).finish() for track in tracks_of(clip)}
    publisher = publish(shared_stack.rtsp(stream), clip, loop=False)
    shared_stack.wait_live(stream)
    urls = [shared_stack.rtsp(stream)]
    if RTMP_KNOWS.issuperset(CODECS[clip].values()):
        urls.append(shared_stack.rtmp(stream))
    readers = [(track, frame_sums(url, *track)) for url in urls for track in sources]
    assert publisher.wait(40) == 0, publisher.log()
    for track, reader in readers:
        agrees(reader, sources[track], KEPT_BACK if track[0] == "a" else 1)


@pytest.mark.parametrize("clip", CODECS)
def test_published_over_rtsp_and_named_rightly(shared_stack, publish, stream, clip):
    publish(shared_stack.rtsp(stream), clip)
    shared_stack.wait_live(stream)
    assert {k: s["codec_name"] for k, s in ffmpeg.probe(shared_stack.rtsp(stream)).items()} == CODECS[clip]
    source = shared_stack.paths()[f"live/{stream}/in"]
    assert source["source"]["type"] == "rtspSession"
    if RTMP_KNOWS.issuperset(CODECS[clip].values()):
        assert {k: s["codec_name"] for k, s in ffmpeg.probe(shared_stack.rtmp(stream)).items()} == CODECS[clip]


@pytest.mark.parametrize("clip", ["mp3-only", "mp3", "audio-only", "video-only"])
def test_published_over_rtmp_and_read_unchanged(shared_stack, publish, frame_sums, clips, stream, clip):
    sources = {track: frame_sums(clips.get(clip), *track).finish() for track in tracks_of(clip)}
    publisher = publish(shared_stack.rtmp(stream), clip, loop=False)
    shared_stack.wait_live(stream)
    readers = [(track, frame_sums(url, *track)) for url in (shared_stack.rtsp(stream), shared_stack.rtmp(stream))
               for track in sources]
    assert publisher.wait(40) == 0
    for track, reader in readers:
        agrees(reader, sources[track], 0)


# This FFmpeg does not support Enhanced RTMP. So our own client reads the enhanced tags of a stream that came over RTSP, and
# publishes them as another stream. That stream is read over RTSP.
def test_enhanced_rtmp_both_ways(shared_stack, publish, frame_sums, clips, stream):
    settings, server = shared_stack.settings, f"rtmp://{shared_stack.settings.host}/live/{stream}"
    sources = {track: frame_sums(clips.get("h265-opus"), *track).finish() for track in tracks_of("h265-opus")}
    publisher = publish(shared_stack.rtsp(stream), "h265-opus", loop=False)
    shared_stack.wait_live(stream)
    player = RtmpClient(settings.host, settings.rtmp_port)
    assert player.play(server, "in", fourCcList=["hvc1", "Opus"])
    tags = [m for m in read_to_end(player) if m[0] in (AUDIO, VIDEO)]
    assert publisher.wait(40) == 0
    assert {tag[1:5] for kind, _, tag in tags if kind == VIDEO} == {b"hvc1"}
    assert {tag[1:5] for kind, _, tag in tags if kind == AUDIO} == {b"Opus"}

    again = RtmpClient(settings.host, settings.rtmp_port)
    assert again.publish(f"rtmp://{settings.host}/live/{stream}-again", "in")
    headers = [tag for tag in tags if tag[2][0] & 0x0F == 0]
    again.send_tags(headers)
    shared_stack.wait_live(stream + "-again")
    readers = {track: frame_sums(shared_stack.rtsp(stream + "-again"), *track) for track in sources}
    # A reader counts from its SETUP on. But it does not get what is sent before its PLAY.
    wait_until(lambda: playing(shared_stack, f"live/{stream}-again/in") == 2, "both readers play")
    again.send_tags(tag for tag in tags if tag not in headers)
    assert again.ping()
    wait_until(lambda: all(len(r.lines()) >= LEAST_UNITS for r in readers.values()), "units at both readers", 40)
    again.close()
    for track, reader in readers.items():
        agrees(reader, sources[track], KEPT_BACK if track[0] == "a" else 1)


def playing(stack, path):
    sessions = stack.ask_api("/v3/rtspsessions/list?itemsPerPage=1000").json()["items"]
    return sum(s["path"] == path and s["state"] == "read" for s in sessions)


def read_to_end(client):
    messages = []
    try:
        for message in client.messages():
            messages.append(message)
    except ConnectionError:
        return messages


def test_a_player_without_enhanced_rtmp_is_told(shared_stack, publish, stream):
    publish(shared_stack.rtsp(stream), "h265-only")
    shared_stack.wait_live(stream)
    settings = shared_stack.settings
    player = RtmpClient(settings.host, settings.rtmp_port)
    assert not player.play(f"rtmp://{settings.host}/live/{stream}", "in")
    assert b"NetStream.Play.Failed" in player.received
    shared_stack.router.wait_log("skipping track 1 (H265)")
