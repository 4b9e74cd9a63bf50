"""RTMP peers that lie, flood, stall or vanish, against the running router with a healthy stream beside them.

In each case, the router either refuses in the way of the protocol and closes the connection, with the reason in the log, or it
tolerates the input. The reader of the other stream must not notice anything, and the router must not grow.
"""

import contextlib
import os
import socket
import struct
import time

import pytest
from support.bare_router import ONLY_EMBEDDED
from support.hostile import (
    READ_TIMEOUT_SECONDS,
    arriving,
    closed_with,
    short_tempered_router,
    timed_out_while_dripping,
    unharmed_witness,
)
from support.rtmp_client import AUDIO, COMMAND, DATA, VIDEO, RtmpClient, amf0, flv_tags
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with short_tempered_router(tmp_path_factory.mktemp("hostile-rtmp")) as router:
        yield router


@pytest.fixture(scope="module")
def witness(router, clips, tmp_path_factory):
    with unharmed_witness(router, clips.get("av"), tmp_path_factory.mktemp("witness")) as witness:
        yield witness


@pytest.fixture
def peer(router, witness):
    client = arriving(router, RtmpClient(router.settings.host, router.settings.rtmp_port, timeout=15))
    yield client
    client.close()
    witness.check(1)


def server_of(router, stream):
    return f"rtmp://{router.settings.host}/live/{stream}"


# Before and in the handshake

@pytest.mark.parametrize("first,reason", [
    (b"\x00", r"invalid rtmp version \(0\)"), (b"\x02", r"invalid rtmp version \(2\)"),
    (b"\x06", "RTMPE"), (b"\x1f", r"invalid rtmp version \(31\)"),
    (b"GET / HTTP/1.1\r\n\r\n", r"invalid rtmp version \(71\)"), (b"\x16\x03\x01", r"invalid rtmp version \(22\)"),
])
def test_other_versions_and_protocols(router, peer, first, reason):
    peer.send(first)
    closed_with(router, peer, reason)


@pytest.mark.parametrize("bytes_before", [0, 1, 1537])
def test_a_peer_that_stops_talking(router, peer, bytes_before):
    began = time.monotonic()
    peer.send(b"\x03" + bytes(1536) if bytes_before > 1 else b"\x03"[:bytes_before])
    closed_with(router, peer, "i/o timeout")
    assert time.monotonic() - began < READ_TIMEOUT_SECONDS + 5


def test_a_peer_that_talks_a_byte_at_a_time(router, peer):
    """There must be one deadline for the whole handshake, not one for each byte."""
    timed_out_while_dripping(router, peer, b"\x03" + bytes(1536))


def test_harmless_handshakes(router, peer, stream):
    peer.handshake(c1=bytes(1536), c2=os.urandom(1536))
    peer.connect(server_of(router, stream))
    assert peer.wait_for(b"NetConnection.Connect.Success")


def test_junk_after_the_handshake(router, peer):
    peer.handshake()
    try:
        peer.send(b"\xff" * 65536)
    except ConnectionError:
        pass
    closed_with(router, peer, "chunk")


def test_a_reset_in_the_middle_of_the_handshake(router, peer):
    peer.send(b"\x03" + bytes(1536))
    peer.socket.recv(100)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    port = peer.local_port
    peer.close()
    router.wait_log_line(f"[conn 127.0.0.1:{port}] closed: ")


# Chunks

def chunk0(body, kind=COMMAND, length=None, csid=3, stamp=0, stream=0):
    length = len(body) if length is None else length
    return struct.pack(">B", csid) + stamp.to_bytes(3, "big") + length.to_bytes(3, "big") + bytes([kind]) + \
        struct.pack("<I", stream) + body


def control(kind, value):
    return chunk0(struct.pack(">I", value), kind, csid=2)


@pytest.mark.parametrize("data,reason", [
    (control(1, 0), "chunk size"), (control(1, 0x80000000), "chunk size"), (control(1, 0xFFFFFFFF), "chunk size"),
    (b"\x83" + bytes(3), "received type 2 chunk without previous chunk"),
    (b"\xc3", "received type 3 chunk without previous chunk"),
    (chunk0(b"x" * 128, length=500) + chunk0(b"y"), "received type 0 chunk but expected type 3"),
    (chunk0(b"\x00", 4, csid=2), "invalid body size"), (chunk0(b"\x00\x06\x01", 4, csid=2), "invalid body size"),
    (chunk0(b"\x08\x00\x00\x00", 17), "not connect|AMF3|AMF0|command"),
    (b"".join(chunk0(b"x" * 128, length=500, csid=csid) for csid in range(3, 64)) +
     b"".join(bytes([0, i]) + chunk0(b"x" * 128, length=500)[1:] for i in range(10)), "too many chunk streams"),
], ids=lambda value: "" if isinstance(value, bytes) else value[:24])
def test_chunks_that_break_the_protocol(router, peer, data, reason):
    peer.handshake()
    peer.send(data)
    closed_with(router, peer, reason)


