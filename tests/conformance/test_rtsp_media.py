"""What RTSP readers receive: packets, their order, timestamps, reports, slow readers."""

import base64
import re
import struct
import time

import pytest
from support.differences import differs
from support.rtsp_publish import announce, record, send_packet

PAYLOAD_LIMIT = 1440


@pytest.fixture
def reading(router, live, rtsp_client, path):
    """A playing client of a stream: (client, publisher)."""
    publisher = live(router, path)
    client = rtsp_client(router)
    client.play(router.rtsp(path))
    return client, publisher


def packets(client, channel, count):
    found = []
    while len(found) < count:
        frame = client.frame()
        assert frame, "closed"
        if frame.channel == channel:
            found.append(frame.rtp())
    return found


def kind(packet):
    return packet.payload[0] & 0x1F


def test_video_packets(reading):
    client, _ = reading
    video = packets(client, 0, 120)
    assert {p.payload_type for p in video} == {96} and len({p.ssrc for p in video}) == 1
    assert [(b.sequence - a.sequence) & 0xFFFF for a, b in zip(video, video[1:])] == [1] * (len(video) - 1)
    assert max(len(p.payload) for p in video) <= PAYLOAD_LIMIT
    stamps = sorted({p.stamp for p in video}, key=lambda s: (s - video[0].stamp) & 0xFFFFFFFF)
    steps = {(b - a) & 0xFFFFFFFF for a, b in zip(stamps, stamps[1:])}
    assert steps <= {2970, 3060}, "whole milliseconds of RTMP at 90 kHz"
    for before, after in zip(video, video[1:]):
        assert before.marker == (before.stamp != after.stamp), "the marker ends an access unit"


def test_a_key_frame(reading):
    client, _ = reading
    while True:
        (packet,) = packets(client, 0, 1)
        if kind(packet) == 24:
            break
    assert packet.payload[0] == 0x18 and not packet.marker
    sizes, rest = [], packet.payload[1:]
    while rest:
        size = struct.unpack(">H", rest[:2])[0]
        sizes.append(rest[2] & 0x1F)
        rest = rest[2 + size:]
    assert sizes[:2] == [7, 8], "SPS and PPS in front of the key frame"
    fragments = packets(client, 0, 3)
    assert {kind(p) for p in fragments} == {28} and {p.stamp for p in fragments} == {packet.stamp}
    assert fragments[0].payload[1] == 0x85 and fragments[1].payload[1] & 0x1F == 5
    assert len(fragments[0].payload) == PAYLOAD_LIMIT


def test_audio_packets(router, reading):
    client, _ = reading
    audio = packets(client, 2, 40)
    assert {p.payload_type for p in audio} == {differs(router, "all tracks have payload type 96", 96, 97)}
    assert all(p.marker for p in audio)
    for packet in audio:
        assert packet.payload[:2] == b"\x00\x10", "one header of 16 bits"
        assert struct.unpack(">H", packet.payload[2:4])[0] >> 3 == len(packet.payload) - 4
    steps = [(b.stamp - a.stamp) & 0xFFFFFFFF for a, b in zip(audio, audio[1:])]
    assert abs(sum(steps) / len(steps) - 1024) < 8, steps


def test_sender_reports(reading):
    client, _ = reading
    reports = {}
    while len(reports) < 2:
        frame = client.frame()
        if frame.channel % 2 and frame.channel not in reports:
            reports[frame.channel] = frame.data
    for channel, data in reports.items():
        assert data[:2] == b"\x80\xc8" and len(data) == 28, "a sender report, nothing else"
        (packet,) = packets(client, channel - 1, 1)
        assert struct.unpack(">I", data[4:8])[0] == packet.ssrc
        seconds, _, stamp = struct.unpack(">III", data[8:20])
        rate = 90_000 if channel == 1 else 44_100
        assert ((packet.stamp - stamp) & 0xFFFFFFFF) / rate < 15, "of the packets' clock"
        assert abs(seconds - 2_208_988_800 - time.time()) < 20, "of the wall clock"


