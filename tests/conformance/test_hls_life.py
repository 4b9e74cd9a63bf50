"""HLS: who may watch, hooks of viewers, publishers on demand, and how long muxers live."""

import base64
import re
import shlex
import urllib.error
from urllib.parse import unquote

import pytest
from support import http
from support.differences import differs
from support.hls import Player, fetch
from support.hook_record import HookRecord
from support.router import variation
from support.wait import wait_until

USERS = [
    {"user": "any", "permissions": [{"action": "publish"}]},
    {"user": "viewer", "pass": "v", "permissions": [{"action": "read", "path": "~^live/"}]},
    {"user": "any", "ips": ["127.0.0.1"], "permissions": [{"action": "api"}]}]


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def challenge_of(reply):
    return {name.lower(): value for name, value in reply.headers.items()}.get("www-authenticate")


@pytest.fixture(scope="module")
def guarded(make_router):
    router = make_router(variation(hls=True, authInternalUsers=USERS, paths={"~^live/": {}},
                                   hlsTrustedProxies=["127.0.0.1"], hlsAllowOrigins=["https://*.example.com"])).start()
    yield router
    router.stop()


@pytest.fixture
def watch(guarded, path):
    def get(target="index.m3u8?cookieCheck=1", headers=None, name=path):
        return fetch(guarded.hls(f"{name}/{target}"), headers)
    return get


# Who may watch

@pytest.mark.parametrize("target", ["", "index.m3u8?cookieCheck=1", "index.m3u8?cookieCheck=1&user=viewer&pass=v"])
def test_without_credentials(watch, target):
    reply = watch(target)
    assert (reply.status, challenge_of(reply)) == (401, 'Basic realm="mediamtx"')
    assert reply.json() == {"status": "error", "error": "authentication error"}


def test_wrong_credentials(guarded, watch):
    reply = watch(headers=basic("viewer", "wrong"))
    assert reply.status == 401 and challenge_of(reply) is None
    guarded.wait_message("WAR", r"\[HLS\] \[session [0-9a-f]{8}\] failed to authenticate: authentication failed")


@pytest.mark.parametrize("credentials", [basic("viewer", "v"), {"Authorization": "Bearer viewer:v"}])
def test_credentials(guarded, watch, live, path, credentials):
    live(guarded, path)
    reply = watch(headers=credentials)
    assert reply.status == 200
    assert guarded.wait_item("hlssessions", path=path)["user"] == "viewer"
    uri = re.search(r"video1_stream\S*", reply.text()).group(0)
    assert watch(uri).status == 200  # the session is enough


def test_a_path_that_is_not_configured(watch):
    for target in ("", "index.m3u8?cookieCheck=1"):
        reply = watch(target, basic("viewer", "v"), name="elsewhere")
        assert (reply.status, reply.json()["error"]) == (500, "path 'elsewhere' is not configured")


def test_the_address_behind_a_proxy(guarded, watch, live, path):
    live(guarded, path)
    assert watch(headers={**basic("viewer", "v"), "X-Forwarded-For": "192.0.2.7"}).status == 200
    assert guarded.wait_item("hlssessions", path=path)["remoteAddr"].startswith("192.0.2.7:")


@pytest.mark.parametrize("origin,allowed", [("https://a.example.com", "https://a.example.com"),
                                            ("http://a.example.com", None), ("https://evil.test", None), (None, None)])
def test_origins(watch, origin, allowed):
    reply = watch("index.m3u8", {"Origin": origin} if origin else {})
    assert reply.headers.get("Access-Control-Allow-Origin") == allowed


# Hooks

@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return HookRecord(tmp_path_factory.mktemp("hls-hooks"))


@pytest.fixture(scope="module")
def hooked(make_router, record, clips):
    source = shlex.quote(str(clips.get("av")))
    demand = f"ffmpeg -loglevel error -re -stream_loop -1 -i {source} -c copy -f flv rtmp://127.0.0.1:$PORT/$MTX_PATH"
    reading = {"runOnRead": record.command("read"), "runOnUnread": record.command("unread")}
    config = variation(hls=True, hlsMuxerCloseAfter="4s", paths={
        "~^demand/": {"runOnDemand": demand, "runOnDemandStartTimeout": "20s", "runOnDemandCloseAfter": "1s"},
        "~^never/": {"runOnDemand": "true", "runOnDemandStartTimeout": "1s"}, "all_others": reading})
    router = make_router(config)
    router.environment["PORT"] = str(router.rtmp_port)
    router.start()
    yield router
    router.stop()


