"""The Control API's transport: headers, routes, CORS, redirects, paging, names in URLs."""

import datetime
import re

import pytest
from support import http
from support.router import variation
from support.wait import wait_until

NOT_FOUND = (404, "text/plain", b"404 page not found")
LISTS = ["paths", "config/paths", "rtmpconns", "rtspconns", "rtspsessions", "recordings"]
NOBODY = "00000000-0000-4000-8000-000000000000"


def answer(reply):
    return reply.status, reply.headers.get("Content-Type"), reply.body


def error(reply):
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert reply.json()["status"] == "error" and list(reply.json()) == ["status", "error"]
    return reply.status, reply.json()["error"]


def test_info(router):
    reply = router.get("/v3/info")
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert reply.headers["Server"] == "mediamtx" and "Access-Control-Allow-Origin" not in reply.headers
    info = reply.json()
    assert list(info) == ["version", "started"] and info["version"].strip() == "v1.20.1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", info["started"])
    started = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", info["started"]))
    age = datetime.datetime.now(datetime.timezone.utc) - started
    assert datetime.timedelta(0) < age < datetime.timedelta(hours=1)


def test_json_is_compact(router):
    assert re.fullmatch(rb'\{"version":"v1\.20\.1(\\n)?","started":"[^" ]+"\}', router.get("/v3/info").body)
    assert router.get("/v3/rtmpconns/list?page=9").body.startswith(b'{"itemCount":')


@pytest.mark.parametrize("method,path", [
    ("GET", "/"), ("GET", "/v3"), ("GET", "/v2/paths/list"), ("GET", "/v3/nosuch"), ("GET", "/v3/paths"),
    ("POST", "/v3/info"), ("DELETE", "/v3/paths/list"), ("GET", f"/v3/rtmpconns/kick/{NOBODY}"),
    ("POST", f"/v3/rtspconns/kick/{NOBODY}"), ("PUT", "/v3/config/global/patch"), ("GET", "/metrics"),
    ("GET", "/v3/webrtcsessions/list"), ("GET", "/v3/srtconns/list"),
    ("GET", "/v3/moqsessions/list"), ("GET", "/v3/rtspsconns/list"), ("GET", "/v3/rtmpsconns/list"),
    ("HEAD", "/v3/info")])
def test_an_unknown_route_or_method(router, method, path):
    status, kind, body = answer(http.request(method, router.api(path)))
    assert (status, kind, body) == (404, "text/plain", b"" if method == "HEAD" else NOT_FOUND[2])


@pytest.mark.parametrize("kind", LISTS)
def test_a_trailing_slash_is_redirected(router, kind):
    reply = raw(router, f"GET /v3/{kind}/list/ HTTP/1.1")
    assert reply.startswith("HTTP/1.1 301 ") and f"\r\nLocation: /v3/{kind}/list\r\n" in reply
    reply = raw(router, "PATCH /v3/config/global/patch/ HTTP/1.1")
    assert reply.startswith("HTTP/1.1 307 ") and "\r\nLocation: /v3/config/global/patch\r\n" in reply


def raw(router, first_line, *headers):
    """Sends a hand-written request. Returns the head of the answer."""
    import socket
    with socket.create_connection(("127.0.0.1", router.api_port), 20) as client:
        lines = [first_line, "Host: x", "Content-Length: 0", "Connection: close", *headers]
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        data = b""
        while more := client.recv(65536):
            data += more
    return data.decode()


@pytest.mark.parametrize("path", ["/v3/info", "/v3/paths/list", "/nowhere"])
def test_preflight(router, path):
    reply = http.request("OPTIONS", router.api(path), headers={
        "Origin": "http://elsewhere", "Access-Control-Request-Method": "GET"})
    assert (reply.status, reply.body) == (204, b"")
    assert "Access-Control-Allow-Origin" not in reply.headers, "the browser keeps the page from asking"
    assert reply.headers["Access-Control-Allow-Methods"] == "OPTIONS, GET, POST, PATCH, DELETE"
    assert reply.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert "Access-Control-Allow-Credentials" not in reply.headers


def test_options_without_a_requested_method_is_no_preflight(router):
    assert http.request("OPTIONS", router.api("/v3/info")).status == 404


@pytest.mark.parametrize("kind", LISTS)
def test_paging_of_an_empty_page(router, kind):
    reply = router.get(f"/v3/{kind}/list?itemsPerPage=1&page=1000")
    assert reply.status == 200
    assert list(reply.json()) == ["itemCount", "pageCount", "items"] and reply.json()["items"] == []


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("query,message", [
    ("itemsPerPage=0", "invalid items per page"),
    ("itemsPerPage=x", 'strconv.ParseUint: parsing "x": invalid syntax'),
    ("itemsPerPage=-1", 'strconv.ParseUint: parsing "-1": invalid syntax'),
    ("page=x", 'strconv.ParseUint: parsing "x": invalid syntax'),
    ("page=-1", 'strconv.ParseUint: parsing "-1": invalid syntax'),
    ("page=99999999999999999999", 'strconv.ParseUint: parsing "99999999999999999999": value out of range')])
