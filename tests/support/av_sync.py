"""Measures how far picture and sound are apart at a reader, compared with the file that was published. Decoded pictures and audio
packets are identified by their MD5 sums, so no clock of this machine has an influence."""

import statistics
from dataclasses import dataclass
from fractions import Fraction

from . import ffmpeg
from .process import Process

KINDS = {"0": "video", "1": "audio"}
# A reader that joins in the middle of a group of pictures decodes wrong pictures until the next group begins.
LEAST_MATCHES = 60


class MediaTimes:
    """Reads both tracks of a file or URL. Gives the presentation times for each sum, by kind. decode=False: sums of the coded
    pictures (H.264), because FFmpeg's decoder changes the times of pictures after pictures of another encoder."""

    def __init__(self, source, log_path, output, decode=True):
        self.source, self.output = source, output
        pictures = (["-vsync", "passthrough", "-enc_time_base", "-1", "-c:v", "rawvideo"] if decode else
                    ["-c:v", "copy", *ffmpeg.ESSENCE["h264"]])
        argv = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *ffmpeg.input_options(source),
                "-map", "0:v", "-map", "0:a", "-copyts", *pictures,
                "-c:a", "copy", "-f", "framemd5", "-flush_packets", "1", str(output)]
        self.process = Process(f"reader of {source}", argv, log_path)

    def times(self):
        """{"video": {md5: [seconds, ...]}, "audio": ...} of what has arrived so far, in this order."""
        bases, found = {}, {"video": {}, "audio": {}}
        text = self.output.read_text() if self.output.exists() else ""
        for line in text.splitlines():
            if line.startswith("#tb "):
                stream, base = line[4:].split(": ")
                bases[stream] = Fraction(base)
            elif line and not line.startswith("#"):
                row = [part.strip() for part in line.split(",")]
                if len(row) >= 6 and len(row[5]) == 32:  # a line that is still being written is incomplete
                    found[KINDS[row[0]]].setdefault(row[5], []).append(int(row[2]) * bases[row[0]])
        return found

    def wait(self, seconds=ffmpeg.CLIENT_SECONDS):
        self.process.wait(seconds)
        return self.times()


@dataclass(frozen=True)
class Offset:
    milliseconds: float   # time of the picture minus time of the sound, compared with the source; positive: the picture is late
    first: float          # the same, for the first pictures and sounds that were identified
    spread: float         # the largest distance of a single time from the median of its track
    matches: dict


def _distances(read, source, since):
    """For each sum that occurs only once: how much later it is than in the source, in milliseconds. FFmpeg
    gives the first picture of some sources a time of its own: it is left out."""
    found = [float(1000 * (times[0] - source[md5][0])) for md5, times in read.items()
             if len(times) == 1 and len(source.get(md5, ())) == 1 and source[md5][0] >= since]
    return found[1:]


def offset(read, source, since=0):
    """The Offset of what a reader has received, from this time of the source on. None while there is too little of it."""
    apart = {kind: _distances(read[kind], source[kind], since) for kind in ("video", "audio")}
    if min(len(distances) for distances in apart.values()) < LEAST_MATCHES:
        return None
    middle = {kind: statistics.median(distances) for kind, distances in apart.items()}
    start = {kind: statistics.median(distances[:LEAST_MATCHES // 3]) for kind, distances in apart.items()}
    return Offset(milliseconds=middle["video"] - middle["audio"], first=start["video"] - start["audio"],
                  spread=max(abs(d - middle[kind]) for kind, distances in apart.items() for d in distances),
                  matches={kind: len(distances) for kind, distances in apart.items()})
