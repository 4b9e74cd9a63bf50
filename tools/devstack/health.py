"""Asks a program's health URL."""

import time
import urllib.error
import urllib.request

POLL_SECONDS = 0.01
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def fetch(url, headers, timeout):
    """The text of the answer. Raises the errors of urllib, also for an HTTP error status."""
    with _opener.open(urllib.request.Request(url, headers=headers), timeout=timeout) as reply:
        return reply.read().decode()


def is_healthy(url, headers=None, timeout=1.0):
    try:
        with _opener.open(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as reply:
            return reply.status == 200
    except (OSError, ValueError):
        return False


def wait_healthy(urls, seconds, give_up=lambda: False, poll_seconds=POLL_SECONDS, headers=None):
    """Waits until all URLs are healthy, the deadline is over, or give_up() returns true. Returns the URLs that are not healthy."""
    deadline = time.monotonic() + seconds
    waiting = list(urls)
    while True:
        waiting = [url for url in waiting if not is_healthy(url, headers)]
        if not waiting or time.monotonic() > deadline or give_up():
            return waiting
        time.sleep(poll_seconds)
