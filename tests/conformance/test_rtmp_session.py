"""RTMP with scripted sessions: handshake, commands, addresses, refusals."""

import struct

import pytest
from support.differences import differs
from support.rtmp_client import COMMAND, amf0, flv_tags
from support.router import variation
from support.rtmp_script import assert_closed_for_a_reason

SET_CHUNK_SIZE, WINDOW_ACK, PEER_BANDWIDTH = 1, 5, 6
REFUSALS = "most refusals only close the connection"


@pytest.mark.parametrize("version", [0, 2, 4, 72])
def test_a_wrong_version_is_closed(router, rtmp_client, version):
    client = rtmp_client(router)
    client.socket.sendall(bytes([version]) + bytes(1536))
    assert client.closed_by_server() and client.received == b""
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: invalid rtmp version \({version}\)")


def test_handshake(router, rtmp_client):
    client = rtmp_client(router)
    c1 = bytes(8) + bytes(range(256)) * 5 + bytes(248)
    client.socket.sendall(b"\x03" + c1)
    reply = client._read_exactly(3073)
    assert reply[0] == 3
    assert reply[1:9] == bytes(8), "time and version of S1"
    s2 = differs(router, "S2 is zeros and part of C1; RTMPE is spoken", bytes(8) + c1[8:], c1)
    assert reply[1537:] == s2


def test_connect_and_create_stream(router, rtmp_client, path):
    client = rtmp_client(router)
    client.handshake()
    client.connect(router.rtmp(path.rpartition("/")[0]))
    first = [client.next() for _ in range(4)]
    assert [m.kind for m in first] == [WINDOW_ACK, PEER_BANDWIDTH, SET_CHUNK_SIZE, COMMAND]
    assert [m.payload for m in first[:3]] == [struct.pack(">I", 2_500_000), struct.pack(">IB", 2_500_000, 2),
                                              struct.pack(">I", 65_536)]
    assert first[3].chunk_stream == 3
    assert first[3].values() == [
        "_result", 1, {"fmsVer": "LNX 9,0,124,2", "capabilities": 31},
        {"level": "status", "code": "NetConnection.Connect.Success", "description": "Connection succeeded.",
         "objectEncoding": 0}]
    client.command("createStream", 7, None)
    assert client.next().values() == ["_result", 7, None, 1]


def test_other_commands_get_no_reply(router, rtmp_client, path):
    application, _, key = path.rpartition("/")
    client = rtmp_client(router)
    client.handshake()
    client.connect(router.rtmp(application))
    client.status()
    for number, name in enumerate(["releaseStream", "FCPublish", "_checkbw", "getStreamLength"]):
        client.command(name, 10 + number, None, key)
    client.command("createStream", 2, None)
    assert client.next_of(COMMAND).values() == ["_result", 2, None, 1]


@pytest.mark.parametrize("rest", [b"\x04", b"\x07\x00\x01", b"\x0e", b"\x11\x0a\x0b\x01"],
                         ids=["movie-clip", "reference", "record-set", "amf3"])
def test_an_unknown_command_with_a_value_that_cannot_be_read(router, rtmp_client, path, rest):
    client = rtmp_client(router)
    client.handshake()
    client.connect(router.rtmp(path.rpartition("/")[0]))
    client.status()
    client.message(COMMAND, amf0("setPeerInfo") + amf0(2) + amf0(None) + rest)
    try:
        client.command("createStream", 3, None)
    except OSError:
        pass
    if differs(router, "a command with a value that cannot be read closes the connection", False, True):
        assert client.next_of(COMMAND).values() == ["_result", 3, None, 1]
    else:
        assert_closed_for_a_reason(router, client)


@pytest.mark.parametrize("size", [0x08000000, 0x7FFFFFFF])
def test_a_large_chunk_size(router, rtmp_client, path, size):
    client = rtmp_client(router)
    client.handshake()
    client.message(SET_CHUNK_SIZE, struct.pack(">I", size), chunk_stream=2)
    row = "a chunk stream that begins with type 1, or a chunk size over 10 MiB, closes the connection"
    if differs(router, row, False, True):
        body = b"".join(amf0(v) for v in ("connect", 1, {"app": "live", "tcUrl": router.rtmp("live")}))
        client.message(COMMAND, body)
        assert client.status()[0] == "NetConnection.Connect.Success"
    else:
        assert_closed_for_a_reason(router, client)


def test_a_first_chunk_of_type_one(router, rtmp_client, path):
    client = rtmp_client(router)
    client.handshake()
    body = b"".join(amf0(v) for v in ("connect", 1, {"app": "live", "tcUrl": router.rtmp("live")}))
    head = b"\x43" + bytes(3) + len(body).to_bytes(3, "big") + bytes([COMMAND])
    client.send(head + b"\xc3".join(body[i:i + 128] for i in range(0, len(body), 128)))
    row = "a chunk stream that begins with type 1, or a chunk size over 10 MiB, closes the connection"
    if differs(router, row, False, True):
        assert client.status()[0] == "NetConnection.Connect.Success"
    else:
        assert_closed_for_a_reason(router, client)


