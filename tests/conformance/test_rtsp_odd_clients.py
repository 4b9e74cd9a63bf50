"""Unusual requests that cameras, NVRs and players send over RTSP."""

import hashlib
import re

import pytest
from support.differences import differs
from support.router import variation

ODD_REQUESTS = "requests of cameras and NVRs that break the specification"
USERS = [{"user": "viewer", "pass": "secret", "ips": [], "permissions": [{"action": "read", "path": ""}]},
         {"user": "any", "pass": "", "ips": [], "permissions": [{"action": "publish", "path": ""}, {"action": "api"}]}]


@pytest.mark.parametrize("query", ["a|b", "{x}", "[1]", '"q"', "a^b", "é", "100%"])
def test_odd_queries(router, stream_url, rtsp_client, query):
    client = rtsp_client(router)
    assert client.ask("DESCRIBE", f"{stream_url}?{query}").status == 200
    assert client.setup(f"{stream_url}?{query}/trackID=0").status == 200
    assert router.wait_item("rtspsessions", remoteAddr=client.address)["query"] == query


@pytest.mark.parametrize("headers", [{"X-Cam.Rate": "1"}, {"CSeq": "+7"}, {"CSeq": "-1"}, {"Session": "12345"}])
def test_odd_headers(router, stream_url, rtsp_client, headers):
    client = rtsp_client(router)
    reply = client.setup(f"{stream_url}/trackID=0", **headers)
    assert reply.status == 200 and reply.get("CSeq") == headers.get("CSeq", "1")


def test_a_client_that_keeps_to_its_own_session(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    own = {"Session": "12345"}
    assert client.setup(f"{stream_url}/trackID=0", **own).status == 200
    reply = client.ask("PLAY", stream_url, own)
    assert reply.status == differs(router, ODD_REQUESTS, 400, 200)
    if reply.status == 400:
        return
    assert client.frame()
    assert client.ask("TEARDOWN", stream_url, own).status == 200


@pytest.mark.parametrize("scheme", ["RTSP", "Rtsp"])
def test_the_scheme_in_capitals(router, stream_url, rtsp_client, scheme):
    assert rtsp_client(router).ask("DESCRIBE", stream_url.replace("rtsp", scheme, 1)).status == 200


def test_an_address_with_a_zone(router, stream_url, rtsp_client, path):
    assert rtsp_client(router).ask("DESCRIBE", f"rtsp://[fe80::1%25eth0]:8554/{path}").status == 200
    client = rtsp_client(router)
    client.send("DESCRIBE", f"rtsp://[fe80::1%eth0]:8554/{path}")  # many clients write it like this, although RFC 6874 forbids it
    answered = differs(router, ODD_REQUESTS, False, True)
    assert client.reply().status == 200 if answered else client.closed_by_server()


def test_set_parameter_as_a_keep_alive(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    client.play(stream_url)
    reply = client.ask("SET_PARAMETER", stream_url, {"Content-Type": "text/parameters"}, b"barparam: barstuff\r\n")
    assert reply.status == differs(router, ODD_REQUESTS, 501, 200)
    assert client.ask("GET_PARAMETER", stream_url).status == 200


def test_play_of_a_track(router, stream_url, rtsp_client):
    """PLAY with the URL of a track plays the whole session. Some clients send it to one track, others to each track."""
    client = rtsp_client(router)
    for track in range(2):
        assert client.setup(f"{stream_url}/trackID={track}", 2 * track).status == 200
    reply = client.ask("PLAY", f"{stream_url}/trackID=0")
    assert reply.status == differs(router, ODD_REQUESTS, 400, 200)
    if reply.status == 400:
        return
    assert client.ask("PLAY", f"{stream_url}/trackID=1").status == 200
    assert reply.get("RTP-Info").count("url=") == 2
    channels = set()
    while channels < {0, 2}:
        channels.add(client.frame().channel)


def digest(method, uri, challenge, user="viewer", password="secret"):
    """The Authorization header that signs this URI."""
    realm, nonce = (re.search(rf'{key}="([^"]*)"', challenge)[1] for key in ("realm", "nonce"))
    md5 = [hashlib.md5(text.encode()).hexdigest() for text in (f"{user}:{realm}:{password}", f"{method}:{uri}")]
    proof = hashlib.md5(f"{md5[0]}:{nonce}:{md5[1]}".encode()).hexdigest()
    return f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{proof}"'


@pytest.mark.parametrize("signed,mediamtx,embedded", [
    ("{u}", True, True), ("{u}/", False, True), ("/{p}", True, True), ("/{p}?a=1", False, False),
    ("rtsp://10.0.0.5/{p}", False, True), ("RTSP://10.0.0.5/{p}/", False, True), ("/live/other/in", False, False),
    ("{p}", False, False), ("*", False, False)])
def test_what_a_digest_signs(new_router, rtsp_client, live, path, signed, mediamtx, embedded):
    router = new_router(variation(authInternalUsers=USERS, rtspAuthMethods=["digest"])).start()
    live(router, path)
    client, url = rtsp_client(router), router.rtsp(path)
    refused = client.ask("DESCRIBE", url)
    assert refused.status == 401
    uri = signed.format(u=url, p=path)
    reply = client.ask("DESCRIBE", url, {"Authorization": digest("DESCRIBE", uri, refused.get("WWW-Authenticate"))})
    taken = mediamtx if mediamtx == embedded else differs(router, ODD_REQUESTS, mediamtx, embedded)
    assert reply.status == (200 if taken else 401)


def test_a_digest_with_a_wrong_password_stays_refused(new_router, rtsp_client, live, path):
    router = new_router(variation(authInternalUsers=USERS, rtspAuthMethods=["digest"])).start()
    live(router, path)
    client, url = rtsp_client(router), router.rtsp(path)
    challenge = client.ask("DESCRIBE", url).get("WWW-Authenticate")
    proof = digest("DESCRIBE", f"/{path}", challenge, password="wrong")
    assert client.ask("DESCRIBE", url, {"Authorization": proof}).status == 401
    assert client.closed_by_server()


def test_bytes_that_are_no_text(router, stream_url, rtsp_client):
    """A camera sends a query in Latin-1. Bytes that JSON cannot contain are replaced, so the list stays readable."""
    client = rtsp_client(router)
    client.socket.sendall(b"SETUP " + stream_url.encode() + b"?place=Caf\xe9&x=<{\xc3\xa9}/trackID=0 RTSP/1.0\r\n"
                          b"CSeq: 1\r\nUser-Agent: Caf\xe9\r\nTransport: RTP/AVP/TCP\r\n\r\n")
    assert client.reply().status == 200
    shown = router.wait_item("rtspsessions", remoteAddr=client.address)
    assert shown["query"] == "place=Caf\ufffd&x=<{é}" and shown["userAgent"] in ("", "Caf\ufffd")
