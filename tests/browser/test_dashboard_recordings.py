"""A stream is recorded from the dashboard while it goes on, rewound, and cut into a clip. On both routers."""


import pytest
from support import browser, http, recordings
from support.dashboard import SECONDS, Dashboard
from support.making import started
from support.recorded_page import RecordedPage, many, streams_of
from support.stack import Stack
from support.wait import wait_until

MARK_SECONDS = 15  # media-service asks the router every 10 s what is recorded


@pytest.fixture(scope="module")
def opened():
    found = browser.Browser()
    found.resize(1440, 1200)
    yield found
    found.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("recordings"), worker_mode="process")) as running:
        yield running


@pytest.fixture
def page(opened, stack):
    opened.console()
    yield Dashboard(opened, stack)
    opened.open("about:blank")


@pytest.fixture
def panel(page, publish, stack, stream):
    """Of a stream that is published, and its page is open."""
    publish(stack.rtmp(stream), "time-code")
    page.open(f"stream/{stream}")
    page.wait_moving("in", "out")
    page.run("window.loadedOnce = true;")
    yield RecordedPage(page, stack, stream)
    assert page.run("return window.loadedOnce;") is True, "it was loaded anew"


def source(stack, stream, side="out"):
    return stack.paths()[f"live/{stream}/{side}"]["source"]["id"]


def record(panel, seconds):
    panel.wait_words("Not recorded")
    panel.switch()
    panel.wait_words("Recording")
    panel.wait_recorded(seconds)


def test_recorded_rewound_and_live_again_while_the_stream_goes_on(panel, page, stack, stream):
    sources = [source(stack, stream, side) for side in ("in", "out")]
    page.wait_text(".recordings .none", "Nothing was recorded yet")
    assert page.run("return getComputedStyle(document.querySelector('.past')).display;") == "none"
    record(panel, 8)
    page.wait_text(".timeline", "An operator has it recorded")
    panel.wait_drawn(1, 6)
    panel.point(0.1)
    panel.wait_playing()
    page.wait_moving("in", "out")
    past, now = page.run(PICTURE_OF_THE_PAST), page.run("return document.querySelector('[data-side=out] video').currentTime;")
    assert past["width"] == 320 and past["colours"] > 1, past
    assert now > 0 and "ago" in panel.past()["at"]
    page.click("[data-act=pause]")
    wait_until(lambda: panel.past()["state"] == "paused", lambda: f"paused: {panel.past()}", SECONDS, 0.1)
    stands = panel.past()["time"]
    page.click("[data-act=play]")
    wait_until(lambda: panel.past()["time"] > stands + 0.5, lambda: f"it goes on: {panel.past()}", SECONDS, 0.1)
    page.click("[data-act=live]")
    wait_until(lambda: panel.past()["state"] == "live", lambda: f"live: {panel.past()}", SECONDS, 0.1)
    panel.switch()
    panel.wait_words("Not recorded")
    assert [source(stack, stream, side) for side in ("in", "out")] == sources, "somebody was disconnected"
    assert not any(span["open"] for span in wait_closed(panel)), panel.shown()
    panel.point(0.75)
    page.wait_text(".recordings .cover", "Here the recording ends")
    page.wait_moving("in", "out")


# The picture is drawn from the video: it was decoded.
PICTURE_OF_THE_PAST = """const video = document.querySelector('.recordings video');
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    return {width: video.videoWidth, colours: new Set(new Uint32Array(data.buffer)).size};"""


def wait_closed(panel):
    return wait_until(lambda: not any(span["open"] for span in panel.shown()["spans"]) and panel.shown()["spans"],
                      lambda: f"nothing is open: {panel.shown()}", SECONDS, 0.5)