@pytest.mark.parametrize("name", ["publish", "play"])
def test_a_path_that_is_not_configured(router, rtmp_client, name):
    client = rtmp_client(router)
    client.start(router.rtmp("elsewhere"), name, "x")
    assert client.status()[0] == "NetConnection.Connect.Success"
    refused = differs(router, REFUSALS, None, True)
    status = client.status()
    assert (status is not None) == bool(refused)
    assert client.next() is None, "closed"
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: path 'elsewhere/x' is not configured")


def test_play_of_a_missing_stream(router, rtmp_client, path):
    client = rtmp_client(router)
    client.start_path(router, "play", path)
    assert client.status()[0] == "NetConnection.Connect.Success"
    status = client.status()
    assert (status and status[0]) == differs(router, REFUSALS, None, "NetStream.Play.StreamNotFound")
    assert client.next() is None
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: no stream is available on path '{path}'")


def test_a_busy_path(new_router, publish_to, rtmp_client, clips):
    router = new_router(variation(pathDefaults={"overridePublisher": False}, paths={"all_others": {}})).start()
    publish_to(router, "live/busy")
    router.wait_ready("live/busy")
    second = rtmp_client(router)
    second.start_path(router, "publish", "live/busy")
    second.send_while_open(flv_tags(clips.get("av")))
    assert second.status() and second.status()
    assert second.closed_by_server()
    router.wait_message("INF", rf"\[RTMP\] \[conn {second.address}\] closed: someone is already publishing to path "
                               r"'live/busy'")
    assert router.path("live/busy")["ready"]


def test_a_source_that_is_no_publisher(new_router, rtmp_client, clips):
    router = new_router(variation(paths={"moved": {"source": "redirect", "sourceRedirect": "rtsp://x/y"}})).start()
    client = rtmp_client(router)
    client.start(router.rtmp(""), "publish", "moved")
    client.send_while_open(flv_tags(clips.get("av")))
    assert client.closed_by_server()


@pytest.mark.parametrize("tc_url,key,path,query", [
    ("live/a", "in?lang=es", "live/a/in", "lang=es"),
    ("live", "a%2Db/in", "live/a-b/in", ""),
    ("live/c/in", "", "live/c/in", ""),
])
def test_where_the_path_and_the_query_come_from(router, rtmp_client, clips, tc_url, key, path, query):
    client = rtmp_client(router)
    client.start(router.rtmp(tc_url), "publish", key)
    client.send_tags(flv_tags(clips.get("av")))
    conn = router.wait_item("rtmpconns", remoteAddr=client.address, state="publish")
    masked = query.replace("user=u", "user=***").replace("pass=p", "pass=***")
    shown = differs(router, "credentials in `query` of connections and sessions", query, masked)
    assert (conn["path"], conn["query"]) == (path, shown)
    client.close()
    router.wait_not_ready(path)


def test_credentials_in_the_query(router, rtmp_client, clips):
    client = rtmp_client(router)
    client.start(router.rtmp("live"), "publish", "d/in?user=u&pass=p")
    client.send_tags(flv_tags(clips.get("av")))
    conn = router.wait_item("rtmpconns", remoteAddr=client.address, state="publish")
    shown = differs(router, "credentials in `query` of connections and sessions", "user=u&pass=p", "user=***&pass=***")
    assert (conn["path"], conn["query"]) == ("live/d/in", shown)
    client.close()
    router.wait_not_ready("live/d/in")


SPLITS = "`rtmp://h/live/` + `demo/in` gives `live//in`; with a query in the server field, the stream key is lost"


def test_a_key_that_is_only_a_query(router, rtmp_client, clips):
    client = rtmp_client(router)
    client.start(router.rtmp("live/b/in"), "publish", "?x=1")
    client.send_tags(flv_tags(clips.get("av")))
    conn = router.wait_item("rtmpconns", remoteAddr=client.address, state="publish")
    assert (conn["path"], conn["query"]) == ("live/b/in", differs(router, SPLITS, "", "x=1"))


def test_an_address_with_a_slash_too_many(router, rtmp_client, clips):
    client = rtmp_client(router)
    client.start(router.rtmp("live/"), "publish", "slash/in")
    client.send_while_open(flv_tags(clips.get("av")))
    if differs(router, SPLITS, False, True):
        assert router.wait_item("rtmpconns", remoteAddr=client.address, state="publish")["path"] == "live/slash/in"
    else:
        router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: path 'live//slash/in' is not configured")


def test_the_first_command_must_be_connect(router, rtmp_client):
    client = rtmp_client(router)
    client.handshake()
    client.command("createStream", 1, None)
    assert client.closed_by_server()
