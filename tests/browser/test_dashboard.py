"""The dashboard in a real browser, on the real programs: the picture moves, states change as programs are killed, commands work,
nothing leaves the machine, and everybody can use it."""

import os
import re
import signal
import time

import pytest
from support import browser
from support.clips import CLIP_SECONDS, TIME_CODE_FPS
from support.dashboard import SECONDS, Dashboard, failing_worker
from support.free_ports import free_ports
from support.live_publisher import first_tags, publish_once
from support.making import started
from support.router import find_mediamtx
from support.stack import Stack
from support.wait import wait_until

# What a failing worker prints must not become part of the page.
SAYS = """echo '<img src=x onerror=alert(1)><script>alert(2)</script>'
  echo '{"ts":"2026-01-02T10:00:00.000000Z","level":"error","event":"stage.failed","msg":"<b>the stage</b> cannot start"}'"""
PICTURES = CLIP_SECONDS * TIME_CODE_FPS  # of the clip with the time code


@pytest.fixture(scope="module")
def watched():
    opened = browser.Browser(watched=True)
    opened.resize(1440, 900)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dashboard")
    flags = {"--worker-command": str(failing_worker(folder, says=SAYS)), "--max-starts": "2", "--grace-period": "1s"}
    with started(Stack(folder, worker_mode="process", service_flags=flags)) as running:
        yield running


@pytest.fixture
def page(watched, stack):
    """The dashboard. After the test: no error in the console, and no request to another machine or another program. That a
    stream has just gone, a player may learn from a 404 before the page does."""
    watched.console()
    watched.requests()
    shown = Dashboard(watched, stack)
    shown.expected_errors = ()
    yield shown
    watched.open("about:blank")
    status = "404" if stack.embedded else "(401|404|500)"  # MediaMTX's answers when there is no live.mp4 or no stream
    gone = re.compile(rf"http://(localhost|127.0.0.1):{stack.settings.hls_port}/live/\S+ - Failed to load resource: .* {status} ")
    lines = [line for line in watched.console().splitlines()
             if not gone.match(line) and not any(part in line for part in shown.expected_errors)]
    assert not lines, lines
    ports = {stack.settings.service_port, stack.settings.hls_port}
    for url in watched.requests():
        allowed = url.startswith(("about:", "blob:", "data:")) or any(
            url.startswith(f"http://{host}:{port}/") for host in ("localhost", "127.0.0.1") for port in ports)
        assert allowed, url


def test_the_empty_page_teaches_and_comes_alive(page, publish, stack, stream):
    page.open()
    page.wait_text(".empty h1", "Waiting for the first stream")
    assert "make publish" in page.text(".empty") and f"rtmp://127.0.0.1:{stack.settings.rtmp_port}/live" in page.text(".empty")
    began = time.monotonic()
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving(stream)
    took = time.monotonic() - began
    assert took < SECONDS / 2, took
    assert page.text(".empty") == "" and page.tile(stream)["state"] == "running"
    first, = page.time_codes(stream)
    wait_until(lambda: page.time_codes(stream) != [first], "another picture in a screenshot")
    assert page.videos()[stream]["muted"]


