"""An RTSP reader over TCP (RFC 2326) that notes when each access unit was complete."""

import re
import select
import ssl
import struct
import time

from support import tls

from . import timecode

REPLY_SECONDS = 10
RECEIVE_BYTES = 1 << 18


class RtspError(Exception):
    pass


class RtspReader:
    def __init__(self, target, path):
        """target: a Target."""
        context = target.tls()
        self.url = f"rtsp{'s' if context else ''}://{target.host}:{target.rtsp_port}/{path}"
        self.socket = tls.connect(target.host, target.rtsp_port, REPLY_SECONDS, context)
        self.buffer = bytearray()
        self.sequence = 0

    def close(self):
        self.socket.close()

    def request(self, method, url=None, **headers):
        """Sends a request. Returns (status, headers, body) of the reply."""
        self.sequence += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.sequence}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        length = int(fields.get("Content-Length", 0))
        self.buffer = bytearray(rest)
        while len(self.buffer) < length:
            self._receive()
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return int(head.split()[1]), fields, body.decode()

    def describe(self):
        """The session description. None if there is no stream to read yet."""
        status, _, body = self.request("DESCRIBE", Accept="application/sdp")
        return body if status == 200 else None

    def play_video(self):
        sdp = self.describe()
        if sdp is None:
            raise RtspError(f"{self.url} cannot be read")
        media = sdp[sdp.index("m=video"):]
        control = re.search(r"a=control:(\S+)", media).group(1)
        track = control if control.startswith(("rtsp:", "rtsps:")) else f"{self.url}/{control}"
        status, fields, _ = self.request("SETUP", track, Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        if status != 200:
            raise RtspError(f"SETUP {track}: {status}")
        session = fields["Session"].split(";")[0]
        status, _, _ = self.request("PLAY", Session=session)
        if status != 200:
            raise RtspError(f"PLAY {self.url}: {status}")

    def arrivals(self, direct, seconds):
        """({code: arrival over RTSP}, {code: arrival on the direct connection}), in nanoseconds."""
        over_rtsp, over_direct = {}, {}
        code, straight = None, b""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([direct, self.socket], [], [], left)
            if direct in ready:
                straight += direct.recv(4096)
                for (sent,) in struct.iter_unpack(">Q", straight[:len(straight) & ~7]):
                    over_direct[sent] = time.monotonic_ns()
                straight = straight[len(straight) & ~7:]
            if self.socket in ready:
                self._receive()
                arrived = time.monotonic_ns()
                for packet in self._packets():
                    code = timecode.find(packet) or code
                    if packet[1] & 0x80 and code:  # with the marker bit, the unit is complete
                        over_rtsp[code] = arrived
                        code = None
        return over_rtsp, over_direct

    def _packets(self):
        """The complete RTP packets. RTCP packets and replies are skipped."""
        position, data = 0, self.buffer
        while len(data) - position >= 4:
            if data[position] != 0x24:  # '$'
                end = data.find(b"\r\n\r\n", position)
                if end < 0:
                    break
                position = end + 4
                continue
            size = int.from_bytes(data[position + 2:position + 4], "big")
            if len(data) - position < 4 + size:
                break
            if data[position + 1] == 0:
                yield bytes(data[position + 4:position + 4 + size])
            position += 4 + size
        del self.buffer[:position]

    def _receive(self):
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise RtspError(f"{self.url}: the router closed the connection")
        self.buffer += data
        # What TLS has decrypted already, select() does not see.
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            self.buffer += self.socket.recv(RECEIVE_BYTES)
