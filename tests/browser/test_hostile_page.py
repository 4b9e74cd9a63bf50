"""A page of somebody else, open in a browser on this machine, tries to command and to read the pipeline: from another
name, from another port, from a frame without an origin, and as a page whose name has been pointed here (DNS
rebinding). Nothing runs and nothing is read, on either router as `make dev` starts it."""

import time

import pytest
from support import http
from support.making import started
from support.router import find_mediamtx
from support.stack import Stack
from support.wait import wait_until
from support.web_page import web_page

SETTLE_SECONDS = 1.0  # an accepted command starts within milliseconds. That nothing runs can only be seen after a while

# All ways in which a page can send a request, with and without a preflight. None of them may throw.
SEND = """
const [url, method, body] = given;
// Where a password is asked for, the browser may wait for somebody to type it: what was sent was sent.
const patience = 2000;
const fetched = async options => {
  try { return (await fetch(url, {...options, signal: AbortSignal.timeout(patience)})).status; } catch (error) { return `${error}`; }
};
const results = {
  simple: await fetched({method, body, mode: 'no-cors', headers: {'Content-Type': 'text/plain'}}),
  json: await fetched({method, body, headers: {'Content-Type': 'application/json'}}),
  credentials: await fetched({method, body, mode: 'no-cors', credentials: 'include'}),
  beacon: method === 'POST' && navigator.sendBeacon(url, body),
  xhr: await new Promise(done => {
    const request = new XMLHttpRequest();
    request.onloadend = () => done(request.status);
    request.open(method, url);
    request.timeout = patience;
    request.setRequestHeader('Content-Type', 'text/plain');
    request.send(body);
  }),
};
if (method === 'POST') {
  // A form of text/plain whose name and value make JSON together, in frames of the page's own and of no origin.
  for (const sandbox of [null, 'allow-forms allow-scripts']) {
    const frame = document.createElement('iframe');
    frame.name = `target${sandbox ? 2 : 1}`;
    if (sandbox) frame.setAttribute('sandbox', sandbox);
    document.body.append(frame);
    const form = Object.assign(document.createElement('form'), {action: url, method, enctype: 'text/plain', target: frame.name});
    const cut = body.lastIndexOf('"');
    const input = Object.assign(document.createElement('input'), {name: body.slice(0, cut), value: body.slice(cut)});
    form.append(input);
    document.body.append(form);
    const loaded = new Promise(done => { frame.onload = done; setTimeout(done, patience); });
    form.submit();
    await loaded;
    frame.remove();
  }
}
return results;
"""
READ = """
const [url] = given;
try { const reply = await fetch(url, {signal: AbortSignal.timeout(10000)}); return `${reply.status} ${await reply.text()}`; } catch (error) { return `${error}`; }
"""


@pytest.fixture(scope="module", params=["embedded", "mediamtx"])
def stack(request, tmp_path_factory):
    router = "embedded" if request.param == "embedded" else find_mediamtx()
    if not router:
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    with started(Stack(tmp_path_factory.mktemp("stack"), router=router)) as running:
        yield running


PAGES = {"other-name": "http://evil.example:{port}/", "other-port": "http://127.0.0.1:{port}/",
         "below-localhost": "http://evil.localhost:{port}/"}


@pytest.fixture(params=PAGES)
def page(request, chromium, foreign_port):
    """Opens the page of a stranger. Returns its name."""
    chromium.open(PAGES[request.param].format(port=foreign_port))
    return request.param


def test_no_command_of_the_control_api_runs(stack, chromium, page, tmp_path):
    mark = tmp_path / "ran"
    add = stack.api(f"/v3/config/paths/add/{page}")
    result = chromium.run(SEND, add, "POST", '{"runOnInit":"touch %s"}' % mark)
    assert isinstance(result, dict), result
    for method, path in (("PATCH", "/v3/config/pathdefaults/patch"), ("PATCH", "/v3/config/global/patch")):
        chromium.run(SEND, stack.api(path), method, '{"runOnInit":"touch %s"}' % mark)
    time.sleep(SETTLE_SECONDS)
    assert not mark.exists(), result
    assert stack.ask_api(f"/v3/config/paths/get/{page}").status == 404
    readable = [value for name, value in result.items() if name in ("json", "xhr") and value in (200, 204)]
    assert not readable, result


def test_the_same_command_runs_for_a_program_with_the_password(stack, tmp_path):
    """Shows that the test above can fail, because what it sends is valid."""
    mark = tmp_path / "ran"
    reply = http.request("POST", stack.api("/v3/config/paths/add/program"), b'{"runOnInit":"touch %s"}' % bytes(mark),
                         {"Content-Type": "text/plain", **stack.api_header})
    assert reply.status == 200, reply.body
    wait_until(mark.exists, "the command")


