"""Makes RTMP messages of a clip, endlessly and in real time. One clock serves any number of streams."""

import struct

from support.rtmp_client import AUDIO, DATA, VIDEO, amf0, flv_tags

from . import timecode

CHUNK_STREAM = {AUDIO: 4, VIDEO: 6, DATA: 5}


def message(kind, stamp, payload):
    """The bytes of a message in one chunk. For this the publisher announces a chunk size that is larger than any unit."""
    stamp &= 0xFFFFFFFF
    head = bytes([CHUNK_STREAM[kind]]) + struct.pack(">I", min(stamp, 0xFFFFFF) << 8)[:3]
    head += len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", 1)
    return head + (struct.pack(">I", stamp) if stamp >= 0xFFFFFF else b"") + payload


def _is_header(kind, payload):
    return kind == DATA or len(payload) > 1 and payload[1] == 0 and (kind == VIDEO or payload[0] >> 4 == 10)


class Feed:
    """tick(n) returns what is to be sent n periods after the start: a video unit, and the audio up to the next video unit."""

    def __init__(self, clip, keyframes_only=False):
        tags = [(kind, stamp, payload) for kind, stamp, payload in flv_tags(clip)]
        self._headers = [(k, amf0("@setDataFrame") + p if k == DATA else p) for k, _, p in tags if _is_header(k, p)]
        media = [(k, s, p) for k, s, p in tags if not _is_header(k, p) and len(p) > 5]
        media = [item for item in media if not keyframes_only or item[0] == VIDEO and item[2][0] >> 4 == 1]
        self._ticks = []
        for item in media:
            if item[0] == VIDEO:
                self._ticks.append([])
            if self._ticks:
                self._ticks[-1].append(item)
        stamps = [tick[0][1] for tick in self._ticks]
        self.period = (stamps[-1] - stamps[0]) / (len(stamps) - 1) / 1000  # seconds
        self._length = round(self.period * len(stamps) * 1000)
        self._first = stamps[0]
        self._cached = (None, b"")

    def headers(self, n):
        """The sequence headers that a decoder needs before tick n."""
        stamp = self._stamp(n, self._ticks[n % len(self._ticks)][0][1])
        return b"".join(message(kind, stamp, payload) for kind, payload in self._headers)

    def starts_here(self, n):
        return self._ticks[n % len(self._ticks)][0][2][0] >> 4 == 1  # a key frame

    def tick(self, n, code=None):
        """The bytes of tick n. They are made once for all streams; with a time code they are made each time."""
        if code is None and self._cached[0] == n:
            return self._cached[1]
        parts = []
        for kind, stamp, payload in self._ticks[n % len(self._ticks)]:
            if code is not None and kind == VIDEO:
                payload = timecode.stamp(payload, code)
            parts.append(message(kind, self._stamp(n, stamp), payload))
        data = b"".join(parts)
        self._cached = (n, data)
        return data

    def _stamp(self, n, stamp):
        return n // len(self._ticks) * self._length + stamp - self._first
