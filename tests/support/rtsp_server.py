"""An RTSP server that misbehaves as a test wants. It has TCP only and one path. The test (or a Pump) sends the packets."""

import re
import socket
import struct
import threading
import time

from .wait import wait_until

H264_SDP = ("m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\na=rtpmap:96 H264/90000\r\n"
            "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAH4yNQKAv8A==,aM48gA==\r\n")
AAC_SDP = ("m=audio 0 RTP/AVP 97\r\na=control:trackID=1\r\na=rtpmap:97 mpeg4-generic/44100/2\r\n"
           "a=fmtp:97 streamtype=5; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config=1210\r\n")
HEAD_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=scripted\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
VIDEO_RATE, AUDIO_RATE = 90_000, 44_100
FRAME_SECONDS = 1 / 30
AAC_SECONDS = 1024 / 44_100


class RtspServer:
    """`status`: {method: code to answer with}. `mute`: methods that are never answered. A test may change both at any time."""

    def __init__(self, sdp=HEAD_SDP + H264_SDP + AAC_SDP, status=None, mute=()):
        self.sdp = sdp
        self.status = dict(status or {})
        self.mute = set(mute)
        self.requests = []     # (monotonic seconds, method)
        self.connections = []  # accepted sockets, oldest first
        self.playing = None    # the socket of the latest PLAY
        self._sequence = {}
        self._channels = {}    # {track: channel that the client has chosen for its RTP}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="live/scripted/in"):
        return f"rtsp://127.0.0.1:{self.port}/{path}"

    def methods(self):
        return [method for _, method in self.requests]

    def times(self, method):
        return [at for at, name in self.requests if name == method]

    def wait_for(self, method, count=1, seconds=20):
        wait_until(lambda: self.methods().count(method) >= count,
                   lambda: f"{count} {method}, only {self.methods()}", seconds)

    def drop(self):
        """Closes the latest connection."""
        self.playing = None
        self.connections[-1].shutdown(socket.SHUT_RDWR)

    def close(self):
        self.playing = None
        self.listener.close()
        for connection in self.connections:
            connection.close()

    # Media

    def send_report(self, track, rtptime, at=None):
        seconds = (time.time() if at is None else at) + NTP_EPOCH
        ntp = int(seconds * 2**32)
        self._frame(track, 1, struct.pack(">BBHIQIII", 0x80, 200, 6, track + 1, ntp, rtptime & 0xFFFFFFFF, 0, 0))

    def send_rtp(self, track, rtptime, payload, marker=True):
        sequence = self._sequence.get(track, 0)
        self._sequence[track] = sequence + 1
        head = struct.pack(">BBHII", 0x80, (0x80 if marker else 0) | (96 + track), sequence & 0xFFFF,
                           rtptime & 0xFFFFFFFF, track + 1)
        self._frame(track, 0, head + payload)

    def send_picture(self, rtptime, body, keyframe):
        self.send_rtp(0, rtptime, (b"\x65" if keyframe else b"\x41") + body)

    def send_aac(self, rtptime, body):
        self.send_rtp(1, rtptime, struct.pack(">HH", 16, len(body) << 3) + body)

    def _frame(self, track, is_rtcp, packet):
        target = self.playing
        if target is None or track not in self._channels:
            return
        try:
            target.sendall(b"$" + struct.pack(">BH", self._channels[track] + is_rtcp, len(packet)) + packet)
        except OSError:
            self.playing = None

    # The dialogue

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = b""
        try:
            while more := connection.recv(65536):
                data += more
                while b"\r\n\r\n" in data:
                    head, data = data.split(b"\r\n\r\n", 1)
                    self._answer(connection, head.decode().split("\r\n"))
        except OSError:
            pass

    def _answer(self, connection, lines):
        method, url = lines[0].split(" ")[:2]
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        self.requests.append((time.monotonic(), method))
        if method in self.mute:
            return
        code = self.status.get(method, 200)
        reply = [f"RTSP/1.0 {code} {'OK' if code == 200 else 'Refused'}", f"CSeq: {headers['cseq']}"]
        body = ""
        if code == 200 and method == "DESCRIBE":
            body = self.sdp
            reply += [f"Content-Base: {url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif code == 200 and method == "SETUP":
            reply += [f"Transport: {headers['transport']}", "Session: 1234;timeout=60"]
            self._channels[int(url[-1])] = int(re.search(r"interleaved=(\d+)", headers["transport"])[1])
        connection.sendall(("\r\n".join(reply) + "\r\n\r\n" + body).encode())
        if code == 200 and method == "PLAY":
            self._sequence = {}
            self.playing = connection
        elif method == "TEARDOWN":
            self.playing = None


# The first bit of a time that Pump sends. Without it, a machine that has run for 18 to 36 minutes sends 00 00 01, which is a start code.
_STAMP = 1 << 63


def sent_at(message):
    """The sender's time of a picture of Pump, as it arrives over RTMP: in ns, by this machine's monotonic clock."""
    return int.from_bytes(message.body[10:18], "big") ^ _STAMP


class Pump:
    """Sends a picture every 1/30 s, and AAC units between them. The first 8 bytes of each contain the sender's time: sent_at()."""

    def __init__(self, server, size=200, group=30):
        self.server = server
        self.size = size
        self.group = group
        self.paused = threading.Event()
        self.stopped = threading.Event()
        self.pictures = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        started = time.monotonic()
        reported = None
        audio_units = 0
        while not self.stopped.wait(max(0.0, started + self.pictures * FRAME_SECONDS - time.monotonic())):
            server, picture = self.server, self.pictures
            self.pictures += 1
            if self.paused.is_set() or server.playing is None:
                continue
            now = picture * FRAME_SECONDS
            if reported is not server.playing:
                reported = server.playing
                for track, rate in ((0, VIDEO_RATE), (1, AUDIO_RATE)):
                    server.send_report(track, int(now * rate), time.time())
                audio_units = int(now / AAC_SECONDS)
            server.send_picture(int(now * VIDEO_RATE), self._body(self.size), picture % self.group == 0)
            while audio_units * AAC_SECONDS <= now:
                server.send_aac(audio_units * 1024, self._body(100))
                audio_units += 1

    @staticmethod
    def _body(size):
        return struct.pack(">Q", _STAMP | time.monotonic_ns()) + bytes(max(0, size - 8))
