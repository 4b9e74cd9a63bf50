"""What the Control API says of paths, connections and sessions, field by field."""

import re

import pytest
from support.rtmp_client import VIDEO
from support.wait import wait_until

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
PATH_KEYS = ["name", "confName", "ready", "readyTime", "available", "availableTime", "online", "onlineTime", "source",
             "tracks", "tracks2", "readers", "inboundBytes", "outboundBytes", "inboundFramesInError",
             "bytesReceived", "bytesSent"]
RTMP_KEYS = ["id", "created", "remoteAddr", "state", "path", "query", "user", "userAgent", "inboundBytes",
             "outboundBytes", "outboundFramesDiscarded", "bytesReceived", "bytesSent"]
RTSP_CONN_KEYS = ["id", "created", "remoteAddr", "session", "tunnel", "inboundBytes", "outboundBytes",
                  "bytesReceived", "bytesSent"]
RTSP_SESSION_KEYS = [
    "id", "created", "remoteAddr", "state", "path", "query", "user", "userAgent", "transport", "profile", "conns",
    "inboundBytes", "inboundRTPPackets", "inboundRTPPacketsLost", "inboundRTPPacketsInError",
    "inboundRTPPacketsJitter", "inboundRTCPPackets", "inboundRTCPPacketsInError", "outboundBytes",
    "outboundRTPPackets", "outboundRTPPacketsReportedLost", "outboundRTPPacketsDiscarded", "outboundRTCPPackets",
    "bytesReceived", "bytesSent", "rtpPacketsReceived", "rtpPacketsSent", "rtpPacketsLost", "rtpPacketsInError",
    "rtpPacketsJitter", "rtcpPacketsReceived", "rtcpPacketsSent", "rtcpPacketsInError"]
PATTERN = "~^live/[a-zA-Z0-9_-]{1,128}/(in|out)$"


def test_a_path_with_readers(router, live, rtsp_client, rtmp_client, path):
    publisher = live(router, path, query="a=1&b=2")
    rtsp = rtsp_client(router)
    rtsp.play(router.rtsp(path))
    rtmp = rtmp_client(router)
    rtmp.start_path(router, "play", path)
    item = wait_until(lambda: len(router.path(path)["readers"]) == 2 and router.path(path)["outboundBytes"]
                      and router.path(path), "both readers")
    assert list(item) == PATH_KEYS
    assert (item["name"], item["confName"]) == (path, PATTERN)
    assert item["ready"] is item["available"] is item["online"] is True
    assert TIME.fullmatch(item["readyTime"]) and item["readyTime"] == item["availableTime"]
    assert TIME.fullmatch(item["onlineTime"])
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    assert item["source"] == {"type": "rtmpConn", "id": conn["id"]}
    assert item["tracks"] == ["H264", "MPEG-4 Audio"]
    assert item["tracks2"] == [
        {"codec": "H264", "codecProps": {"width": 320, "height": 180, "profile": "Baseline", "level": "1.3"}},
        {"codec": "MPEG-4 Audio", "codecProps": {"sampleRate": 44100, "channelCount": 1}}]
    assert [r["type"] for r in item["readers"]] == ["rtmpConn", "rtspSession"]
    session = router.wait_item("rtspsessions", remoteAddr=rtsp.address)
    assert item["readers"][1]["id"] == session["id"]
    assert 0 < item["inboundBytes"] == item["bytesReceived"] and item["outboundBytes"] == item["bytesSent"]
    assert item["inboundFramesInError"] == 0


def test_listed_and_got_are_equal_when_nothing_moves(router, live, path):
    publisher = live(router, path)
    publisher.pause()
    def both():
        return router.get(f"/v3/paths/get/{path}").json() == router.path(path)
    wait_until(both, "the same item from both")


def test_an_ampersand_is_escaped_in_json(router, live, path):
    publisher = live(router, path, query="a=1&b=<2>")
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    assert b'"query":"a=1\\u0026b=\\u003c2\\u003e"' in router.get(f"/v3/rtmpconns/get/{conn['id']}").body


def test_a_path_of_a_regular_expression_vanishes(router, live, path):
    publisher = live(router, path)
    publisher.close()
    wait_until(lambda: router.path(path) is None, "nothing of a path nobody uses")
    assert router.get(f"/v3/paths/get/{path}").status == 404


@pytest.mark.parametrize("clip,tracks", [
    ("video-only", ["H264"]), ("audio-only", ["MPEG-4 Audio"]), ("mp3", ["H264", "MPEG-1/2 Audio"])])
def test_tracks(router, live, path, clip, tracks):
    live(router, path, clip)
    item = router.path(path)
    assert item["tracks"] == tracks == [t["codec"] for t in item["tracks2"]]
    if clip == "mp3":
        assert item["tracks2"][1]["codecProps"] is None


def test_an_rtmp_publisher(router, live, path):
    publisher = live(router, path, query="lang=es")
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address, state="publish")
    assert list(conn) == RTMP_KEYS
    assert UUID.fullmatch(conn["id"]) and TIME.fullmatch(conn["created"])
    assert (conn["path"], conn["query"], conn["user"]) == (path, "lang=es", "")
    assert conn["userAgent"] == "FMLE/3.0 (test)"
    assert conn["inboundBytes"] == conn["bytesReceived"] > 10_000, "socket bytes"
    assert conn["outboundBytes"] == conn["bytesSent"] > 3073, "at least the handshake"
    assert conn["outboundFramesDiscarded"] == 0


