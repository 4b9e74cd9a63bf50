"""RTSP and RTP peers that lie, flood, stall or vanish, against the running router with a healthy stream beside them.

In each case, the router either refuses in the way of the protocol and closes the connection, with the reason in the log, or it
tolerates the input. The reader of the other stream must not notice anything, and the router must not grow.
"""

import re
import socket
import struct
import time

import pytest
from support.bare_router import ONLY_EMBEDDED, SANITIZED
from support.hostile import (
    READ_TIMEOUT_SECONDS,
    arriving,
    closed_with,
    short_tempered_router,
    timed_out_while_dripping,
    unharmed_witness,
)
from support.rtsp_client import RtspClient, rtp
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

WITNESS = "live/witness/in"

SDP = (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=t\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
       b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; "
       b"sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\na=control:streamid=0\r\n")
AUDIO = (b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/44100/1\r\na=fmtp:97 profile-level-id=1;mode=AAC-hbr;"
         b"sizelength=13;indexlength=3;indexdeltalength=3;config=1208\r\na=control:streamid=1\r\n")


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with short_tempered_router(tmp_path_factory.mktemp("hostile-rtsp")) as router:
        yield router


@pytest.fixture(scope="module")
def witness(router, clips, tmp_path_factory):
    with unharmed_witness(router, clips.get("av"), tmp_path_factory.mktemp("witness")) as witness:
        yield witness


