"""The router's own page of a path, in Chromium: the picture moves, and nothing is asked of another server."""

import pytest
from support import browser
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.hls import fetch
from support.making import started
from support.rtmp_script import Publisher
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
PATH = "live/page/in"


@pytest.fixture
def page(tmp_path, clips):
    with started(BareRouter(tmp_path, configuration(hls=True))) as router:
        publisher = Publisher("127.0.0.1", router.settings.rtmp_port, clips.get("av"), PATH)
        wait_until(lambda: fetch(router.hls(f"/{PATH}/index.m3u8?cookieCheck=1")).status == 200, "a first segment", 60)
        yield router.hls(f"/{PATH}/?muted=1&x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        publisher.close()


def test_the_picture_moves(page):
    chromium = browser.Browser(watched=True)
    try:
        chromium.open(page)
        driver = chromium.driver
        time_of = "const v = document.querySelector('video'); return [v.currentTime, v.videoWidth, v.error && v.error.message]"
        first = wait_until(lambda: (t := driver.execute_script(time_of))[0] > 0 and t, "the video plays", 60)
        assert first[1] == 320
        wait_until(lambda: driver.execute_script(time_of)[0] > first[0] + 1, "the picture moves", 60)
        # Chromium asks for the gaps at the beginning of a low-latency playlist, which nobody has.
        assert not [e for e in driver.get_log("browser") if e["level"] == "SEVERE" and "/gap.mp4 " not in e["message"]]
        assert all("127.0.0.1" in url or url.startswith(("data:", "about:", "chrome")) for url in chromium.requests())
    finally:
        chromium.close()