def test_the_wall_marks_what_is_being_recorded(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.open()
    page.wait_state(stream, "running")
    # The worker is ready before the router's list, which is read every two seconds, has its output.
    wait_until(lambda: http.get(stack.service_url(f"/v1/streams/{stream}")).json()["output"]["readable"], "the output", SECONDS)
    mark = f"[data-id='{stream}'] .recorded-mark"

    def shown():
        return page.run(f"const mark = document.querySelector(`{mark}`); return mark && [mark.title, mark.offsetWidth, mark.offsetHeight];")

    assert shown() is None
    for action, wanted in (("start", "Recording out"), ("stop", None)):
        reply = http.request("POST", stack.service_url(f"/v1/streams/{stream}/recordings/out/{action}"))
        assert reply.status in (200, 202), reply
        wait_until(lambda: (shown() or [None])[0] == wanted, lambda: f"{wanted}: {shown()}", SECONDS + MARK_SECONDS, 0.2)
        if wanted:
            title, width, height = shown()
            assert width == height > 4, "it is a dot that can be seen"
            assert wanted in page.run(f"return document.querySelector(`[data-id='{stream}'] a`).getAttribute('aria-label');")


def test_a_clip_is_chosen_and_downloaded(panel, page, opened, stream, tmp_path):
    opened.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    record(panel, 15)
    panel.wait_drawn(1, 15)
    panel.point(0.1, 0.3, 0.8)
    chosen = page.run("return [...document.querySelectorAll('.clip input')].map(input => new Date(input.value).getTime() / 1000);")
    wanted = chosen[1] - chosen[0]
    assert 1 <= wanted <= 60, chosen
    page.click(".clip .save")
    page.wait_text(".clip .note", " MB")
    file = wait_until(lambda: next(iter(tmp_path.glob(f"{stream}-out-*.mp4")), None), lambda: f"a clip among {list(tmp_path.iterdir())}",
                      SECONDS, 0.2)
    tracks, length = streams_of(file)
    assert tracks == {"video": "h264", "audio": "aac"}
    assert abs(length - wanted) < 1.6, f"{length} s of {wanted} s"  # the inputs show whole seconds
    recordings.assert_plays(file)
    page.click(".clip [aria-label='No clip']")
    page.wait_text(".clip .open", "Cut a clip")


def test_it_plays_over_a_gap(panel, page):
    record(panel, 5)
    panel.switch()
    panel.wait_words("Not recorded")
    wait_closed(panel)
    wait_until(lambda: panel.silent() > 5, "five seconds that are not recorded", SECONDS, 0.5)  # a key frame comes every two
    panel.switch()
    panel.wait_words("Recording")
    wait_until(lambda: len(panel.shown()["spans"]) == 2 and panel.shown()["spans"][1]["duration"] > 6, lambda: str(panel.shown()), SECONDS, 0.5)
    wait_until(lambda: panel.rows() == 2, lambda: f"two in the list: {panel.rows()}", SECONDS, 0.2)
    assert panel.shown()["spans"][1]["gapBefore"] > 0
    page.run("document.querySelectorAll('.spans button')[1].click();")
    panel.wait_playing()
    first = panel.shown()["spans"][0]["duration"]
    wait_until(lambda: panel.past()["time"] > first + panel.shown()["spans"][1]["gapBefore"] + 1, lambda: f"behind the gap: {panel.past()}",
               SECONDS + 30, 0.2)
    panel.wait_playing()


def test_in_is_recorded_for_itself(panel, page, stack, stream):
    page.click("[data-choice=in]")
    panel.side = "in"
    record(panel, 4)
    assert RecordedPage(page, stack, stream, "out").shown()["state"] == "off"
    panel.wait_drawn(1, 4)
    panel.point(0.1)
    panel.wait_playing()


def test_it_can_be_used_with_keys(panel, page):
    record(panel, 10)
    panel.wait_drawn(1, 10)
    page.run("""const line = document.querySelector('.line');
        line.focus();
        for (const key of ['Home', 'ArrowRight']) line.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));""")
    panel.wait_playing()
    said = page.run("""const line = document.querySelector('.line');
        return {role: line.role, text: line.getAttribute('aria-valuetext'), now: Number(line.getAttribute('aria-valuenow'))};""")
    assert said["role"] == "slider" and said["now"] > 1e9 and said["text"], said


def test_many_recordings_are_paged_and_shown(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    panel = RecordedPage(page, stack, stream)
    page.open(f"stream/{stream}")
    page.wait_moving("out")
    record(panel, 2)
    panel.switch()
    panel.wait_words("Not recorded")
    folder = stack.work_dir / "recordings" / "live" / stream / "out"
    file = recordings.wait_files(folder, "", 1)[0]
    wait_closed(panel)
    many(file, folder, 700, minutes=1)
    wait_until(lambda: panel.shown()["more"] and len(panel.shown()["spans"]) == 500, lambda: str(panel.shown())[:500], SECONDS, 0.5)
    page.open(f"stream/{stream}")
    wait_until(lambda: panel.rows() == 500, lambda: f"500 rows: {panel.rows()}", SECONDS, 0.5)
    page.click(".older")
    wait_until(lambda: panel.rows() == 701, lambda: f"all rows: {panel.rows()}", SECONDS, 0.5)




def test_a_command_that_fails_says_why(panel, page, opened):
    panel.wait_words("Not recorded")
    opened.driver.execute_cdp_cmd("Network.enable", {})
    opened.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/recordings/out/start"]})
    try:
        panel.switch()
        page.wait_text(".recordings .why", "It was not switched on: media-service does not answer.")
        assert page.run("return document.querySelector('.switch').getAttribute('aria-checked');") == "false"
    finally:
        opened.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    panel.switch()
    panel.wait_words("Recording")
    wait_until(lambda: page.text(".recordings .why") == "", lambda: page.text(".recordings .why"), SECONDS, 0.2)


def test_a_router_that_lets_nobody_play(opened, publish, stream, tmp_path):
    stack = Stack(tmp_path, worker_mode="process")
    try:
        stack.start_router(MTX_PLAYBACK="no")
        stack.start_service()
        publish(stack.rtmp(stream), "time-code")
        page = Dashboard(opened, stack)
        panel = RecordedPage(page, stack, stream)
        page.open(f"stream/{stream}")
        page.wait_text(".recordings .why", "the router's playback server is off (playback)")
        page.wait_moving("out")
        panel.wait_words("Not recorded")
        panel.switch()
        panel.wait_words("Recording")
        opened.open("about:blank")
    finally:
        stack.kill()


def test_a_disk_that_takes_nothing(opened, publish, stream, tmp_path):
    """media-router says why. With MediaMTX, that nothing is written is all that can be known."""
    stack = Stack(tmp_path, worker_mode="process")
    try:
        stack.start_router(MTX_PATHDEFAULTS_RECORDPATH="/proc/tidegate/%path/%Y-%m-%d_%H-%M-%S-%f")  # nobody can make a folder there
        stack.start_service()
        publish(stack.rtmp(stream), "time-code")
        page = Dashboard(opened, stack)
        panel = RecordedPage(page, stack, stream)
        page.open(f"stream/{stream}")
        page.wait_moving("out")
        panel.wait_words("Not recorded")
        panel.switch()
        page.wait_text(".recordings .why", "The stream goes on." if stack.embedded else "The log of the router says why.")
        page.wait_moving("out")
        opened.open("about:blank")
    finally:
        stack.kill()
