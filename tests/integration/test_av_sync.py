"""Picture and sound are as far apart at every exit of the pipeline as in the file that was published: for every
publisher, for readers from the start and later, over sender reports, gaps, reconnection and override."""

import itertools
import signal
import time
from dataclasses import dataclass, field

import pytest
from support import av_sync, ffmpeg, gstreamer
from support.making import started
from support.router import find_mediamtx
from support.stack import Stack
from support.wait import wait_until

MOST_MS = 5.0          # viewers notice twenty times as much
MEASURED_SECONDS = 23  # long enough for two more sender reports after the first one
LATER_SECONDS = 12
WHOLE_SECONDS = 150    # for a busy machine

PUBLISHERS = {"rtmp-b-frames": "sync-b-frames", "rtmp-zerolatency": "sync", "rtsp-b-frames": "sync-b-frames",
              "rtsp-zerolatency": "sync", "gstreamer-b-frames": "sync-b-frames"}
EXITS = {"in-rtmp": ("in", "rtmp", 0), "in-rtsp": ("in", "rtsp", 0), "out-rtmp": ("out", "rtmp", 0),
         "out-rtsp-first": ("out", "rtsp", 0), "out-rtsp-later": ("out", "rtsp", 5)}


@dataclass
class Run:
    """A stack with its streams and readers. The results are stored by (stream, exit)."""
    stack: Stack
    clips: object
    folder: object
    numbers: object = field(default_factory=itertools.count)
    processes: list = field(default_factory=list)
    sources: dict = field(default_factory=dict)

    def publish(self, stream, clip):
        protocol, file = stream.split("-")[0], self.clips.get(clip)
        log = self.folder / f"publisher{next(self.numbers)}.log"
        if protocol == "gstreamer":
            process = gstreamer.publish_rtsp(file, self.stack.rtsp(stream), log)
        else:
            process = ffmpeg.publish(file, getattr(self.stack, protocol)(stream), log, loop=False)
        self.processes.append(process)
        return process

    def read(self, stream, side, protocol, decode=True):
        number = next(self.numbers)
        reader = av_sync.MediaTimes(getattr(self.stack, protocol)(stream, side), self.folder / f"reader{number}.log",
                                    self.folder / f"reader{number}.framemd5", decode)
        self.processes.append(reader.process)
        return reader

    def source(self, clip, decode=True):
        if (clip, decode) not in self.sources:
            number = next(self.numbers)
            self.sources[clip, decode] = av_sync.MediaTimes(
                self.clips.get(clip), self.folder / f"source{number}.log", self.folder / f"source{number}.framemd5",
                decode).wait()
        return self.sources[clip, decode]

    def wait_offset(self, reader, clip, seconds, since=0.0, decode=True):
        """Waits until so many seconds of the clip were read, from this time of the clip on. Returns the Offset."""
        source = self.source(clip, decode)

        def found():
            offset = av_sync.offset(reader.times(), source, since)
            return offset and offset.matches["video"] >= 30 * seconds and offset
        return wait_until(found, lambda: f"{seconds} s of {clip} from {reader.source}: "
                          f"{av_sync.offset(reader.times(), source, since)} {reader.process.log()}",
                          WHOLE_SECONDS, poll=0.5)

    def end(self):
        for process in self.processes:
            process.kill()


def start(tmp_path_factory, clips, worker_input, router="embedded"):
    folder = tmp_path_factory.mktemp(f"av-sync-{worker_input}")
    return folder, Stack(folder, {"--worker-input": worker_input}, worker_mode="process", router=router)


@pytest.fixture(scope="module", params=["rtsp", "rtmp"])
def run(request, tmp_path_factory, clips):
    folder, stack = start(tmp_path_factory, clips, request.param)
    with started(stack):
        run = Run(stack, clips, folder)
        try:
            yield run
        finally:
            run.end()


