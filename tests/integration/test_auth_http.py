"""authMethod: http: a server of the user decides. What the router asks it, and what must not happen when it is slow."""

import threading

import pytest
from support import ffmpeg, http
from support.auth_server import AuthServer
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.making import started
from support.rtmp_client import RtmpClient
from support.rtsp_client import USER_AGENT, RtspClient, basic
from support.wait import wait_until
from support.witness import Witness

pytestmark = ONLY_EMBEDDED

LONGEST_REFUSAL_SECONDS = 14
READ_TIMEOUT_SECONDS = 3  # also the time that an authentication server may take


@pytest.fixture(scope="module")
def server():
    server = AuthServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def router(tmp_path_factory, server):
    config = configuration(authMethod="http", authHTTPAddress=server.url, readTimeout=f"{READ_TIMEOUT_SECONDS}s",
                           authHTTPExclude=[{"action": "api"}, {"action": "read", "path": "~^live/open"}])
    del config["authInternalUsers"]
    with started(BareRouter(tmp_path_factory.mktemp("auth-http"), config)) as router:
        yield router


@pytest.fixture(autouse=True)
def willing(server):
    server.questions.clear()
    server.decide = lambda question: (200, b"")


def test_what_an_rtmp_publisher_is_asked_about(router, server, publish, stream):
    publish(router.rtmp(stream, query="user=u&pass=p%26&lang=es"))
    router.wait_live(stream)
    (kind, question), = server.questions
    connection, = http.get(router.api("/v3/rtmpconns/list")).json()["items"]
    assert kind == "application/json"
    assert question["userAgent"]
    assert {**question, "userAgent": ""} == {
        "ip": "127.0.0.1", "user": "u", "password": "p&", "token": "p&", "action": "publish",
        "path": f"live/{stream}/in", "protocol": "rtmp", "id": connection["id"],
        "query": "user=u&pass=p%26&lang=es", "userAgent": ""}


def test_what_an_rtsp_reader_is_asked_about(router, server, publish, stream):
    publish(router.rtmp(stream))
    router.wait_live(stream)
    server.questions.clear()
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    path = f"live/{stream}/in?token=t1"
    assert client.request("DESCRIBE", client.url(path)).status == 200
    assert client.request("SETUP", client.url(path) + "/trackID=0",
                          {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}).status == 200
    describe, setup = (question for _, question in server.questions)
    connection, = http.get(router.api("/v3/rtspconns/list")).json()["items"]
    session, = http.get(router.api("/v3/rtspsessions/list")).json()["items"]
    common = {"ip": "127.0.0.1", "user": "", "password": "", "token": "t1", "action": "read",
              "path": f"live/{stream}/in", "protocol": "rtsp", "query": "token=t1", "userAgent": USER_AGENT}
    assert describe == {**common, "id": connection["id"]}
    assert setup == {**common, "id": session["id"]}
    client.close()


def test_refusals_of_the_server(router, server, stream):
    server.decide = lambda question: (403, b"not\nyours") if question["user"] or question["action"] == "publish" else (401, b"")
    settings = router.settings
    client = RtspClient(settings.host, settings.rtsp_port, timeout=LONGEST_REFUSAL_SECONDS)
    url = client.url(f"live/{stream}/in")
    asked = client.request("DESCRIBE", url)
    assert asked.status == 401 and asked.headers["WWW-Authenticate"] == 'Basic realm="ipcam"'
    refused = client.request("DESCRIBE", url, {"Authorization": basic("u", "p")})
    assert refused.status == 401 and "WWW-Authenticate" not in refused.headers
    router.wait_log_line(f"127.0.0.1:{client.local_port}",
                         "failed to authenticate: server replied with code 403: not yours")
    publisher = RtmpClient(settings.host, settings.rtmp_port, timeout=LONGEST_REFUSAL_SECONDS)
    assert not publisher.publish(f"rtmp://{settings.host}/live/{stream}", "in?user=u&pass=p")
    # The delay of a refusal may be longer than the deadline for the whole beginning of a publisher's session.
    assert publisher.closed_by_server()
    assert not router.is_live(stream)


def test_excluded_actions_are_not_asked(router, server):
    server.decide = lambda question: (401, b"")
    assert http.get(router.api("/v3/info")).status == 200
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    assert client.request("DESCRIBE", client.url("live/open1/in")).status == 404
    assert not server.questions
    assert http.get(router.metrics()).status == 401
    assert server.asked(action="metrics", protocol="", path="", id=None)


def test_a_slow_server_keeps_only_those_waiting_who_ask(router, server, publish, clips, tmp_path, stream):
    publish(router.rtmp("open-one"))
    router.wait_live("open-one")
    witness = Witness(router, clips.get("av"), tmp_path, "open-two")
    release = threading.Event()

    def slow(_):
        release.wait(60)
        return 200, b""

    server.decide = slow
    try:
        settings = router.settings
        waiting = [RtspClient(settings.host, settings.rtsp_port) for _ in range(20)]
        for client in waiting:
            client.send_request("DESCRIBE", client.url(f"live/{stream}/in"))
        wait_until(lambda: len(server.asked(path=f"live/{stream}/in")) == 20, "all questions are asked at once")
        witness.check(40)
        assert http.get(router.api("/v3/info")).status == 200
        assert set(ffmpeg.probe(router.rtsp("open-one"))) == {"video", "audio"}  # is excluded, so the server is not asked
        for client in waiting[:10]:
            client.close()
        # The server does not answer within readTimeout. So the client is refused, without the reason.
        assert waiting[-1].reply().status == 401
    finally:
        release.set()
        witness.kill()


def test_a_server_that_is_down_lets_nobody_in(tmp_path, stream):
    server = AuthServer()
    config = configuration(authMethod="http", authHTTPAddress=server.url, authHTTPExclude=[{"action": "api"}])
    router = BareRouter(tmp_path, config)
    try:
        router.start()
        server.close()
        client = RtspClient(router.settings.host, router.settings.rtsp_port, timeout=LONGEST_REFUSAL_SECONDS)
        reply = client.request("DESCRIBE", client.url(f"live/{stream}/in"), {"Authorization": basic("u", "p")})
        assert reply.status == 401
        router.wait_log_line("failed to authenticate: HTTP request failed: connect 127.0.0.1")
        router.stop()
    finally:
        router.kill()


def test_the_router_stops_while_it_waits_for_an_answer(tmp_path, stream):
    server = AuthServer()
    config = configuration(authMethod="http", authHTTPAddress=server.url, authHTTPExclude=[{"action": "api"}],
                           readTimeout="60s")
    release = threading.Event()
    server.decide = lambda question: (release.wait(60), (200, b""))[1]
    router = BareRouter(tmp_path, config)
    try:
        router.start()
        client = RtspClient(router.settings.host, router.settings.rtsp_port)
        client.send_request("DESCRIBE", client.url(f"live/{stream}/in"))
        wait_until(lambda: server.questions, "the question")
        router.stop()
    finally:
        release.set()
        router.kill()
        server.close()
