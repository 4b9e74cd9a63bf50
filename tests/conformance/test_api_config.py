"""Reading and changing the configuration through the Control API, and the file's hot reload."""

import os
import re

import pytest
from support import http
from support.differences import differs
from support.router import variation
from support.wait import wait_until


@pytest.fixture(scope="module")
def config(make_router):
    """A router whose configuration these tests change. Each test changes other keys and paths."""
    router = make_router(variation(paths={"all_others": {}, "fixed": {"maxReaders": 7}}, pathDefaults=None)).start()
    yield router
    router.stop()


def change(router, method, what, body=None):
    reply = http.request(method, router.api(f"/v3/config/{what}"), body)
    return reply.status, reply.json()


OK = (200, {"status": "ok"})


def refused(message, status=400):
    return status, {"status": "error", "error": message}


def shown(router, what):
    return router.get(f"/v3/config/{what}").json()


def shown_soon(router):
    """The global part of the configuration. While MediaMTX restarts its API because of a change, an empty one."""
    try:
        return shown(router, "global/get")
    except OSError:
        return {"runOnDisconnect": None}


def test_the_keys_of_the_global_part(config):
    found = shown(config, "global/get")
    assert list(found)[:6] == ["logLevel", "logDestinations", "logStructured", "logFile", "sysLogPrefix", "dumpPackets"]
    assert "pathDefaults" not in found and "paths" not in found
    assert found["readTimeout"] == "10s" and found["writeQueueSize"] == 512


def test_a_path_has_the_defaults_and_its_own(config):
    found = shown(config, "paths/get/fixed")
    assert list(found)[:2] == ["name", "source"]
    assert (found["name"], found["maxReaders"], found["overridePublisher"]) == ("fixed", 7, True)
    assert shown(config, "pathdefaults/get")["name"] == ""


def test_patch_global(config):
    assert change(config, "PATCH", "global/patch", {"runOnDisconnect": "true"}) == OK
    wait_until(lambda: shown_soon(config)["runOnDisconnect"] == "true", "the change")
    config.wait_message("INF", r"reloading configuration \(API request\)")


@pytest.mark.parametrize("method,what", [("PATCH", "global/patch"), ("PATCH", "pathdefaults/patch"),
                                         ("POST", "paths/add/bad"), ("PATCH", "paths/patch/fixed"),
                                         ("POST", "paths/replace/fixed")])
@pytest.mark.parametrize("body,message", [
    ({"nosuch": 1}, 'json: unknown field "nosuch"'),
    (b"{", "unexpected end of JSON input"), (b"[]", None), (b"", "unexpected end of JSON input")])
def test_bad_bodies(config, method, what, body, message):
    status, reply = change(config, method, what, body)
    assert status == 400 and message in (None, reply["error"])


@pytest.mark.parametrize("what,body,message", [
    ("global/patch", {"readTimeout": "0s"}, "'readTimeout' must be greater than zero"),
    ("global/patch", {"readTimeout": 10}, "json: cannot unmarshal number into Go value of type string"),
    ("global/patch", {"logLevel": "loud"}, "invalid log level: 'loud'"),
    ("pathdefaults/patch", {"recordPath": "x"}, None)])
def test_invalid_changes(config, what, body, message):
    before = shown(config, "global/get")
    status, reply = change(config, "PATCH", what, body)
    assert status == 400 and message in (None, reply["error"])
    assert shown(config, "global/get") == before


def test_add_get_patch_replace_delete(config):
    assert change(config, "POST", "paths/add/new/one", {"maxReaders": 3, "runOnRead": "x"}) == OK
    wait_until(lambda: config.path("new/one"), "the static path")
    assert config.path("new/one")["confName"] == "new/one"
    assert change(config, "POST", "paths/add/new/one", {}) == refused("path already exists")
    assert change(config, "PATCH", "paths/patch/new%2Fone", {"maxReaders": 4}) == OK
    wait_until(lambda: shown(config, "paths/get/new/one")["maxReaders"] == 4, "the patch")
    assert shown(config, "paths/get/new/one")["runOnRead"] == "x", "a patch keeps the rest"
    assert change(config, "POST", "paths/replace/new/one", {"maxReaders": 5}) == OK
    wait_until(lambda: shown(config, "paths/get/new/one")["maxReaders"] == 5, "the replacement")
    assert shown(config, "paths/get/new/one")["runOnRead"] == "", "a replacement does not"
    assert change(config, "DELETE", "paths/delete/new/one") == OK
    wait_until(lambda: config.path("new/one") is None, "the path gone")
    assert change(config, "DELETE", "paths/delete/new/one") == refused("path not found", 404)
    assert change(config, "PATCH", "paths/patch/new/one", {}) == refused("path not found", 404)


