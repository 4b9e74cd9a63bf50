"""A publisher of a clip, for ever and at a live pace, in a thread of its own; no encoder runs."""

import itertools
import threading
import time

from .rtmp_client import RtmpClient, flv_tags

# Sent at once: MediaMTX shows a stream when it has 2 s of its media (contract: RTMP analysis), however soon they come.
FIRST_MS = 2500
SCRIPT = 18
LOOP_MS = 6000  # from one beginning of the clip to the next: more than its length


class LivePublisher:
    """Of live/<name>/in; from the call on, until close() or the end of its with block."""

    def __init__(self, settings, clip, name):
        self._tags = endless(clip)
        self._end = threading.Event()
        self._client = RtmpClient(settings.host, settings.rtmp_port, timeout=30)
        assert self._client.publish(f"rtmp://{settings.host}/live/{name}", "in"), f"{name} was refused"
        self._client.send_tags(list(itertools.takewhile(lambda tag: tag[1] < FIRST_MS, self._tags)))
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._end.set()
        self._thread.join()
        self._client.close()

    def _feed(self):
        began = time.monotonic()
        for tag in self._tags:
            if self._end.wait(began + (tag[1] - FIRST_MS) / 1000 - time.monotonic()):
                return
            self._client.send_tags([tag])


def endless(clip):
    tags = list(flv_tags(clip))
    for start in itertools.count(0, LOOP_MS):
        yield from ((kind, start + stamp, payload) for kind, stamp, payload in tags if kind != SCRIPT or start == 0)
