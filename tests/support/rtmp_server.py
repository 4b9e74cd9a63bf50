"""An RTMP server for publishers only. It records what they send, and misbehaves as a test wants."""

import os
import socket
import struct
import threading
import time
from collections import namedtuple

from .rtmp_client import AUDIO, COMMAND, VIDEO, amf0
from .wait import wait_until

Message = namedtuple("Message", "at kind stamp body")  # at: monotonic nanoseconds
SET_CHUNK_SIZE = 1
RESPONSE_CHUNK = 128


class RtmpServer:
    """`refuse`: (code, description) with which publish is refused. `close_on`: on this command, the connection is closed.
    `mute`: this command is not answered. `reads`: when it is cleared, the server reads nothing any more. `tls`: an
    ssl.SSLContext, for RTMPS."""

    def __init__(self, refuse=None, close_on=None, mute=None, receive_buffer=None, address="127.0.0.1", tls=None):
        self.refuse, self.close_on, self.mute, self.tls = refuse, close_on, mute, tls
        self.reads = threading.Event()
        self.reads.set()
        self.messages = []
        self.commands = []     # names
        self.connections = []
        self.ended = []        # monotonic seconds at which a connection was closed by the client
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((address, 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="live/scripted/out"):
        return f"rtmp://127.0.0.1:{self.port}/{path}"

    def media(self, kind=None):
        kinds = (AUDIO, VIDEO) if kind is None else (kind,)
        return [m for m in self.messages if m.kind in kinds]

    def units(self, kind):
        """The media messages that are access units, without the sequence headers."""
        return [m for m in self.media(kind) if not is_sequence_header(m)]

    def wait_units(self, kind, count, seconds=20):
        wait_until(lambda: len(self.units(kind)) >= count,
                   lambda: f"{count} units of kind {kind}, only {len(self.units(kind))}; commands {self.commands}", seconds)

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def connect_refusal(self, body):
        """The description with which connect is refused; None: it is taken. body: the command as it came."""
        return None

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.tls:  # the handshake comes with the first read, on the connection's own thread
                connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        reader = _ChunkReader(connection, self.reads)
        try:
            c0c1 = reader.read(1537)
            connection.sendall(b"\x03" + bytes(8) + os.urandom(1528) + c0c1[1:])
            reader.read(1536)
            while True:
                message = reader.message()
                self.messages.append(message)
                if message.kind == COMMAND:
                    self._answer(connection, message.body)
        except (OSError, EOFError, ValueError):  # ValueError: an ssl.SSLSocket that another thread has just closed
            self.ended.append(time.monotonic())

    def _answer(self, connection, body):
        name = body[3:3 + int.from_bytes(body[1:3], "big")].decode()
        transaction = struct.unpack(">d", body[4 + len(name):12 + len(name)])[0]
        self.commands.append(name)
        if name == self.mute:
            return
        if name == self.close_on:
            connection.shutdown(socket.SHUT_RDWR)
            return
        if name == "connect" and (why := self.connect_refusal(body)):
            _send(connection, "_error", transaction, None,
                  {"level": "error", "code": "NetConnection.Connect.Rejected", "description": why})
            connection.shutdown(socket.SHUT_WR)
        elif name == "connect":
            _send(connection, "_result", transaction, {"fmsVer": "FMS/3,0"},
                  {"level": "status", "code": "NetConnection.Connect.Success"})
        elif name == "createStream":
            _send(connection, "_result", transaction, None, 1)
        elif name == "publish" and self.refuse:
            _send(connection, "onStatus", 0, None,
                  {"level": "error", "code": self.refuse[0], "description": self.refuse[1]})
        elif name == "publish":
            _send(connection, "onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"})


def is_sequence_header(message):
    first = message.body[0]
    if message.kind == VIDEO:
        return first & 0x80 and first & 0x0F == 0 or not first & 0x80 and message.body[1] == 0
    return first >> 4 == 9 and first & 0x0F == 0 or first >> 4 == 10 and message.body[1] == 0


def _send(connection, *values):
    body = b"".join(amf0(v) for v in values)
    head = struct.pack(">BI", 3, 0)[:4] + len(body).to_bytes(3, "big") + bytes([COMMAND]) + struct.pack("<I", 0)
    parts = [body[i:i + RESPONSE_CHUNK] for i in range(0, len(body), RESPONSE_CHUNK)]
    connection.sendall(head + b"\xc3".join(parts))


class _ChunkReader:
    def __init__(self, connection, reads):
        self.connection, self.reads = connection, reads
        self.buffer = bytearray()
        self.arrived = 0
        self.size = 128
        self.heads = {}    # chunk stream -> [stamp, length, kind, extended]
        self.bodies = {}

    def read(self, count):
        while len(self.buffer) < count:
            self.reads.wait()
            data = self.connection.recv(262_144)
            self.arrived = time.monotonic_ns()
            if not data:
                raise EOFError
            self.buffer += data
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def message(self):
        while True:
            first = self.read(1)[0]
            form, stream = first >> 6, first & 0x3F
            head = self._head(form, self.heads.get(stream))
            self.heads[stream] = head
            body = self.bodies.setdefault(stream, bytearray())
            body += self.read(min(self.size, head[1] - len(body)))
            if len(body) < head[1]:
                continue
            del self.bodies[stream]
            if head[2] == SET_CHUNK_SIZE:
                self.size = int.from_bytes(body, "big")
            return Message(self.arrived, head[2], head[0], bytes(body))

    def _head(self, form, before):
        if form == 3:
            if before[3]:
                self.read(4)
            return before
        raw = self.read({0: 11, 1: 7, 2: 3}[form])
        stamp = int.from_bytes(raw[:3], "big")
        extended = stamp == 0xFFFFFF
        length, kind = (int.from_bytes(raw[3:6], "big"), raw[6]) if form < 2 else before[1:3]
        if extended:
            stamp = int.from_bytes(self.read(4), "big")
        if form > 0:
            stamp += before[0]
        return [stamp, length, kind, extended]
