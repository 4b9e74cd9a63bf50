"""Chromium plays the router's HLS with hls.js, as most web pages do."""

import os
import subprocess
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from support import ffmpeg, hls_js, recorded
from support.hls import fetch
from support.making import making
from support.newer_ffmpeg import newer_ffmpeg
from support.process import Process
from support.router import BIN, Program, Router, variation
from support.wait import wait_until

PATH = "live/page/in"
PLAY_SECONDS = 60  # a browser, two programs and their tests on a busy machine
# What a pause of the publisher or of a busy machine causes. The player goes on by itself. bufferAppendNoProgress: hls.js 1.7.0 says
# so of each second piece of sound, if sound and picture have playlists of their own, with MediaMTX as well.
HARMLESS = ("bufferAppendNoProgress", "bufferStalledError", "bufferNudgeOnStall", "bufferSeekOverHole", "levelLoadTimeOut",
            "audioTrackLoadTimeOut", "fragLoadTimeOut", "levelLoadError", "audioTrackLoadError")


@pytest.fixture(scope="module")
def hls_page():
    with hls_js.page() as address:
        yield address


@pytest.fixture
def make_router(tmp_path):
    yield from making(lambda **changes: Router(Program("embedded", str(BIN / "media-router")), tmp_path,
                                               variation(hls=True, hlsAllowOrigins=["*"], **changes)))


def real(errors):
    return [error for error in errors if not error.startswith(HARMLESS)]


class Watching:
    def __init__(self, browser, page, router, query=""):
        self.browser = browser
        browser.open(f"{page}?url=" + quote(router.hls(f"{PATH}/index.m3u8{query}"), safe=""))

    def state(self):
        return self.browser.run("return state();")

    def wait_moving(self, after=0, pictures=60, sound=True):
        """Until so many further pictures were shown, and sound was heard."""
        def moves():
            now = self.state()
            assert not real(now["errors"]), now
            return now if now["pictures"] >= after + pictures and (now["sound"] > 0 or not sound) else None
        return wait_until(moves, lambda: f"the picture moves: {self.state()}", PLAY_SECONDS, poll=0.1)


@pytest.mark.parametrize("variant", ["lowLatency", "fmp4", "mpegts"])
def test_the_picture_moves(chromium, hls_page, make_router, clips, tmp_path, variant):
    router = make_router(hlsVariant=variant).start()
    publisher = ffmpeg.publish(clips.get("b-frames"), router.rtmp(PATH), tmp_path / "publisher.log")
    router.wait_ready(PATH)
    try:
        state = Watching(chromium, hls_page, router).wait_moving()
        assert state["width"] == 320
    finally:
        publisher.kill()
        chromium.open("about:blank")


def test_a_page_goes_on_when_the_publisher_comes_back_with_other_pictures(chromium, hls_page, make_router, clips, tmp_path):
    router = make_router().start()
    publisher = ffmpeg.publish(clips.get("b-frames"), router.rtmp(PATH), tmp_path / "publisher.log")
    router.wait_ready(PATH)
    try:
        watching = Watching(chromium, hls_page, router)
        before = watching.wait_moving()["pictures"]
        publisher.kill()
        router.wait_not_ready(PATH)
        publisher = ffmpeg.publish(clips.get("small"), router.rtmp(PATH), tmp_path / "again.log")
        # The same element, which was never told to load again.
        wait_until(lambda: watching.state()["width"] == 160, lambda: f"other pictures: {watching.state()}", PLAY_SECONDS, poll=0.1)
        watching.wait_moving(after=before)
    finally:
        publisher.kill()
        chromium.open("about:blank")


# ffmpeg must not wait for the sound before it sends the picture.
AT_ONCE = ["-c", "copy", "-max_interleave_delta", "1", "-f", "flv"]


def test_the_picture_goes_on_when_the_sound_stops(chromium, hls_page, make_router, clips, tmp_path):
    clip, source = clips.get("av"), tmp_path / "stops.flv"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-stream_loop", "9", "-i", clip, "-t", "4", "-i", clip, "-map", "0:v", "-map", "1:a",
                    *AT_ONCE, source], check=True)
    router = make_router().start()
    publisher = Process("publisher", ["ffmpeg", *ffmpeg.QUIET, "-re", "-i", source, *AT_ONCE, router.rtmp(PATH)],
                        tmp_path / "publisher.log")
    router.wait_ready(PATH)
    try:
        # Ten seconds of pictures: six more than there is sound.
        Watching(chromium, hls_page, router).wait_moving(pictures=300)
    finally:
        publisher.kill()
        chromium.open("about:blank")


def test_a_sound_that_the_browser_cannot_decode_does_not_hide_the_picture(chromium, hls_page, make_router, clips, tmp_path):
    program, source = newer_ffmpeg(), tmp_path / "ac3.mp4"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", clips.get("av"), "-c:v", "copy", "-c:a", "ac3", source], check=True)
    router = make_router().start()
    publisher = Process("publisher", [program, *ffmpeg.QUIET, "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-f", "flv",
                                      router.rtmp(PATH)], tmp_path / "publisher.log")
    router.wait_ready(PATH)
    try:
        Watching(chromium, hls_page, router).wait_moving(sound=False)
    finally:
        publisher.kill()
        chromium.open("about:blank")


def old(segments):
    """Nobody will go on with these."""
    then = time.time() - 60
    for segment in segments:
        os.utime(segment.file, (then, then))
    return segments


def test_a_page_plays_a_recording_over_a_gap_and_another_codec(chromium, hls_page, make_router, clips):
    router = make_router(playback=True, pathDefaults={"recordDeleteAfter": "0s"}).start()
    begin = old(recorded.segments(router, PATH, clips.get("b-frames"), recorded.an_hour_ago()))[0].start
    old(recorded.segments(router, PATH, clips.get("small"), begin + timedelta(seconds=60)))
    try:
        watching = Watching(chromium, hls_page, router, f"?start={recorded.rfc3339(begin + timedelta(seconds=2))}")
        before = watching.wait_moving(pictures=30)
        assert before["width"] == 320
        assert chromium.run("return video.currentTime") >= 1.9, "it begins with the start"
        wait_until(lambda: watching.state()["width"] == 160, lambda: f"other pictures: {watching.state()}", PLAY_SECONDS, poll=0.1)
        watching.wait_moving(after=before["pictures"], pictures=150)
    finally:
        chromium.open("about:blank")


def test_a_page_rewinds_a_stream_that_goes_on(chromium, hls_page, make_router, clips, tmp_path):
    router = make_router(playback=True, pathDefaults={"record": True, "recordPartDuration": "200ms", "recordSegmentDuration": "7s",
                                                      "recordDeleteAfter": "0s"}).start()
    publisher = ffmpeg.publish(clips.get("b-frames"), router.rtmp(PATH), tmp_path / "publisher.log")
    router.wait_ready(PATH)
    query = f"?start={recorded.rfc3339(datetime.now(timezone.utc) - timedelta(minutes=1))}"
    try:
        wait_until(lambda: http_status(router, query) == 200, "a first segment", PLAY_SECONDS)
        # More than was recorded when it began, and more than one file.
        state = Watching(chromium, hls_page, router, query).wait_moving(pictures=480)
        assert state["width"] == 320
    finally:
        publisher.kill()
        chromium.open("about:blank")


def http_status(router, query):
    return fetch(router.hls(f"{PATH}/index.m3u8{query}")).status
