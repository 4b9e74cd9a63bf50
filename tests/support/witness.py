"""A healthy stream beside a test: a publisher and a reader, which the test must not affect."""

from . import ffmpeg
from .wait import wait_until

# Audio units come every 23 ms of media time. Where the clip begins again, up to two video frames are between two of them.
LONGEST_STEP_MS = 150


class Witness:
    def __init__(self, router, clip, folder, stream="witness"):
        self.router, self.stream = router, stream
        self.publisher = ffmpeg.publish(clip, router.rtmp(stream), folder / "witness-publisher.log")
        router.wait_live(stream)
        self.reader = ffmpeg.FrameSums(router.rtmp(stream), "a", folder / "witness-reader.log",
                                       folder / "witness.framemd5")
        self.seen = 0
        self.check()

    def check(self, more=10):
        """Checks that media goes on, and that there has been no gap since the last check."""
        before = self.seen
        lines = wait_until(lambda: (lines := self.reader.lines()) and len(lines) >= before + more and lines,
                           lambda: f"{more} more units at the witness's reader (has {len(self.reader.lines())}); "
                                   f"{self.reader.process.log()}{self.publisher.log()}")
        stamps = [pts for pts, _ in lines[max(before - 1, 0):]]
        steps = [b - a for a, b in zip(stamps, stamps[1:])]
        assert all(0 < step <= LONGEST_STEP_MS for step in steps), f"the witness's reader saw a gap: {steps}"
        assert self.publisher.running() and self.reader.process.running()
        self.seen = len(lines)

    def kill(self):
        self.publisher.kill()
        self.reader.process.kill()
