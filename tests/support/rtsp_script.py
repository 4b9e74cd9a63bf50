"""A scripted RTSP client over TCP. A test words the requests. Replies keep the order of their headers, and interleaved frames are
stored separately."""

import struct
from dataclasses import dataclass, field

from . import tls as tls_support


@dataclass
class Reply:
    status: int
    reason: str
    headers: list  # (name, value), in the order in which they came
    body: bytes = b""

    def get(self, name):
        """The value of the only header with this name. None if there is no such header."""
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(values) <= 1, values
        return values[0] if values else None

    def names(self):
        return [k for k, _ in self.headers]


@dataclass
class Rtp:
    channel: int
    marker: bool
    payload_type: int
    sequence: int
    stamp: int
    ssrc: int
    payload: bytes


@dataclass
class Frame:
    channel: int
    data: bytes

    def rtp(self):
        flags, kind, sequence, stamp, ssrc = struct.unpack(">BBHII", self.data[:12])
        assert flags == 0x80, f"version 2, no padding, extension or CSRC: {flags:#x}"
        return Rtp(self.channel, bool(kind & 0x80), kind & 0x7F, sequence, stamp, ssrc, self.data[12:])


@dataclass
class ScriptedRtsp:
    host: str
    port: int
    timeout: float = 20
    session: str = None
    cseq: int = 0
    data: bytes = b""
    frames: list = field(default_factory=list)
    tls: object = None  # an ssl.SSLContext, for RTSPS

    def __post_init__(self):
        self.socket = tls_support.connect(self.host, self.port, self.timeout, self.tls)

    @property
    def address(self):
        host, port = self.socket.getsockname()[:2]
        return f"{host}:{port}"

    def close(self):
        self.socket.close()

    def send(self, method, url, headers=None, body=b""):
        """Sends a request. CSeq and the session id are added, unless the test gives its own. With None they are left out."""
        self.cseq += 1
        fields = {"CSeq": str(self.cseq)}
        if self.session:
            fields["Session"] = self.session
        if body:
            fields["Content-Length"] = str(len(body))
        fields.update(headers or {})
        lines = "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None)
        self.socket.sendall(f"{method} {url} RTSP/1.0\r\n{lines}\r\n".encode() + body)

    def ask(self, method, url, headers=None, body=b""):
        self.send(method, url, headers, body)
        reply = self.reply()
        if reply.status == 200 and (given := reply.get("Session")):
            self.session = given.split(";")[0]
        return reply

    def setup(self, url, channel=0, **headers):
        return self.ask("SETUP", url, {"Transport": f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}",
                                       **headers})

    def play(self, base, tracks=2):
        """Sends SETUP for each track, and PLAY. Returns the reply to PLAY."""
        for track in range(tracks):
            reply = self.setup(f"{base}/trackID={track}", 2 * track)
            assert reply.status == 200, reply
        reply = self.ask("PLAY", base)
        assert reply.status == 200, reply
        return reply

    def frame(self):
        """The next interleaved frame; stored ones come first. None if the server has closed."""
        while not self.frames:
            if self._one() is None:
                return None
        return self.frames.pop(0)

    def reply(self):
        """The next reply. Frames that come before it are stored."""
        while (found := self._one()) is not None:
            if isinstance(found, Reply):
                return found
        raise ConnectionError("closed instead of a reply")

    def closed_by_server(self):
        """Reads and drops everything until the server closes the connection. False if it does not close it."""
        try:
            while self._one() is not None:
                self.frames.clear()
        except TimeoutError:
            return False
        return True

    def _one(self):
        while True:
            if found := self._take():
                return found
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not more:
                return None
            self.data += more

    def _take(self):
        data = self.data
        if data[:1] == b"$":
            size = int.from_bytes(data[2:4], "big") if len(data) >= 4 else 1 << 20
            if len(data) < 4 + size:
                return None
            self.data = data[4 + size:]
            self.frames.append(Frame(data[1], data[4:4 + size]))
            return self.frames[-1]
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *lines = head.decode().split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines]
        size = next((int(v) for k, v in headers if k == "Content-Length"), 0)
        if len(rest) < size:
            return None
        version, status, reason = first.split(" ", 2)
        assert version == "RTSP/1.0"
        self.data = rest[size:]
        return Reply(int(status), reason, headers, rest[:size])