@pytest.mark.parametrize("data", [
    control(1, 1),                                                         # the smallest chunk size
    chunk0(b""), chunk0(b"x" * 10, 0), chunk0(b"x" * 10, 7), chunk0(b"x" * 10, 255),  # empty; unknown types
    b"\x00\x00" + control(5, 1)[1:], b"\x01\x00\x00" + control(5, 1)[1:],   # long forms of a chunk stream id
    control(2, 77),                                                        # abort of nothing
    chunk0(b"x" * 128, 9, length=500, csid=7) + control(2, 7),              # abort in the middle
    control(5, 0) + control(5, 1) + control(5, 0xFFFFFFFF) + control(3, 5), # windows and acknowledgements
    chunk0(b"\x00\x00\x00\x01", 4, csid=2),                                 # another user control event
    b"\x45" + bytes(3) + b"\x00\x00\x04\x63data",                          # a first chunk of type 1
], ids=range(12))
def test_chunks_that_are_odd_but_legal(router, peer, stream, data):
    peer.handshake()
    peer.send(data)
    if data == control(1, 1):
        head = amf0("connect") + amf0(1) + amf0({"app": "live", "tcUrl": server_of(router, stream)})
        peer.send(chunk0(head[:1], length=len(head)) + b"".join(b"\xc3" + head[i:i + 1] for i in range(1, len(head))))
    else:
        peer.connect(server_of(router, stream))
    assert peer.wait_for(b"NetConnection.Connect.Success")


def test_a_flood_of_pings_that_nobody_reads_answers_to(router, peer, stream):
    peer.handshake()
    peer.connect(server_of(router, stream))
    flood = chunk0(b"\x00\x06abcd", 4, csid=2) * 50_000
    peer.send(flood + flood)
    wait_until(lambda: peer.send(chunk0(b"\x00\x06last", 4, csid=2)) or b"last" in peer.socket.recv(65536),
               "an answer to a ping behind the flood")


# Commands

def bomb(depth):
    return b"".join(b"\x03\x00\x01a" for _ in range(depth))


@pytest.mark.parametrize("body,reason", [
    (amf0("publish") + amf0(1) + amf0(None) + amf0("x"), "first command is not connect"),
    (amf0("connect") + amf0(1) + bomb(10_000), "nested too deeply"),
    (amf0("connect") + amf0(1) + b"\x0a\xff\xff\xff\xff", "cut off|AMF0"),
    (amf0("connect") + amf0(1) + b"\x08\xff\xff\xff\xff\x00\x03app\x02\x00\x09live", "cut off|AMF0"),
    (amf0("connect") + amf0(1) + b"\x0c\xff\xff\xff\xff", "cut off|AMF0"),
    (amf0("connect") + amf0(1) + b"\x07\x00\x00", "marker|AMF0|object"),
    (amf0("connect") + amf0(1) + amf0({"app": "", "tcUrl": ""}), "neither app nor tcUrl"),
    (amf0("connect") + amf0(1) + amf0({"app": "a" * 20_000, "tcUrl": "rtmp://h/a"}), "too long"),
    (amf0("connect") + amf0(1) + amf0({"app": "a", "x" * 60_000: "y" * 60_000}), "too many bytes in unfinished messages"),
    (b"\x02\x00", "cut off|AMF0|command"), (b"\x00" * 9, "command|AMF0|name"),
], ids=range(11))
def test_commands_that_are_none(router, peer, body, reason):
    peer.handshake()
    peer.message(1, struct.pack(">I", 65536), chunk_stream=2)
    peer.message(COMMAND, body)
    closed_with(router, peer, reason)


