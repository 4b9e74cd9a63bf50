"""Publishing over RTMP: statuses, analysis, bad media, every way to end."""

import struct

import pytest
from support.differences import differs
from support.rtmp_client import AUDIO, COMMAND, VIDEO, flv_tags
from support.rtmp_script import assert_closed_for_a_reason
from support.wait import wait_until

USER_CONTROL, WINDOW_ACK = 4, 5


def test_publish(router, rtmp_client, clips, path):
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    while (message := client.next()).kind != COMMAND or message.values()[0] != "onStatus":
        pass
    assert (message.chunk_stream, message.message_stream) == (5, 1)
    assert message.values() == ["onStatus", 3, None, {"level": "status", "code": "NetStream.Publish.Start",
                                                      "description": "publish start"}]
    assert router.path(path) is None, "not yet"
    client.send_tags(flv_tags(clips.get("av")))
    router.wait_ready(path)
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] is publishing to path '{path}'")


def test_available_after_two_seconds_of_media(router, rtmp_client, clips, path):
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    tags = list(flv_tags(clips.get("av")))
    client.send_tags(t for t in tags if t[1] < 500)
    early = "a stream is available after 2 s of media"
    if differs(router, early, False, True):
        router.wait_ready(path)
        return
    client.message(USER_CONTROL, struct.pack(">HI", 6, 1), chunk_stream=2)
    assert client.next_of(USER_CONTROL), "what came before the ping is read"
    assert router.path(path) is None
    client.send_tags(t for t in tags if 500 <= t[1] < 2200)
    router.wait_ready(path)


def test_ping_is_answered(router, rtmp_client, path):
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    client.message(USER_CONTROL, struct.pack(">HI", 6, 0x12345678), chunk_stream=2)
    assert client.next_of(USER_CONTROL).payload == struct.pack(">HI", 7, 0x12345678)


def test_a_window_asks_for_acknowledgements(router, rtmp_client, clips, path):
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    client.message(WINDOW_ACK, struct.pack(">I", 20_000), chunk_stream=2)
    client.send_tags(flv_tags(clips.get("av")))
    acknowledged = client.next_of(3)
    assert struct.unpack(">I", acknowledged.payload)[0] >= 20_000


BAD_MEDIA = {
    "video too short": (VIDEO, b"\x17\x01\x00"),
    "an AAC configuration of one byte": (AUDIO, b"\xaf\x00\x12"),
    "an AAC message of no known type": (AUDIO, b"\xaf\x02\x00"),
    "an enhanced packet of no known type": (VIDEO, b"\x9fhvc1\x00"),
    "a multitrack message inside another": (AUDIO, b"\x95\x05mp4a\x00\x00"),
    "a track longer than its message": (AUDIO, b"\x95\x11mp4a\x00\x00\x00\xff\x00"),
}


@pytest.mark.parametrize("name", BAD_MEDIA)
def test_bad_media_closes(router, rtmp_client, path, name):
    kind, payload = BAD_MEDIA[name]
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    client.message(kind, payload, chunk_stream=6, message_stream=1)
    assert_closed_for_a_reason(router, client)


def test_media_of_a_track_that_came_too_late(router, rtmp_client, clips, path):
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    client.send_tags(flv_tags(clips.get("video-only")))
    router.wait_ready(path)
    reader = rtmp_client(router)
    reader.start_path(router, "play", path)
    assert reader.next_of(VIDEO)
    audio = [t for t in flv_tags(clips.get("av")) if t[0] == AUDIO]
    client.send_while_open((kind, 6000 + stamp, payload) for kind, stamp, payload in audio[:3])
    if differs(router, "a track that comes after the stream has begun closes the connection", False, True):
        reader.read_to_end()
        router.wait_message("WAR", rf"\[RTMP\] \[conn {client.address}\] AAC audio has come late: the stream begins "
                                   "anew with it")
        assert client.ping()
        assert router.path(path)["tracks"] == ["H264", "MPEG-4 Audio"]
        again = rtmp_client(router)
        again.start_path(router, "play", path)
        assert again.next_of(AUDIO)
        return
    assert client.closed_by_server()
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: received a packet for audio track 0, but "
                               "track is not set up")


def test_the_end_of_a_publisher_is_told_within_a_second(router, live, path):
    publisher = live(router, path)
    name = publisher.address
    publisher.end()
    wait_until(lambda: router.path(path) is None, "the path gone", 1)
    router.wait_message("INF", rf"\[RTMP\] \[conn {name}\] closed: EOF", 1)


def test_a_reset_is_an_end_as_well(router, live, path):
    import socket
    publisher = live(router, path)
    publisher.pause()
    publisher.client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    publisher.client.close()
    wait_until(lambda: router.path(path) is None, "the path gone", 1)


def test_a_second_publication_on_the_connection(router, rtmp_client, clips, path):
    application, _, key = path.rpartition("/")
    client = rtmp_client(router)
    client.start(router.rtmp(application), "publish", key)
    tags = list(flv_tags(clips.get("av")))
    client.send_tags(tags)
    router.wait_ready(path)
    before = len(client.messages)
    client.command("FCUnpublish", 6, None, key)
    client.command("deleteStream", 7, None, 1)
    client.command("createStream", 8, None)
    client.command("publish", 9, None, key, "live", message_stream=1)
    client.send_while_open((kind, 10_000 + stamp, payload) for kind, stamp, payload in tags)
    if differs(router, "`deleteStream`, `FCUnpublish` are ignored", False, True):
        while client.messages[before:] == [] or client.messages[-1].kind != COMMAND or \
                client.messages[-1].values()[1] != 9:
            assert client.next()
        assert client.messages[-1].values()[3]["code"] == "NetStream.Publish.Start"
        wait_until(lambda: len(router.messages(f"[conn {client.address}] is publishing to path '{path}'")) == 2,
                   "the second publication")
        router.wait_ready(path)
    client.message(USER_CONTROL, struct.pack(">HI", 6, 1), chunk_stream=2)
    assert client.next_of(USER_CONTROL), "still there"


def test_a_second_publication_of_another_path(router, rtmp_client, clips, path):
    if not differs(router, "`deleteStream`, `FCUnpublish` are ignored", False, True):
        pytest.skip("MediaMTX goes on with the first")
    application, _, key = path.rpartition("/")
    client = rtmp_client(router)
    client.start(router.rtmp(application.rpartition("/")[0]), "publish", f"{application.rpartition('/')[2]}/{key}")
    tags = list(flv_tags(clips.get("av")))
    client.send_tags(tags)
    router.wait_ready(path)
    client.command("closeStream", 0, None, message_stream=1)
    other = path.replace("/in", "-2/in")
    client.command("publish", 9, None, other.removeprefix("live/"), "live", message_stream=1)
    client.send_tags(tags)
    router.wait_ready(other)
    router.wait_not_ready(path)


def test_unpublish_commands(router, live, path):
    publisher = live(router, path)
    publisher.pause()
    publisher.client.command("FCUnpublish", 6, None, path.rpartition("/")[2])
    publisher.client.command("deleteStream", 7, None, 1)
    if differs(router, "`deleteStream`, `FCUnpublish` are ignored", False, True):
        router.wait_not_ready(path)
    else:
        publisher.client.message(USER_CONTROL, struct.pack(">HI", 6, 1), chunk_stream=2)
        assert publisher.client.next_of(USER_CONTROL), "still there, behind the commands"
        assert router.path(path)["ready"]
