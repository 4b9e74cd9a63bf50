"""The dashboard over TLS, with tokens, on a router whose HLS and playback speak TLS: pictures, rewinding, and nothing in clear."""

import pytest
from support import browser, https
from support.dashboard import Dashboard
from support.making import started
from support.process import Process
from support.recorded_page import RecordedPage
from support.stack import Stack
from support.tls import make_certificate
from support.tokens import Tokens
from support.wait import wait_until

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=str(browser.missing()))


class SecureStack(Stack):
    def __init__(self, folder):
        self.certificate, self.tokens = make_certificate(folder / "certificate"), Tokens(folder)
        self.tokens.make("ann", "operator")
        self.files = {"CERT": str(self.certificate.crt), "KEY": str(self.certificate.key)}
        super().__init__(folder, worker_mode="process", service_flags={
            "--tokens-file": str(self.tokens.file), "--tls-cert": self.files["CERT"], "--tls-key": self.files["KEY"],
            "--router-ca-file": self.files["CERT"]})

    def service_url(self, path):
        return super().service_url(path).replace("http://", "https://")

    def start(self):
        origin = self.service_url("").removesuffix("/")
        variables = {"ORCHESTRATOR_URL": origin, "ORCHESTRATOR_CA_FILE": self.files["CERT"], "HOOK_SECRET": ""}
        for name in ("HLS", "PLAYBACK"):
            variables |= {f"MTX_{name}ENCRYPTION": "yes", f"MTX_{name}SERVERCERT": self.files["CERT"], f"MTX_{name}SERVERKEY": self.files["KEY"],
                          f"MTX_{name}ALLOWORIGINS": origin}
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


def test_pictures_and_recordings_over_tls(stack, publish, stream):
    publish(stack.rtmp(stream))
    opened = browser.Browser(watched=True, trusts_all=True)
    try:
        opened.resize(1440, 900)
        page = Dashboard(opened, stack)
        page.open(f"stream/{stream}")
        page.wait_text(".sign-in h1", "Sign in")
        page.run("document.querySelector('#token').value = given[0]; document.querySelector('.sign-in form').requestSubmit();", stack.tokens.secrets["ann"])
        page.wait_moving("in", "out")
        wait_until(lambda: page.run("return document.querySelector('.switch').disabled;") is False, "the switch", 60)
        page.click(".switch")
        panel = RecordedPage(page, stack, stream)
        panel.wait_drawn(1, 4)
        panel.point(0.2, span=0)
        panel.wait_playing()
        requests = opened.requests()
        assert any("/live.mp4" in url or ".m3u8" in url for url in requests)
        assert not [url for url in requests if url.startswith("http://")], "in clear"
    finally:
        opened.close()
