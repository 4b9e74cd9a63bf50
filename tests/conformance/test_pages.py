"""Web pages: what a browser sends for a page of another origin, and what the project's configuration says to it. What a
real browser makes of it is in tests/browser."""

import pytest
from support import http
from support.differences import differs
from support.router import variation
from support.wait import wait_until

COMMANDS = "a web page of another origin sends a request that changes something"
REBINDING = "a Host that is a DNS name, over loopback"
NOBODY = "00000000-0000-4000-8000-000000000000"
CHANGES = [("POST", "/v3/config/paths/add/page"), ("PATCH", "/v3/config/global/patch"),
           ("PATCH", "/v3/config/pathdefaults/patch"), ("POST", "/v3/config/paths/replace/page"),
           ("DELETE", "/v3/config/paths/delete/page"), ("POST", f"/v3/rtmpconns/kick/{NOBODY}"),
           ("POST", f"/v3/rtspsessions/kick/{NOBODY}"), ("POST", "/v3/auth/jwks/refresh")]
STRANGERS = [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:3000"},
             {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
             {"Origin": "http://evil.example", "Host": "evil.example"}]


def simple(method, url, headers, body=b"{}"):
    """Sends a request as a page can send it without a preflight: its content type is not JSON."""
    return http.request(method, url, body, {"Content-Type": "text/plain", **headers})


@pytest.mark.parametrize("headers", STRANGERS, ids=lambda headers: "-".join(headers.values()))
@pytest.mark.parametrize("method,path", CHANGES, ids=lambda value: value.replace("/", "-"))
def test_a_page_of_another_origin_changes_nothing(router, method, path, headers):
    reply = simple(method, router.api(path), headers)
    if differs(router, COMMANDS, mediamtx=True, embedded=False):
        assert reply.status in (200, 400, 404), "carried out, or found wrong for another reason"
    else:
        assert reply.status == 403 and reply.json()["status"] == "error", reply.body
    assert simple(method, router.api(path), {}).status in (200, 400, 404), "a program may"


def test_what_a_page_wants_to_run_does_not_run(new_router, tmp_path):
    """The attack itself: a page adds a path with a command that is to run at once."""
    router = new_router().start()
    mark = tmp_path / "ran"
    body = b'{"runOnInit":"touch %s"}' % bytes(mark)
    reply = simple("POST", router.api("/v3/config/paths/add/x"), {"Origin": "http://evil.example"}, body)
    if differs(router, COMMANDS, mediamtx=True, embedded=False):
        assert reply.status == 200
        wait_until(mark.exists, "the page's command, which MediaMTX runs")
        return
    assert reply.status == 403
    assert http.get(router.api("/v3/config/paths/get/x")).status == 404 and not mark.exists()
    assert http.request("POST", router.api("/v3/config/paths/add/x"), body).status == 200, "a program may"
    wait_until(mark.exists, "the program's command")


@pytest.mark.parametrize("which", ["api", "metrics", "playback"])
def test_dns_rebinding_reads_nothing(router, which):
    url = {"api": router.api("/v3/paths/list"), "metrics": router.metrics(),
           "playback": router.playback("/list?path=live/x/in")}[which]
    usual = http.get(url).status
    for host, refused in (("evil.example:9997", True), ("localhost.evil.example", True), ("router.localhost:1", False),
                          ("localhost:9997", False), ("[::1]:9997", False), ("mediamtx:9997", False)):
        status = http.get(url, headers={"Host": host}).status
        wanted = differs(router, REBINDING, mediamtx=usual, embedded=403 if refused else usual)
        assert status == wanted, host


@pytest.mark.parametrize("which", ["api", "metrics", "playback"])
def test_no_page_may_read_the_answers(router, which):
    url = {"api": router.api("/v3/info"), "metrics": router.metrics(), "playback": router.playback("/list?path=x")}[which]
    for origin in ("http://evil.example", "null", "http://localhost:3000"):
        reply = http.get(url, headers={"Origin": origin})
        assert reply.status in (200, 400) and "Access-Control-Allow-Origin" not in reply.headers


def test_without_the_project_s_configuration_every_page_may_read_as_in_mediamtx(new_router):
    router = new_router(variation(apiAllowOrigins=None, metricsAllowOrigins=None)).start()
    for url in (router.api("/v3/info"), router.metrics()):
        assert http.get(url).headers["Access-Control-Allow-Origin"] == "*"
        assert http.get(url, headers={"Origin": "http://a.example"}).headers["Access-Control-Allow-Origin"] == "*"
    reply = simple("POST", router.api("/v3/auth/jwks/refresh"), {"Origin": "http://a.example"})
    assert reply.status == differs(router, COMMANDS, mediamtx=200, embedded=403), "reading is not commanding"


def test_a_page_that_is_listed_may_command(new_router):
    router = new_router(variation(apiAllowOrigins=["http://dash.example"])).start()
    for headers in ({"Origin": "http://dash.example", "Sec-Fetch-Site": "cross-site"},
                    {"Origin": "http://dash.example", "Host": "dash.example"}):
        assert simple("POST", router.api("/v3/auth/jwks/refresh"), headers).status == 200
