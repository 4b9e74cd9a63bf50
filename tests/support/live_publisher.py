"""RTMP publishers that send a clip's tags themselves: no encoder runs."""

import itertools
import threading
import time

from .clips import CLIP_SECONDS
from .rtmp_client import RtmpClient, flv_tags

# What a router needs to show a stream: MediaMTX 2 s of media (contract: RTMP analysis), however soon they come.
FIRST_MS = 2500
SCRIPT = 18


def first_tags(clip):
    return [tag for tag in flv_tags(clip) if tag[1] < FIRST_MS]


def publish_once(settings, tags, name):
    """A publisher of live/<name>/in that has sent these tags; it stays until it is closed."""
    client = RtmpClient(settings.host, settings.rtmp_port, timeout=30)
    assert client.publish(f"rtmp://{settings.host}/live/{name}", "in"), f"{name} was refused"
    client.send_tags(tags)
    return client


class LivePublisher:
    """Of live/<name>/in, for ever: the first tags at once, then at a live pace, in a thread of its own."""

    def __init__(self, settings, clip, name):
        self._client = publish_once(settings, first_tags(clip), name)
        self.left_out = set()  # kinds of tags that are not sent for now
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._feed, args=(list(flv_tags(clip)),), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._client.close()

    def _feed(self, tags):
        began = time.monotonic()
        for kind, stamp, payload in itertools.dropwhile(lambda tag: tag[1] < FIRST_MS, endless(tags)):
            if self._end.wait(began + (stamp - FIRST_MS) / 1000 - time.monotonic()):
                return
            if kind not in self.left_out:
                self._client.send_tags([(kind, stamp, payload)])


def endless(tags):
    """The clip's tags again and again, on one time line; its metadata only once."""
    for start in itertools.count(0, CLIP_SECONDS * 1000):
        yield from ((kind, start + stamp, payload) for kind, stamp, payload in tags if kind != SCRIPT or start == 0)