def test_replace_creates(config):
    assert change(config, "POST", "paths/replace/made", {"maxReaders": 2}) == OK
    wait_until(lambda: config.get("/v3/config/paths/get/made").status == 200, "the path")
    assert change(config, "DELETE", "paths/delete/made") == OK


def test_names(config):
    assert change(config, "POST", "paths/add/bad//", {})[0] == 400
    assert change(config, "POST", "paths/add/", {}) == refused("invalid name")
    assert change(config, "POST", "paths/add/~%5B", {}) == refused("invalid regular expression: [")


def test_deprecated_keys_in_a_body(config):
    assert change(config, "POST", "paths/add/old", {"runOnReady": "true"}) == OK
    wait_until(lambda: config.get("/v3/config/paths/get/old").status == 200, "the path")
    found = shown(config, "paths/get/old")
    assert (found["runOnReady"], found["runOnAvailable"]) == ("true", "true")
    assert change(config, "DELETE", "paths/delete/old") == OK


def test_pathdefaults_reach_the_paths(config):
    assert change(config, "PATCH", "pathdefaults/patch", {"runOnUnread": "echo"}) == OK
    wait_until(lambda: shown(config, "paths/get/fixed")["runOnUnread"] == "echo", "the default")


def test_what_a_change_does_not_concern_goes_on(new_router, live, rtsp_client):
    router = new_router(variation(paths={"kept": {}, "changed": {}}, pathDefaults=None)).start()
    live(router, "kept")
    second = live(router, "changed")
    reader = rtsp_client(router)
    reader.play(router.rtsp("kept"))
    assert change(router, "PATCH", "paths/patch/changed", {"runOnRead": "true"}) == OK
    assert second.client.closed_by_server(), "its path was made anew"
    reader.frames.clear()
    assert reader.frame() and router.path("kept")["ready"]


def write(router, text):
    """Writes the file as editors do: a new file takes the name of the old one."""
    temporary = router.config.with_suffix(".new")
    temporary.write_text(text)
    os.replace(temporary, router.config)


def test_hot_reload(new_router, live):
    router = new_router(variation(paths={"kept": {}, "goes": {}}, pathDefaults=None)).start()
    live(router, "kept")
    gone = live(router, "goes")
    write(router, variation(paths={"kept": {}, "comes": {}}, pathDefaults=None))
    router.wait_message("INF", r"reloading configuration \(file changed\)")
    assert gone.client.closed_by_server()
    wait_until(lambda: [i["name"] for i in router.items("paths")] == ["comes", "kept"], lambda: router.items("paths"))
    assert router.path("kept")["ready"]


def test_a_bad_file(new_router):
    router = new_router(variation(paths={"kept": {}}, pathDefaults=None)).start()
    write(router, "nosuch: 1\n")
    router.wait_message("ERR", 'json: unknown field "nosuch".*')
    if differs(router, "an invalid new file", False, True):
        assert router.path("kept")
    else:
        assert router.process.wait() == 0, "it ends, and says that all is well"


def test_a_new_address_opens_the_server_anew(new_router, rtsp_client):
    from support.free_ports import free_ports
    router = new_router(variation(paths={"all_others": {}}, pathDefaults=None)).start()
    (port,) = free_ports(1)
    assert change(router, "PATCH", "global/patch", {"rtmpAddress": f"127.0.0.1:{port}"}) == OK
    router.wait_message("INF", rf"\[RTMP\] started with listener on 127\.0\.0\.1:{port} \(TCP/RTMP\)")
    assert re.search(r"\[RTMP\] closing", router.log())