def test_hooks_of_a_viewer_and_the_end_of_an_unused_muxer(hooked, record, live, path):
    live(hooked, path)
    Player(hooked, path, "token=1&b=2")
    session = hooked.wait_item("hlssessions", path=path)
    call = record.wait("read", path)
    assert call.environment["MTX_READER_TYPE"] == "hlsSession" and call.environment["MTX_READER_ID"] == session["id"]
    assert unquote(call.environment["MTX_QUERY"]) == "b=2&token=1"
    hooked.wait_message("INF", rf"\[HLS\] \[session {session['id'][:8]}\] runOnRead command started")
    hooked.wait_message("INF", rf"\[HLS\] \[muxer {path}\] destroyed: not used anymore")
    hooked.wait_message("INF", rf"\[HLS\] \[session {session['id'][:8]}\] closed: muxer destroyed")
    assert record.wait("unread", path).environment["MTX_READER_ID"] == session["id"]
    assert hooked.path(path)["readers"] == []


def test_a_viewer_brings_the_publisher(hooked, path):
    name = "demand/" + path.split("/")[1]
    player = Player(hooked, name)
    assert player.playlist().segments()
    hooked.wait_message("INF", rf"\[path {name}\] runOnDemand command started")


def test_a_publisher_that_does_not_come(hooked):
    reply = fetch(hooked.hls("never/a/index.m3u8?cookieCheck=1"))
    assert (reply.status, reply.json()["error"]) == (500, "source of path 'never/a' has timed out")


# Muxers

def test_always_remux(new_router, live, path):
    router = new_router(variation(hls=True, hlsAlwaysRemux=True, paths={"all_others": {}})).start()
    publisher = live(router, path)
    router.wait_message("INF", rf"\[HLS\] \[muxer {path}\] created automatically")
    router.wait_message("INF", rf"\[HLS\] \[muxer {path}\] is converting into HLS, 2 tracks \(H264, MPEG-4 Audio\)")
    assert router.wait_item("hlsmuxers", path=path) and router.path(path)["readers"] == []
    assert Player(router, path).playlist().segments()
    publisher.close()
    router.wait_not_ready(path)
    left = differs(router, "HLS: the publisher leaves and comes back", mediamtx=0, embedded=1)
    wait_until(lambda: len(router.items("hlsmuxers")) == left, "what is left")
    router.stop()


@pytest.mark.parametrize("settings,why", [
    ({"hlsSegmentCount": 3}, "Low-Latency HLS requires at least 7 segments"),
    ({"hlsSegmentCount": 2, "hlsVariant": "fmp4"}, "the minimum number of HLS segments is 3")])
def test_too_few_segments(new_router, live, path, settings, why):
    router = new_router(variation(hls=True, paths={"all_others": {}}, **settings)).start()
    live(router, path)
    reply = fetch(router.hls(f"{path}/index.m3u8?cookieCheck=1"))
    assert (reply.status, reply.json()["error"]) == (500, "muxer instance not available")
    router.wait_message("INF", rf"\[HLS\] \[muxer {path}\] destroyed: {why}")


def test_turned_off(router):
    assert http.get(router.api("/v3/config/global/get")).json()["hls"] in (True, False)
    if http.get(router.api("/v3/config/global/get")).json()["hls"] is False:
        assert router.get("/v3/hlsmuxers/list").status == 404


def status_of(router, path):
    """MediaMTX's API is away for a moment while its servers restart: None."""
    try:
        return router.get(path).status
    except urllib.error.URLError:
        return None


def test_a_changed_key_restarts_the_server(new_router, live, path):
    router = new_router(variation(hls=True, paths={"all_others": {}})).start()
    live(router, path)
    player = Player(router, path)
    assert http.request("PATCH", router.api("/v3/config/global/patch"), {"hlsSegmentDuration": "2s"}).status == 200
    router.wait_message("INF", rf"\[HLS\] \[muxer {path}\] destroyed: terminated")
    wait_until(lambda: router.log().count("[HLS] started with listener") == 2, "it has started again")
    assert player.get(player.video).status == 401
    assert Player(router, path).playlist()
    wait_until(lambda: status_of(router, "/v3/hlssessions/list") == 200, "the API is back")
    assert http.request("PATCH", router.api("/v3/config/global/patch"), {"hls": False}).status == 200
    wait_until(lambda: status_of(router, "/v3/hlssessions/list") == 404, "no HLS in the API")
    router.stop()
