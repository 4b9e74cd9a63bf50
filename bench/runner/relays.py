"""Relays to compare: a stream-worker, `ffmpeg -c copy` and a GStreamer pipeline, each from RTSP to RTMP at one router."""

import os
import subprocess
from pathlib import Path

from support.process import Process
from support.stack import Stack
from support.wait import wait_until
from support.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
CLIP_SECONDS = 20
CLIP = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100",
        "-t", str(CLIP_SECONDS), "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
        "-g", "60", "-b:v", "2372k", "-minrate", "2372k", "-maxrate", "2372k", "-bufsize", "1200k",
        "-x264-params", "nal-hrd=cbr", "-c:a", "aac", "-b:a", "128k"]
OUTPUTS_SECONDS = 120  # within this time, twenty relays that analyse their input must have begun to write


class Relays:
    """A router with one publisher, and the relays that read its stream."""

    def __init__(self, folder):
        self.folder = folder
        self.stack = Stack(folder)
        self.processes = []
        self.kinds = {"stream-worker": self._worker, "ffmpeg": self._ffmpeg, "GStreamer": self._gstreamer}

    def close(self):
        for process in self.processes:
            process.kill()
        self.stack.kill()

    def publish(self, stream):
        """Publishes the file in a loop, in real time."""
        self._run("publisher", ["ffmpeg", "-loglevel", "warning", "-nostdin", "-re", "-stream_loop", "-1", "-i",
                                str(self._clip()), "-c", "copy", "-f", "flv", self.stack.rtmp(stream)])
        self.stack.wait_live(stream)

    def start(self, kinds, source):
        """kinds: {name: program}. When this returns, all outputs can be read."""
        started = {name: self.kinds[kind](source, name) for name, kind in kinds.items()}
        wait_until(lambda: all(self.stack.is_live(name, "out") for name in started), lambda: self._missing(started),
                   OUTPUTS_SECONDS, 0.2)
        return started

    def _missing(self, started):
        gone = [f"{name}: {relay.log()[-500:]}" for name, relay in started.items() if not relay.running()]
        return f"every relay's output; ended: {gone}"

    def _run(self, name, argv):
        self.processes.append(Process(name, argv, self.folder / f"{name}.log"))
        return self.processes[-1]

    def _clip(self):
        file = ROOT / self.stack.settings.build_dir / "test-media" / "bench-720p30.flv"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", *CLIP, "-f", "flv", str(partial)], check=True)
            os.replace(partial, file)
        return file

    def _worker(self, source, stream):
        worker = Worker(self.folder, self.stack.rtsp(source), self.stack.rtmp(stream, "out"), stream=stream,
                        name=f"worker-{stream}", environment=self.stack.worker_environment())
        self.processes.append(worker)
        return worker

    def _output(self, stream):
        return self.stack.rtmp(stream, "out", self.stack.worker_query)

    def _ffmpeg(self, source, stream):
        return self._run(stream, ["ffmpeg", "-loglevel", "error", "-nostdin", "-rtsp_transport", "tcp", "-i",
                                  self.stack.rtsp(source), "-c", "copy", "-f", "flv", self._output(stream)])

    def _gstreamer(self, source, stream):
        return self._run(stream, ["gst-launch-1.0", "-q", "rtspsrc", f"location={self.stack.rtsp(source)}",
                                  "protocols=tcp", "latency=0", "name=s", "flvmux", "streamable=true", "name=m", "!",
                                  "rtmp2sink", f"location={self._output(stream)}",
                                  "s.", "!", "rtph264depay", "!", "h264parse", "!", "queue", "!", "m.",
                                  "s.", "!", "rtpmp4gdepay", "!", "aacparse", "!", "queue", "!", "m."])
