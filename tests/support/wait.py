"""Tests wait for conditions, never for a fixed time. A deadline only limits how long a failing test takes."""

import time

DEADLINE = 20.0      # long, because a busy machine or a sanitizer build is slow
POLL_SECONDS = 0.01


def wait_until(condition, what, seconds=DEADLINE, poll=POLL_SECONDS):
    """Returns the first true value of the condition. After the deadline it raises AssertionError, which names `what`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what() if callable(what) else what}"
        time.sleep(poll)
