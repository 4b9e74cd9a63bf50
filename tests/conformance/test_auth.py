"""Internal users: every form of credentials, permissions by action, path and address."""

import base64
import hashlib
import re

import pytest
from support import ffmpeg, http
from support.router import variation

HASHED = "sha256:" + base64.b64encode(hashlib.sha256(b"hidden").digest()).decode()
HASHED_USER = "sha256:" + base64.b64encode(hashlib.sha256(b"nobody-knows").digest()).decode()


def user(name, password, *permissions, ips=()):
    return {"user": name, "pass": password, "ips": list(ips),
            "permissions": [{"action": a, "path": p} for a, p in permissions]}


USERS = [
    user("writer", "p+a;s(s)", ("publish", "live/w"), ("publish", "~^free/")),
    user("reader", "r", ("read", "")),
    user("hashed", HASHED, ("read", "live/w")),
    user(HASHED_USER, "x", ("read", "")),
    user("far", "f", ("read", ""), ips=["192.0.2.0/24"]),
    user("near", "n", ("read", ""), ips=["127.0.0.0/8"]),
    user("operator", "o", ("api", ""), ("metrics", ""), ("playback", "live/w")),
    user("any", "", ("read", "open")),
    user("any", "", ("publish", "open")),
]


@pytest.fixture(scope="module")
def guarded(make_router):
    router = make_router(variation(authInternalUsers=USERS, paths={"all_others": {}}, pathDefaults=None)).start()
    yield router
    router.stop()


@pytest.fixture(scope="module")
def digested(make_router):
    """A router with digest authentication. For this it needs the passwords, not their hashes."""
    users = [user("any", "", ("publish", ""), ("api", "")), user("reader", "r", ("read", ""))]
    router = make_router(variation(authInternalUsers=users, paths={"all_others": {}}, pathDefaults=None,
                                   rtspAuthMethods=["basic", "digest"])).start()
    yield router
    router.stop()


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


OPERATOR = basic("operator", "o")


@pytest.fixture
def on_air(guarded, publish_to):
    """The path live/w, which the user who may publish it has published."""
    from support.wait import wait_until
    publisher = publish_to(guarded, "live/w", query="user=writer&pass=p%2Ba%3Bs(s)")
    wait_until(lambda: http.get(guarded.api("/v3/paths/get/live/w"), headers=OPERATOR).status == 200, "live/w")
    return publisher


# HTTP servers

def challenge_of(reply):
    return {name.lower(): value for name, value in reply.headers.items()}.get("www-authenticate")


def test_without_credentials(guarded):
    for url in (guarded.api("/v3/info"), guarded.api("/nowhere"), guarded.metrics()):
        reply = http.get(url)
        assert reply.status == 401 and challenge_of(reply) == 'Basic realm="mediamtx"'
        assert reply.json() == {"status": "error", "error": "authentication error"}
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_wrong_credentials(guarded):
    reply = http.get(guarded.api("/v3/info"), headers=basic("operator", "wrong"), timeout=20)
    assert reply.status == 401 and challenge_of(reply) is None
    assert reply.json() == {"status": "error", "error": "authentication error"}
    guarded.wait_message("WAR", r"\[API\] \[conn 127\.0\.0\.1(:\d+)?\] failed to authenticate: authentication failed")


@pytest.mark.parametrize("headers", [basic("operator", "o"), {"Authorization": "Bearer operator:o"}],
                         ids=["basic", "bearer"])
def test_right_credentials(guarded, headers):
    assert http.get(guarded.api("/v3/info"), headers=headers).status == 200
    assert http.get(guarded.metrics(), headers=headers).status == 200
    assert http.get(guarded.api("/nowhere"), headers=headers).status == 404


def test_a_preflight_needs_no_credentials(guarded):
    assert http.request("OPTIONS", guarded.api("/v3/info"),
                        headers={"Access-Control-Request-Method": "GET"}).status == 204


def test_playback_is_permitted_by_path(guarded):
    assert http.get(guarded.playback("/list?path=live/w")).status == 401
    assert http.get(guarded.playback("/list?path=live/w"), headers=OPERATOR).status in (400, 404)
    assert http.get(guarded.playback("/list?path=live/other"), headers=OPERATOR, timeout=20).status == 401


