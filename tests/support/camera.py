"""An RTSP publisher that behaves like cameras. It sends a real clip in the forms of packets and descriptions that cameras are
known for, together with tracks that the router does not support."""

import re
import struct
import subprocess
import threading
import time

from .rtsp_script import ScriptedRtsp

FPS = 30
RATE = 44_100
SAMPLES = 1024
VIDEO, AUDIO, METADATA, RETRANSMISSION = 96, 97, 107, 98
PAYLOAD = 1400
START = b"\0\0\0\1"

HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
# Without parameter sets, because these come before each key frame.
PLAIN = (f"{HEAD}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
         "a=control:trackID=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/1\r\na=fmtp:97 mode=AAC-hbr;"
         "sizelength=13;indexlength=3;indexdeltalength=3;config=1208\r\na=control:trackID=1\r\n")
ODD = (f"o=- 1 1 IN IP4 0.0.0.0\r\ns=camera\r\nt=0 0\r\nthread=0 0\r\nm=video 0 RTP/AVP 98 96\r\na=rtpmap:98 rtx/90000\r\n"
       "a=fmtp:98 apt=96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=Z0LA&\r\na=sendonly\r\n"
       "a=control:/trackID=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/1\r\na=control:/trackID=1\r\n"
       "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:/trackID=2\r\n")


def _copied(clip, kind, form):
    return subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-i", str(clip), "-map", f"0:{kind}", "-c", "copy",
                           "-f", form, "-"], check=True, capture_output=True).stdout


def pictures(clip):
    """The access units of the clip. Each is a list of NAL units."""
    found, has_slice = [[]], False
    for nalu in filter(None, re.split(rb"\x00\x00\x00?\x01", _copied(clip, "v", "h264"))):
        is_slice = nalu[0] & 0x1F in (1, 5)
        if has_slice and (not is_slice or nalu[1] & 0x80):
            found.append([])
            has_slice = False
        found[-1].append(nalu)
        has_slice = has_slice or is_slice
    return found


def sounds(clip):
    """The clip's ADTS frames."""
    data, found = _copied(clip, "a", "adts"), []
    while data:
        size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        found.append(data[:size])
        data = data[size:]
    return found


def fragments(nalu):
    """The payloads for a NAL unit (RFC 6184): the unit itself, or fragments (FU-A)."""
    if len(nalu) <= PAYLOAD:
        return [nalu]
    pieces = [nalu[i:i + PAYLOAD] for i in range(1, len(nalu), PAYLOAD)]
    return [bytes([nalu[0] & 0x60 | 28, nalu[0] & 0x1F | (0x80 if i == 0 else 0) | (0x40 if i == len(pieces) - 1 else 0)])
            + piece for i, piece in enumerate(pieces)]


def marked_picture(nalus):
    """(payload, marker) of each packet. The last packet of a picture has the marker."""
    payloads = [payload for nalu in nalus for payload in fragments(nalu)]
    return [(payload, i == len(payloads) - 1) for i, payload in enumerate(payloads)]


def marked_slices(nalus):
    return [packet for nalu in nalus for packet in marked_picture([nalu])]


def one_unit(nalus):
    """Sends the whole picture, with its start codes, as if it were one NAL unit."""
    return marked_picture([START.join(nalus)])


def one_unit_behind_a_code(nalus):
    return marked_picture([START + START.join(nalus)])


class Camera:
    """Publishes the clip endlessly in real time, in a thread. `shape` makes the packets of a picture."""

    def __init__(self, settings, path, clip, shape=marked_picture, description=PLAIN, adts=False):
        self._pictures, self._sounds = pictures(clip), sounds(clip)
        self._shape, self._adts = shape, adts
        self._sequence = [0, 0, 0]
        self._end = threading.Event()
        self._client = ScriptedRtsp(settings.host, settings.rtsp_port)
        self._begin(f"rtsp://{settings.host}:{settings.rtsp_port}/{path}", description)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _begin(self, url, description):
        reply = self._client.ask("ANNOUNCE", url, {"Content-Type": "application/sdp;charset=utf-8"}, description.encode())
        assert reply.status == 200, reply
        self._tracks = description.count("m=")
        for track in range(self._tracks):
            reply = self._client.ask("SETUP", f"{url}/trackID={track}",
                                     {"Transport": f"RTP/AVP/TCP;unicast;interleaved={2 * track}-{2 * track + 1}"})
            assert reply.status == 200, reply
        reply = self._client.ask("RECORD", url, {"Range": "npt=now-"})
        assert reply.status == 200, reply

    def close(self):
        self._end.set()
        self._thread.join()
        self._client.close()

    def _send(self, track, kind, stamp, payload, marker=True):
        self._sequence[track] += 1
        packet = struct.pack(">BBHII", 0x80, (0x80 if marker else 0) | kind, self._sequence[track] & 0xFFFF,
                             stamp & 0xFFFFFFFF, 77 + track) + payload
        self._client.socket.sendall(struct.pack(">cBH", b"$", 2 * track, len(packet)) + packet)

    def _run(self):
        began, sound = time.monotonic(), 0
        try:
            for number in range(1 << 30):
                if self._end.wait(max(0, began + number / FPS - time.monotonic())):
                    return
                for payload, marker in self._shape(self._pictures[number % len(self._pictures)]):
                    self._send(0, VIDEO, number * 90_000 // FPS, payload, marker)
                self._beside(number)
                while sound * SAMPLES * FPS < number * RATE:
                    frame = self._sounds[sound % len(self._sounds)]
                    unit = frame if self._adts else frame[7:]
                    self._send(1, AUDIO, sound * SAMPLES, struct.pack(">HH", 16, len(unit) << 3) + unit)
                    sound += 1
        except OSError:
            return  # the router closed the connection; the test notices this itself

    def _beside(self, number):
        """Now and then sends packets that are not supported: metadata, and a retransmission in the track of the picture."""
        if self._tracks > 2 and number % 10 == 0:
            self._send(2, METADATA, number, b"<tt:MetadataStream/>")
