"""The dashboard in a real browser: what it shows, read from the page and from screenshots."""

import os
import subprocess
from pathlib import Path

from .clips import TIME_CODE_BITS
from .wait import wait_until

BIN = Path(__file__).resolve().parents[2] / os.environ.get("BUILD_DIR", "build/dev") / "bin"
SECONDS = 60  # a busy machine decodes slowly

# A worker that fails at once if its stream's id begins with a certain word.
WORKER = """#!/bin/sh
case "$*" in *"--stream-id="%(word)s*|*"--stream-id "%(word)s*)
  %(says)s
  exit 50;;
esac
exec %(worker)s "$@"
"""

VIDEOS = """return [...document.querySelectorAll('video')].map(video => ({
  frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth, paused: video.paused, muted: video.muted,
  side: video.closest('[data-side]')?.dataset.side ?? video.closest('.tile')?.dataset.id}));"""


def failing_worker(folder, word="broken", says="true"):
    """The path of such a worker. says: the shell command with which it says why."""
    file = folder / "worker.sh"
    file.write_text(WORKER % {"worker": BIN / "stream-worker", "word": word, "says": says})
    file.chmod(0o755)
    return file


class Dashboard:
    def __init__(self, browser, stack):
        self.browser, self.stack = browser, stack

    def open(self, place=""):
        """Loads the page anew and shows the wall, or "stream/<id>"."""
        self.browser.open("about:blank")
        self.browser.open(self.stack.service_url(f"/#/{place}"))

    def run(self, script, *arguments):
        return self.browser.run(script, *arguments)

    def text(self, selector):
        """The text of the first element; '' if there is none."""
        return self.run("return document.querySelector(given[0])?.textContent ?? '';", selector)

    def wait_text(self, selector, wanted, seconds=SECONDS):
        wait_until(lambda: wanted in self.text(selector), lambda: f"{wanted!r} in {selector}: {self.text(selector)!r}", seconds, 0.1)

    def click(self, selector):
        self.run("document.querySelector(given[0]).click();", selector)

    def tile(self, stream):
        """{state, text, colour} of a tile; None if there is none."""
        return self.run("""const tile = document.querySelector(`.tile[data-id="${given[0]}"]`);
            return tile && {state: tile.dataset.state, text: tile.textContent, colour: tile.dataset.colour};""", stream)

    def wait_state(self, stream, state, seconds=SECONDS):
        wait_until(lambda: (self.tile(stream) or {}).get("state") == state, lambda: f"{stream} {state}: {self.tile(stream)}", seconds, 0.1)

    def videos(self):
        """{id of the tile, or side: numbers} of all pictures."""
        return {video["side"]: video for video in self.run(VIDEOS)}

    def frames(self, side):
        return self.videos().get(side, {}).get("frames", 0)

    def wait_moving(self, *sides, more=10, seconds=SECONDS):
        """Waits until so many more frames of each were decoded."""
        before = {side: self.frames(side) for side in sides}
        wait_until(lambda: all(self.frames(side) >= before[side] + more or self.frames(side) + 1 < before[side] for side in sides),
                   lambda: f"moving pictures: {self.videos()}", seconds, 0.1)

    def time_codes(self, *sides):
        """The burnt-in number of the picture that each shows, from one screenshot of the whole page."""
        places = self.run("""return given[0].map(side => {
            const video = document.querySelector(`[data-side="${side}"] video, .tile[data-id="${side}"] video`);
            const box = video.getBoundingClientRect();
            return [box.left, box.top, box.width, box.height].map(Math.round); });""", sides)
        assert isinstance(places, list), places
        png = self.browser.driver.get_screenshot_as_png()
        return [read_time_code(png, place) for place in places]


def read_time_code(png, place):
    left, top, width, height = place
    cut = f"crop={width}:{height}:{left}:{top},scale=320:180:flags=neighbor,format=gray"
    grey = subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-f", "png_pipe", "-i", "-", "-vf", cut, "-f", "rawvideo", "-"],
                          input=png, capture_output=True, check=True).stdout
    return sum(1 << bit for bit in range(TIME_CODE_BITS) if grey[164 * 320 + 40 * bit + 20] > 127)