@pytest.mark.parametrize("commands,told,reason", [
    ([("connect", 2, {"app": "live"})], b"NetConnection.Connect.Rejected", "connect was sent twice"),
    ([("createStream", i, None) for i in range(40)], None, "too many streams created"),
    ([("publish", 3, None)], b"NetStream.Publish.BadName", "no stream key"),
    ([("publish", 3, None, 7, "live")], b"NetStream.Publish.BadName", "no stream key"),
    ([("publish", 3, None, "k" * 10_000)], b"NetStream.Publish.BadName", "too long"),
    ([("publish", 3, None, "in", "live"), ("publish", 4, None, "in")], b"NetStream.Publish.BadName", "a stream already"),
    ([("publish", 3, None, "in", "live"), ("play", 4, None, "in")], b"NetStream.Play.Failed", "a stream already"),
    ([("play", 3, None, "in")], b"NetStream.Play.StreamNotFound", "no stream is available"),
    ([("FCPublish", i, None, "x") for i in range(100_001)], None, "too many commands|i/o timeout"),  # whichever comes first
], ids=range(9))
def test_commands_in_a_wrong_place(router, peer, stream, commands, told, reason):
    peer.handshake()
    peer.connect(server_of(router, stream))
    assert peer.wait_for(b"NetConnection.Connect.Success")
    messages = [b"".join(amf0(v) for v in command) for command in commands]
    try:
        peer.send(b"".join(chunk0(body) for body in messages))
    except ConnectionError:
        pass
    closed_with(router, peer, reason)
    assert told is None or told in peer.received


@pytest.mark.parametrize("transaction", [float("nan"), float("inf"), -0.0, 2.0 ** 53, -1.0])
@pytest.mark.parametrize("kind", ["live", "record", "append", 5.0])
def test_odd_numbers_and_publish_types(router, peer, stream, transaction, kind):
    peer.handshake()
    peer.connect(server_of(router, stream))
    peer.command("FCPublish", transaction, None, "another-name")
    peer.command("createStream", transaction, None)
    peer.command("publish", transaction, None, "in", kind, message_stream=1)
    assert peer.wait_for(b"NetStream.Publish.Start")
    peer.command("deleteStream", transaction, None, 7.0)  # not ours
    assert peer.ping()


def test_unfinished_messages_of_strangers(router, peer, stream):
    """Before a client is authorised, its unfinished messages may take 64 KiB, not the 16 MiB of a picture."""
    peer.handshake()
    peer.connect(server_of(router, stream))
    peer.send(control(1, 0xFFFFFF))
    try:
        peer.send(chunk0(bytes(1_000_000), VIDEO, length=10_000_000, csid=6))
    except ConnectionError:
        pass
    closed_with(router, peer, "too many bytes in unfinished messages")


def test_a_stream_that_ends_before_it_is_let_in(router, peer, stream):
    """publish and deleteStream in one write, again and again: there is no stream, and the first deadline still holds."""
    began = time.monotonic()
    peer.handshake()
    peer.connect(server_of(router, stream))
    both = chunk0(b"".join(amf0(v) for v in ("publish", 3, None, "in", "live"))) + \
        chunk0(b"".join(amf0(v) for v in ("deleteStream", 4, None, 1)))
    peer.socket.settimeout(0.1)
    try:
        while time.monotonic() - began < READ_TIMEOUT_SECONDS + 10:
            peer.send(both)
            with contextlib.suppress(TimeoutError):
                peer.socket.recv(65536)
    except ConnectionError:
        pass
    peer.socket.settimeout(15)
    closed_with(router, peer, "i/o timeout")
    assert time.monotonic() - began < READ_TIMEOUT_SECONDS + 8
    assert not router.is_live(stream)


def test_publications_without_end(router, publisher, stream, tags):
    """Each publication is accepted and ended. The connection goes on, and costs nothing but its commands."""
    for number in range(60):
        publisher.command("FCUnpublish", 10, None, "in")
        publisher.command("createStream", 11, None)
        publisher.command("publish", 12, None, "in", "live", message_stream=1)
        publisher.send_tags((kind, stamp + number * 1000, body) for kind, stamp, body in tags[:20])
        assert publisher.ping(b"%04d" % number)
    router.wait_live(stream)


# Media

AVC = b"\x17\x00\x00\x00\x00"


@pytest.fixture
def tags(clips):
    return list(flv_tags(clips.get("av")))


@pytest.fixture
def publisher(router, peer, stream, tags):
    """A peer whose stream is live: it has sent the sequence headers and the first frames."""
    assert peer.publish(server_of(router, stream), "in")
    peer.send_tags(tags[:20])
    router.wait_live(stream)
    return peer


