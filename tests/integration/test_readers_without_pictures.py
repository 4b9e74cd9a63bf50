"""When a reader gets no picture although its stream has video, the log and a metric name it, until it gets one."""

import re
import socket
import threading

import pytest
from support import http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.making import started
from support.rtmp_client import VIDEO, flv_tags, write_flv
from support.rtmp_script import is_picture
from support.rtsp_script import ScriptedRtsp
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED
SECONDS = 90  # a while until the kernel's buffers are full, and 12 until the reader is named
KEYFRAME = 1  # the frame type of an FLV video tag


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    """A router with short queues for readers. It does not disconnect a reader that takes nothing while the test runs."""
    config = configuration(writeQueueSize=8, writeTimeout="120s")
    with started(BareRouter(tmp_path_factory.mktemp("without-pictures"), config)) as router:
        yield router


@pytest.fixture
def live(router, publish_tags, stream):
    """Publishes an FLV file in real time, endlessly."""
    def start(file):
        publisher = publish_tags(router, file, stream)
        router.wait_live(stream)
        return publisher
    return start


def without_picture(router, family, address):
    text = http.get(router.metrics()).text()
    lines = [line for line in text.splitlines() if line.startswith(f"{family}_outbound_without_picture{{")
             and f'remoteAddr="{address}"' in line]
    assert len(lines) == 1, text
    return int(lines[0].split()[-1])


def read_on(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    client.socket.settimeout(None)  # the kernel probes a receiver with a closed window less and less often

    def run():
        try:
            while client.socket.recv(1 << 20):
                pass
        except OSError:
            pass  # the test has closed it
    threading.Thread(target=run, daemon=True).start()


def test_a_reader_that_is_too_slow_for_key_frames(router, live, clips, stream):
    live(clips.get("hd"))
    reader = ScriptedRtsp(router.settings.host, router.settings.rtsp_port)
    try:
        reader.play(router.rtsp(stream))
        assert without_picture(router, "rtsp_sessions", reader.address) == 0
        line = router.wait_log_line("gets no picture", seconds=SECONDS)  # the reader reads nothing in the meantime
        found = re.search(r"WAR (\[RTSP\] \[session \w{8}\]) gets no picture: the reader is too slow, "
                          r"(\d+) key frames were dropped$", line)
        assert found and int(found[2]) >= 3, line
        assert without_picture(router, "rtsp_sessions", reader.address) == 1
        read_on(reader)
        line = router.wait_log_line(f"INF {found[1]} gets pictures again, after ", seconds=SECONDS)
        assert int(re.search(r"after (\d+) s$", line)[1]) >= 12
        assert without_picture(router, "rtsp_sessions", reader.address) == 0
        assert len(router.log_lines(found[1], "gets no picture")) == 1, "once"
    finally:
        reader.close()


@pytest.fixture
def without_key_frames(live, clips, tmp_path):
    tags = [(kind, stamp, body) for kind, stamp, body in flv_tags(clips.get("av"))
            if kind != VIDEO or not is_picture(body) or body[0] >> 4 != KEYFRAME]
    return live(write_flv(tmp_path / "no-keyframes.flv", tags))


def test_an_rtmp_reader_of_a_stream_without_key_frames(router, without_key_frames, scripted_rtmp, stream):
    """The reader waits for a key frame, but not for ever."""
    before = router.log_size()
    reader = scripted_rtmp(router)
    reader.start(f"rtmp://{router.settings.host}/live/{stream}", "play", "in")
    wait_until(lambda: is_picture(reader.next_of(VIDEO).payload), "a picture", SECONDS)
    assert not router.log_lines("gets no picture", since=before)


def test_an_rtsp_reader_of_a_stream_without_key_frames(router, without_key_frames, stream):
    before = router.log_size()
    reader = ScriptedRtsp(router.settings.host, router.settings.rtsp_port)
    try:
        reader.play(router.rtsp(stream))
        wait_until(lambda: reader.frame().channel == 0, "a picture", SECONDS)
        assert not router.log_lines("gets no picture", since=before)
    finally:
        reader.close()
