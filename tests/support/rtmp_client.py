"""A small RTMP publisher that sends exactly what a test wants: any way to split an address into server and key, any pause, any
bytes. It sends each message in one chunk (with a large chunk size), and is lenient when it reads replies.
"""

import os
import struct

from . import tls as tls_support

CHUNK_SIZE = 65536
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20


def amf0(value):
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return b"\x01" + bytes([value])
    if isinstance(value, (int, float)):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + _short_string(value)
    if isinstance(value, list):
        return b"\x0a" + struct.pack(">I", len(value)) + b"".join(amf0(v) for v in value)
    return b"\x03" + b"".join(_short_string(k) + amf0(v) for k, v in value.items()) + b"\x00\x00\x09"


def _short_string(text):
    raw = text.encode(errors="surrogateescape")  # so that a test may send bytes that are not text
    return struct.pack(">H", len(raw)) + raw


def flv_tags(file):
    """(message type, timestamp, payload) of each tag of an FLV file."""
    data = file.read_bytes()
    position = 13  # the header and the first back pointer
    while position + 11 <= len(data):
        kind = data[position]
        size = int.from_bytes(data[position + 1:position + 4], "big")
        stamp = int.from_bytes(data[position + 4:position + 7], "big") | data[position + 7] << 24
        yield kind, stamp, data[position + 11:position + 11 + size]
        position += 11 + size + 4


def write_flv(file, tags):
    """The reverse of flv_tags(): writes the tags into a file."""
    parts = [b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4)]
    for kind, stamp, payload in tags:
        head = bytes([kind]) + len(payload).to_bytes(3, "big") + (stamp & 0xFFFFFF).to_bytes(3, "big") + \
            bytes([stamp >> 24]) + bytes(3)
        parts.append(head + payload + struct.pack(">I", 11 + len(payload)))
    file.write_bytes(b"".join(parts))
    return file


class RtmpClient:
    def __init__(self, host, port, timeout=10, tls=None):
        """tls: an ssl.SSLContext, for RTMPS."""
        self.socket = tls_support.connect(host, port, timeout, tls)
        self.received = b""

    @property
    def local_port(self):
        return self.socket.getsockname()[1]

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def handshake(self, c1=None, c2=None):
        c1 = c1 or bytes(8) + os.urandom(1528)
        self.socket.sendall(b"\x03" + c1)
        reply = self._read_exactly(1 + 1536 + 1536)
        self.socket.sendall(c2 or reply[1:1537])

    def ping(self, stamp=b"ping"):
        """Whether the server still answers."""
        self.message(4, b"\x00\x06" + stamp, chunk_stream=2)
        return self.wait_for(b"\x00\x07" + stamp)

    def message(self, kind, payload, chunk_stream=3, message_stream=0, stamp=0):
        head = struct.pack(">BI", chunk_stream, min(stamp, 0xFFFFFF) << 8)[:4]
        head += len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", message_stream)
        parts = [head + payload[:CHUNK_SIZE]]
        for begin in range(CHUNK_SIZE, len(payload), CHUNK_SIZE):
            parts.append(bytes([0xC0 | chunk_stream]) + payload[begin:begin + CHUNK_SIZE])
        self.socket.sendall(b"".join(parts))

    def command(self, name, transaction, *values, message_stream=0):
        payload = b"".join(amf0(v) for v in (name, transaction, *values))
        self.message(COMMAND, payload, message_stream=message_stream)

    def connect(self, tc_url, **more):
        """tc_url is the server field of the encoder. Its path is sent as the application, as encoders do."""
        app = tc_url.split("/", 3)[3] if tc_url.count("/") >= 3 else ""
        self.message(1, struct.pack(">I", CHUNK_SIZE), chunk_stream=2)
        self.command("connect", 1, {"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0 (test)",
                                    "tcUrl": tc_url, **more})

    def publish(self, tc_url, key):
        """Does the whole dialogue. Returns True if the server answers NetStream.Publish.Start."""
        self.handshake()
        self.connect(tc_url)
        self.command("createStream", 2, None)
        self.command("publish", 3, None, key, "live", message_stream=1)
        return self.wait_for(b"NetStream.Publish.Start")

    def play(self, tc_url, key, **more):
        self.handshake()
        self.connect(tc_url, **more)
        self.command("createStream", 2, None)
        self.command("play", 3, None, key, message_stream=1)
        return self.wait_for(b"NetStream.Play.Start")

    def messages(self):
        """The messages of the server after the handshake: (type, timestamp, payload)."""
        chunk_size, streams = 128, {}
        while True:
            first = self._take(1)[0]
            form, stream = first >> 6, streams.setdefault(first & 63, {"body": b"", "stamp": 0})
            head = self._take((11, 7, 3, 0)[form])
            if form < 3:
                field = int.from_bytes(head[:3], "big")
                value = int.from_bytes(self._take(4), "big") if field == 0xFFFFFF else field
                stream["stamp"] = value if form == 0 else stream["stamp"] + value
            if form < 2:
                stream["length"], stream["type"] = int.from_bytes(head[3:6], "big"), head[6]
            stream["body"] += self._take(min(chunk_size, stream["length"] - len(stream["body"])))
            if len(stream["body"]) == stream["length"]:
                body, stream["body"] = stream["body"], b""
                if stream["type"] == 1:
                    chunk_size = int.from_bytes(body, "big")
                yield stream["type"], stream["stamp"], body

    def _take(self, count):
        while len(self.received) < count:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed")
            self.received += data
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def wait_for(self, text):
        """Whether this text arrives before the server closes the connection."""
        while text not in self.received:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return False
            if not data:
                return False
            self.received += data
        return True

    def closed_by_server(self):
        """Reads until the connection ends. A reset also ends it."""
        try:
            while data := self.socket.recv(65536):
                self.received += data
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def send_tags(self, tags):
        for kind, stamp, payload in tags:
            chunk_stream = {AUDIO: 4, VIDEO: 6}.get(kind, 5)
            self.message(kind, payload, chunk_stream, message_stream=1, stamp=stamp)

    def _read_exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("closed during the handshake")
            data += more
        return data
