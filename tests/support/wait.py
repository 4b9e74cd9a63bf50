"""Tests wait for conditions, never for time to pass; a deadline only bounds a failure."""

import time

DEADLINE = 20.0      # generous: a loaded machine or a sanitizer build is slow, not wrong
POLL_SECONDS = 0.01


def wait_until(condition, what, seconds=DEADLINE, poll=POLL_SECONDS):
    """The condition's first truthy value; AssertionError naming `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what() if callable(what) else what}"
        time.sleep(poll)
