"""Reads RTMP as a strict client does: messages from chunks (RTMP 1.0 §5.3), and AMF0 values."""

import struct
from dataclasses import dataclass

SET_CHUNK_SIZE = 1


@dataclass
class Message:
    chunk_stream: int
    stamp: int
    kind: int
    message_stream: int
    payload: bytes

    def values(self):
        """The AMF0 values of a command or data message."""
        return amf0_values(self.payload)


class ChunkReader:
    """Takes bytes in portions of any size, and returns complete messages."""

    def __init__(self):
        self.data, self.size = b"", 128
        self.last = {}    # chunk stream -> header fields
        self.partial = {}  # chunk stream -> payload so far

    def feed(self, data):
        self.data += data
        messages = []
        while (taken := self._chunk()) is not None:
            length, message = taken
            self.data = self.data[length:]
            if message:
                if message.kind == SET_CHUNK_SIZE:
                    self.size = struct.unpack(">I", message.payload)[0]
                messages.append(message)
        return messages

    def _chunk(self):
        """(size of the next chunk, the message that it completes or None). None if the chunk is not complete yet."""
        data = self.data
        if not data:
            return None
        form, chunk_stream = data[0] >> 6, data[0] & 0x3F
        assert chunk_stream >= 2, "a chunk stream id of 64 or more"
        header = (11, 7, 3, 0)[form]
        if len(data) < 1 + header:
            return None
        stamp, length, kind, message_stream = self._header(form, chunk_stream, data[1:1 + header])
        position = 1 + header
        if stamp == 0xFFFFFF:
            if len(data) < position + 4:
                return None
            stamp = struct.unpack_from(">I", data, position)[0]
            position += 4
        so_far = self.partial.get(chunk_stream, b"")
        take = min(self.size, length - len(so_far))
        if len(data) < position + take:
            return None
        self._remember(form, chunk_stream, stamp, length, kind, message_stream, started=bool(so_far))
        payload = so_far + data[position:position + take]
        self.partial[chunk_stream] = b"" if len(payload) == length else payload
        whole = len(payload) == length
        now = self.last[chunk_stream][0]
        return position + take, Message(chunk_stream, now, kind, message_stream, payload) if whole else None

    def _header(self, form, chunk_stream, raw):
        stamp = int.from_bytes(raw[:3], "big") if form < 3 else None
        if form < 2:
            length, kind = int.from_bytes(raw[3:6], "big"), raw[6]
        else:
            length, kind = self.last[chunk_stream][1:3]
        message_stream = struct.unpack("<I", raw[7:11])[0] if form == 0 else self.last[chunk_stream][3]
        if form == 3:
            extended = self.last[chunk_stream][5]
            stamp = 0xFFFFFF if extended else 0
        return stamp, length, kind, message_stream

    def _remember(self, form, chunk_stream, stamp, length, kind, message_stream, started):
        before = self.last.get(chunk_stream)
        if form == 0:
            now, delta = stamp, 0
        elif form < 3:
            now, delta = before[0] + stamp, stamp
        else:
            delta = before[4]
            now = before[0] if started else before[0] + delta
        extended = before[5] if form == 3 else stamp >= 0xFFFFFF
        self.last[chunk_stream] = (now & 0xFFFFFFFF, length, kind, message_stream, delta, extended)


def amf0_values(data):
    values, position = [], 0
    while position < len(data):
        value, position = _value(data, position)
        values.append(value)
    return values


def _value(data, at):
    marker, at = data[at], at + 1
    if marker == 0:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if marker == 1:
        return bool(data[at]), at + 1
    if marker == 2:
        return _string(data, at)
    if marker in (3, 8):
        return _object(data, at + (4 if marker == 8 else 0))
    if marker in (5, 6):
        return None, at
    if marker == 10:
        items = []
        count, at = struct.unpack_from(">I", data, at)[0], at + 4
        for _ in range(count):
            item, at = _value(data, at)
            items.append(item)
        return items, at
    raise ValueError(f"AMF0 marker {marker}")


def _string(data, at):
    end = at + 2 + int.from_bytes(data[at:at + 2], "big")
    return data[at + 2:end].decode(), end


def _object(data, at):
    found = {}
    while data[at:at + 3] != b"\x00\x00\x09":
        key, at = _string(data, at)
        found[key], at = _value(data, at)
    return found, at + 3