# RTMP

def test_rtmp_publish_is_refused(guarded, rtmp_client):
    """Each refusal is delayed by up to four seconds. So all requests are sent at the same time."""
    clients = []
    for query in ("", "?user=writer&pass=wrong", "?user=nobody&pass=x", "?user=writer", "?user=reader&pass=r"):
        clients.append(rtmp_client(guarded))
        clients[-1].start(guarded.rtmp("live"), "publish", f"w{query}")
    for client in clients:
        assert client.status()[0] == "NetConnection.Connect.Success"
        assert client.status() == ("NetStream.Publish.Unauthorized", "authentication failed")
        assert client.next() is None
        address = client.address
        guarded.wait_message("WAR", rf"\[RTMP\] \[conn {address}\] failed to authenticate: authentication failed")


def test_rtmp_play_is_refused(guarded, on_air, rtmp_client):
    client = rtmp_client(guarded)
    client.start(guarded.rtmp("live"), "play", "w?user=reader&pass=wrong")
    assert client.status()[0] == "NetConnection.Connect.Success"
    assert client.status() == ("NetStream.Play.Failed", "authentication failed")
    assert client.next() is None


@pytest.mark.parametrize("query", ["user=reader&pass=r", "user=hashed&pass=hidden", "user=nobody-knows&pass=x"])
def test_rtmp_play(guarded, on_air, rtmp_client, query):
    client = rtmp_client(guarded)
    client.start(guarded.rtmp("live"), "play", f"w?{query}")
    assert client.status()[0] == "NetConnection.Connect.Success"
    assert client.status()[0] == "NetStream.Play.Reset"


def test_the_user_in_the_api(guarded, on_air):
    conns = http.get(guarded.api("/v3/rtmpconns/list"), headers=OPERATOR).json()["items"]
    assert [c["user"] for c in conns if c["state"] == "publish"] == ["writer"]


def test_permission_by_regular_expression(guarded, publish_to):
    publish_to(guarded, "free/anything", query="user=writer&pass=p%2Ba%3Bs(s)")
    guarded.wait_message("INF", r"\[RTMP\] .* is publishing to path 'free/anything'")


def test_anybody_may(guarded, publish_to, rtsp_client):
    publish_to(guarded, "open")
    guarded.wait_message("INF", r"\[RTMP\] .* is publishing to path 'open'")
    rtsp_client(guarded).play(guarded.rtsp("open"))
    assert rtsp_client(guarded).ask("DESCRIBE", guarded.rtsp("open"), basic("some", "body")).status == 200


# RTSP

def test_rtsp_asks_for_credentials(guarded, on_air, rtsp_client):
    client = rtsp_client(guarded)
    for _ in range(2):  # the connection stays open
        reply = client.ask("DESCRIBE", guarded.rtsp("live/w"))
        assert reply.status == 401
        assert reply.get("WWW-Authenticate") == 'Basic realm="ipcam"'
    assert client.ask("SETUP", guarded.rtsp("live/w/trackID=0"), {"Transport": "RTP/AVP/TCP;unicast"}).status == 401


def digest(challenge, method, url, name, password):
    realm, nonce = re.search(r'realm="([^"]*)"', challenge)[1], re.search(r'nonce="([^"]*)"', challenge)[1]
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    answer = md5(f"{md5(f'{name}:{realm}:{password}')}:{nonce}:{md5(f'{method}:{url}')}")
    return {"Authorization": f'Digest username="{name}", realm="{realm}", nonce="{nonce}", uri="{url}", '
                             f'response="{answer}"'}