def test_the_page_s_command_runs_where_nothing_keeps_it_out(chromium, foreign_port, tmp_path):
    """MediaMTX with our file only, without the variables that `make dev` adds (docs/routers.md). Here the page succeeds."""
    if not find_mediamtx():
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    open_stack = Stack(tmp_path, router=find_mediamtx())
    try:
        open_stack.start_router(MTX_AUTHINTERNALUSERS_3_PERMISSIONS_0_ACTION="api")
        chromium.open(f"http://evil.example:{foreign_port}/")
        mark = tmp_path / "ran"
        chromium.run(SEND, open_stack.api("/v3/config/paths/add/x"), "POST", '{"runOnInit":"touch %s"}' % mark)
        wait_until(mark.exists, "the page's command")
    finally:
        open_stack.kill()


def test_no_command_of_media_service_is_taken(stack, chromium, page, publish, stream):
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    wait_until(lambda: stack.show(stream), "the stream at media-service")
    for verb in ("stop", "restart", "reset"):
        chromium.run(SEND, stack.service_url(f"/v1/streams/{stream}/{verb}"), "POST",
                     '{"a":"b"}')
    forged = '{"path":"live/forged/in","query":"","sourceType":"rtmpConn","sourceId":"x"}'
    chromium.run(SEND, stack.service_url("/v1/mediamtx/events/ready"), "POST", forged)
    time.sleep(SETTLE_SECONDS)
    shown = stack.show(stream)
    assert "operator" not in (shown.get("reason") or ""), shown
    assert not stack.show("forged")
    assert http.request("POST", stack.service_url(f"/v1/streams/{stream}/stop")).status == 202, "a program may"
    wait_until(lambda: "operator" in stack.show(stream).get("reason", ""), "stopped by a program")


def test_no_publisher_is_kicked(stack, chromium, page, publish, stream):
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    source = stack.paths()[f"live/{stream}/in"]["source"]["id"]
    kick = stack.api(f"/v3/rtmpconns/kick/{source}")
    result = chromium.run(SEND, kick, "POST", '{"a":"b"}')
    time.sleep(SETTLE_SECONDS)
    assert stack.paths()[f"live/{stream}/in"]["source"]["id"] == source, result


READABLE = {"api": "/v3/paths/list", "metrics": "/metrics", "playback": "/list?path=live/x/in", "service": "/v1/streams"}


def test_nothing_is_read(stack, chromium, page):
    for server, path in READABLE.items():
        url = f"http://127.0.0.1:{getattr(stack.settings, f'{server}_port')}{path}"
        assert chromium.run(READ, url) == "TypeError: Failed to fetch", server


@pytest.mark.parametrize("router", ["embedded", "mediamtx"])
def test_dns_rebinding_neither_commands_nor_reads(router, chromium, tmp_path):
    """Pages of a stranger's name on the ports of the pipeline, loaded from the stranger; then the name leads to the
    pipeline, here because it takes the ports over. The pages now have the very origin that they ask."""
    found = "embedded" if router == "embedded" else find_mediamtx()
    if not found:
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    stack = Stack(tmp_path, router=found)
    origins = {server: f"http://rebound.example:{getattr(stack.settings, f'{server}_port')}" for server in READABLE}
    tabs = {}
    for server, origin in origins.items():
        with web_page(getattr(stack.settings, f"{server}_port")):
            tabs[server] = chromium.open_tab(origin)
    with started(stack):
        for server, origin in origins.items():
            chromium.show_tab(tabs[server])
            read = chromium.run(READ, origin + READABLE[server])
            if server in ("metrics", "playback") and not stack.embedded:
                assert read.startswith(("200 ", "400 ")), "docs/routers.md says that MediaMTX leaves this open"
            elif server == "api" and not stack.embedded:
                assert not read.startswith("200 "), read  # the password is required
            else:
                assert read.startswith("403 "), read
        mark = tmp_path / "ran"
        chromium.show_tab(tabs["api"])
        chromium.run(SEND, f"{origins['api']}/v3/config/paths/add/rebound", "POST", '{"runOnInit":"touch %s"}' % mark)
        chromium.show_tab(tabs["service"])
        forged = '{"path":"live/forged/in","query":"","sourceType":"rtmpConn","sourceId":"x"}'
        chromium.run(SEND, f"{origins['service']}/v1/mediamtx/events/ready", "POST", forged)
        time.sleep(SETTLE_SECONDS)
        assert not mark.exists() and stack.ask_api("/v3/config/paths/get/rebound").status == 404
        assert not stack.show("forged")
    chromium.close_tabs()


def test_the_service_s_own_page_is_served_and_may_read(stack, chromium):
    chromium.open(stack.service_url("/docs"))
    assert chromium.run(READ, stack.service_url("/v1/streams")).startswith("200 ")
