"""How far picture and sound lie apart at a router's readers, compared with the file that was published."""

import pytest
from support import av_sync, ffmpeg
from support.differences import differs
from support.wait import wait_until

CLIP = "sync-b-frames"
MOST_MS = 5.0
ANYTHING_MS = 1000.0  # the rows say what was measured with MediaMTX
OWN_CLOCKS = "each track's sender reports have a clock of their own, which is reset after 5 s or by an early picture"
BY_ARRIVAL = "the tracks of a publisher are placed by the arrival of their first packets"
SECONDS = 8


@pytest.fixture
def offset(router, path, clips, tmp_path):
    """offset(protocol of the publisher, protocol of the reader) returns the time of the picture minus that of the sound, in ms."""
    running = []

    def measure(publisher, reader):
        file = clips.get(CLIP)
        source = av_sync.MediaTimes(file, tmp_path / "source.log", tmp_path / "source").wait()
        running.append(ffmpeg.publish(file, getattr(router, publisher)(path), tmp_path / "publisher.log", loop=False))
        router.wait_ready(path)
        read = av_sync.MediaTimes(getattr(router, reader)(path), tmp_path / "reader.log", tmp_path / "reader")
        running.append(read.process)

        def found():
            offset = av_sync.offset(read.times(), source)
            return offset and offset.matches["video"] >= 30 * SECONDS and offset
        return wait_until(found, lambda: f"{SECONDS} s read: {read.process.log()}", 60, poll=0.5).milliseconds

    yield measure
    for process in running:
        process.kill()


def test_an_rtmp_publishers_tracks_over_rtmp(offset):
    assert abs(offset("rtmp", "rtmp")) <= MOST_MS


def test_an_rtmp_publishers_tracks_over_rtsp(router, offset):
    assert abs(offset("rtmp", "rtsp")) <= differs(router, OWN_CLOCKS, mediamtx=ANYTHING_MS, embedded=MOST_MS)


@pytest.mark.parametrize("reader", ["rtmp", "rtsp"])
def test_an_rtsp_publishers_tracks(router, offset, reader):
    assert abs(offset("rtsp", reader)) <= differs(router, BY_ARRIVAL, mediamtx=ANYTHING_MS, embedded=MOST_MS)
