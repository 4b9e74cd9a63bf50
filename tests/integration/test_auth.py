"""Who may do what: the users of the configuration, and all forms in which clients send credentials."""

import base64
import hashlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from support import ffmpeg, http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.making import started
from support.rtmp_client import RtmpClient, flv_tags
from support.rtsp_client import RtspClient, basic, digest
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

# A refusal is delayed by 0-4 s; the rest is for a busy machine.
LONGEST_REFUSAL_SECONDS = 14


def sha256(text):
    return "sha256:" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


USERS = [
    {"user": "pub", "pass": "p@ss&word", "permissions": [{"action": "publish", "path": "~^live/[^/]+/in$"}]},
    {"user": sha256("hashed"), "pass": sha256("secret"), "permissions": [{"action": "read", "path": "live/one/in"}]},
    {"user": "view", "pass": "v", "permissions": [{"action": "read"}, {"action": "playback", "path": "live/one/in"}]},
    {"user": "far", "pass": "f", "ips": ["203.0.113.0/24"], "permissions": [{"action": "read"}, {"action": "api"}]},
    {"user": "ops", "pass": "o", "permissions": [{"action": "api"}, {"action": "metrics"}]},
]
OPS = {"Authorization": basic("ops", "o")}


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with started(BareRouter(tmp_path_factory.mktemp("auth"), configuration(authInternalUsers=USERS))) as router:
        yield router


def live(router, stream):
    listed = http.get(router.api("/v3/paths/list"), headers=OPS).json()["items"]
    return any(item["name"] == f"live/{stream}/in" and item["ready"] for item in listed)


@pytest.fixture
def one(router, publish):
    """The stream live/one/in, which is published with the right password."""
    publish(router.rtmp("one", query="user=pub&pass=p%40ss%26word"))
    wait_until(lambda: live(router, "one"), "live/one/in")


# FFmpeg does not send the user and the password of an rtmp:// address, except for Adobe's login. So they are in the query.
@pytest.mark.parametrize("protocol,userinfo,query", [("rtmp", "", "user=pub&pass=p%40ss%26word"),
                                                     ("rtsp", "pub:p%40ss%26word@", "")])
def test_ffmpeg_publishes_with_credentials(router, publish, stream, protocol, userinfo, query):
    settings = router.settings
    port = settings.rtmp_port if protocol == "rtmp" else settings.rtsp_port
    publish(f"{protocol}://{userinfo}{settings.host}:{port}/live/{stream}/in" + (f"?{query}" if query else ""))
    wait_until(lambda: live(router, stream), lambda: router.router.log()[-2000:])


def test_rtmp_credentials_in_the_server_field(router, clips, stream):
    settings = router.settings
    client = RtmpClient(settings.host, settings.rtmp_port)
    server = f"rtmp://pub:p%40ss%26word@{settings.host}/live/{stream}"
    assert client.publish(server, "in"), client.received
    client.send_tags(flv_tags(clips.get("av")))
    wait_until(lambda: live(router, stream), "a live stream")
    client.close()


@pytest.mark.parametrize("query", ["", "user=pub&pass=wrong", "user=view&pass=v", "token=abc", "user=hashed&pass=secret"])
def test_an_rtmp_publisher_without_the_right_is_told(router, stream, query):
    settings = router.settings
    client = RtmpClient(settings.host, settings.rtmp_port, timeout=LONGEST_REFUSAL_SECONDS)
    assert not client.publish(f"rtmp://{settings.host}/live/{stream}", f"in?{query}" if query else "in")
    assert b"NetStream.Publish.Unauthorized" in client.received
    address = f"127.0.0.1:{client.socket.getsockname()[1]}"
    router.wait_log_line("WAR", address, "failed to authenticate: authentication failed")
    assert not live(router, stream)


def test_an_outsider_may_not_publish_the_output(router, stream):
    settings = router.settings
    client = RtmpClient(settings.host, settings.rtmp_port, timeout=LONGEST_REFUSAL_SECONDS)
    assert not client.publish(f"rtmp://{settings.host}/live/{stream}", "out?user=pub&pass=p%40ss%26word")
    assert b"NetStream.Publish.Unauthorized" in client.received


@pytest.mark.parametrize("user,password,may", [("view", "v", True), ("hashed", "secret", True), ("hashed", "Secret", False),
                                               ("far", "f", False), ("pub", "p@ss&word", False)])
def test_readers_need_their_permission(router, one, user, password, may):
    settings = router.settings
    userinfo = f"{user}:{quote(password)}@"
    for url in (f"rtsp://{userinfo}{settings.host}:{settings.rtsp_port}/live/one/in",
                f"rtmp://{settings.host}:{settings.rtmp_port}/live/one/in?user={user}&pass={quote(password)}"):
        done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                               *ffmpeg.input_options(url)], capture_output=True, text=True, timeout=40)
        assert (done.returncode == 0 and "h264" in done.stdout) == may, f"{url}: {done.stdout}{done.stderr}"


def test_a_user_of_one_path_may_not_read_another(router, publish, stream):
    publish(router.rtmp(stream, query="user=pub&pass=p%40ss%26word"))
    wait_until(lambda: live(router, stream), "a live stream")
    path = f"live/{stream}/in"
    client = RtspClient(router.settings.host, router.settings.rtsp_port, timeout=LONGEST_REFUSAL_SECONDS)
    refused = client.request("DESCRIBE", client.url(path), {"Authorization": basic("hashed", "secret")})
    assert refused.status == 401 and "WWW-Authenticate" not in refused.headers
    assert client.closed_by_server()
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    assert client.request("DESCRIBE", client.url(path), {"Authorization": basic("view", "v")}).status == 200


