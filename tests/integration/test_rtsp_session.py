"""RTSP sessions over TCP, request by request: publishing with real clients, pause, keep-alive, reports, idle clients."""

import signal
import struct
import time

import pytest
from support import ffmpeg
from support.bare_router import ONLY_EMBEDDED
from support.process import Process
from support.rtsp_client import RtspClient, rtp
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

IDLE_SECONDS = 60    # a reader over TCP may be silent for this long
REPORT_SECONDS = 10  # between sender reports


def client_of(stack):
    return RtspClient(stack.settings.host, stack.settings.rtsp_port, timeout=20)


def session_of(stack, path):
    return next(s for s in stack.ask_api("/v3/rtspsessions/list?itemsPerPage=1000").json()["items"] if s["path"] == path)


# The two ways to make rtspclientsink use TCP. Otherwise it asks for UDP, and after a refusal it gives up.
@pytest.mark.parametrize("scheme,options", [("rtsp", ["protocols=tcp"]), ("rtspt", [])])
def test_gstreamer_publishes_over_rtsp(shared_stack, tmp_path, stream, scheme, options):
    location = shared_stack.rtsp(stream).replace("rtsp", scheme, 1)
    argv = ["gst-launch-1.0", "-q", "rtspclientsink", "name=s", f"location={location}", *options,
            "videotestsrc", "is-live=true", "!", "video/x-raw,width=320,height=180,framerate=30/1", "!", "x264enc",
            "tune=zerolatency", "speed-preset=ultrafast", "key-int-max=30", "!", "h264parse", "!", "s.",
            "audiotestsrc", "is-live=true", "!", "audioconvert", "!", "avenc_aac", "!", "aacparse", "!", "s."]
    publisher = Process("gst-publisher", argv, tmp_path / "publisher.log")
    try:
        event = shared_stack.wait_event(stream, "ready", seconds=40)
        assert event["path"] == f"live/{stream}/in"
        for url in (shared_stack.rtsp(stream), shared_stack.rtmp(stream)):
            streams = ffmpeg.probe(url)
            assert {k: s["codec_name"] for k, s in streams.items()} == {"video": "h264", "audio": "aac"}
        publisher.signal(signal.SIGINT)
        shared_stack.wait_event(stream, "not-ready")
    finally:
        publisher.kill()


def test_ffmpeg_publishes_over_rtsp_and_takes_a_path_over(shared_stack, publish, stream):
    first = publish(shared_stack.rtsp(stream))
    shared_stack.wait_event(stream, "ready")
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_event(stream, "ready", count=2)
    wait_until(lambda: not first.running(), "the first publisher's end")
    shared_stack.wait_live(stream)
    assert shared_stack.paths()[f"live/{stream}/in"]["source"]["type"] == "rtmpConn"


def test_ffmpeg_without_an_option_falls_back_to_tcp(shared_stack, clips, tmp_path, stream):
    argv = ["ffmpeg", "-loglevel", "warning", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(clips.get("av")),
            "-c", "copy", "-f", "rtsp", shared_stack.rtsp(stream)]
    publisher = Process("publisher", argv, tmp_path / "publisher.log")
    try:
        wait_until(lambda: shared_stack.is_live(stream) or not publisher.running(), "live, or FFmpeg gave up")
        assert publisher.running(), publisher.log()
    finally:
        publisher.kill()


