"""Asks a program's health URL."""

import time
import urllib.error
import urllib.request

POLL_SECONDS = 0.01
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def fetch(url, headers, timeout):
    """The answer's text; urllib's errors, of an error status too."""
    with _opener.open(urllib.request.Request(url, headers=headers), timeout=timeout) as reply:
        return reply.read().decode()


def is_healthy(url, headers=None, timeout=1.0):
    try:
        with _opener.open(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as reply:
            return reply.status == 200
    except (OSError, ValueError):
        return False


def wait_healthy(urls, seconds, give_up=lambda: False, poll_seconds=POLL_SECONDS, headers=None):
    """The URLs that are still not healthy at the deadline, or when give_up() says so; empty is good."""
    deadline = time.monotonic() + seconds
    waiting = list(urls)
    while True:
        waiting = [url for url in waiting if not is_healthy(url, headers)]
        if not waiting or time.monotonic() > deadline or give_up():
            return waiting
        time.sleep(poll_seconds)
