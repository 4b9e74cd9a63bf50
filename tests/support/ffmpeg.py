"""ffmpeg, ffprobe and GStreamer as publishers and readers."""

import json
import subprocess

from .process import Process

CLIENT_SECONDS = 40
QUIET = ["-hide_banner", "-loglevel", "warning", "-nostdin", "-y"]
# A router may repeat the parameter sets before a key frame (RTSP) or not (RTMP). So the sums are made without them, in Annex B with
# canonical start codes.
# x265 describes itself in a message (39), which is only in the header of the container.
ESSENCE = {"h264": ["-bsf:v", "h264_mp4toannexb,filter_units=remove_types=7-9"],
           "hevc": ["-bsf:v", "hevc_mp4toannexb,filter_units=remove_types=32-35|39"]}


def publish(clip, url, log_path, loop=True, options=()):
    """Publishes the clip in real time, without encoding it, over RTMP or RTSP (TCP). Repeats it unless loop is False. options: of
    the output."""
    output = ["-f", "rtsp", "-rtsp_transport", "tcp", url] if url.startswith("rtsp:") else ["-f", "flv", url]
    argv = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re",
            *(["-stream_loop", "-1"] if loop else []), "-i", str(clip), "-c", "copy", *options, *output]
    return Process("publisher", argv, log_path)


def input_options(url):
    return ["-rtsp_transport", "tcp", "-i", str(url)] if str(url).startswith("rtsp:") else ["-i", str(url)]


def probe(url, seconds=CLIENT_SECONDS, data=b""):
    """{codec type: stream}, as ffprobe shows the streams. data: what the address "-" has."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-of", "json", *input_options(url)],
                          input=data, capture_output=True, timeout=seconds)
    assert done.returncode == 0, done.stderr.decode()
    return {stream["codec_type"]: stream for stream in json.loads(done.stdout)["streams"]}


def refusal(url, seconds=CLIENT_SECONDS):
    """The error of ffprobe for an address that it may not read. Empty if it may read it."""
    done = subprocess.run(["ffprobe", "-v", "error", *input_options(url)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds)
    return "" if done.returncode == 0 else done.stderr or "no reason"


class FrameSums:
    """Checksums of the access units of a track. The source is read to its end, without decoding."""

    def __init__(self, source, kind, log_path, output, codec="h264"):
        essence = ESSENCE[codec] if kind == "v" else []
        self.output = output
        argv = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *input_options(source),
                "-map", f"0:{kind}", "-c", "copy", *essence, "-f", "framemd5", "-flush_packets", "1", str(output)]
        self.process = Process(f"reader of {source}", argv, log_path)

    def lines(self):
        """(pts, md5) so far."""
        return [(int(row[2]), row[5].strip()) for row in self._rows()]

    def _rows(self):
        if not self.output.exists():
            return []
        rows = [line.split(",") for line in self.output.read_text().splitlines()
                if line and not line.startswith("#")]
        # Side data may follow the sum. A line that is still being written is incomplete.
        return [row for row in rows if len(row) >= 6 and len(row[5].strip()) == 32]

    def sizes(self):
        """(bytes, md5) so far."""
        return [(int(row[4]), row[5].strip()) for row in self._rows()]

    def finish(self):
        self.process.wait(CLIENT_SECONDS)
        return [md5 for _, md5 in self.lines()]