def test_rtsp_digest(digested, live, rtsp_client):
    live(digested, "cam")
    client, url = rtsp_client(digested), digested.rtsp("cam")
    challenges = [v for k, v in client.ask("DESCRIBE", url).headers if k == "WWW-Authenticate"]
    assert challenges[0] == 'Basic realm="ipcam"'
    assert re.fullmatch(r'Digest realm="ipcam", nonce="[0-9a-f]{32}"(, algorithm="?MD5"?)?', challenges[1])
    assert client.ask("DESCRIBE", url, digest(challenges[1], "DESCRIBE", url, "reader", "r")).status == 200
    track = f"{url}/trackID=0"
    assert client.setup(track, **digest(challenges[1], "SETUP", track, "reader", "r")).status == 200
    assert client.ask("PLAY", url).status == 200, "a session once opened is trusted"
    assert client.frame()
    other = rtsp_client(digested)
    challenge = [v for k, v in other.ask("DESCRIBE", url).headers if k == "WWW-Authenticate"][1]
    assert other.ask("DESCRIBE", url, digest(challenge, "DESCRIBE", url, "reader", "wrong")).status == 401


@pytest.mark.parametrize("name,password", [("reader", "r"), ("hashed", "hidden"), ("nobody-knows", "x"), ("near", "n")])
def test_rtsp_basic(guarded, on_air, rtsp_client, name, password):
    client = rtsp_client(guarded)
    assert client.ask("DESCRIBE", guarded.rtsp("live/w"), basic(name, password)).status == 200


def test_rtsp_is_refused(guarded, on_air, rtsp_client):
    """A wrong password, a wrong hash, a wrong address, a wrong action, a user who is only known as anybody: all at
    once, because of the pauses."""
    clients = []
    for name, password in (("reader", "wrong"), ("hashed", "wrong"), ("far", "f"), ("writer", "p+a;s(s)"), ("any", "")):
        clients.append(rtsp_client(guarded))
        clients[-1].send("DESCRIBE", guarded.rtsp("live/w"), basic(name, password))
    for client in clients:
        reply = client.reply()
        assert reply.status == 401 and reply.get("WWW-Authenticate") is None
        assert client.closed_by_server()
        guarded.wait_message("WAR", rf"\[RTSP\] \[conn {client.address}\] failed to authenticate: authentication failed")


def test_what_is_not_configured_or_missing_is_asked_first_or_not(guarded, rtsp_client):
    assert rtsp_client(guarded).ask("DESCRIBE", guarded.rtsp("live/none")).status == 401
    assert rtsp_client(guarded).ask("DESCRIBE", guarded.rtsp("live/none"), basic("reader", "r")).status == 404
    assert rtsp_client(guarded).ask("DESCRIBE", guarded.rtsp("/bad")).status == 400


def test_ffmpeg_with_credentials(guarded, on_air):
    url = guarded.rtsp("live/w").replace("rtsp://", "rtsp://reader:r@")
    assert ffmpeg.probe(url)["video"]["codec_name"] == "h264"


def test_ffmpeg_publishes_with_credentials_over_rtsp(guarded, ffmpeg_publish):
    url = guarded.rtsp("free/f").replace("rtsp://", "rtsp://writer:p%2Ba%3Bs(s)@")
    ffmpeg_publish(url)
    guarded.wait_message("INF", r"\[RTSP\] \[session .*\] is publishing to path 'free/f'")


def test_passwords_are_not_shown(guarded):
    body = http.get(guarded.api("/v3/config/global/get"), headers=OPERATOR)
    users = {u["user"]: u["pass"] for u in body.json()["authInternalUsers"]}
    assert users["reader"] == "<redacted>" and users["hashed"] == "<redacted>" and users["any"] == ""


def test_the_old_users_of_a_path(new_router, rtsp_client, publish_to):
    paths = {"cam": {"publishUser": "p", "publishPass": "q", "readUser": "r", "readPass": "s"}}
    router = new_router(variation(paths=paths, pathDefaults=None, authInternalUsers=None)).start()
    publish_to(router, "cam", query="user=p&pass=q")
    router.wait_ready("cam")
    assert rtsp_client(router).ask("DESCRIBE", router.rtsp("cam")).status == 401
    assert rtsp_client(router).ask("DESCRIBE", router.rtsp("cam"), basic("r", "s")).status == 200


def test_default_users_let_strangers_not_into_the_api(new_router):
    """A client that comes through a proxy is not on this machine."""
    router = new_router(variation(apiTrustedProxies=["127.0.0.1"], authInternalUsers=None)).start()
    assert router.get("/v3/info").status == 200
    assert http.get(router.api("/v3/info"), headers={"X-Forwarded-For": "192.0.2.9"}).status == 401
