"""The dashboard's player lives through what happens to live streams, without a reload of the page."""

import signal
import subprocess

import pytest
from support import browser, ffmpeg, http
from support.bare_router import ONLY_EMBEDDED
from support.dashboard import SECONDS, Dashboard
from support.making import started
from support.process import Process
from support.stack import Stack
from support.wait import wait_until

STATE = """const video = document.querySelector(`[data-side="${given[0]}"] video`);
    return {rate: video.playbackRate, width: video.videoWidth, time: video.currentTime, ranges: video.buffered.length,
            sound: video.webkitAudioDecodedByteCount, lag: document.querySelector(`[data-side="${given[0]}"] .lag`).textContent};"""


@pytest.fixture(scope="module")
def chromium_of_player():
    opened = browser.Browser()
    opened.resize(1440, 900)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("player"), worker_mode="process")) as running:
        yield running


@pytest.fixture
def page(chromium_of_player, stack, stream):
    shown = Dashboard(chromium_of_player, stack)
    shown.open(f"stream/{stream}")
    shown.run("window.loadedOnce = true;")
    yield shown
    assert shown.run("return window.loadedOnce;") is True, "it was loaded anew"
    chromium_of_player.open("about:blank")


def state(page, side="out"):
    return page.run(STATE, side)


def behind(page, side="out"):
    """Seconds behind the live edge, as the page says; None while it does not play."""
    words = state(page, side)["lag"].partition("·")[2].split()
    return float(words[0]) * (1 if words[1] == "s" else 0.001) if words else None


def wait_near(page, side="out", seconds=1.5):
    wait_until(lambda: (behind(page, side) or 99) < seconds, lambda: f"near the live edge: {state(page, side)}", SECONDS, 0.2)


def test_a_publisher_that_pauses(page, publish, stack, stream):
    publisher = publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out")
    publisher.signal(signal.SIGSTOP)
    page.wait_text("[data-side=out] .cover", "Waiting")
    publisher.signal(signal.SIGCONT)
    page.wait_moving("in", "out", more=30)
    wait_near(page)


def test_a_publisher_that_goes_and_comes_back(page, publish, stack, stream):
    publisher = publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out")
    publisher.kill()
    page.wait_text("[data-side=in] .cover", "Nobody publishes")
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out", more=30)
    wait_near(page)


@pytest.fixture
def without_live_mp4(chromium_of_player):
    """Requests for live.mp4 fail, so the player plays HLS."""
    def block(*urls):
        chromium_of_player.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": urls})
    chromium_of_player.driver.execute_cdp_cmd("Network.enable", {})
    yield lambda: block("*live.mp4*")
    block()


@pytest.fixture
def tone_and_silence(clips, tmp_path):
    """A clip with two sounds: the first is a tone, the second is silent."""
    clip = tmp_path / "two-sounds.mp4"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", clips.get("time-code"), "-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono", "-map", "0",
                    "-map", "1", "-c:v", "copy", "-c:a", "aac", "-t", "6", clip], check=True)
    return clip


def choose_sound(page, number, side="in"):
    """Returns the texts of all choices."""
    return page.run("""const select = document.querySelector(`[data-side="${given[0]}"] select`);
        select.selectedIndex = given[1];
        select.dispatchEvent(new Event('change'));
        return [...select.options].map(option => option.textContent);""", side, number)


def level(page, side="in"):
    """What the meter shows, in dB."""
    return int(page.run("return document.querySelector(`[data-side='${given[0]}'] .meter`).getAttribute('aria-valuenow');", side))


@pytest.mark.parametrize("kind", ["live MP4", "HLS"])
def test_one_of_several_sounds(page, stack, stream, tone_and_silence, tmp_path, without_live_mp4, kind):
    if kind == "HLS":
        without_live_mp4()
        page.open(f"stream/{stream}")
        page.run("window.loadedOnce = true;")
    publisher = ffmpeg.publish(tone_and_silence, stack.rtsp(stream), tmp_path / "publisher.log", options=["-map", "0"])
    try:
        page.wait_text("[data-side=in] .lag", kind)
        page.wait_moving("in")
        wait_until(lambda: level(page) > -40, lambda: f"a tone: {level(page)} dB", SECONDS, 0.2)
        choices = choose_sound(page, 1)
        assert choices == {"live MP4": ["1: MPEG-4 Audio", "2: MPEG-4 Audio"], "HLS": ["audio2", "audio3"]}[kind]
        wait_until(lambda: level(page) <= -58, lambda: f"silence: {level(page)} dB", SECONDS, 0.2)
        page.wait_moving("in")
        choose_sound(page, 0)
        wait_until(lambda: level(page) > -40, lambda: f"the tone again: {level(page)} dB", SECONDS, 0.2)
        page.wait_moving("in")
    finally:
        publisher.kill()


