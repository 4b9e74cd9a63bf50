"""RTSP with scripted sessions: methods, statuses, headers, DESCRIBE."""

import re

import pytest
from support.differences import differs

PUBLIC = "DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, GET_PARAMETER, TEARDOWN"


def test_options(router, rtsp_client):
    client = rtsp_client(router)
    for url in ("*", router.rtsp("any"), router.rtsp("")):
        reply = client.ask("OPTIONS", url)
        assert (reply.status, reply.reason, reply.body) == (200, "OK", b"")
        assert reply.headers == [("CSeq", str(client.cseq)), ("Public", PUBLIC), ("Server", "gortsplib")]


def test_a_missing_cseq(router, rtsp_client):
    client = rtsp_client(router)
    reply = client.ask("OPTIONS", "*", {"CSeq": None})
    assert reply.status == 400 and reply.get("CSeq") is None
    assert client.closed_by_server()


def test_describe(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    reply = client.ask("DESCRIBE", stream_url, {"Accept": "application/sdp"})
    assert reply.status == 200
    assert reply.headers == [("CSeq", "1"), ("Content-Base", f"{stream_url}/"), ("Content-Length", str(len(reply.body))),
                             ("Content-Type", "application/sdp"), ("Server", "gortsplib")]
    session = re.fullmatch(r"(?s)v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns= \r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n(.*)",
                           reply.body.decode())
    video, audio = [m for m in re.split(r"(?=m=)", session[1]) if m]
    size = differs(router, "the description has no picture size", "", "a=framesize:96 320-180\r\n")
    assert re.fullmatch(
        r"m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\na=rtpmap:96 H264/90000\r\n"
        r"a=fmtp:96 packetization-mode=1; profile-level-id=42C00D; sprop-parameter-sets=[\w+/=]+,[\w+/=]+\r\n"
        + size, video)
    pt = differs(router, "all tracks have payload type 96", 96, 97)
    assert re.fullmatch(
        rf"m=audio 0 RTP/AVP {pt}\r\na=control:trackID=1\r\na=rtpmap:{pt} mpeg4-generic/44100/1\r\n"
        rf"a=fmtp:{pt} config=[0-9a-f]+; indexdeltalength=3; indexlength=3; mode=AAC-hbr; profile-level-id=1; "
        r"sizelength=13; streamtype=5\r\n", audio)


@pytest.mark.parametrize("written,base", [("{u}/", "{u}/"), ("{u}?a=1", "{u}?a=1/"), ("{u}?a=1/", "{u}?a=1/"),
                                          ("{u}?vlc", "{u}?vlc/")])
def test_content_base(router, stream_url, rtsp_client, written, base):
    """FFmpeg adds the slash after the query, GStreamer after the path."""
    client = rtsp_client(router)
    reply = client.ask("DESCRIBE", written.format(u=stream_url))
    given = reply.get("Content-Base")
    assert reply.status == 200 and given.startswith(base.format(u=stream_url).rstrip("/")) and given.endswith("/")


@pytest.mark.parametrize("path,status,reason", [
    ("live/missing/in", 404, "no stream is available on path 'live/missing/in'"),
    ("elsewhere", 400, "path 'elsewhere' is not configured"),
    ("", 400, r"invalid path name: cannot be empty \(\)"),
    ("/live/x/in", 400, r"invalid path name: can't begin with a slash \(/live/x/in\)"),
    ("live/../x", 400, r"invalid path name: can't contain dot path segments \(live/../x\)"),
])
@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP"])
def test_what_cannot_be_read(router, rtsp_client, method, path, status, reason):
    client = rtsp_client(router)
    reply = client.ask("DESCRIBE", router.rtsp(path)) if method == "DESCRIBE" else \
        client.setup(f"{router.rtsp(path)}/trackID=0")
    assert reply.status == status
    assert reply.names() == ["CSeq", "Server"]
    name = client.address
    assert client.closed_by_server()
    client.close()
    router.wait_message("INF", rf"\[RTSP\] \[conn {name}\] closed: {reason}")


@pytest.mark.parametrize("method", ["PLAY", "RECORD", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT"])
def test_outside_a_session_501(router, stream_url, rtsp_client, method):
    client = rtsp_client(router)
    assert client.ask(method, stream_url).status == 501
    assert client.ask("OPTIONS", "*").status == 200, "the connection is kept"


def test_an_unknown_method(router, rtsp_client):
    client = rtsp_client(router)
    assert client.ask("DANCE", router.rtsp("x")).status == 501
    assert client.ask("OPTIONS", "*").status == 200, "the connection is kept"
    client.send("XYZ", router.rtsp("x"))
    answered = differs(router, "some unknown methods only close the connection", False, True)
    assert client.reply().status == 501 if answered else client.closed_by_server()


def test_an_unknown_session(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    client.session = "0123456789abcdef0123456789abcdef"
    assert client.ask("PLAY", stream_url).status == 454
    assert client.closed_by_server()


def test_no_http(router, rtsp_client):
    client = rtsp_client(router)
    client.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    data = b""
    while more := client.socket.recv(4096):
        data += more
    assert b" 400 " in data.split(b"\r\n")[0]


def test_requests_byte_by_byte_and_together(router, rtsp_client):
    client = rtsp_client(router)
    for byte in b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n":
        client.socket.sendall(bytes([byte]))
    assert client.reply().get("CSeq") == "1"
    client.socket.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 3\r\n\r\n")
    assert [client.reply().get("CSeq"), client.reply().get("CSeq")] == ["2", "3"]
