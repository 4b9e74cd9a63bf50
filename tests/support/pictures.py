"""Decoded pictures and their times, which is what a viewer sees, whatever form the bytes had."""

import os
import re
import subprocess
import threading

from .ffmpeg import input_options
from .process import Process
from .rtmp_client import VIDEO, RtmpClient
from .video_forms import START_CODE, nalus, sets_of

DECODE_SECONDS = 60
HELD_BACK = 4  # so many pictures a decoder keeps, to put them in order
# Times are in milliseconds. A picture is written as soon as it is decoded.
SUMS = ["-map", "0:v:0", "-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "framemd5"]
QUIET = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-y"]


def _pictures(text):
    rows = [line.split(",") for line in text.splitlines() if re.match(r"\d", line)]
    return [(int(row[2]), row[5].strip()) for row in rows if len(row) >= 6 and len(row[5].strip()) == 32]


def decoded(file):
    """(time in ms, checksum) of each picture of a file."""
    done = subprocess.run([*QUIET, "-i", str(file), *SUMS, "-"], capture_output=True, text=True,
                          timeout=DECODE_SECONDS, check=True)
    return _pictures(done.stdout)


class Viewer:
    """Decodes a stream until it ends."""

    def __init__(self, url, folder, name):
        self.output = folder / f"{name}.framemd5"
        self.process = Process(name, [*QUIET, *input_options(url), *SUMS, "-flush_packets", "1", str(self.output)],
                               folder / f"{name}.log")

    def pictures(self):
        return _pictures(self.output.read_text()) if os.path.exists(self.output) else []

    def finish(self):
        self.process.wait(DECODE_SECONDS)
        return self.pictures()

    def close(self):
        self.process.kill()


class EnhancedViewer:
    """The same for H.265 over RTMP, which this FFmpeg cannot play: our own client receives it, and FFmpeg decodes it."""

    def __init__(self, url, folder, name):
        self.file = folder / f"{name}.hevc"
        server, key = url.rsplit("/", 1)
        host, port = server.split("/")[2].split(":")
        self.client = RtmpClient(host, int(port), timeout=DECODE_SECONDS)
        self.client.play(server, key, fourCcList=["hvc1", "mp4a"])
        self.header, self.received = b"", []
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        try:
            for kind, stamp, tag in self.client.messages():
                if kind == VIDEO and tag[0] & 0x0F == 0:
                    self.header = b"\x1c\x00\x00\x00\x00" + tag[5:]
                elif kind == VIDEO and (self.received or tag[0] & 0x70 == 0x10):
                    self.received.append((stamp, self.header, tag))
        except OSError:
            pass  # the stream has ended

    def pictures(self):
        return self.received

    def finish(self):
        self.thread.join(DECODE_SECONDS)
        times, data, known = [], b"", b""
        for stamp, header, tag in self.received:
            composition = tag[0] & 0x0F == 1
            times.append(stamp + (int.from_bytes(tag[5:8], "big", signed=True) if composition else 0))
            units = [] if header == known else sum(sets_of(header), [])
            units += nalus(tag[3:] if composition else tag)
            data, known = data + b"".join(START_CODE + unit for unit in units), header
        self.file.write_bytes(data)
        return list(zip(sorted(times), (checksum for _, checksum in decoded(self.file))))

    def close(self):
        self.client.close()


def assert_same_pictures(seen, source, cycle_ms, least, tolerance_ms=2):
    """The pictures are those of the source, repeated without a gap, and each has the right distance from the first one.
    A reader that joined in the middle of a group of pictures may have begun with broken ones. At the end of the stream,
    the decoder also returns pictures whose references are missing."""
    sums = [checksum for _, checksum in source]
    right = [i for i, (_, checksum) in enumerate(seen) if checksum in sums]
    assert right, f"none of {len(seen)} pictures is the source's"
    seen = seen[right[0]:-HELD_BACK]
    assert len(seen) >= least, f"only {len(seen)} pictures from the first right one on"
    begin = sums.index(seen[0][1])
    expected = [(source[i % len(source)][0] + i // len(source) * cycle_ms, sums[i % len(source)])
                for i in range(begin, begin + len(seen))]
    wrong = [i for i, (a, b) in enumerate(zip(seen, expected)) if a[1] != b[1]]
    assert not wrong, f"{len(wrong)} of {len(seen)} pictures differ: {wrong[:5]} …"
    # Over RTSP, FFmpeg gives the first picture the time of the first sound.
    for (at, _), (at_source, _) in zip(seen[1:], expected[1:]):
        distance, expected_distance = at - seen[1][0], at_source - expected[1][0]
        assert abs(distance - expected_distance) <= tolerance_ms, f"{distance} ms, not {expected_distance} ms"
