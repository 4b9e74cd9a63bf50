"""The configuration is changed through the Control API."""

import socket

import pytest
from support import http
from support.bare_router import BareRouter, configuration
from support.free_ports import free_ports
from support.making import started
from support.wait import wait_until

OK = {"status": "ok"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with started(BareRouter(tmp_path_factory.mktemp("config-api"))) as router:
        yield router


@pytest.fixture
def router(tmp_path):
    """A router for this test only."""
    with started(BareRouter(tmp_path)) as router:
        yield router


def ask(router, method, path, body=None):
    return http.request(method, router.api(f"/v3/config/{path}"), body)


def get(router, path):
    return ask(router, "GET", path).json()


def test_a_path_is_added_patched_replaced_and_deleted(shared):
    path = "paths/{}/live/added/in"
    assert ask(shared, "POST", path.format("add"), {"maxReaders": 3, "runOnReady": "true"}).json() == OK
    added = get(shared, path.format("get"))
    assert (added["name"], added["maxReaders"], added["runOnAvailable"]) == ("live/added/in", 3, "true")
    assert "live/added/in" in shared.paths()

    assert ask(shared, "PATCH", path.format("patch"), {"maxReaders": 4, "runOnRead": None}).json() == OK
    patched = get(shared, path.format("get"))
    assert (patched["maxReaders"], patched["runOnAvailable"]) == (4, "true")

    assert ask(shared, "POST", path.format("replace"), {"overridePublisher": False}).json() == OK
    replaced = get(shared, path.format("get"))
    assert (replaced["maxReaders"], replaced["runOnAvailable"], replaced["overridePublisher"]) == (0, "", False)

    assert ask(shared, "DELETE", path.format("delete")).json() == OK
    assert ask(shared, "GET", path.format("get")).status == 404
    assert "live/added/in" not in shared.paths()
    shared.wait_log_line("reloading configuration (API request)")


@pytest.mark.parametrize("method,path,body,status,error", [
    ("PATCH", "global/patch", b"", 400, "unexpected end of JSON input"),
    ("PATCH", "global/patch", b"x", 400, "invalid character 'x' looking for beginning of value"),
    ("PATCH", "global/patch", b"{} x", 400, "invalid character 'x' after top-level value"),
    ("PATCH", "global/patch", [1], 400, "json: cannot unmarshal array into Go value of type map[string]json.RawMessage"),
    ("PATCH", "global/patch", {"test": "asd"}, 400, 'json: unknown field "test"'),
    ("PATCH", "global/patch", {"paths": {}}, 400, 'json: unknown field "paths"'),
    ("PATCH", "global/patch", {"logLevel": "x"}, 400, "invalid log level: 'x'"),
    ("PATCH", "global/patch", {"readTimeout": "0s"}, 400, "'readTimeout' must be greater than zero"),
    ("PATCH", "pathdefaults/patch", {"test": 1}, 400, 'json: unknown field "test"'),
    ("POST", "paths/add/all_others", {"source": "bogus"}, 400, "invalid source: 'bogus'"),
    ("POST", "paths/add/a%20b", {}, 400, "invalid path name 'a b': can contain only alphanumeric characters, "
                                         "underscore, dot, minus, slash"),
    ("PATCH", "paths/patch/none", {}, 404, "path not found"),
    ("PATCH", "paths/patch/none", b"x", 400, "invalid character 'x' looking for beginning of value"),
    ("DELETE", "paths/delete/none", None, 404, "path not found"),
])
def test_what_is_wrong_is_refused_and_changes_nothing(shared, method, path, body, status, error):
    before = get(shared, "global/get"), get(shared, "paths/list")
    reply = ask(shared, method, path, body)
    assert (reply.status, reply.json()) == (status, {"status": "error", "error": error})
    assert (get(shared, "global/get"), get(shared, "paths/list")) == before


def test_a_body_over_the_limit_is_refused_before_it_comes(shared):
    settings = shared.settings
    with socket.create_connection((settings.host, settings.api_port), 20) as client:
        client.sendall(b"PATCH /v3/config/global/patch HTTP/1.1\r\nHost: x\r\n"
                       b"Content-Length: %d\r\n\r\n" % (10 * 1024 * 1024 + 1))
        reply = client.recv(4096)
    assert reply.startswith(b"HTTP/1.1 400 ") and b"size exceeds maximum allowed" in reply


def test_a_path_that_exists_is_not_added_again(shared):
    assert ask(shared, "POST", "paths/add/twice", {}).json() == OK
    again = ask(shared, "POST", "paths/add/twice", {})
    assert (again.status, again.json()["error"]) == (400, "path already exists")
    assert ask(shared, "DELETE", "paths/delete/twice").json() == OK


def test_changes_reach_streams_that_they_concern(router, publish):
    one, two = publish(router.rtmp("one")), publish(router.rtmp("two"))
    router.wait_live("one"), router.wait_live("two")
    source = router.paths()["live/two/in"]["source"]
    # The path gets an entry of its own, which differs from the expression that it has matched before.
    assert ask(router, "POST", "paths/add/live/one/in", {"maxReaders": 1}).json() == OK
    one.wait()
    router.wait_gone("one")
    assert router.paths()["live/two/in"]["source"] == source and two.running()

    assert ask(router, "PATCH", "pathdefaults/patch", {"maxReaders": 7}).json() == OK
    two.wait()
    assert get(router, "paths/get/live/one/in")["maxReaders"] == 1
    assert get(router, "pathdefaults/get")["maxReaders"] == 7


def _status(router, target):
    """None while the API restarts, which it does because its routes depend on the protocols that are on."""
    try:
        return http.get(router.api(target)).status
    except OSError:
        return None


def test_a_protocol_is_turned_off_and_on(router, publish):
    publisher = publish(router.rtmp("one"))
    router.wait_live("one")
    assert ask(router, "PATCH", "global/patch", {"rtmp": False}).json() == OK
    publisher.wait()
    wait_until(lambda: _status(router, "/v3/rtmpconns/list") == 404, "no RTMP in the API")
    assert get(router, "global/get")["rtmp"] is False
    router.wait_gone("one")
    assert ask(router, "PATCH", "global/patch", {"rtmp": True}).json() == OK
    wait_until(lambda: _status(router, "/v3/rtmpconns/list") == 200, "RTMP in the API")
    publish(router.rtmp("one"))
    router.wait_live("one")


def test_the_api_moves_itself(router):
    (port,) = free_ports(1)
    assert ask(router, "PATCH", "global/patch", {"apiAddress": f"127.0.0.1:{port}"}).json() == OK
    router.wait_log_line(f"[API] started with listener on 127.0.0.1:{port} (TCP/HTTP)")
    wait_until(lambda: router.log_lines("[API] closing"), "the old one's end")
    assert http.get(router.settings.url("http", port, "/v3/info")).status == 200


def test_changes_last_until_the_file_changes(router):
    assert ask(router, "POST", "paths/add/fleeting", {}).json() == OK
    assert "fleeting" in router.paths()
    changed = configuration()
    changed["paths"]["lasting"] = {}
    router.write(changed)
    wait_until(lambda: "lasting" in router.paths(), "the file's path")
    assert "fleeting" not in router.paths()
    # The environment overrides the file each time the file is loaded.
    assert get(router, "global/get")["apiAddress"].endswith(f":{router.settings.api_port}")