def test_pause_and_play(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    path, client = f"live/{stream}/in", client_of(shared_stack)
    assert client.play(path).status == 200
    assert client.frame()
    assert session_of(shared_stack, path)["state"] == "read"
    assert client.request("PAUSE", client.url(path)).status == 200
    client.frames.clear()
    assert session_of(shared_stack, path)["state"] == "idle"
    sent = session_of(shared_stack, path)["outboundRTPPackets"]
    # The stream goes on in the meantime, but this reader gets nothing of it.
    before = shared_stack.paths()[path]["inboundBytes"]
    wait_until(lambda: shared_stack.paths()[path]["inboundBytes"] > before + 20_000, "half a second of media")
    kept = client.request("GET_PARAMETER", client.url(path))
    assert kept.status == 200 and not client.frames
    assert session_of(shared_stack, path)["outboundRTPPackets"] == sent
    played = client.request("PLAY", client.url(path))
    assert played.status == 200 and "seq=" in played.headers["RTP-Info"]
    first = int(played.headers["RTP-Info"].split("seq=")[1].split(";")[0])
    packet = next(payload for channel, payload in iter(client.frame, None) if channel == 0)
    assert (int.from_bytes(packet[2:4], "big") - first) & 0xFFFF < 100
    assert client.request("TEARDOWN", client.url(path)).status == 200


def test_keep_alive(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    path, client = f"live/{stream}/in", client_of(shared_stack)
    assert client.play(path).status == 200
    alive = client.request("GET_PARAMETER", client.url(path))
    assert alive.status == 200 and alive.headers["Session"].endswith(";timeout=55")
    assert alive.headers["Content-Type"] == "text/parameters" and not alive.body
    assert client.request("OPTIONS", client.url(path)).headers["Session"].startswith(client.session)


SDP = (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=t\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
       b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; "
       b"sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\na=control:streamid=0\r\n")


def test_a_publisher_that_pauses_ends_its_stream_and_may_begin_another(shared_stack, stream):
    path, client = f"live/{stream}/in", client_of(shared_stack)
    assert client.record(path, SDP).status == 200
    shared_stack.wait_event(stream, "ready")
    assert client.request("PAUSE", client.url(path)).status == 200
    shared_stack.wait_event(stream, "not-ready")
    assert client.request("RECORD", client.url(path)).status == 200
    shared_stack.wait_event(stream, "ready", count=2)
    assert client.request("TEARDOWN", client.url(path)).status == 200
    shared_stack.wait_event(stream, "not-ready", count=2)


def test_what_a_publisher_sent_and_lost_is_counted(shared_stack, stream):
    path, client = f"live/{stream}/in", client_of(shared_stack)
    assert client.record(path, SDP).status == 200
    for sequence in [*range(10), *range(13, 20)]:
        client.send_frame(0, rtp(b"\x65" + bytes(100), sequence, 3000 * sequence))
    client.send_frame(0, b"\x00" * 20)
    client.send_frame(1, struct.pack(">BBHI", 0x80, 201, 1, 1))
    client.send_frame(1, b"\x80\xc8\xff\xff")  # a report with a wrong length
    wait_until(lambda: session_of(shared_stack, path)["inboundRTPPackets"] == 18, lambda: session_of(shared_stack, path))
    shown = session_of(shared_stack, path)
    assert shown["inboundRTPPacketsLost"] == 3
    assert shown["inboundRTPPacketsInError"] == 1
    assert shown["inboundRTCPPackets"] == 1 and shown["inboundRTCPPacketsInError"] == 1


def test_what_a_reader_reports_lost_is_shown(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    path, client = f"live/{stream}/in", client_of(shared_stack)
    assert client.play(path).status == 200
    ssrc = next(payload for channel, payload in iter(client.frame, None) if channel == 0)[8:12]
    report = struct.pack(">BBHI", 0x81, 201, 7, 1) + ssrc + b"\x10" + (7).to_bytes(3, "big") + bytes(16)
    client.send_frame(1, report)
    wait_until(lambda: session_of(shared_stack, path)["outboundRTPPacketsReportedLost"] == 7,
               lambda: session_of(shared_stack, path))


def test_reports_and_idleness_over_a_minute(shared_stack, publish, stream):
    """Sender reports come before the first packet and every 10 s. A reader that sends nothing is disconnected after 60 s.
    A reader that sends a receiver report or GET_PARAMETER now and then is not."""
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    path, began = f"live/{stream}/in", time.monotonic()
    silent, talking = client_of(shared_stack), client_of(shared_stack)
    for client in (silent, talking):
        assert client.play(path).status == 200
    reports, packets, spoken = [], 0, 0
    while (frame := silent.frame()) is not None:
        channel, payload = frame
        elapsed = time.monotonic() - began
        if channel == 1:
            assert payload[1] == 200 and len(payload) == 28
            assert int.from_bytes(payload[20:24], "big") == packets
            reports.append(elapsed)
        packets += channel == 0
        if elapsed > 20 * (spoken + 1):
            spoken += 1
            talking.send_frame(1, struct.pack(">BBHI", 0x80, 201, 1, 1))
        talking.socket.settimeout(0.001)
        try:
            talking.socket.recv(65536)
        except TimeoutError:
            pass
    closed = time.monotonic() - began
    assert IDLE_SECONDS - 1 < closed < IDLE_SECONDS + 3
    assert reports[0] < 2 and len(reports) in (6, 7)
    assert all(REPORT_SECONDS - 0.5 < b - a < REPORT_SECONDS + 1.5 for a, b in zip(reports, reports[1:]))
    talking.socket.settimeout(20)
    talking.received = b""
    assert talking.socket.recv(65536)