@pytest.fixture
def connect(router, witness):
    clients = []

    def make():
        clients.append(arriving(router, RtspClient(router.settings.host, router.settings.rtsp_port)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    witness.check(1)


@pytest.fixture
def peer(connect):
    return connect()


def refused(router, peer, data, status, reason):
    """The router must answer these bytes with this status and close the connection. Status None: it closes without an answer."""
    try:
        peer.send(data)
    except ConnectionError:
        pass
    reply = peer.reply()
    assert (reply and reply.status) == status
    closed_with(router, peer, reason)


# Requests

def head(*lines, start="OPTIONS rtsp://h/live/witness/in RTSP/1.0", cseq="CSeq: 1"):
    return "\r\n".join([start, *([cseq] if cseq else []), *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize("data,reason", [
    (head(*["X: y"] * 300), "too many headers"), (head("X: " + "y" * 1_000_000), "header is too long"),
    (head("X" * 1000 + ": y"), "header is too long|malformed"), (b"OPTIONS " + b"x" * 100_000, "too long"),
    (head(start="OPTIONS rtsp://h/" + "p" * 4096 + " RTSP/1.0"), "URL is too long"),
    (head(cseq=None), "CSeq"), (head(cseq="CSeq: --1"), "CSeq"), (head(cseq="CSeq: 1\0"), "."),
    (head(cseq="CSeq: " + "9" * 30), "CSeq"), (head("CSeq: 2"), "given twice"),
    (head("Session: a", "Session: b"), "given twice"), (head("Content-Length: 1", "Content-Length: 2"), "given twice"),
    (head("Content-Length: -1"), "Content-Length"), (head("Content-Length: 18446744073709551616"), "Content-Length|too long"),
    (head("Content-Length: 1000000"), "body is too long"), (head(" folded"), "malformed"),
    (head("no colon"), "malformed"), (head(start="OPTIONS * RTSP/2.0"), "version"),
    (head(start="OPTIONS * HTTP/1.1"), "version|not an RTSP"), (b"\x16\x03\x01\x02\x00" * 10, "not an RTSP"),
    (b"\0" * 100, "not an RTSP"), (b"\r\n" * 100, "not an RTSP"),
    (head(start="DESCRIBE http://h/x RTSP/1.0"), "scheme"), (head(start="DESCRIBE rtsp:///x RTSP/1.0"), "host"),
    (head(start="DESCRIBE rtsp://h:99999/x RTSP/1.0"), "port"), (head(start="DESCRIBE x RTSP/1.0"), "URL"),
    (head("x-sessioncookie: a", start="GET /live/witness/in HTTP/1.0", cseq=None), "."),
    (head("x-sessioncookie: a", start="POST /live/witness/in HTTP/1.0", cseq=None), "."),
], ids=range(28))
def test_requests_that_are_none(router, peer, data, reason):
    refused(router, peer, data, 400, reason)


@pytest.mark.parametrize("data,status", [
    (head("Content-Length: 4") + b"body", 200), (head("A:", "B:  two  "), 200), (head().replace(b"\r\n", b"\n"), 200),
    (b"\r\n\r\n" + head(), 200), (head(start="OPTIONS * RTSP/1.0"), 200), (head(start="FLY * RTSP/1.0"), 501),
    (head(start="SET_PARAMETER rtsp://h/live/witness/in RTSP/1.0"), 501),
    (head(start="REDIRECT rtsp://h/live/witness/in RTSP/1.0"), 501), (head(start="PLAY rtsp://h/live/witness/in RTSP/1.0"), 501),
    (head(start="DESCRIBE rtsp://other.example:1/live/witness/in RTSP/1.0"), 200),
    (head(start="DESCRIBE rtsp://u:p@h/live/witness/in RTSP/1.0"), 200),
], ids=range(11))
def test_requests_that_are_odd_but_legal(peer, data, status):
    for byte in (data[i:i + 1] for i in range(len(data))) if len(data) < 60 else [data]:
        peer.send(byte)
    assert peer.reply().status == status
    assert peer.request("OPTIONS", "*").status == 200  # the connection stays open


def test_a_flood_of_requests_that_nobody_reads_answers_to(router, connect, witness):
    """The answers wait for up to writeTimeout; then the connection is closed."""
    peer = connect()
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.socket.settimeout(0.5)
    data = head() * 1000
    try:
        while not router.log_lines(f"[conn 127.0.0.1:{peer.local_port}] closed: "):
            try:
                peer.send(data)
            except TimeoutError:
                pass
    except ConnectionError:
        pass
    router.wait_log_line(f"[conn 127.0.0.1:{peer.local_port}] closed: ")
    assert router.rss_bytes() < 500 * 1024 * 1024 or SANITIZED


# Sessions

def test_another_connections_session_is_not_ours(router, connect):
    owner, thief = connect(), connect()
    assert owner.play(WITNESS).status == 200
    thief.session = owner.session
    for method in ("PAUSE", "PLAY", "TEARDOWN", "GET_PARAMETER"):
        assert thief.request(method, thief.url(WITNESS)).status == 454
        closed_with(router, thief, "session")
        thief = connect()
        thief.session = owner.session
    assert owner.frame()


@pytest.mark.parametrize("dialogue,reason", [
    (["SETUP", "RECORD"], "RECORD in a wrong state"), (["SETUP", "PLAY", "RECORD"], "RECORD in a wrong state"),
    (["SETUP", "PLAY", "TEARDOWN", "TEARDOWN"], "session"), (["SETUP", "ANNOUNCE"], "begun"),
    (["ANNOUNCE", "ANNOUNCE"], "begun"), (["SETUP", "SETUP"], "set up already|in use"),
    (["SETUP", "PLAY", "SETUP"], "SETUP|set up already|in use"), (["ANNOUNCE", "SETUP", "PLAY"], "PLAY in a wrong state"),
    (["ANNOUNCE", "SETUP", "SETUP"], "set up already|in use"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_methods_in_a_wrong_order(router, peer, stream, dialogue, reason):
    recording = dialogue[0] == "ANNOUNCE"
    path = f"live/{stream}/in" if recording else WITNESS
    for method in dialogue:
        if method == "SETUP":
            control = "streamid=0" if recording else "trackID=0"
            mode = ";mode=record" if recording else ""
            reply = peer.request("SETUP", f"{peer.url(path)}/{control}",
                                 {"Transport": f"RTP/AVP/TCP;unicast;interleaved=0-1{mode}"})
        elif method == "ANNOUNCE":
            reply = peer.announce(path, SDP)
        else:
            reply = peer.request(method, peer.url(path))
    assert reply.status == (454 if dialogue[-1] == "TEARDOWN" else 400)
    closed_with(router, peer, reason)


def test_recording_needs_every_announced_media(router, peer, stream):
    path = f"live/{stream}/in"
    assert peer.announce(path, SDP + AUDIO).status == 200
    transport = {"Transport": "RTP/AVP/TCP;unicast;mode=record;interleaved=0-1"}
    assert peer.request("SETUP", peer.url(path) + "/streamid=0", transport).status == 200
    assert peer.request("RECORD", peer.url(path)).status == 400
    closed_with(router, peer, "not all announced medias have been setup")


@pytest.mark.parametrize("transport,status", [
    ("RTP/AVP;unicast;client_port=1-65535", 461), ("RTP/AVP;unicast;client_port=22-53;destination=8.8.8.8", 461),
    ("RTP/AVP;multicast;ttl=127", 461), ("RTP/SAVP/TCP;unicast;interleaved=0-1", 461), ("RAW/RAW/UDP", 400),
    ("RTP/AVP/TCP;unicast;interleaved=0-0", 400), ("RTP/AVP/TCP;unicast;interleaved=65535-65536", 400),
    ("RTP/AVP/TCP;unicast;interleaved=300-301", 400), ("RTP/AVP/TCP;unicast;interleaved=1-0", 400),
    ("RTP/AVP/TCP;unicast;interleaved=x", 400), ("RTP/AVP/TCP;unicast;interleaved=0-1;mode=record", 400),
    ("RTP/AVP/TCP;unicast;mode=fly", 400), ("", 400), (",".join(["RTP/AVP;unicast;client_port=1-2"] * 100), 400),
], ids=range(14))
def test_transports_that_are_refused(router, peer, transport, status):
    reply = peer.request("SETUP", peer.url(WITNESS) + "/trackID=0", {"Transport": transport})
    assert reply.status == status or (status == 400 and reply.status == 461)
    if reply.status == 461:
        assert peer.setup(WITNESS).status == 200  # the connection stays open: the client tries TCP
    else:
        closed_with(router, peer, ".")


@pytest.mark.parametrize("track", ["9", "65536", "-1", "x", "0/trackID=9"])
def test_tracks_that_do_not_exist(router, peer, track):
    assert peer.setup(WITNESS, track).status == 400
    closed_with(router, peer, "track")


def test_another_path_within_the_session(router, peer):
    assert peer.setup(WITNESS).status == 200
    assert peer.setup("live/other/in", 1, "2-3").status == 400
    closed_with(router, peer, "different paths")


def test_pause_spam(router, connect, witness):
    peer = connect()
    assert peer.play(WITNESS).status == 200
    for _ in range(200):
        assert peer.request("PAUSE", peer.url(WITNESS)).status == 200
        assert peer.request("PLAY", peer.url(WITNESS)).status == 200
    assert peer.frame()


def test_sessions_that_do_nothing_are_told_apart_from_the_living(router, witness):
    idle = []
    for _ in range(300):
        client = arriving(router, RtspClient(router.settings.host, router.settings.rtsp_port))
        assert client.setup(WITNESS).status == 200
        idle.append(client)
    witness.check(5)
    for client in idle:
        client.close()
    wait_until(lambda: len(router.open_connections()) == 2, "all of them gone")


# Interleaved frames

@pytest.mark.parametrize("state", ["none", "play", "record"])
@pytest.mark.parametrize("channel,payload", [(255, b"x" * 65_535), (0, b""), (1, b""), (1, b"\x81\xc9\xff\xff"), (0, b"\x80"),
                                             (7, b"\x80\x60")])
def test_frames_out_of_place(router, peer, stream, state, channel, payload):
    if state == "play":
        assert peer.play(WITNESS).status == 200
    if state == "record":
        assert peer.record(f"live/{stream}/in", SDP).status == 200
    peer.send_frame(channel, payload)
    if state == "none":
        return closed_with(router, peer, "interleaved frame without a session")
    peer.send(b"$" + struct.pack(">BH", channel, 3))  # one byte at a time
    for byte in (b"a", b"b", b"c"):
        peer.send(byte)
    assert peer.request("GET_PARAMETER", peer.url("*")).status in (200, 400)


def test_a_dollar_within_a_request_is_no_frame(peer):
    assert peer.request("OPTIONS", peer.url("live/$witness/in"), {"X": "$$$$"}).status == 200


# What is announced

def media(body):
    return SDP.split(b"m=")[0] + body


@pytest.mark.parametrize("sdp,reason", [
    (b"", "SDP"), (b"rubbish", "SDP"), (b"v=1\r\n", "no media"), (b"v=0\r\n", "no media"),
    (media(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" * 200), "too many medias"),
    (media(b"a=x\r\n" * 10_000), "too many lines"),
    (media(b"m=video 0 RTP/AVP 255\r\na=rtpmap:255 H264/90000\r\n"), "payload type"),
    (media(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\na=fmtp:96 packetization-mode=1\r\n"), "."),
    (media(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/4294967296\r\na=fmtp:96 packetization-mode=1\r\n"), "."),
    (media(b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/0/1\r\na=fmtp:97 mode=AAC-hbr;config=1208\r\n"), "."),
    (media(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\n"), "packetization-mode 2"),
    (media(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-UNKNOWN/90000\r\n"), "."),
    (media(b"m=application 0 TCP/SIP *\r\n"), "."), (media(b"m=video\r\n"), "."),
    (media(b"m=audio 0 RTP/AVP 9 3\r\n"), "codec G722 is not supported, codec GSM"),
    (media(b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/44100/1\r\na=fmtp:97 sizelength=99;config=1208"), "lengths"),
    (media(b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 " + b"X" * 60_000 + b"/8000\r\n"), "invalid encoding"),
], ids=range(17))
def test_announcements_that_cannot_be_recorded(router, peer, stream, sdp, reason):
    reply = peer.announce(f"live/{stream}/in", sdp)
    assert reply.status == 400, reply
    closed_with(router, peer, reason)


def test_an_announcement_that_is_too_long(router, peer, stream):
    refused(router, peer, f"ANNOUNCE {peer.url('live/x/in')} RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"
                          "Content-Length: 1048576\r\n\r\n".encode(), 400, "body is too long")


@pytest.mark.parametrize("sets", [b"AAAA", b"////", b"Z" * 2000, b",,,,", b"!!!!", b""])
def test_parameter_sets_that_mean_nothing(router, peer, stream, sets):
    """They are refused, or the router waits for valid ones in the stream."""
    sdp = re.sub(rb"sprop-parameter-sets=\S+", b"sprop-parameter-sets=" + sets, SDP)
    assert peer.announce(f"live/{stream}/in", sdp).status in (200, 400)


@pytest.mark.parametrize("control", ["rtsp://elsewhere.example/live/x/in/streamid=0", "*", "../../x", "trackID=0?x=y"])
def test_controls_that_lead_elsewhere(peer, stream, control):
    sdp = SDP.replace(b"streamid=0", control.encode())
    assert peer.announce(f"live/{stream}/in", sdp).status == 200
    transport = {"Transport": "RTP/AVP/TCP;unicast;mode=record;interleaved=0-1"}
    reply = peer.request("SETUP", control if "://" in control else f"{peer.url(f'live/{stream}/in')}/{control}", transport)
    assert reply is None or reply.status in (200, 400)


# RTP and RTCP of a publisher

@pytest.fixture
def publisher(router, peer, stream):
    assert peer.record(f"live/{stream}/in", SDP + AUDIO).status == 200
    router.wait_live(stream)
    return peer


IDR = b"\x65" + bytes(50)
RTP = {
    "version 0": [b"\x00\x60" + rtp(IDR, 1, 0)[2:]], "short": [b"", b"\x80", b"\x80" * 11],
    "CSRC lies": [b"\x8f" + rtp(b"x", 1, 0)[1:]], "extension lies": [b"\x90" + rtp(b"\xbe\xde\xff\xff", 1, 0)[1:]],
    "padding lies": [b"\xa0" + rtp(b"abc\xff", 1, 0)[1:], b"\xa0" + rtp(b"abc\x00", 1, 0)[1:]],
    "unknown payload type": [rtp(IDR, 1, 0, payload_type=11)], "no payload": [rtp(b"", 1, 0)],
    "sequence jumps": [rtp(IDR, (i * 32_768) & 0xFFFF, 3000 * i) for i in range(100)],
    "every packet another source": [rtp(IDR, i, 3000 * i, ssrc=i) for i in range(100)],
    "clock jumps": [rtp(IDR, i, (0, 0x7FFFFFFF, 1, 0xFFFFFFFF)[i % 4]) for i in range(100)],
    "STAP of nothing": [rtp(b"\x18", 1, 0), rtp(b"\x18\x00\x00", 2, 0), rtp(b"\x18\xff\xff\x65", 3, 0)],
    "FU without a start": [rtp(b"\x7c\x05abc", i, 0, False) for i in range(100)],
    "odd NAL types": [rtp(bytes([t]) + b"abc", t, 0) for t in range(32)],
}


@pytest.mark.parametrize("name", RTP)
def test_rtp_that_cannot_be_read(router, publisher, stream, name):
    for packet in RTP[name]:
        publisher.send_frame(0, packet)
        publisher.send_frame(2, packet)  # the same as AAC
    assert publisher.request("GET_PARAMETER", publisher.url("*")).status == 200
    assert router.is_live(stream)


def test_a_picture_without_an_end(router, publisher, stream):
    """Endless fragments: at its size limit, the unit is dropped."""
    before = router.rss_bytes()
    for i in range(40_000):
        publisher.send_frame(0, rtp(b"\x7c" + (b"\x85" if i == 0 else b"\x05") + bytes(1400), i, 0, False))
    assert publisher.request("GET_PARAMETER", publisher.url("*")).status == 200
    assert SANITIZED or router.rss_bytes() - before < 40 * 1024 * 1024
    assert router.is_live(stream)


@pytest.mark.parametrize("report", [
    b"\x81\xc8\xff\xff", b"\x80\xc8\x00\x06" + bytes(24), b"\x80\xc8\x00\x06" + b"\xff" * 24,  # NTP 0 and far ahead
    b"\x81\xcb\x00\x01\xde\xad\xbe\xef", b"\x80\xcb\x00\x00", b"\x9f\xc9\x00\x01\x00\x00\x00\x00", b"\x00" * 8,
    b"\x80\xc9\x00\x01\x00\x00\x00\x00" * 100, b"\x81\xca\x00\x02\x00\x00\x00\x01\x01\xffab",
], ids=range(9))
def test_rtcp_that_lies(router, publisher, stream, report):
    publisher.send_frame(1, report)
    publisher.send_frame(0, rtp(IDR, 1, 0))
    assert publisher.request("GET_PARAMETER", publisher.url("*")).status == 200
    assert router.is_live(stream)


# Silence

def test_a_request_that_never_ends(router, connect):
    """There must be one deadline for the whole request, not one for each byte."""
    timed_out_while_dripping(router, connect(), head("X: " + "y" * 2000))


def test_a_publisher_that_falls_silent(router, publisher, stream):
    publisher.send_frame(0, rtp(IDR, 1, 0))
    began = time.monotonic()
    closed_with(router, publisher, "i/o timeout")
    assert time.monotonic() - began < READ_TIMEOUT_SECONDS + 5
    router.wait_gone(stream)