def test_wrong_paging(router, kind, query, message):
    assert error(router.get(f"/v3/{kind}/list?{query}")) == (400, message)


@pytest.fixture(scope="module")
def many(make_router):
    """A router with many static paths. Some have unusual names."""
    names = ["a/b", "a/b/c", "aa", "B", "a-b", "a.b", "a_b", "zz"]
    router = make_router(variation(paths={name: {} for name in names} | {"~^r(eg)?ex$": {}})).start()
    yield router
    router.stop()


def test_pages_in_the_order_of_names(many):
    names = sorted(["a/b", "a/b/c", "aa", "B", "a-b", "a.b", "a_b", "zz"])
    seen = []
    for page in range(3):
        reply = many.get(f"/v3/paths/list?itemsPerPage=3&page={page}").json()
        assert (reply["itemCount"], reply["pageCount"]) == (8, 3)
        seen += [item["name"] for item in reply["items"]]
    assert seen == names
    assert [item["name"] for item in many.items("config/paths")] == [*names, "~^r(eg)?ex$"]


@pytest.mark.parametrize("written,name", [("a/b", "a/b"), ("a%2Fb", "a/b"), ("a/b/c", "a/b/c"), ("a.b", "a.b"),
                                          ("%42", "B")])
def test_slashes_and_escapes_in_names(many, written, name):
    assert many.get(f"/v3/paths/get/{written}").json()["name"] == name
    assert many.get(f"/v3/config/paths/get/{written}").json()["name"] == name


def test_the_name_of_a_regular_expression(many):
    assert many.get("/v3/config/paths/get/~%5Er(eg)%3Fex$").json()["name"] == "~^r(eg)?ex$"
    assert error(many.get("/v3/paths/get/~%5Er(eg)%3Fex$")) == (404, "path not found")


@pytest.mark.parametrize("path,expected", [
    ("/v3/paths/get/nosuch", (404, "path not found")),
    ("/v3/paths/get/live/x/in", (404, "path not found")),
    ("/v3/paths/get/", (400, "invalid name")),
    ("/v3/config/paths/get/nosuch", (404, "path configuration not found")),
    ("/v3/config/paths/get/", (400, "invalid name")),
    (f"/v3/rtmpconns/get/{NOBODY}", (404, "connection not found")),
    ("/v3/rtmpconns/get/abc", (400, "invalid UUID length: 3")),
    (f"/v3/rtspconns/get/{NOBODY}", (404, "connection not found")),
    (f"/v3/rtspsessions/get/{NOBODY}", (404, "session not found")),
    ("/v3/rtspsessions/get/zzzzzzzz-0000-4000-8000-000000000000", (400, "invalid UUID format"))])
def test_not_found(router, path, expected):
    assert error(router.get(path)) == expected
    router.wait_message("ERR", re.escape(f"[API] {expected[1]}"))


@pytest.mark.parametrize("path,expected", [
    (f"/v3/rtmpconns/kick/{NOBODY}", (404, "connection not found")),
    ("/v3/rtmpconns/kick/abc", (400, "invalid UUID length: 3")),
    (f"/v3/rtspsessions/kick/{NOBODY}", (404, "session not found")),
    ("/v3/rtspsessions/kick/abc", (400, "invalid UUID length: 3"))])
def test_kick_of_nobody(router, path, expected):
    assert error(http.request("POST", router.api(path))) == expected


def test_an_unknown_route_is_not_logged(router):
    router.get("/v3/rtmpconns/get/before-it")
    router.get("/v3/some/unknown/route")
    router.get("/v3/rtmpconns/get/behind-it-is-this")
    marks = [("ERR", f"[API] invalid UUID length: {len(mark)}") for mark in ("before-it", "behind-it-is-this")]
    wait_until(lambda: marks[1] in router.messages("[API]"), "the last error in the log")
    told = router.messages("[API]")
    assert told.index(marks[1]) == told.index(marks[0]) + 1


def test_jwks_refresh(router):
    reply = http.request("POST", router.api("/v3/auth/jwks/refresh"))
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')


def test_recordings(router):
    assert router.get("/v3/recordings/list").json() == {"itemCount": 0, "pageCount": 0, "items": []}
    reply = router.get("/v3/recordings/get/live/x/in")
    assert (reply.status, reply.json()) == (200, {"name": "live/x/in", "segments": []})
    assert router.get("/v3/recordings/get/elsewhere").status == 400


@pytest.fixture(scope="module")
def origins(make_router):
    router = make_router(variation(apiAllowOrigins=["http://one.example", "https://*.two.example:8443"])).start()
    yield router
    router.stop()


@pytest.mark.parametrize("origin,echoed", [
    ("http://one.example", True), ("https://one.example", False), ("http://one.example:81", False),
    ("https://a.two.example:8443", True), ("https://two.example:8443", True), ("https://btwo.example:8443", False), ("http://elsewhere", False),
    (None, False)])
def test_a_list_of_allowed_origins(origins, origin, echoed):
    reply = http.get(origins.api("/v3/info"), headers={"Origin": origin} if origin else {})
    assert reply.status == 200
    assert reply.headers.get("Access-Control-Allow-Origin") == (origin if echoed else None)