def test_a_sound_that_does_not_come_does_not_keep_the_picture(page, stack, stream, tone_and_silence, tmp_path, without_live_mp4):
    without_live_mp4()
    page.open(f"stream/{stream}")
    page.run("window.loadedOnce = true;")
    publisher = ffmpeg.publish(tone_and_silence, stack.rtsp(stream), tmp_path / "publisher.log", options=["-map", "0"])
    try:
        page.wait_text("[data-side=in] .lag", "HLS")
        page.wait_moving("in")
        # Requests for the sound hang until the player connects again.
        page.run("""const real = window.fetch;
            window.held = 0;
            window.fetch = (url, options) => {
                if (String(url).includes('index.m3u8')) window.fetch = real;
                else if (String(url).includes('audio')) {
                    window.held++;
                    return new Promise((done, fail) => options.signal.addEventListener('abort', () => fail(options.signal.reason)));
                }
                return real(url, options);
            };""")
        wait_until(lambda: page.run("return window.held;"), "a request for the sound")
        before = page.frames("in")
        wait_until(lambda: page.frames("in") + 1 < before, lambda: f"another connection: {state(page, 'in')}", SECONDS, 0.1)
        page.wait_moving("in", more=30)
    finally:
        publisher.kill()


def test_another_encoder_with_other_codecs(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out")
    assert state(page)["width"] == 320
    publish(stack.rtmp(stream), "small")  # replaces it: another profile, another size
    wait_until(lambda: state(page)["width"] == state(page, "in")["width"] == 160, lambda: f"the other picture: {state(page)}", SECONDS, 0.2)
    page.wait_moving("in", "out", more=30)


@pytest.mark.parametrize("clip", ["video-only", "b-frames", "opus"])
def test_streams_of_other_kinds(page, publish, stack, stream, clip):
    publish(stack.rtsp(stream) if clip == "opus" else stack.rtmp(stream), clip)
    page.wait_moving("in", "out", more=30)
    wait_near(page)
    assert state(page)["ranges"] == 1


def test_what_the_browser_cannot_play_is_said(page, publish, stack, stream):
    if page.run("return MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L60.90\"');"):
        pytest.skip("this browser plays H.265")
    publish(stack.rtsp(stream), "h265")
    page.wait_text("[data-side=out] .cover", "this browser does not play video/mp4; codecs=\"hvc1")
    page.run("location.hash = '#/';")
    page.wait_text(f'.tile[data-id="{stream}"] .cover', "this browser does not play")


def test_a_page_that_may_not_play_is_told_why(chromium_of_player, publish, stream, tmp_path):
    stack = Stack(tmp_path, worker_mode="process")
    try:
        stack.start_router(MTX_HLSALLOWORIGINS="http://elsewhere.example")
        stack.start_service()
        publish(stack.rtmp(stream), "time-code")
        page = Dashboard(chromium_of_player, stack)
        page.open(f"stream/{stream}")
        page.wait_text("[data-side=out] .cover", "(hlsAllowOrigins)")
        chromium_of_player.open("about:blank")
    finally:
        stack.kill()


def test_sound_alone(page, publish, stack, stream):
    publish(stack.rtmp(stream), "audio-only")
    wait_until(lambda: state(page)["sound"] > 10_000, lambda: f"sound: {state(page)}", SECONDS, 0.2)
    before = state(page)["time"]
    wait_until(lambda: state(page)["time"] > before + 1, lambda: f"it goes on: {state(page)}", SECONDS, 0.2)


def test_an_encoder_whose_clock_is_fast(page, clips, stack, stream, tmp_path):
    """It sends 4 % more than a second of media each second: the player goes faster, too, and does not jump."""
    argv = ["ffmpeg", *ffmpeg.QUIET, "-readrate", "1.04", "-stream_loop", "-1", "-i", str(clips.get("time-code")), "-c", "copy",
            "-f", "flv", stack.rtmp(stream)]
    publisher = Process("fast publisher", argv, tmp_path / "publisher.log")
    try:
        page.wait_moving("out", more=100)
        wait_near(page)
        seen = page.run("""
            const video = document.querySelector('[data-side=out] video');
            let jumps = 0;
            video.addEventListener('seeking', () => jumps++);
            const rates = [];
            for (let i = 0; i < 80; i++) {
              await new Promise(done => setTimeout(done, 100));
              rates.push(video.playbackRate);
            }
            return {jumps, rates};""")
        assert seen["jumps"] == 0 and all(0.95 <= rate <= 1.05 for rate in seen["rates"]), seen
        assert max(seen["rates"]) > 1.01, seen  # how much of the time, depends on how busy the machine is
        assert behind(page) < 2
    finally:
        publisher.kill()


def test_a_page_that_was_frozen_is_live_again(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out")
    devtools = page.browser.driver.execute_cdp_cmd
    first = page.browser.driver.current_window_handle
    page.browser.open_tab("about:blank")
    page.browser.show_tab(first)
    devtools("Page.setWebLifecycleState", {"state": "frozen"})
    for _ in range(2):  # lists of the router: some seconds pass
        stack.router.signal(signal.SIGSTOP)
        wait_until(lambda: not http_ready(stack), "a router that does not answer")
        stack.router.signal(signal.SIGCONT)
        wait_until(lambda: http_ready(stack), "the router answers")
    devtools("Page.setWebLifecycleState", {"state": "active"})
    page.browser.close_tabs()
    page.wait_moving("in", "out", more=30)
    wait_near(page)
    page.wait_text("#link", "Live")


def http_ready(stack):
    return http.get(stack.service_url("/readyz")).status == 200


PARSERS = """
    const {Pieces, readInit, readFragments} = await import('/player/mp4.js');
    const {parseMedia, parseMultivariant} = await import('/player/hls_source.js');
    const reply = await fetch(given[0]);
    const reader = reply.body.getReader();
    let bytes = new Uint8Array(0);
    while (bytes.length < 60000) {
      const {value} = await reader.read();
      const more = new Uint8Array(bytes.length + value.length);
      more.set(bytes);
      more.set(value, bytes.length);
      bytes = more;
    }
    reader.cancel();
    const all = [...new Pieces().push(bytes)];
    const init = readInit(all.find(piece => piece.kind === 'init').bytes);
    const ends = all.filter(piece => piece.kind === 'media').map(piece => readFragments(piece.bytes, init.tracks));
    // The same in single bytes, and whatever is left of it when it is cut or changed anywhere: an error, never a loop.
    const single = new Pieces(), found = [];
    for (const byte of bytes.subarray(0, 20000)) found.push(...single.push(Uint8Array.of(byte)));
    let outcomes = 0;
    for (let i = 0; i < 4000; i++) {
      const broken = bytes.slice(0, 4000 + i % 2000);
      broken[i] ^= 255;
      try {
        for (const piece of new Pieces().push(broken)) piece.kind === 'init' ? readInit(piece.bytes) : readFragments(piece.bytes, init.tracks);
      } catch {}
      outcomes++;
    }
    const list = '#EXTM3U\\n#EXT-X-TARGETDURATION:1\\n#EXT-X-MEDIA-SEQUENCE:7\\n#EXT-X-PART:DURATION=1,URI="a,b=c.mp4",INDEPENDENT=YES\\n'
      + '#EXTINF:1,\\nseg7.mp4\\n#EXT-X-PART:DURATION=1,URI="p.mp4"\\n';
    const media = parseMedia(list, 'http://x/y/z.m3u8');
    for (let i = 0; i < list.length; i++) {
      try { parseMedia(list.slice(i), 'http://x/'), parseMultivariant(list.slice(0, i), 'http://x/'); } catch {}
    }
    return {mime: init.mime, tracks: init.tracks.map(track => track.kind), ends: ends.map(one => one.end - one.start),
            single: found.length, outcomes, units: media.units.map(unit => [unit.uri, unit.msn, unit.part]), next: media.next};"""


@ONLY_EMBEDDED
def test_the_parsers_read_whole_and_broken_bytes(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("out")
    read = page.run(PARSERS, stack.hls(f"/live/{stream}/out/live.mp4").replace("127.0.0.1", "localhost"))
    assert isinstance(read, dict), read
    assert read["mime"].startswith('video/mp4; codecs="avc1.') and "mp4a.40.2" in read["mime"] and read["tracks"] == ["video", "audio"]
    assert len(read["ends"]) > 3 and all(0 < length < 2 for length in read["ends"]), read
    assert read["single"] >= 2 and read["outcomes"] == 4000
    assert read["units"] == [["http://x/y/a,b=c.mp4", 7, 0], ["http://x/y/p.mp4", 8, 0]] and read["next"] == {"msn": 8, "part": 1}


def test_where_live_mp4_does_not_come_through_it_plays_hls(page, publish, stack, stream):
    devtools = page.browser.driver.execute_cdp_cmd
    devtools("Network.enable", {})
    devtools("Network.setBlockedURLs", {"urls": ["*live.mp4*"]})
    try:
        publish(stack.rtmp(stream), "time-code")
        page.wait_moving("in", "out", more=30)
        wait_near(page)
        assert state(page)["lag"].startswith("HLS")
    finally:
        devtools("Network.setBlockedURLs", {"urls": []})


def test_a_killed_router_does_not_need_a_reload(page, publish, stack, stream):
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out")
    stack.router.kill()
    page.wait_text("#banner", "The router does not answer")
    stack.start_router()
    publish(stack.rtmp(stream), "time-code")
    page.wait_moving("in", "out", more=30)
    wait_near(page)
