"""Prints what is running, and about how much time is left."""

import sys
import time


class Progress:
    """Corrects its estimates by the time that earlier steps have really taken."""

    def __init__(self, seconds, out=sys.stderr):
        self.total, self.done, self.out = seconds, 0.0, out
        self.begun = time.monotonic()

    def left(self):
        elapsed = time.monotonic() - self.begun
        pace = elapsed / self.done if self.done > 0 else 1.0
        return max(0.0, self.total - self.done) * pace

    def begin(self, what):
        print(f"[{minutes(self.left())} left] {what}", end="  ", file=self.out, flush=True)

    def end(self, outcome, seconds):
        self.done += seconds
        print(outcome, file=self.out, flush=True)


def minutes(seconds):
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
