"""Which entry of the configuration a path belongs to, redirection, and the rules of names."""

from urllib.parse import quote

import pytest
from support.router import variation

PATHS = {
    "exact": {}, "~^a": {}, "~b": {}, "all_others": {},
    "moved": {"source": "redirect", "sourceRedirect": "rtsp://127.0.0.1:9/elsewhere"},
    "spare": {"fallback": "/other"}, "spare-absolute": {"fallback": "rtsp://127.0.0.1:9/spare"},
}


@pytest.fixture(scope="module")
def routed(make_router):
    router = make_router(variation(paths=PATHS, pathDefaults=None)).start()
    yield router
    router.stop()


@pytest.mark.parametrize("name,entry", [
    ("exact", "exact"), ("ab", "~^a"), ("xb", "~b"), ("exact2", "all_others"), ("A-_.9/z", "all_others")])
def test_the_entry(routed, live, name, entry):
    live(routed, name)
    assert routed.path(name)["confName"] == entry


@pytest.mark.parametrize("name,location", [
    ("moved", "rtsp://127.0.0.1:9/elsewhere"), ("spare-absolute", "rtsp://127.0.0.1:9/spare"), ("spare", None)])
def test_redirection(routed, rtsp_client, name, location):
    reply = rtsp_client(routed).ask("DESCRIBE", routed.rtsp(name))
    assert reply.status == 302
    assert reply.get("Location") == (location or routed.rtsp("other"))


def test_a_fallback_is_for_an_absent_stream(routed, live, rtsp_client):
    live(routed, "spare")
    assert rtsp_client(routed).ask("DESCRIBE", routed.rtsp("spare")).status == 200


def test_the_source_of_a_redirection(routed):
    item = routed.path("moved")
    assert item["source"] == {"type": "redirect", "id": ""} and item["ready"] is False


@pytest.mark.parametrize("name", ["a b", "a:b", "a~", "caf\u00e9", "a?b", "a/./b", ".."])
def test_names_that_are_refused(routed, rtmp_client, name):
    client = rtmp_client(routed)
    client.start(routed.rtmp("x"), "publish", quote(name, safe=""))
    assert client.closed_by_server()
    address = client.address
    client.close()
    routed.wait_message("INF", rf"\[RTMP\] \[conn {address}\] closed: invalid path name: .*")
