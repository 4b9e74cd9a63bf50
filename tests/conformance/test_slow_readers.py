"""A reader that does not read: what it loses, what the log says, and that no other client is affected."""

import re
import socket
import threading

import pytest
from support.router import variation
from support.rtmp_client import flv_tags
from support.wait import wait_until

FRAME_MS = 33
LAST_STAMP = 0xFF0000  # larger timestamps would need an extended header


@pytest.fixture(scope="module")
def narrow(make_router):
    """A router with short queues for readers. It disconnects a reader that takes nothing for two seconds."""
    router = make_router(variation(writeQueueSize=8, paths={"all_others": {}}, pathDefaults=None)).start()
    yield router
    router.stop()


@pytest.fixture
def torrent(rtmp_client, clips):
    """Publishes a clip as fast as the router takes it, endlessly, until stopped."""
    stopped = threading.Event()
    threads = []

    def start(router, path):
        client = rtmp_client(router)
        client.start(router.rtmp(""), "publish", path)
        tags = list(flv_tags(clips.get("av")))

        def run():
            base = 0
            try:
                while not stopped.is_set() and base < LAST_STAMP:
                    client.send_tags((k, base + stamp, payload) for k, stamp, payload in tags)
                    base += tags[-1][1] + FRAME_MS
            except OSError:
                pass
        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        router.wait_ready(path)

    yield start
    stopped.set()
    for thread in threads:
        thread.join()


def small(client):
    """Gives the client's socket a small buffer, so that little of the stream waits in the kernel."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return client


def drain(client):
    def run():
        try:
            client.closed_by_server()
        except OSError:
            pass  # the test has closed it
    threading.Thread(target=run, daemon=True).start()


def test_an_rtsp_reader(narrow, torrent, rtsp_client, stream):
    torrent(narrow, stream)
    slow, quick = small(rtsp_client(narrow)), rtsp_client(narrow)
    slow.play(narrow.rtsp(stream))
    quick.play(narrow.rtsp(stream))
    drain(quick)
    short = narrow.wait_item("rtspsessions", remoteAddr=slow.address)["id"]
    narrow.wait_message("WAR", rf"\[RTSP\] \[session {short[:8]}\] reader is too slow, discarding \d+ frames?")
    session = wait_until(lambda: (s := narrow.get(f"/v3/rtspsessions/get/{short}").json())
                         ["outboundRTPPacketsDiscarded"] and s, "discarded packets")
    assert session["state"] == "read", "it stays"
    other = narrow.wait_item("rtspsessions", remoteAddr=quick.address)
    wait_until(lambda: narrow.wait_item("rtspsessions", id=other["id"])["outboundRTPPackets"]
               > other["outboundRTPPackets"], "the other one is served")


def test_an_rtmp_reader(narrow, torrent, rtmp_client, stream):
    torrent(narrow, stream)
    slow = small(rtmp_client(narrow))
    slow.start(narrow.rtmp(""), "play", stream)
    address = slow.address
    narrow.wait_message("WAR", rf"\[RTMP\] \[conn {re.escape(address)}\] reader is too slow, discarding \d+ frames?")
    conn = wait_until(lambda: (c := narrow.wait_item("rtmpconns", remoteAddr=address))["outboundFramesDiscarded"] and c,
                      "discarded frames")
    assert conn["state"] == "read"


def test_a_reader_that_takes_nothing_is_cut_after_the_write_timeout(new_router, torrent, rtmp_client, rtsp_client):
    router = new_router(variation(writeTimeout="1s", paths={"all_others": {}}, pathDefaults=None)).start()
    torrent(router, "cam")
    rtsp, rtmp = small(rtsp_client(router)), small(rtmp_client(router))
    rtsp.play(router.rtsp("cam"))
    rtmp.start(router.rtmp(""), "play", "cam")
    name = re.escape(rtmp.address)
    router.wait_message("INF", rf"\[RTMP\] \[conn {name}\] closed: write tcp .*: i/o timeout")
    name = re.escape(rtsp.address)
    router.wait_message("INF", rf"\[RTSP\] \[session \w+\] destroyed: write tcp .*->{name}: i/o timeout")
    router.wait_message("INF", rf"\[RTSP\] \[conn {name}\] closed: terminated")
    assert router.path("cam")["ready"]
