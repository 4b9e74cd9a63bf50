"""Reading over RTSP: SETUP and its transports, PLAY, PAUSE, the end of a session."""

import re
import socket

import pytest
from support.differences import differs
from support.wait import wait_until

ONLY_TCP = "UDP, multicast, HTTP and WebSocket tunnels"


def test_another_connection_must_not_take_a_playing_session(router, stream_url, rtsp_client):
    first, second = rtsp_client(router), rtsp_client(router)
    first.play(stream_url)
    second.session = first.session
    assert second.ask("PLAY", stream_url).status == differs(router, "a session may move between connections", 400, 454)
    assert second.closed_by_server()
    first.frames.clear()
    assert first.frame(), "the first one does not notice"


def test_setup_and_play(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    reply = client.setup(f"{stream_url}/trackID=0")
    assert reply.status == 200 and reply.names() == ["CSeq", "Server", "Session", "Transport"]
    assert re.fullmatch(r"[0-9a-f]{32};timeout=55", reply.get("Session"))
    video = re.fullmatch(r"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=([0-9A-F]{8})", reply.get("Transport"))
    reply = client.setup(f"{stream_url}/trackID=1", 2)
    audio = re.fullmatch(r"RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=([0-9A-F]{8})", reply.get("Transport"))
    assert video and audio and reply.get("Session").split(";")[0] == client.session

    reply = client.ask("PLAY", stream_url, {"Range": "npt=0.000-"})
    assert reply.status == 200 and reply.names() == ["CSeq", "RTP-Info", "Server", "Session"]
    infos = reply.get("RTP-Info").split(",")
    # Both routers make RTP packets only after the first RTSP reader has come. So they know nothing about packets yet.
    assert [re.sub(r";seq=\d+;rtptime=\d+", "", info) for info in infos] == [
        f"url={stream_url}/trackID={n}" for n in range(2)]
    for channel, ssrc in ((0, video[1]), (2, audio[1])):
        while (frame := client.frame()).channel != channel:
            pass
        packet = frame.rtp()
        wanted = differs(router, "all tracks have payload type 96", 96, 97) if channel else 96
        assert f"{packet.ssrc:08X}" == ssrc and packet.payload_type == wanted


def test_a_play_twice_and_keep_alive(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    client.play(stream_url)
    assert client.ask("PLAY", stream_url).status == 200
    reply = client.ask("GET_PARAMETER", stream_url)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.get("Content-Type") == "text/parameters" and reply.get("Session").endswith(";timeout=55")
    assert client.ask("OPTIONS", stream_url).get("Session").endswith(";timeout=55")


def test_pause(router, stream_url, rtsp_client, path):
    client = rtsp_client(router)
    client.play(stream_url)
    assert client.frame()
    reply = client.ask("PAUSE", stream_url)
    assert reply.status == 200 and reply.get("Session").endswith(";timeout=55")
    session = router.wait_item("rtspsessions", remoteAddr=client.address)
    assert (session["state"], session["path"]) == ("idle", path)
    client.frames.clear()
    assert client.ask("PLAY", stream_url).status == 200
    assert client.frame()
    assert router.wait_item("rtspsessions", remoteAddr=client.address)["state"] == "read"


def test_teardown(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    client.play(stream_url)
    short = router.wait_item("rtspsessions", remoteAddr=client.address)["id"][:8]
    reply = client.ask("TEARDOWN", stream_url)
    assert (reply.status, reply.get("Session")) == (200, None)
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] destroyed: torn down by {client.address}")


@pytest.mark.parametrize("url", ["{u}/", "{u}?a=1", "{u}"])
def test_play_by_any_form_of_the_address(router, stream_url, rtsp_client, url):
    client = rtsp_client(router)
    assert client.setup(f"{stream_url}/trackID=0").status == 200
    assert client.ask("PLAY", url.format(u=stream_url)).status == 200


def test_play_of_another_path(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    assert client.setup(f"{stream_url}/trackID=0").status == 200
    assert client.ask("PLAY", router.rtsp("live/other/in")).status == 400
    assert client.closed_by_server()


SETUPS = {
    "a query before the track": ("{u}?a=1/trackID=0", "RTP/AVP/TCP;unicast;interleaved=0-1", 200),
    "a trailing slash is track 0": ("{u}/", "RTP/AVP/TCP;unicast;interleaved=0-1", 200),
    "no track": ("{u}", "RTP/AVP/TCP;unicast;interleaved=0-1", 400),
    "no such track": ("{u}/trackID=7", "RTP/AVP/TCP;unicast;interleaved=0-1", 400),
    "a track of letters": ("{u}/trackID=x", "RTP/AVP/TCP;unicast;interleaved=0-1", 400),
    "channels that are not consecutive": ("{u}/trackID=0", "RTP/AVP/TCP;unicast;interleaved=0-2", 400),
    "channels to be chosen": ("{u}/trackID=0", "RTP/AVP/TCP;unicast", 200),
    "high channels": ("{u}/trackID=0", "RTP/AVP/TCP;unicast;interleaved=40-41", 200),
    "mode play": ("{u}/trackID=0", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=play", 200),
    "mode record": ("{u}/trackID=0", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record", 400),
    "no Transport": ("{u}/trackID=0", None, 400),
    "nonsense": ("{u}/trackID=0", "pigeon", 400),
    "multicast is not among rtspTransports": ("{u}/trackID=0", "RTP/AVP;multicast", 461),
    "TLS without TLS": ("{u}/trackID=0", "RTP/SAVP;unicast;client_port=35000-35001", 461),
    "the first that is possible wins": ("{u}/trackID=0", "RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=4-5", 200),
}


@pytest.mark.parametrize("name", SETUPS)
def test_setup(router, stream_url, rtsp_client, name):
    url, transport, status = SETUPS[name]
    client = rtsp_client(router)
    reply = client.ask("SETUP", url.format(u=stream_url), {"Transport": transport})
    assert reply.status == status
    if status == 461:
        assert client.setup(f"{stream_url}/trackID=0").status == 200, "the connection is kept, TCP is possible"
    elif status == 400:
        assert client.closed_by_server()
    else:
        wanted = re.search(r"interleaved=\d+-\d+", transport.split(",")[-1])
        assert (wanted[0] if wanted else "interleaved=0-1") in reply.get("Transport")


def test_udp(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    reply = client.ask("SETUP", f"{stream_url}/trackID=0", {"Transport": "RTP/AVP;unicast;client_port=35002-35003"})
    assert reply.status == differs(router, ONLY_TCP, 200, 461)
    if reply.status == 200:
        ports = rf"client_port=35002-35003;server_port={router.rtp_port}-{router.rtp_port + 1}"
        assert re.fullmatch(rf"RTP/AVP;unicast;{ports};ssrc=[0-9A-F]{{8}}", reply.get("Transport"))


def test_a_track_twice(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    assert client.setup(f"{stream_url}/trackID=0").status == 200
    assert client.setup(f"{stream_url}/trackID=0", 2).status == 400


def test_channels_that_are_taken(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    assert client.setup(f"{stream_url}/trackID=0").status == 200
    assert client.setup(f"{stream_url}/trackID=1").status == 400


def test_play_without_setup_of_all_tracks(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    assert client.setup(f"{stream_url}/trackID=1").status == 200
    reply = client.ask("PLAY", stream_url)
    assert reply.status == 200 and reply.get("RTP-Info").count("url=") == 1
    assert {client.frame().channel for _ in range(20)} <= {0, 1}


def test_setup_during_play(router, stream_url, rtsp_client):
    client = rtsp_client(router)
    client.play(stream_url, tracks=1)
    assert client.setup(f"{stream_url}/trackID=1", 2).status == 400


def test_log_lines_of_a_reader(router, stream_url, rtsp_client, path):
    client = rtsp_client(router)
    name = re.escape(client.address)
    client.play(stream_url)
    short = router.wait_item("rtspsessions", remoteAddr=client.address)["id"][:8]
    router.wait_message("INF", rf"\[RTSP\] \[conn {name}\] opened")
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] created by {name}")
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] is reading from path '{path}', with TCP, 2 tracks "
                               r"\((H264, MPEG-4 Audio|MPEG-4 Audio, H264)\)")
    client.socket.shutdown(socket.SHUT_WR)
    router.wait_message("INF", rf"\[RTSP\] \[conn {name}\] closed: EOF")
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] destroyed: not in use")
    wait_until(lambda: not router.path(path)["readers"], "the reader gone")


def test_a_lost_publisher_closes_its_readers(router, live, rtsp_client, path):
    publisher = live(router, path)
    client = rtsp_client(router)
    name = client.address
    client.play(router.rtsp(path))
    short = router.wait_item("rtspsessions", remoteAddr=name)["id"][:8]
    publisher.close()
    assert client.closed_by_server()
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] destroyed: terminated")
