"""The dashboard where media-service has tokens: signing in and out, what a viewer may do, tabs, and tokens that are withdrawn."""

import pytest
from support import browser
from support.dashboard import Dashboard
from support.making import started
from support.stack import Stack
from support.tokens import Tokens
from support.wait import wait_until

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=str(browser.missing()))


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    made = Tokens(tmp_path_factory.mktemp("tokens"))
    made.make("wall", "viewer")
    made.make("ann", "operator")
    return made


@pytest.fixture(scope="module")
def stack(tmp_path_factory, tokens):
    flags = {"--tokens-file": str(tokens.file), "--grace-period": "1s"}
    with started(Stack(tmp_path_factory.mktemp("sign-in"), worker_mode="process", service_flags=flags)) as running:
        yield running


@pytest.fixture
def page(stack):
    opened = browser.Browser(watched=True)
    opened.resize(1440, 900)
    yield Dashboard(opened, stack)
    opened.close()


def sign_in(page, token):
    page.wait_text(".sign-in h1", "Sign in")
    page.run("document.querySelector('#token').value = given[0]; document.querySelector('.sign-in form').requestSubmit();", token)


def test_the_form_lets_in_and_says_why_not(page, stack, tokens):
    page.open()
    page.wait_text(".sign-in h1", "Sign in")
    assert page.run("return document.activeElement.id;") == "token"
    assert page.run("return document.querySelector('#token').type;") == "password"
    sign_in(page, "tg_wrong")
    page.wait_text(".sign-in .note", "Nobody has this token")
    sign_in(page, "not a token")
    page.wait_text(".sign-in .note", "This is no token")
    sign_in(page, tokens.secrets["ann"])
    page.wait_text("#who", "ann")
    page.wait_text("#link", "Live")
    page.wait_text(".empty h1", "Waiting for the first stream")
    # It is not in addresses, cookies, or storage that outlives the tab.
    secret = tokens.secrets["ann"]
    assert secret not in "".join(page.browser.requests())
    assert page.run("return document.cookie + JSON.stringify({...localStorage}) + location.href + document.body.outerHTML;").count(secret) == 0
    page.click("#leave")
    page.wait_text(".sign-in h1", "Sign in")
    assert page.run("return sessionStorage.length;") == 0 and page.text("#who") == ""


def test_pictures_come_and_a_viewer_changes_nothing(page, stack, tokens, publish, stream):
    publish(stack.rtmp(stream))
    page.open(f"stream/{stream}")
    sign_in(page, tokens.secrets["wall"])
    page.wait_moving("in", "out")  # the address was not forgotten
    page.wait_text("#who", "viewer")
    buttons = page.run("return [...document.querySelectorAll('.actions button, .switch')].map(button => [button.disabled, button.title]);")
    assert len(buttons) == 4 and all(disabled and "viewer" in title for disabled, title in buttons), buttons
    page.click("#leave")
    sign_in(page, tokens.secrets["ann"])
    page.wait_moving("in", "out")
    wait_until(lambda: page.run("return document.querySelector('[data-verb=restart]').disabled;") is False, "an operator's button")
    page.click("[data-verb=restart]")
    page.click("dialog .primary")
    page.wait_text("#toasts", "being restarted")
    # A reload needs no second sign-in; a further tab neither.
    page.open(f"stream/{stream}")
    page.wait_moving("in", "out")
    page.browser.open_tab(stack.service_url("/"))
    page.wait_text("#who", "ann")
    page.wait_moving(stream)
    # Signing out ends it in all tabs.
    page.click("#leave")
    page.browser.close_tabs()
    page.wait_text(".sign-in h1", "Sign in")


def test_a_token_that_is_withdrawn_ends_the_visit(page, stack, tokens):
    tokens.make("guest")
    page.open()
    wait_until(lambda: (sign_in(page, tokens.secrets["guest"]), page.text("#who"))[1], "the file was read again", 30, 1)
    page.wait_text("#link", "Live")
    tokens.withdraw("guest")
    page.wait_text(".sign-in .note", "no longer valid")


def test_without_tokens_a_stranger_sees_why_there_is_nothing_to_see(page, tmp_path):
    """Here this machine is the stranger: another network is open."""
    with started(Stack(tmp_path, service_flags={"--open-to": "10.255.255.1"})) as closed:
        shown = Dashboard(page.browser, closed)
        shown.open()
        shown.wait_text(".sign-in h1", "Only for this machine")
        assert "--make-token" in shown.text(".sign-in") and shown.run("return document.querySelector('#token');") is None