def measure(run, publishers, exits=EXITS):
    """Measures all publishers at the same time. Returns the offsets by stream and exit."""
    readers = {}
    for stream, clip in publishers.items():
        run.source(clip)
    publishing = [run.publish(stream, clip) for stream, clip in publishers.items()]
    for later in sorted({after for _, _, after in exits.values()}):
        for stream, (name, (side, protocol, after)) in itertools.product(publishers, exits.items()):
            if after == later:
                if later:  # the other readers have begun before
                    run.wait_offset(readers[stream, "out-rtmp"], publishers[stream], later)
                wait_until(lambda: run.stack.is_live(stream, side), f"{stream}/{side} live", 40)
                readers[stream, name] = run.read(stream, side, protocol)
    offsets = {key: run.wait_offset(reader, publishers[key[0]], LATER_SECONDS if exits[key[1]][2] else MEASURED_SECONDS)
               for key, reader in readers.items()}
    for process in publishing:
        process.kill()
    return offsets


@pytest.fixture(scope="module")
def offsets(run):
    return measure(run, {s: c for s, c in PUBLISHERS.items()
                         if not s.startswith("gstreamer") or gstreamer.can_publish_rtsp()})


def assert_together(offset):
    assert abs(offset.milliseconds) <= MOST_MS and abs(offset.first) <= MOST_MS, offset


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_every_exit(offsets, publisher, exit):
    if (publisher, exit) not in offsets:
        pytest.skip("rtspclientsink is not installed (gstreamer1.0-rtsp)")
    offset = offsets[publisher, exit]
    print(publisher, exit, offset)
    assert_together(offset)
    assert offset.spread <= MOST_MS, f"a step: {offset}"


@pytest.mark.skipif(find_mediamtx() is None, reason="no MediaMTX: ROUTER names none, and PATH has none")
def test_mediamtx_with_workers_that_read_over_rtmp(tmp_path_factory, clips):
    """Only the RTMP side of MediaMTX is tested: no worker can correct its RTSP side (docs/routers.md)."""
    folder, stack = start(tmp_path_factory, clips, "rtmp", find_mediamtx())
    with started(stack):
        run = Run(stack, clips, folder)
        try:
            exits = {name: exit for name, exit in EXITS.items() if exit[1] == "rtmp"}
            offsets = measure(run, {s: c for s, c in PUBLISHERS.items() if s.startswith("rtmp")}, exits)
        finally:
            run.end()
    for offset in offsets.values():
        assert_together(offset)


@pytest.mark.parametrize("seconds", [3, 8])
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_after_a_gap(run, protocol, seconds):
    stream, clip = f"{protocol}-gap-{seconds}", "sync-b-frames"
    publisher = run.publish(stream, clip)
    wait_until(lambda: run.stack.is_live(stream, "out"), "out live", 40)
    readers = [run.read(stream, "out", over) for over in ("rtmp", "rtsp")]
    assert_together(run.wait_offset(readers[0], clip, 3))
    publisher.signal(signal.SIGSTOP)
    before = max(run.source(clip)["video"].get(md5, [0])[0] for md5 in readers[0].times()["video"])
    time.sleep(seconds)  # the gap itself is tested, so there is no condition to wait for
    publisher.signal(signal.SIGCONT)
    for reader in readers:
        assert_together(run.wait_offset(reader, clip, 6, since=before + 2))


@pytest.mark.parametrize("how", ["reconnection", "override"])
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_after_another_publisher(run, protocol, how):
    stream = f"{protocol}-{how}"
    first = run.publish(stream, "sync-b-frames")
    wait_until(lambda: run.stack.is_live(stream, "out"), "out live", 40)
    readers = [run.read(stream, "out", over, decode=False) for over in ("rtmp", "rtsp")]
    for reader in readers:
        assert_together(run.wait_offset(reader, "sync-b-frames", 3, decode=False))
    if how == "reconnection":
        first.kill()
        run.stack.wait_gone(stream)
    run.publish(stream, "sync-other")
    for reader in readers:
        assert_together(run.wait_offset(reader, "sync-other", 6, decode=False))
