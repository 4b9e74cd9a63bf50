"""Viewers of live.mp4: raw connections that keep what comes, and what its boxes say."""

import itertools
import socket
import struct
import threading

HEAD_END = b"\r\n\r\n"


class LiveViewer:
    """GET <path>/live.mp4 over a connection of its own. Nothing is read before read_on() or feed()."""

    def __init__(self, host, port, path, query="", headers=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect((host, port))
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket.sendall(f"GET /{path}/live.mp4{query} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode())
        self.received = b""
        self.ended = False
        self._reader = None

    def close(self):
        self.socket.close()

    def feed(self):
        """Reads once. False at the end of the answer."""
        try:
            more = self.socket.recv(1 << 16)
        except ConnectionError:
            more = b""
        self.received += more
        self.ended = not more
        return bool(more)

    def read_on(self):
        """Reads until the end, in a thread."""
        def run():
            try:
                while self.feed():
                    pass
            except OSError:
                pass  # the test has closed it
        self._reader = threading.Thread(target=run, daemon=True)
        self._reader.start()
        return self

    def head(self):
        """(status, headers with names in lower case)."""
        while HEAD_END not in self.received and self.feed():
            pass
        lines = self.received.partition(HEAD_END)[0].decode().split("\r\n")
        return int(lines[0].split()[1]), dict((name.lower(), value) for name, _, value in
                                              (line.partition(": ") for line in lines[1:]))

    def body(self):
        return self.received.partition(HEAD_END)[2]

    def boxes(self):
        """(type, whole box) of the boxes that are there completely."""
        body, at = self.body(), 0
        while at + 8 <= len(body):
            size, kind = struct.unpack(">I4s", body[at:at + 8])
            if at + size > len(body):
                return
            yield kind.decode(), body[at:at + size]
            at += size

    def init(self):
        return b"".join(box for kind, box in itertools.islice(self.boxes(), 2))

    def fragments(self):
        """{sequence number: moof and mdat}, in the order in which they came."""
        found, moof = {}, None
        for kind, box in itertools.islice(self.boxes(), 2, None):
            if kind == "moof":
                moof = box
            else:
                assert kind == "mdat" and moof is not None, kind
                found[struct.unpack(">I", moof[20:24])[0]] = moof + box  # moof, mfhd, version, number
                moof = None
        return found


def begins_with_key_frame(fragment):
    """Whether the first sample of the first track of the fragment has no flag that says otherwise."""
    trun = fragment.index(b"trun") + 4
    flags = struct.unpack(">I", fragment[trun:trun + 4])[0] & 0xFFFFFF
    if not flags & 0x400:  # no flags: all are sync samples
        return True
    first = trun + 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    return struct.unpack(">I", fragment[first + 8:first + 12])[0] & 0x10000 == 0
