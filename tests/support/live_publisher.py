"""RTMP publishers that send a clip's tags themselves: no encoder runs."""

import itertools
import threading
import time

from .clips import CLIP_SECONDS
from .rtmp_client import RtmpClient, flv_tags

# What a router needs before it lists a stream: with MediaMTX 2 s of media, however fast these are sent.
FIRST_MS = 2500
SCRIPT = 18


def first_tags(clip):
    return [tag for tag in flv_tags(clip) if tag[1] < FIRST_MS]


def publish_once(settings, tags, name):
    """Connects a publisher of live/<name>/in and sends these tags. It stays connected until it is closed."""
    client = RtmpClient(settings.host, settings.rtmp_port, timeout=30)
    assert client.publish(f"rtmp://{settings.host}/live/{name}", "in"), f"{name} was refused"
    client.send_tags(tags)
    return client


class LivePublisher:
    """Publishes live/<name>/in endlessly, in its own thread: the first tags at once, the others in real time."""

    def __init__(self, settings, clip, name):
        self._client = publish_once(settings, first_tags(clip), name)
        self.left_out = set()  # kinds of tags that are currently not sent
        self.began = time.time()  # what has the stamp FIRST_MS is sent now
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
    """The tags of the clip again and again, on one time line. The metadata comes only once."""
    for start in itertools.count(0, CLIP_SECONDS * 1000):
        yield from ((kind, start + stamp, payload) for kind, stamp, payload in tags if kind != SCRIPT or start == 0)