@pytest.mark.parametrize("kind,body,reason", [
    (VIDEO, b"\x17\x01\x00", "body|size|short|cut"), (AUDIO, b"\xaf\x00\x12", "."),
    (VIDEO, AVC + b"\x01\x42\xc0\x1e\xff\xff\xff\xff\xff\x67", "."),            # 31 SPS, lengths past the end
    (VIDEO, AVC + b"\x01\x42\xc0\x1e\xff\xe1\x00\x05\x67\x00\x00\x00\x00\x01\x00\x01\x68", "."),  # SPS of zeros
    (VIDEO, b"\x17\x01\x00\x00\x00\xff\xff\xff\xff\x65", "."),                  # NAL unit longer than the tag
    (AUDIO, b"\xaf\x00\xff\xff", "."), (AUDIO, b"\xaf\x00\x17\x80\x00\x00\x00", "."),  # sampling index 13-15, rate 0
    (VIDEO, b"\x97hvc1", "."), (VIDEO, b"\x96hvc1\x7f\x00", "."), (VIDEO, b"\x9fhvc1\x00", "."),  # enhanced RTMP
    (VIDEO, b"\x96\x10hvc1" + b"\x01\x00\x00\x00" * 17, "too many tracks"),
    (VIDEO, b"\x97" + b"\x00\x00\x07" * 100_000, "size"),                       # endless modifiers
    (22, b"\x09\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00data", "."),             # an aggregate message with wrong lengths
], ids=range(13))
def test_media_that_cannot_be_read(router, publisher, stream, kind, body, reason):
    publisher.message(kind, body, 6, message_stream=1, stamp=1000)
    closed_with(router, publisher, reason)
    router.wait_gone(stream)


def test_media_that_cannot_be_read_from_the_start(router, peer, stream):
    assert peer.publish(server_of(router, stream), "in")
    for stamp in range(0, 3000, 100):
        peer.message(AUDIO, b"\xaf\x01\x21\x00", 4, message_stream=1, stamp=stamp)  # AAC without its configuration
    closed_with(router, peer, ".")


@pytest.mark.parametrize("kind,body", [
    (VIDEO, b"\x17\x01\x00\x00\x00\x00\x00\x00\x00"), (VIDEO, b"\x27\x01\x80\x00\x00\x00\x00\x00\x01\x41"),
    (VIDEO, b"\x17\x02\x00\x00\x00"), (VIDEO, b"\x17"), (VIDEO, b"\x57\x00"), (AUDIO, b"\xaf\x01"),
    (VIDEO, b"\x17\x00\x00\x00\x00"), (VIDEO, b"\x22\x00\x00\x00\x00"), (AUDIO, b"\x6f\x00\x00"), (VIDEO, b"\x90xxxx\x00"),
    (DATA, amf0("onMetaData") + amf0({"width": "NaN", "height": float("inf")})),
    (DATA, amf0("onMetaData") + b"\x08\xff\xff\xff\xff"), (DATA, amf0("onMetaData") + bomb(1000)),
    (DATA, amf0("onMetaData") + b"\x0c" + struct.pack(">I", 9 << 20) + bytes(9 << 20)),
    (DATA, b""), (DATA, b"\xff"), (COMMAND, amf0("evil\r\n\x1b[31mname") + amf0(0) + amf0(None)),
], ids=["nal-length-0", "composition-time-minus-2^23", "end-of-sequence", "one-byte", "two-bytes",
        "empty-frame", "empty-header", "h263", "nellymoser", "no-codec", "metadata-nan", "metadata-count-lies",
        "metadata-bomb", "metadata-9-MiB", "no-data", "data-junk", "unknown-command"])
def test_media_that_means_nothing_is_left_out(router, publisher, stream, kind, body):
    publisher.message(kind, body, 6, message_stream=1, stamp=1000)
    assert publisher.ping()
    assert router.is_live(stream)


def media(tags, count=60):
    """(kind, payload) of the frames, without the sequence headers."""
    return [(k, p) for k, _, p in tags if k in (AUDIO, VIDEO) and not (p[1] == 0 and p[0] in (0x17, 0xAF))][:count]


