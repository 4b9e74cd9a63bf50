"""The panel of recordings on a stream's page, in a real browser."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

from . import http
from .dashboard import SECONDS
from .wait import wait_until

PAST = """const video = document.querySelector('.recordings video');
    return {state: document.querySelector('.recordings').dataset.past ?? 'live', time: video.currentTime, width: video.videoWidth,
            frames: video.getVideoPlaybackQuality().totalVideoFrames, at: document.querySelector('.at').textContent,
            cover: document.querySelector('.recordings .cover').textContent};"""
# What a pointer does on the line: at shares of its recorded part, from 0 (its start) to 1.
POINT = """const [shares, spans] = given;
    const line = document.querySelector('.line');
    const drawn = [...document.querySelectorAll('.recorded div')].map(one => one.getBoundingClientRect());
    const span = drawn.at(spans);
    const place = share => ({clientX: span.left + share * span.width, clientY: span.top + span.height / 2, button: 0, pointerId: 1, bubbles: true});
    line.dispatchEvent(new PointerEvent('pointerdown', place(shares[0])));
    for (const share of shares.slice(1)) line.dispatchEvent(new PointerEvent('pointermove', place(share)));
    line.dispatchEvent(new PointerEvent('pointerup', place(shares.at(-1))));"""


class RecordedPage:
    def __init__(self, page, stack, stream, side="out"):
        self.page, self.stack, self.stream, self.side = page, stack, stream, side

    def shown(self):
        """{state, error, problem, more, spans} as media-service tells it."""
        return http.get(self.stack.service_url(f"/v1/streams/{self.stream}/recordings/{self.side}")).json()

    def recorded(self):
        """Seconds that are recorded."""
        return sum(span["duration"] for span in self.shown()["spans"])

    def silent(self):
        """Seconds since the last recording has ended."""
        told = self.shown()
        last = told["spans"][-1]
        return (datetime.fromisoformat(told["ts"]) - datetime.fromisoformat(last["start"])).total_seconds() - last["duration"]

    def wait_recorded(self, seconds):
        wait_until(lambda: self.recorded() >= seconds, lambda: f"{seconds} s: {self.shown()}", SECONDS + seconds, 0.3)

    def words(self):
        return self.page.text(".rec-tools .chip")

    def switch(self):
        self.page.click(".switch")

    def wait_words(self, words):
        self.page.wait_text(".rec-tools .chip", words)

    def rows(self):
        return self.page.run("return document.querySelectorAll('.spans li').length;")

    def wait_drawn(self, count, length=0):
        """Waits until the line, which is ten minutes long, shows so many times without a gap, and so many seconds in all."""
        def drawn():
            return self.page.run("""const width = element => element.getBoundingClientRect().width;
                const all = [...document.querySelectorAll('.recorded div')];
                return [all.length, 600 * all.reduce((sum, one) => sum + width(one), 0) / (width(document.querySelector('.line')) || 1)];""")
        wait_until(lambda: drawn()[0] >= count and drawn()[1] >= length, lambda: f"{count} on the line, {length} s: {drawn()}", SECONDS, 0.2)

    def point(self, *shares, span=-1):
        done = self.page.run(POINT, list(shares), span)
        assert done is None, done

    def past(self):
        return self.page.run(PAST)

    def wait_playing(self, more=25):
        """Waits until so many more pictures of the past were decoded and the time has moved."""
        before = self.past()
        wait_until(lambda: self.past()["state"] == "playing" and self.past()["frames"] >= before["frames"] + more
                   and self.past()["time"] > 0, lambda: f"the past plays: {self.past()}", SECONDS, 0.2)


def many(file, folder, count, minutes=2, seconds=30):
    """Copies of a recorded file, each so much later than the one before. The last one is an hour old."""
    folder.mkdir(parents=True, exist_ok=True)
    last = datetime.now(UTC) - timedelta(hours=1)
    for i in range(count):
        begin = last - timedelta(minutes=minutes * (count - 1 - i), seconds=seconds)
        local = begin.astimezone()
        shutil.copyfile(file, folder / f"{local:%Y-%m-%d_%H-%M-%S-%f}.mp4")


def streams_of(file):
    """{kind of track: its codec} and the length of a file in seconds, as ffprobe says."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type,codec_name:format=duration", "-of", "json", str(file)],
                          capture_output=True, text=True, check=True, timeout=SECONDS)
    told = json.loads(done.stdout)
    return {track["codec_type"]: track["codec_name"] for track in told["streams"]}, float(told["format"]["duration"])