def test_an_rtmp_reader(router, live, rtmp_client, path):
    live(router, path)
    reader = rtmp_client(router)
    reader.start_path(router, "play", path, "?who=me")
    assert reader.next_of(VIDEO)
    address = reader.address
    conn = router.wait_item("rtmpconns", remoteAddr=address, state="read")
    assert (conn["path"], conn["query"]) == (path, "who=me")
    assert conn["outboundBytes"] == conn["bytesSent"] > 3073


def test_an_idle_rtmp_connection(router, rtmp_client):
    client = rtmp_client(router)
    address = client.address
    conn = router.wait_item("rtmpconns", remoteAddr=address)
    assert (conn["state"], conn["path"], conn["query"], conn["userAgent"]) == ("idle", "", "", "")


def test_rtsp_connections_and_sessions(router, live, rtsp_client, path):
    live(router, path)
    client = rtsp_client(router)
    conn = router.wait_item("rtspconns", remoteAddr=client.address)
    assert list(conn) == RTSP_CONN_KEYS
    assert (conn["session"], conn["tunnel"]) == (None, "none")
    assert UUID.fullmatch(conn["id"]) and TIME.fullmatch(conn["created"])

    assert client.setup(f"{router.rtsp(path)}?x=1/trackID=0", **{"User-Agent": "test/1.0"}).status == 200
    session = router.wait_item("rtspsessions", remoteAddr=client.address)
    assert list(session) == RTSP_SESSION_KEYS
    assert (session["state"], session["conns"]) == ("idle", [conn["id"]])
    assert router.wait_item("rtspconns", id=conn["id"])["session"] == session["id"]
    assert router.path(path)["readers"] == [{"type": "rtspSession", "id": session["id"]}], "from the first SETUP"

    assert client.ask("PLAY", router.rtsp(path), {"User-Agent": "test/1.0"}).status == 200
    session = wait_until(lambda: (s := router.get(f"/v3/rtspsessions/get/{session['id']}").json())
                         ["outboundRTPPackets"] and s, "packets")
    assert (session["state"], session["path"], session["query"]) == ("read", path, "x=1")
    assert (session["transport"], session["profile"], session["user"]) == ("TCP", "AVP", "")
    assert session["userAgent"] == "test/1.0"
    assert isinstance(session["inboundRTPPacketsJitter"], float | int)
    assert session["outboundBytes"] == session["bytesSent"] > 0
    assert session["outboundRTPPackets"] == session["rtpPacketsSent"]
    assert [session[k] for k in RTSP_SESSION_KEYS if "InError" in k or "Lost" in k or "Discarded" in k] == [0] * 8
    conn = router.wait_item("rtspconns", id=conn["id"])
    assert conn["inboundBytes"] == conn["bytesReceived"] > 0
    assert conn["outboundBytes"] == conn["bytesSent"] > 0


def test_connections_are_listed_in_the_order_of_their_creation(router, rtmp_client, rtsp_client):
    for kind, make in (("rtmpconns", rtmp_client), ("rtspconns", rtsp_client)):
        before = {i["id"] for i in router.items(kind)}
        addresses = []
        for number in range(4):
            client = make(router)
            addresses.append(client.address)
            wait_until(lambda: len({i["id"] for i in router.items(kind)} - before) == number + 1, "the connection")
        assert [i["remoteAddr"] for i in router.items(kind) if i["id"] not in before] == addresses


def test_times_are_in_order(router, live, path):
    publisher = live(router, path)
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    assert conn["created"] <= router.path(path)["readyTime"]


def test_bytes_of_a_path_grow_by_rtp_sizes(router, live, path):
    """inboundBytes counts RTP packets, so it is near what was published, never near twice that."""
    publisher = live(router, path)
    publisher.pause()
    def settled():
        one = router.path(path)["inboundBytes"]
        conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)["inboundBytes"]
        return conn, one, router.path(path)["inboundBytes"] == one
    socket_bytes, path_bytes, _ = wait_until(lambda: (s := settled())[2] and s, "no more media")
    assert 0.8 < path_bytes / socket_bytes < 1.3


def test_an_rtsp_publisher(router, ffmpeg_publish, path):
    ffmpeg_publish(router.rtsp(f"{path}?lang=es"))
    item = router.wait_ready(path)
    assert item["source"]["type"] == "rtspSession" and item["tracks"] == ["H264", "MPEG-4 Audio"]
    session = router.wait_item("rtspsessions", id=item["source"]["id"], state="publish")
    assert (session["path"], session["query"], session["transport"]) == (path, "lang=es", "TCP")
    assert session["userAgent"].startswith("Lavf")
    session = wait_until(lambda: (s := router.get(f"/v3/rtspsessions/get/{session['id']}").json())
                         ["inboundRTPPackets"] > 30 and s, "packets")
    assert session["inboundRTPPackets"] == session["rtpPacketsReceived"]
    assert session["inboundBytes"] == session["bytesReceived"] > 1000
    assert session["inboundRTPPacketsLost"] == 0
