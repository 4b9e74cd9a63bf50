"""A small RTSP client over TCP that sends exactly what a test wants: any headers, any bytes, in any order."""

import base64
import hashlib
import re
import struct
from dataclasses import dataclass, field

from . import tls as tls_support

USER_AGENT = "tidegate-test"


@dataclass
class Reply:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""


class RtspClient:
    def __init__(self, host, port, timeout=15, tls=None):
        """tls: an ssl.SSLContext, for RTSPS."""
        self.socket = tls_support.connect(host, port, timeout, tls)
        self.scheme = "rtsps" if tls else "rtsp"
        self.host, self.port = host, port
        self.received = b""
        self.cseq = 0
        self.session = None
        self.frames = []  # (channel, payload) of the frames that came between replies

    @property
    def local_port(self):
        return self.socket.getsockname()[1]

    def close(self):
        self.socket.close()

    def url(self, path):
        return f"{self.scheme}://{self.host}:{self.port}/{path}"

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, url, headers=None, body=b""):
        self.cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.cseq}", f"User-Agent: {USER_AGENT}"]
        if self.session and "Session" not in (headers or {}):
            lines.append(f"Session: {self.session}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items() if value is not None]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body)

    def request(self, method, url, headers=None, body=b""):
        self.send_request(method, url, headers, body)
        return self.reply()

    def send_frame(self, channel, payload):
        self.send(b"$" + struct.pack(">BH", channel, len(payload)) + payload)

    def reply(self):
        """The next reply. Interleaved frames that come before it are put into `frames`. None if the server has closed."""
        while True:
            if self.received[:1] == b"$":
                frame = self._read_frame()
                if frame is None:
                    return None
                self.frames.append(frame)
                continue
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                if not self._read_more():
                    return None
                continue
            head = self.received[:end].decode()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
            length = int(headers.get("Content-Length", 0))
            while len(self.received) < end + 4 + length:
                if not self._read_more():
                    return None
            body = self.received[end + 4:end + 4 + length]
            self.received = self.received[end + 4 + length:]
            if "Session" in headers:
                self.session = headers["Session"].split(";")[0]
            return Reply(int(head.split()[1]), headers, body)

    def frame(self):
        """(channel, payload) of the next interleaved frame. None if the server has closed."""
        return self.frames.pop(0) if self.frames else self._read_frame()

    def _read_frame(self):
        while len(self.received) < 4 or len(self.received) < 4 + int.from_bytes(self.received[2:4], "big"):
            if not self._read_more():
                return None
        size = int.from_bytes(self.received[2:4], "big")
        frame = (self.received[1], self.received[4:4 + size])
        self.received = self.received[4 + size:]
        return frame

    def closed_by_server(self):
        """Reads until the connection ends. A reset also ends it."""
        try:
            while self._read_more():
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def _read_more(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    # Dialogues

    def setup(self, path, track=0, channels="0-1", **headers):
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels}"
        return self.request("SETUP", f"{self.url(path)}/trackID={track}", {"Transport": transport, **headers})

    def play(self, path):
        """Sends SETUP for the first track, and PLAY."""
        assert self.setup(path).status == 200
        return self.request("PLAY", self.url(path))

    def announce(self, path, sdp, **headers):
        return self.request("ANNOUNCE", self.url(path), {"Content-Type": "application/sdp", **headers}, sdp)

    def record(self, path, sdp):
        """Sends ANNOUNCE, SETUP for each media (channels 0-1, 2-3 ...) and RECORD."""
        assert self.announce(path, sdp).status == 200
        for index, control in enumerate(re.findall(rb"^a=control:(\S+)", sdp, re.M)):
            transport = f"RTP/AVP/TCP;unicast;mode=record;interleaved={2 * index}-{2 * index + 1}"
            done = self.request("SETUP", f"{self.url(path)}/{control.decode()}", {"Transport": transport})
            assert done.status == 200, done
        return self.request("RECORD", self.url(path))


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def digest(challenge, user, password, method, url):
    """The Authorization header that answers a "WWW-Authenticate: Digest" header (MD5 without qop)."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    who, what = md5(f"{user}:{fields['realm']}:{password}"), md5(f"{method}:{url}")
    proof = md5(f"{who}:{fields['nonce']}:{what}")
    return (f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{url}", '
            f'response="{proof}"')


def rtp(payload, sequence, timestamp, marker=True, payload_type=96, ssrc=0x1234):
    return struct.pack(">BBHII", 0x80, payload_type | (0x80 if marker else 0), sequence & 0xFFFF,
                       timestamp & 0xFFFFFFFF, ssrc) + payload
