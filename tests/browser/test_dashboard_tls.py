"""The dashboard over TLS, with tokens, on a router whose HLS and playback speak TLS: pictures, rewinding, and nothing in clear."""

import base64

import pytest
from support import browser, https
from support.dashboard import Dashboard
from support.making import started
from support.process import Process
from support.recorded_page import RecordedPage
from support.router import find_mediamtx
from support.stack import Stack
from support.tls import make_certificate
from support.tokens import Tokens
from support.wait import wait_until

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=str(browser.missing()))


class SecureStack(Stack):
    """router_variables: further ones of the router. overrides: settings of Stack."""

    def __init__(self, folder, router_variables=None, **overrides):
        self.router_variables = router_variables or {}
        self.certificate, self.tokens = make_certificate(folder / "certificate"), Tokens(folder)
        self.tokens.make("ann", "operator")
        self.files = {"CERT": str(self.certificate.crt), "KEY": str(self.certificate.key)}
        super().__init__(folder, worker_mode="process", service_flags={
            "--tokens-file": str(self.tokens.file), "--tls-cert": self.files["CERT"], "--tls-key": self.files["KEY"],
            "--router-ca-file": self.files["CERT"]}, **overrides)

    def service_url(self, path):
        return super().service_url(path).replace("http://", "https://")

    def start(self):
        origin = self.service_url("").removesuffix("/")
        variables = {"ORCHESTRATOR_URL": origin, "ORCHESTRATOR_CA_FILE": self.files["CERT"], "HOOK_SECRET": ""}
        for name in ("HLS", "PLAYBACK"):
            variables |= {f"MTX_{name}ENCRYPTION": "yes", f"MTX_{name}SERVERCERT": self.files["CERT"], f"MTX_{name}SERVERKEY": self.files["KEY"],
                          f"MTX_{name}ALLOWORIGINS": origin}
        variables |= self.router_variables
        self.start_router(**variables)
        self.start_service()
        return self

    def _start(self, program, environment):
        if program.name == "media-router":
            return super()._start(program, environment)
        process = Process(program.name, program.argv, self.work_dir / f"{program.name}.log", program.environment)
        wait_until(lambda: not process.running() or self.is_up(), process.log, 30)
        assert process.running(), process.log()
        return process

    def is_up(self):
        try:
            return https.get(self.service_url("/healthz"), self.certificate).status == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(SecureStack(tmp_path_factory.mktemp("secure"))) as running:
        yield running


@pytest.fixture
def opened():
    one = browser.Browser(watched=True, trusts_all=True)
    one.resize(1440, 900)
    yield one
    one.close()


def signed_in(opened, stack, place):
    page = Dashboard(opened, stack)
    page.open(place)
    page.wait_text(".sign-in h1", "Sign in")
    page.run("document.querySelector('#token').value = given[0]; document.querySelector('.sign-in form').requestSubmit();", stack.tokens.secrets["ann"])
    return page


def test_pictures_and_recordings_over_tls(stack, publish, stream, opened):
    publish(stack.rtmp(stream))
    page = signed_in(opened, stack, f"stream/{stream}")
    page.wait_moving("in", "out")
    show_recording(page, stack, stream)
    requests = opened.requests()
    assert any("/live.mp4" in url or ".m3u8" in url for url in requests)
    assert not [url for url in requests if url.startswith("http://")], "in clear"


def show_recording(page, stack, stream):
    """Switches the recording on, and plays from it."""
    wait_until(lambda: page.run("return document.querySelector('.switch').disabled;") is False, "the switch", 60)
    page.click(".switch")
    panel = RecordedPage(page, stack, stream)
    panel.wait_drawn(1, 4)
    panel.point(0.2, span=0)
    panel.wait_playing()


USER, PASSWORD = "ann", "v1ewers-pa55word"


@pytest.fixture(scope="module", params=["embedded", "mediamtx"])
def guarded(request, tmp_path_factory):
    """Its router lets nobody publish or read without a password, from this machine neither."""
    router = "embedded" if request.param == "embedded" else find_mediamtx()
    if not router:
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    user = {"MTX_AUTHINTERNALUSERS_2_USER": USER, "MTX_AUTHINTERNALUSERS_2_PASS": PASSWORD}
    with started(SecureStack(tmp_path_factory.mktemp("guarded"), user, router=router)) as running:
        yield running


def log_in(page, user, password):
    page.run("""document.querySelector('#router-user').value = given[0];
                document.querySelector('#router-password').value = given[1];
                document.querySelector('.router-sign-in').requestSubmit();""", user, password)


def test_a_viewer_from_elsewhere_gives_the_router_s_password_and_no_address_has_it(guarded, publish, stream, opened):
    publish(guarded.rtmp(stream) + f"?user={USER}&pass={PASSWORD}")
    page = signed_in(opened, guarded, f"stream/{stream}")
    page.wait_text(".router-sign-in", "with a user and a password only")
    assert page.run("return document.querySelector('.router-sign-in').hidden;") is False
    assert page.run("return document.querySelector('#router-password').type;") == "password"
    log_in(page, USER, "wr0ngword")
    page.wait_text(".router-sign-in", "the password is wrong")
    log_in(page, USER, PASSWORD)
    page.wait_moving("in", "out")
    assert page.run("return document.querySelector('.router-sign-in').hidden;") is True
    show_recording(page, guarded, stream)
    secret = [PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()]
    assert not [url for url in opened.requests() if any(one in url for one in secret)]
    shown = page.run("return document.cookie + JSON.stringify({...localStorage}) + location.href + document.body.outerHTML;")
    assert not [one for one in secret if one in shown]
    for program in (guarded.router, guarded.service):
        assert not [one for one in secret if one in program.log()]
    # On the wall, too, without another question; and signing out forgets it.
    page.open()
    page.wait_moving(stream)
    page.click("#leave")
    page.wait_text(".sign-in h1", "Sign in")
    assert page.run("return sessionStorage.length;") == 0