CLOCKS = {
    "standing": lambda i: 5000, "backwards": lambda i: (100_000 - 40 * i) & 0xFFFFFFFF, "minus-one": lambda i: 0xFFFFFFFF,
    "wrapping": lambda i: (0xFFFFFF00 + 40 * i) & 0xFFFFFFFF, "a-day-ahead": lambda i: 40 * i + (86_400_000 if i > 20 else 0),
    "jumping": lambda i: (40 * i, 0x7FFFFFFF, 0, 0x80000001)[i % 4],
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_clocks_that_go_wrong(router, publisher, frame_sums, stream, tags, clock):
    reader = frame_sums(router.rtmp(stream), "a")
    wait_until(lambda: router.paths()[f"live/{stream}/in"]["readers"], "a reader")
    seen = 0
    while len(reader.lines()) < 30:  # so that everything that the reader still buffers is written
        for kind, payload in media(tags):
            stamp = CLOCKS[clock](seen)
            chunk_stream = 4 if kind == AUDIO else 6
            if stamp >= 0xFFFFFF:
                publisher.send(struct.pack(">B", chunk_stream) + b"\xff\xff\xff" + len(payload).to_bytes(3, "big") +
                               bytes([kind]) + struct.pack("<I", 1) + struct.pack(">I", stamp) + payload)
            else:
                publisher.message(kind, payload, chunk_stream, message_stream=1, stamp=stamp)
            seen += 1
        if clock == "standing" or seen > 20_000:
            break
    assert publisher.ping()
    assert router.is_live(stream)
    stamps = [pts for pts, _ in reader.lines()]
    assert all(a < b for a, b in zip(stamps, stamps[1:])), stamps


def test_time_stamps_that_jump_with_each_message_do_not_fill_the_log(router, publisher, stream):
    since = router.log_size()
    for i in range(3000):
        publisher.message(VIDEO, b"\x27\x01\x00\x00\x00\x00\x00\x00\x2d" + b"\x41" + bytes(44), 6, 1, 3000 + i % 2 * 1_000_000)
    assert publisher.ping()
    lines = router.log_lines(f"[path live/{stream}/in] timestamps of track", since=since)
    assert 1 <= len(lines) <= 5, lines[:10]


def test_a_thousand_tiny_frames_at_once(router, publisher, stream):
    for i in range(1000):
        publisher.message(VIDEO, b"\x27\x01\x00\x00\x00\x00\x00\x00\x2d" + b"\x41" + bytes(44), 6, 1, 2000 + i)
    assert publisher.ping()
    assert router.is_live(stream)


def test_another_resolution_in_the_middle(router, publisher, stream, clips):
    other = [(k, 3000, p) for k, _, p in flv_tags(clips.get("b-frames")) if k == VIDEO][:5]
    publisher.send_tags(other)
    assert publisher.ping()
    assert router.is_live(stream)


def test_a_publisher_without_a_keyframe_does_not_fill_the_memory(router, peer, stream, tags):
    """There is never a sequence header. After two seconds of media, the publisher is refused."""
    assert peer.publish(server_of(router, stream), "in")
    for i in range(100):
        peer.message(VIDEO, b"\x27\x01\x00\x00\x00\x00\x00\x00\x05\x41abcd", 6, 1, 40 * i)
    closed_with(router, peer, ".")


def test_a_reader_that_does_not_read(router, witness, publisher, stream):
    """It loses whole units, is disconnected after writeTimeout, and does not affect the publisher."""
    reader = arriving(router, RtmpClient(router.settings.host, router.settings.rtmp_port, timeout=15))
    reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert reader.play(server_of(router, stream), "in")
    port = reader.local_port
    picture = b"\x17\x01\x00\x00\x00" + struct.pack(">I", 1_000_001) + b"\x65" + bytes(1_000_000)

    def cut():
        cut.stamp += 40
        publisher.message(VIDEO, picture, 6, message_stream=1, stamp=3000 + cut.stamp)
        return router.log_lines(f"[conn 127.0.0.1:{port}] closed: ")
    cut.stamp = 0
    line = wait_until(cut, lambda: router.log_lines(f"[conn 127.0.0.1:{port}]"))[0]
    assert "i/o timeout" in line
    router.wait_log_line(f"[conn 127.0.0.1:{port}] reader is too slow, discarding")
    reader.close()
    assert publisher.ping()
    witness.check(1)


def test_a_thousand_connections_that_say_nothing(router, witness):
    idle = [socket.create_connection((router.settings.host, router.settings.rtmp_port)) for _ in range(1000)]
    witness.check(5)
    wait_until(lambda: len(router.open_connections()) < 10, "the idle ones are closed")
    for one in idle:
        one.close()
