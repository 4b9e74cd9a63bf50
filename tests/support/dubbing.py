"""A dubbed stream and what comes out of it: pictures by their sums, sound by its tones. The clip `speech` has a sentence (a tone of
VOICE Hz) in each second, so each second's beginning is heard; the tone service answers with higher tones."""

import array
import json
import math
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import ffmpeg
from .av_sync import MediaTimes
from .free_ports import free_ports
from .process import Process
from .wait import wait_until
from .worker import Worker

DELAY = 2.0               # seconds
VOICE = 300               # Hz
SENTENCE = (0.15, 0.85)   # of each second
RATE = 16_000             # in which the sound is looked at
LOUD = 0.03


class Service(Process):
    """The tone service. It can be killed and started again on its port."""

    def __init__(self, folder, port, name="service"):
        # -P: a module of this folder is called http, as one of Python's own.
        super().__init__(name, [sys.executable, "-P", str(Path(__file__).with_name("tone_service.py")), str(port)],
                         folder / f"{name}.log")

    def fragments(self):
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]


class Dubbed:
    """A stream that a worker dubs, published to a router, and recorded."""

    def __init__(self, router, folder, stream, clip, *flags, service=True):
        folder.mkdir()
        self.router, self.folder, self.stream, self.clip = router, folder, stream, clip
        self.sts_port = free_ports(1)[0]
        self.services, self.processes, self.workers = [], [], []
        self.flags = ("--sts-url", f"ws://127.0.0.1:{self.sts_port}", "--dub-delay", f"{DELAY:.0f}s",
                      *(() if "--dub-language" in flags else ("--dub-language", "es")), *flags)
        if service:
            self.start_service()

    def publish(self):
        self.publisher = self._keep(ffmpeg.publish(self.clip, self.router.rtmp(self.stream), self.folder / "publisher.log",
                                                   loop=False))

    def start_service(self):
        service = self._keep(Service(self.folder, self.sts_port, f"service{len(self.services)}"))
        self.services.append(service)
        wait_until(lambda: _listens(self.sts_port), lambda: service.log(), 60)
        return service

    def start_worker(self, source=None, output=None, **options):
        # MediaMTX's RTSP side does not keep picture and sound together (docs/routers.md).
        source = source or (self.router.rtsp(self.stream) if self.router.embedded else self.router.rtmp(self.stream))
        output = output or self.router.rtmp(self.stream, "out")
        worker = self._keep(Worker(self.folder, source, output, *self.flags, stream=self.stream, name=f"worker{len(self.workers)}", **options))
        self.workers.append(worker)
        return worker

    def record(self):
        """Pictures and sound of `out`, once it is there."""
        self.output = MediaTimes(self.router.rtmp(self.stream, "out"), self.folder / "out.log", self.folder / "out.framemd5",
                                 decode=False)
        self._keep(self.output.process)
        self.file = self.folder / "out.flv"
        argv = ["ffmpeg", *ffmpeg.QUIET, "-copyts", "-i", self.router.rtmp(self.stream, "out"), "-c", "copy", "-flush_packets",
                "1", str(self.file)]
        self.recorder = self._keep(Process("recorder", argv, self.folder / "recorder.log"))

    def _keep(self, process):
        self.processes.append(process)
        return process

    def modes(self):
        """What was heard, one after the other."""
        return [record["msg"] for worker in self.workers for record in worker.records("dub.mode")]

    def wait_mode(self, start, seconds=60):
        """What is heard now begins with these words."""
        wait_until(lambda: self.modes() and self.modes()[-1].startswith(start), lambda: f"{start}: {self.modes()}", seconds)

    def fragments(self):
        """Those of the last worker."""
        found = [fragment for service in self.services for fragment in service.fragments()]
        return found if len(self.workers) == 1 else [f for f in found if f["session"] == found[-1]["session"]]

    def close(self):
        for process in reversed(self.processes):
            process.kill()


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Sound:
    """What is heard of a file: mono, from a time on."""
    begin: float
    samples: array.array

    def part(self, begin, end):
        first = round((begin - self.begin) * RATE)
        return self.samples[max(first, 0):round((end - self.begin) * RATE)]

    @property
    def end(self):
        return self.begin + len(self.samples) / RATE

    def share(self, hertz, begin, end):
        """The part of the power that this tone has: 1 for a pure tone."""
        part, turn = self.part(begin, end), 2 * math.pi * hertz / RATE
        power = sum(sample * sample for sample in part)
        if not power:
            return 0.0
        sine = sum(sample * math.sin(turn * i) for i, sample in enumerate(part))
        cosine = sum(sample * math.cos(turn * i) for i, sample in enumerate(part))
        return 2 * (sine * sine + cosine * cosine) / (len(part) * power)

    def onset(self, begin, end):
        """The time of the first loud sample. None if there is none."""
        first = next((i for i, sample in enumerate(self.part(begin, end)) if abs(sample) > LOUD), None)
        return None if first is None else begin + first / RATE

    def tone_begins(self, hertz, about, within=0.1):
        """When a tone takes over: the middle of the first 10 ms that are mostly this tone."""
        steps = range(round(-within * 1000), round(within * 1000), 2)
        return next((about + ms / 1000 + 0.005 for ms in steps
                     if self.share(hertz, about + ms / 1000, about + ms / 1000 + 0.010) > 0.6), None)


def packets(file, kind):
    """(pts, duration) of the packets of a track, in seconds."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time,duration_time",
                           "-of", "csv=p=0", str(file)], capture_output=True, text=True, timeout=60, check=True)
    return [tuple(float(word) for word in line.split(",")[:2]) for line in done.stdout.split() if "N/A" not in line]


def sound_of(file, track=0):
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(file), "-map", f"0:a:{track}", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
                          capture_output=True, timeout=60, check=True)
    return Sound(packets(file, f"a:{track}")[0][0], array.array("f", done.stdout[:len(done.stdout) // 4 * 4]))