def test_rtsp_asks_once_and_keeps_the_connection(router, one):
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    began = time.monotonic()
    asked = client.request("DESCRIBE", client.url("live/one/in"))
    assert time.monotonic() - began < 3  # no wrong password was sent, so there is no delay
    assert asked.status == 401 and asked.headers["WWW-Authenticate"] == 'Basic realm="ipcam"'
    assert client.request("DESCRIBE", client.url("live/one/in"), {"Authorization": basic("view", "v")}).status == 200


@pytest.mark.parametrize("header", ["Basic " + "A" * 1000, "Basic !!!!", "Basic", "Bearer abc", "Digest x",
                                    'Digest username="view', basic("view", ""), basic("", "v"),
                                    'Digest username="view", realm="ipcam", nonce="x", uri="*", response="0"'])
def test_broken_authorization_headers_let_nobody_in(router, one, header):
    client = RtspClient(router.settings.host, router.settings.rtsp_port, timeout=LONGEST_REFUSAL_SECONDS)
    reply = client.request("DESCRIBE", client.url("live/one/in"), {"Authorization": header})
    assert reply.status == 401


@pytest.fixture(scope="module")
def digest_router(tmp_path_factory):
    plain = [user for user in USERS if not user["user"].startswith("sha256")]
    with started(BareRouter(tmp_path_factory.mktemp("digest"),
                        configuration(authInternalUsers=plain, rtspAuthMethods=["digest"]))) as router:
        yield router


def test_digest_with_the_real_clients(digest_router, publish, stream):
    settings = digest_router.settings
    url = f"rtsp://pub:p%40ss%26word@{settings.host}:{settings.rtsp_port}/live/{stream}/in"
    publisher = publish(url)
    wait_until(lambda: live(digest_router, stream), lambda: publisher.log())
    streams = ffmpeg.probe(f"rtsp://view:v@{settings.host}:{settings.rtsp_port}/live/{stream}/in")
    assert set(streams) == {"video", "audio"}


def test_digest_proofs(digest_router, publish, stream):
    publish(digest_router.rtmp(stream, query="user=pub&pass=p%40ss%26word"))
    wait_until(lambda: live(digest_router, stream), "a live stream")
    host, port, path = digest_router.settings.host, digest_router.settings.rtsp_port, f"live/{stream}/in"

    def describe(make):
        client = RtspClient(host, port, timeout=LONGEST_REFUSAL_SECONDS)
        url = client.url(path)
        challenge = client.request("DESCRIBE", url).headers["WWW-Authenticate"]
        assert challenge.startswith("Digest ")
        reply = client.request("DESCRIBE", url, {"Authorization": make(challenge, url)})
        client.close()
        return reply.status

    old = []
    assert describe(lambda c, url: old.append(digest(c, "view", "v", "DESCRIBE", url)) or old[0]) == 200
    wrong = [lambda c, url: digest(c, "view", "wrong", "DESCRIBE", url),
             lambda c, url: digest(c, "view", "v", "SETUP", url),           # for another method
             lambda c, url: digest(c, "view", "v", "DESCRIBE", url + "x"),  # for another address
             lambda c, url: old[0],                                         # for the nonce of another connection
             lambda c, url: basic("view", "v")]                             # not offered
    with ThreadPoolExecutor(len(wrong)) as pool:  # because each is delayed
        assert list(pool.map(describe, wrong)) == [401] * len(wrong)


@pytest.mark.parametrize("kind,path", [("api", "/v3/paths/list"), ("metrics", "/metrics")])
def test_the_http_servers_ask_for_credentials(router, kind, path):
    url = getattr(router, kind)(path)
    asked = http.get(url)
    assert asked.status == 401 and asked.headers["WWW-Authenticate"] == 'Basic realm="mediamtx"'
    assert http.get(url, headers=OPS).status == 200
    assert http.get(url, headers={"Authorization": "Bearer ops:o"}).status == 200
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", "ops:o", url],
                          capture_output=True, text=True, timeout=20)
    assert done.stdout == "200"
    far = http.get(url, headers={"Authorization": basic("far", "f")}, timeout=LONGEST_REFUSAL_SECONDS)
    assert far.status == 401 and "WWW-Authenticate" not in far.headers


def test_playback_checks_the_path(router):
    view = {"Authorization": basic("view", "v")}
    refused = http.get(router.playback("/list?path=live/two/in"), headers=view, timeout=LONGEST_REFUSAL_SECONDS)
    assert refused.status == 401
    assert http.get(router.playback("/list?path=live/one/in"), headers=view).status == 400  # nothing recorded


def test_guessing_is_slow_and_holds_nobody_up(router):
    """Each wrong password is delayed. A client with the right password does not have to wait for the others."""
    wrong = {"Authorization": basic("ops", "guess")}

    def guess(_):
        began = time.monotonic()
        assert http.get(router.api("/v3/info"), headers=wrong, timeout=30).status == 401
        return time.monotonic() - began

    with ThreadPoolExecutor(12) as pool:
        guesses = [pool.submit(guess, i) for i in range(12)]
        while not any(g.done() for g in guesses):
            began = time.monotonic()
            assert http.get(router.api("/v3/info"), headers=OPS).status == 200
            assert time.monotonic() - began < 1.5
        waited = [g.result() for g in guesses]
    # That twelve random delays of 0-4 s are all below a second happens once in 10^7 times.
    assert max(waited) > 1 and max(waited) < LONGEST_REFUSAL_SECONDS
