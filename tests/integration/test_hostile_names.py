"""Names and queries that try to be something else, over RTMP, RTSP, the API and hooks."""

import pytest
from support import http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.making import started
from support.rtmp_client import RtmpClient, flv_tags
from support.rtsp_client import RtspClient
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

# Percent-encoded, as in an address. None of them may become a stream, although the configuration allows any name.
FORBIDDEN = [
    "live/../../etc/passwd/in", "live/./x/in", "live/x/in/../out", "live/..", "..", "%2e%2e%2fx", "live/%2e%2e/x",
    "live/%252e%252e/x", "live/x%00y", "live/x%0d%0aINF%20forged", "live/%c0%ae%c0%ae/x", "live/%ed%a0%80",
    "live/%e2%80%aex", "live/%d1%96n", "live/cafe%cc%81", "live/caf%c3%a9", "live/%f0%9f%98%80", "live/x%7f",
    "live/%1b[31mx", "live/a%20b", "live/$(id)", "live/%60id%60", "live/';rm%20-rf%20*;'", "live/a%5Cb", "live/a%3Fb",
    "live/%7Cx", "live/a&b", "~live", "live/x*", "%2Flive/x",
]
ORDINARY = ["metrics", "healthz", "con", "-", "--help", "--config=x".replace("=", "-"), "__proto__", "constructor",
            "null", "in", "out", "0", "A" * 128]


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with started(BareRouter(tmp_path_factory.mktemp("names"), configuration(paths={"all_others": {}}))) as router:
        yield router


def rtmp_peer(stack):
    return RtmpClient(stack.settings.host, stack.settings.rtmp_port, timeout=15)


def rtsp_peer(stack):
    return RtspClient(stack.settings.host, stack.settings.rtsp_port)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_names(router, name):
    host = router.settings.host
    app, _, key = name.rpartition("/")
    for make in (lambda c: c.publish(f"rtmp://{host}/{app}", key), lambda c: c.play(f"rtmp://{host}", name)):
        client = rtmp_peer(router)
        assert not make(client)
        assert client.closed_by_server() and b"_result" in client.received
        port = client.local_port
        client.close()  # otherwise the server would wait for it to close
        assert router.wait_log_line(f"[conn 127.0.0.1:{port}] closed: ", "path")
    for method in ("DESCRIBE", "SETUP", "ANNOUNCE"):
        client = rtsp_peer(router)
        body = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
        reply = client.request(method, client.url(name) + ("/trackID=0" if method == "SETUP" else ""),
                               {"Content-Type": "application/sdp", "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"},
                               body if method == "ANNOUNCE" else b"")
        assert reply.status == 400
        client.close()
    assert http.get(router.api(f"/v3/paths/get/{name}")).status in (400, 404)
    assert not router.paths()
    assert "\nINF forged" not in router.router.log() and "\x1b" not in router.router.log()


def test_the_empty_name(router):
    client = rtmp_peer(router)
    assert not client.publish(f"rtmp://{router.settings.host}", "")
    assert client.closed_by_server()
    for url in (f"rtsp://{router.settings.host}:{router.settings.rtsp_port}", rtsp_peer(router).url("")):
        assert rtsp_peer(router).request("DESCRIBE", url).status == 400


@pytest.fixture
def publish_raw(shared_stack, clips):
    """publish_raw(stream, query) publishes a stream with a scripted client. The query may have any bytes."""
    clients, tags = [], list(flv_tags(clips.get("av")))[:20]

    def publish(stream, query=""):
        client = rtmp_peer(shared_stack)
        clients.append(client)
        assert client.publish(f"rtmp://{shared_stack.settings.host}/live/{stream}", "in" + (f"?{query}" if query else ""))
        client.send_tags(tags)
        return client

    yield publish
    for client in clients:
        client.close()


def test_ordinary_names_that_look_special(shared_stack, publish_raw):
    for name in ORDINARY:
        publish_raw(name)
    for name in ORDINARY:
        assert shared_stack.wait_event(name, "ready")["path"] == f"live/{name}/in"
        assert http.get(shared_stack.service_url(f"/v1/streams/{name}")).json()["streamId"] == name
        assert shared_stack.ask_api(f"/v3/paths/get/live/{name}/in").json()["name"] == f"live/{name}/in"


def test_names_that_differ_in_case_are_two_streams(shared_stack, publish_raw, stream):
    publish_raw(stream + "-Abc")
    first = shared_stack.wait_event(stream + "-Abc", "ready")
    publish_raw(stream + "-abc")
    second = shared_stack.wait_event(stream + "-abc", "ready")
    assert first["sourceId"] != second["sourceId"]
    assert shared_stack.is_live(stream + "-Abc") and shared_stack.is_live(stream + "-abc")


@pytest.mark.parametrize("outside", ["live/in", "live/a/b/in", "live/x/IN", "live/x/in.", "live/" + "a" * 129 + "/in", "x"])
def test_names_outside_the_pipeline(shared_stack, outside):
    client = rtmp_peer(shared_stack)
    app, _, key = outside.rpartition("/")
    assert not client.publish(f"rtmp://{shared_stack.settings.host}/{app}", key)
    assert b"NetStream.Publish.BadName" in client.received
    assert client.closed_by_server()


QUERIES = ['a="b"', "a=b\nX: y", "'; rm -rf / #", "$(id)", "`id`", "${IFS}", "a|b", "a&b&&c", "a=%0d%0a", "a=%",
           "--config=/etc/passwd", "a=%00", "a=\x01\x1b", "a=\u00e9\u202e", "a\\n", "x" * 4_000,
           "&".join(f"p{i}=1" for i in range(500))]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_reaches_the_service_byte_for_byte(shared_stack, publish_raw, stream, query):
    publish_raw(stream, query)
    assert shared_stack.wait_event(stream, "ready")["query"] == query


@pytest.mark.parametrize("query", ["x" * 60_000, "&".join(f"p{i}=1" for i in range(5_000))], ids=["long", "many"])
def test_queries_beyond_the_limit_are_refused(shared_stack, stream, query):
    client = rtmp_peer(shared_stack)
    assert not client.publish(f"rtmp://{shared_stack.settings.host}/live/{stream}", f"in?{query}")
    assert client.closed_by_server()
    wait_until(lambda: not shared_stack.is_live(stream), "no stream")
