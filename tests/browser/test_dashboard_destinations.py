"""Destinations on the page of a stream: each state is shown, switches switch, one is added and removed, and no key is seen."""

import contextlib

import pytest
from support import browser
from support.dashboard import Dashboard
from support.forwarding import SECONDS, ForwardingStack
from support.free_ports import free_ports
from support.making import started
from support.rtmp_server import RtmpServer
from support.wait import wait_until

KEY = "s3cret-key-abcd"
ROW = """const row = document.querySelector(`[data-destination="${given[0]}"]`);
    return row && {state: row.dataset.state, chip: row.querySelector('.chip').textContent, url: row.querySelector('.target').textContent,
            why: row.querySelector('.why').hidden ? '' : row.querySelector('.why').textContent, flow: row.querySelector('.flow').textContent,
            on: row.querySelector('.switch').getAttribute('aria-checked')};"""


@pytest.fixture(scope="module")
def servers():
    with contextlib.closing(RtmpServer()) as good, \
            contextlib.closing(RtmpServer(refuse=("NetStream.Publish.Unauthorized", "wrong key"))) as strict:
        yield good, strict


@pytest.fixture(scope="module")
def stack(tmp_path_factory, servers):
    good, strict = servers
    rules = {"*": {"youtube": good.url(f"live2/{KEY}"), "strict": strict.url(f"app/{KEY}"),
                   "gone": f"rtmp://127.0.0.1:{free_ports(1)[0]}/app/{KEY}",
                   "backup": {"url": good.url(f"backup/{KEY}"), "enabled": False}}}
    with started(ForwardingStack(tmp_path_factory.mktemp("stack"), rules)) as running:
        yield running


@pytest.fixture(scope="module")
def opened():
    found = browser.Browser()
    found.resize(1440, 1200)
    yield found
    found.close()


@pytest.fixture
def page(opened, stack, publish, stream):
    publish(stack.rtmp(stream))
    opened.console()
    page = Dashboard(opened, stack)
    page.open(f"stream/{stream}")
    page.stream = stream
    yield page
    opened.open("about:blank")


def row(page, name):
    return page.run(ROW, name)


def wait_row(page, name, **wanted):
    return wait_until(lambda: (found := row(page, name)) and wanted.items() <= found.items() and found,
                      lambda: f"{name} {wanted}: {row(page, name)}", SECONDS)


def click(page, name, what):
    page.run("document.querySelector(`[data-destination=\"${given[0]}\"] ${given[1]}`).click();", name, what)


def test_each_state_is_shown_with_its_reason_and_no_key(page, servers):
    found = wait_row(page, "youtube", state="forwarding", chip="Live", on="true", why="")
    assert found["url"].endswith("/live2/…abcd")
    wait_until(lambda: "bit/s" in row(page, "youtube")["flow"], "its bitrate", SECONDS)
    assert "wrong key" in wait_row(page, "strict", state="refused", chip="Key refused")["why"]
    assert "refused" in wait_row(page, "gone", state="retrying", chip="Retrying")["why"]
    wait_row(page, "backup", state="off", chip="Off", on="false")
    assert KEY not in page.run("return document.documentElement.outerHTML;")


def test_a_switch_pushes_and_ends_it(page):
    wait_row(page, "backup", state="off")
    click(page, "backup", ".switch")
    wait_row(page, "backup", state="forwarding", on="true")
    click(page, "backup", ".switch")
    wait_row(page, "backup", state="off", on="false")


def test_a_destination_is_added_and_removed(page, servers):
    good, _ = servers
    wait_row(page, "youtube", state="forwarding")
    page.run("document.querySelector('.add').click();")
    page.run("""document.querySelector('[name=name]').value = 'mine';
        document.querySelector('[name=url]').value = given[0];
        document.querySelector('.add-destination').requestSubmit();""", good.url(f"mine/{KEY}"))
    wait_row(page, "mine", state="forwarding")
    assert page.run("return document.querySelector('[name=url]').value;") == ""
    click(page, "mine", "[data-act=remove]")
    wait_until(lambda: row(page, "mine") is None, "it is gone", SECONDS)


def test_a_wrong_url_is_said(page):
    wait_row(page, "youtube", state="forwarding")
    page.run("""document.querySelector('.add').click();
        document.querySelector('[name=name]').value = 'wrong';
        document.querySelector('[name=url]').value = 'http://example.com/x';
        document.querySelector('.add-destination').requestSubmit();""")
    wait_until(lambda: "scheme must be rtmp" in (page.run("return document.querySelector('.add-destination .why').textContent;") or ""),
               "why not", SECONDS)