def test_in_and_out_play_in_step_with_meters(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open(f"stream/{stream}")
    page.wait_moving("in", "out", more=50)

    def apart():
        one, other = page.time_codes("in", "out")
        return min((one - other) % PICTURES, (other - one) % PICTURES)
    wait_until(lambda: apart() <= 3, lambda: f"in step: {page.time_codes('in', 'out')}", SECONDS, 0.3)
    levels = "return [...document.querySelectorAll('.meter')].map(meter => Number(meter.getAttribute('aria-valuenow')));"
    wait_until(lambda: all(-50 < level < 0 for level in page.run(levels)), lambda: f"meters of a tone: {page.run(levels)}", SECONDS, 0.2)


def test_the_way_shows_what_goes_through(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open(f"stream/{stream}")
    for words in ("H264 320×180", "MPEG-4 Audio 44.1 kHz", "25\u00a0fps", "GOP\u00a01\u00a0s", "kbit/s", "delay", "RTMP"):
        page.wait_text(".way", words)
    page.wait_text(".graphs", "kbit/s")
    page.wait_text(".log", "output.accepted")
    page.wait_text(".timeline", "The output can be played")
    # A reload has the same, from media-service.
    page.open(f"stream/{stream}")
    page.wait_text(".timeline", "The publisher has begun to publish")
    page.wait_text(".log", "input.playing")


def test_a_killed_worker_shows_and_heals(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open(f"stream/{stream}")
    page.wait_moving("out")
    worker = stack.show(stream)["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    page.wait_text(".timeline", "killed by signal 9")
    page.wait_text(".since", "1 restart")
    page.wait_text(".chip", "Running")
    page.wait_moving("out", "in")


def test_a_killed_media_service_is_told_and_comes_back(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open()
    page.wait_moving(stream)
    page.expected_errors = ("net::ERR",)
    stack.service.kill()
    page.wait_text("#link", "Reconnecting")
    page.wait_text("#banner", "media-service does not answer")
    page.wait_moving(stream)  # the picture does not come from there
    stack.start_service()
    page.wait_text("#link", "Connected again")
    page.wait_state(stream, "running")
    assert page.text("#banner") == ""


def test_a_killed_router_is_told_and_comes_back(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open()
    page.wait_moving(stream)
    page.expected_errors = ("net::ERR",)
    stack.router.kill()
    page.wait_text("#banner", "The router does not answer")
    stack.start_router()
    wait_until(lambda: page.text("#banner") == "", "the end of the banner", SECONDS, 0.1)
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving(stream)


def test_commands_ask_first_and_stop_can_be_undone(page, publish, stack, stream):
    publish(stack.rtmp(stream))
    page.open(f"stream/{stream}")
    page.wait_text(".chip", "Running")
    page.click("[data-verb=stop]")
    page.wait_text("dialog", "Stop this stream?")
    page.click("dialog button:not(.danger)")  # Cancel
    assert stack.show(stream)["state"] == "running"
    page.click("[data-verb=stop]")
    page.click("dialog button.danger")
    page.wait_text(".chip", "Stopped")
    page.wait_text(".timeline", "An operator asked for: stop")
    page.click(".toast button")
    page.wait_text(".chip", "Running")
    page.click("[data-verb=restart]")
    page.click("dialog button.primary")
    page.wait_text(".since", "1 restart")
    page.wait_text(".chip", "Running")


def test_trouble_comes_first_and_what_strangers_send_is_text(page, publish, stack):
    publish(stack.rtmp("calm"))
    publish(stack.rtmp("broken-one"))
    page.open()
    page.wait_state("broken-one", "failed")
    page.wait_state("calm", "running")
    first = "return document.querySelector('.tile:not([hidden])').dataset.id;"
    wait_until(lambda: page.run(first) == "broken-one", "the failed stream in front", SECONDS, 0.1)
    assert "1 in trouble" in page.text("#summary") and "internal error" in page.tile("broken-one")["text"]
    page.open("stream/broken-one")
    page.wait_text(".log", "<script>alert(2)</script>")
    page.wait_text(".log", "<b>the stage</b> cannot start")
    assert page.run("return document.querySelectorAll('.log img, .log script, .log b').length;") == 0


def test_search_filter_and_keys(page, publish, stack):
    publish(stack.rtmp("alpha"))
    publish(stack.rtmp("beta"))
    page.open()
    page.wait_state("alpha", "running")
    page.wait_state("beta", "running")
    shown = "return [...document.querySelectorAll('.tile:not([hidden])')].map(tile => tile.dataset.id);"
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    ActionChains(page.browser.driver).send_keys("/").send_keys("ALP").perform()
    wait_until(lambda: page.run(shown) == ["alpha"], lambda: page.run(shown))
    ActionChains(page.browser.driver).send_keys(Keys.TAB * 2).send_keys(Keys.ENTER).perform()
    if "stream" not in page.browser.driver.current_url:  # further stops of the tab key before the tile
        page.run("document.querySelector('.tile:not([hidden]) a').focus();")
        ActionChains(page.browser.driver).send_keys(Keys.ENTER).perform()
    page.wait_text(".head h1", "alpha")
    ActionChains(page.browser.driver).send_keys(Keys.ESCAPE).perform()
    wait_until(lambda: page.run("return document.body.dataset.view;") == "wall", "the wall")
    page.click("[data-filter=trouble]")
    wait_until(lambda: page.run(shown) == [], lambda: page.run(shown))
    page.click("[data-filter=running]")
    wait_until(lambda: {"alpha", "beta"} <= set(page.run(shown)), lambda: page.run(shown))


SIZES = [(360, 740), (820, 1180), (1440, 900), (3840, 2160)]


@pytest.mark.parametrize("place", ["", "stream/wide"])
def test_it_fits_every_screen(page, publish, stack, place):
    publish(stack.rtmp("wide"))
    page.open(place)
    page.wait_text("main", "wide")
    page.wait_text("#link", "Live")
    try:
        for width, height in SIZES:
            page.browser.resize(width, height)
            over = wait_until(lambda: page.run("""await new Promise(requestAnimationFrame);
                return innerWidth === given[0] && {over: [...document.querySelectorAll('main *, header *')].filter(element =>
                  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('code, svg, .lines, video, canvas, .stage'))
                  .map(element => element.className || element.tagName), page: document.documentElement.scrollWidth};""", width), "the size")
            assert over["page"] <= width and not over["over"], (width, over)
    finally:
        page.browser.resize(1440, 900)


@pytest.mark.parametrize("place", ["", "stream/spoken"])
def test_screen_readers_find_names_for_everything(page, publish, stack, place):
    publish(stack.rtmp("spoken"))
    page.open(place)
    page.wait_text("main", "spoken")
    page.wait_text("#link", "Live")
    nodes = page.browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    seen = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    spoken = {"button", "link", "searchbox", "combobox", "meter", "img", "image", "heading", "figure", "dialog", "region"}
    nameless = [role for role, name in seen if role in spoken - {"figure", "image"} and not name.strip()]
    assert not nameless, nameless
    roles = {role for role, _ in seen}
    assert {"main", "banner", "heading"} <= roles
    if place:
        assert {"meter", "log"} <= roles and any(name == "Sound of what viewers get" for _, name in seen)
    else:
        assert any(role == "link" and name.startswith("spoken: Running since") for role, name in seen), seen


def test_reduced_motion_moves_nothing_but_the_pictures(page, publish, stack):
    publish(stack.rtmp("still"))
    page.browser.prefer(prefers_reduced_motion="reduce")
    try:
        page.open("stream/still")
        page.wait_text(".chip", "Running")
        assert page.run("return document.getAnimations().length;") == 0
        page.browser.prefer(prefers_reduced_motion="no-preference")
        wait_until(lambda: page.run("return document.getAnimations().length;") > 0, "the arrows move")
    finally:
        page.browser.prefer()


def test_a_hundred_streams_stay_fluid(watched, clips, tmp_path):
    with started(Stack(tmp_path, worker_mode="none")) as stack:
        tags = first_tags(clips.get("small"))
        publishers = [publish_once(stack.settings, tags, f"many-{number:03}") for number in range(100)]
        try:
            page = Dashboard(watched, stack)
            page.open()
            wait_until(lambda: page.run("return document.querySelectorAll('.tile').length;") == 100, "100 tiles", SECONDS, 0.2)
            slowest = page.run("""
                let last = performance.now(), worst = 0, frames = 0;
                const end = last + 3000;
                while (last < end) {
                  await new Promise(requestAnimationFrame);
                  const now = performance.now();
                  worst = Math.max(worst, now - last);
                  last = now;
                  frames++;
                  scrollTo(0, frames * 20 % document.documentElement.scrollHeight);
                }
                return [worst, frames];""")
            worst, frames = slowest
            assert worst < 1000 and frames > 30, slowest  # software rendering on two busy cores
            assert len(page.videos()) <= 10
        finally:
            for publisher in publishers:
                publisher.close()
            watched.open("about:blank")


@pytest.mark.parametrize("way", ["HLS", "WebRTC", "none"])
def test_with_mediamtx_it_plays_what_is_on_or_says_what_to_turn_on(watched, publish, stream, tmp_path, way):
    if not find_mediamtx():
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    stack = Stack(tmp_path, router=find_mediamtx(), worker_mode="process")
    try:
        port, udp = free_ports(2)
        stack.start_router(MTX_HLS="yes" if way == "HLS" else "no", MTX_WEBRTC="yes" if way == "WebRTC" else "no",
                           MTX_WEBRTCADDRESS=f"127.0.0.1:{port}", MTX_WEBRTCLOCALUDPADDRESS=f"127.0.0.1:{udp}")
        stack.start_service()
        publish(stack.rtmp(stream), "time-code")
        page = Dashboard(watched, stack)
        page.open(f"stream/{stream}")
        if way != "none":
            page.wait_moving("in", "out", more=25)
            page.wait_text("[data-side=out] .lag", way)
        else:
            page.wait_text("[data-side=out] .cover", "Turn on hls (or webrtc) in mediamtx.yml")
            page.wait_text(".addresses", "HLS is off")
        watched.open("about:blank")
    finally:
        stack.kill()