def test_rtp_info_of_a_running_stream(router, reading, rtsp_client, path):
    client, _ = reading
    last = packets(client, 0, 40)[-1]
    second = rtsp_client(router)
    info = second.play(router.rtsp(path)).get("RTP-Info").split(",")[0]
    found = re.fullmatch(rf"url={re.escape(router.rtsp(path))}/trackID=0;seq=(\d+);rtptime=(\d+)", info)
    assert found, info
    (first,) = packets(second, 0, 1)
    assert first.ssrc == last.ssrc, "all readers get the same packets"
    assert (first.sequence - int(found[1])) & 0xFFFF < 1000
    # The reader may have to wait for a key frame. The clip has one each second.
    assert abs(((first.stamp - int(found[2])) + 2**31) % 2**32 - 2**31) < 3 * 90_000


def test_a_reader_that_joins_later_begins_with_a_key_frame_and_sound_at_once(router, reading, rtsp_client, path):
    client, _ = reading
    at_once = set()
    for number in range(4):
        packets(client, 0, 20 * number + 1)  # somewhere else in the group of pictures
        joiner = rtsp_client(router)
        joiner.play(router.rtsp(path))
        while (frame := joiner.frame()).channel != 0:
            at_once.add(frame.channel)
        first = kind(frame.rtp())
        assert first == 24 or not differs(router, "a reader gets whatever comes next", False, True), "SPS and PPS in front"
    assert 2 in at_once or not differs(router, "a reader gets whatever comes next", False, True)


@pytest.mark.parametrize("clip,lines", [
    ("video-only", ["m=video 0 RTP/AVP 96"]), ("audio-only", ["m=audio 0 RTP/AVP 96"]),
    ("mp3", ["m=video 0 RTP/AVP 96", "m=audio 0 RTP/AVP 14"])])
def test_descriptions(router, live, rtsp_client, path, clip, lines):
    live(router, path, clip)
    body = rtsp_client(router).ask("DESCRIBE", router.rtsp(path)).body.decode()
    assert [line for line in body.split("\r\n") if line.startswith("m=")] == lines
    assert [line for line in body.split("\r\n") if line.startswith("a=control")] == [
        f"a=control:trackID={n}" for n in range(len(lines))]


def test_the_description_holds_the_parameter_sets_that_are_sent(router, reading, rtsp_client, path):
    client, _ = reading
    body = rtsp_client(router).ask("DESCRIBE", router.rtsp(path)).body.decode()
    sps, pps = [base64.b64decode(x) for x in re.search(r"sprop-parameter-sets=([^,]+),(\S+)", body).groups()]
    while kind(packet := packets(client, 0, 1)[0]) != 24:
        pass
    assert packet.payload == b"\x18" + struct.pack(">H", len(sps)) + sps + struct.pack(">H", len(pps)) + pps


def test_a_stream_that_sends_no_key_frames_is_shown_after_a_while(router, rtsp_client, path):
    """With intra refresh, only the first picture is a key frame."""
    publisher, reader, url = rtsp_client(router), rtsp_client(router), router.rtsp(path)

    def send_picture(number):
        send_packet(publisher, 0, 0x80 | 97, 3 + number, b"\x41\x9a" + bytes(100), 90_000 + 3000 * number)

    announce(publisher, url)
    record(publisher, url)
    send_picture(1)
    assert publisher.ask("GET_PARAMETER", url).status == 200, "all before it is read"
    router.wait_ready(path)
    reader.play(url, tracks=1)
    reader.socket.settimeout(0.1)
    began, number, found = time.monotonic(), 1, None
    while (found is None or found.channel) and time.monotonic() < began + 40:
        number += 1
        send_picture(number)
        try:
            found = reader.frame()
        except TimeoutError:
            continue
    waited = time.monotonic() - began
    assert found and kind(found.rtp()) == 1
    assert differs(router, "a reader gets whatever comes next", waited < 5, 9 < waited < 30), waited
