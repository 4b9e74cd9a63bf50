"""Reading over RTMP: the first messages, timestamps, the end."""

import struct

from support.differences import differs
from support.rtmp_client import AUDIO, COMMAND, DATA, VIDEO
from support.rtmp_script import LEAD_SECONDS


def test_what_a_reader_gets_first(router, live, rtmp_client, path):
    live(router, path)
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    while client.next_of(COMMAND).values()[0] != "_result" or client.messages[client.taken - 1].values()[1] != 2:
        pass
    messages = [client.next() for _ in range(9)]
    control, commands, rest = messages[:2], messages[2:6], messages[6:]
    assert [m.payload for m in control] == [struct.pack(">HI", 4, 1), struct.pack(">HI", 0, 1)]
    assert [(m.values()[0], m.values()[3]["code"], m.values()[3]["description"]) for m in commands] == [
        ("onStatus", "NetStream.Play.Reset", "play reset"), ("onStatus", "NetStream.Play.Start", "play start"),
        ("onStatus", "NetStream.Data.Start", "data start"),
        ("onStatus", "NetStream.Play.PublishNotify", "publish notify")]
    assert {(m.chunk_stream, m.message_stream) for m in commands} == {(5, 1)}
    assert rest[0].kind == DATA and rest[0].chunk_stream == 4
    names, metadata = rest[0].values()[:-1], rest[0].values()[-1]
    row = "players get `@setDataFrame` first, and only the codecs"
    assert names == differs(router, row, ["@setDataFrame", "onMetaData"], ["onMetaData"])
    bare = {"videocodecid": 7, "videodatarate": 0, "audiocodecid": 10, "audiodatarate": 0}
    full = {"videocodecid": 7, "width": 320, "height": 180, "framerate": 30, "audiocodecid": 10,
            "audiosamplerate": 44100, "audiosamplesize": 16, "audiochannels": 1, "stereo": False}
    assert metadata.items() >= differs(router, row, bare, full).items()
    if router.embedded:
        assert metadata["videodatarate"] > 0 and metadata["audiodatarate"] > 0, "as the publisher says"
    headers = {m.kind: m for m in rest[1:]}
    assert headers[VIDEO].payload[:5] == b"\x17\x00\x00\x00\x00" and headers[VIDEO].chunk_stream == 6
    assert headers[AUDIO].payload[:2] == b"\xaf\x00" and headers[AUDIO].chunk_stream == 4
    assert [m.stamp for m in rest[1:]] == [0, 0]


def test_a_reader_starts_at_a_key_frame(router, live, rtmp_client, path):
    live(router, path)
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    assert client.next_of(VIDEO).payload[1] == 0, "the configuration first"
    first = client.next_of(VIDEO)
    assert first.payload[:2] == b"\x17\x01"


def test_a_reader_gets_the_publishers_timestamps(router, live, rtmp_client, path):
    live(router, path)
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    assert client.next_of(VIDEO).payload[1] == 0
    stamps = [client.next_of(VIDEO).stamp for _ in range(5)]
    assert stamps[0] >= (LEAD_SECONDS - 1.2) * 1000, "the clock of the publisher goes on, from its last key frames"
    assert all(32 <= b - a <= 35 for a, b in zip(stamps, stamps[1:])), stamps


def test_a_reader_without_enhanced_rtmp_gets_one_track_of_each_kind(router, live, rtmp_client, path):
    live(router, path, "mp3")
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    assert client.next_of(DATA).values()[-1]["audiocodecid"] == 2
    assert client.next_of(AUDIO).payload[0] >> 4 == 2


def test_a_lost_publisher_closes_its_readers(router, live, rtmp_client, path):
    publisher = live(router, path)
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    assert client.next_of(VIDEO)
    publisher.close()
    rest = client.read_to_end()
    assert all(m.kind in (AUDIO, VIDEO) for m in rest), "no StreamEOF, no UnpublishNotify"
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: terminated")
