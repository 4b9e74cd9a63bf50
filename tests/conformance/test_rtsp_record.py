"""Publishing over RTSP: ANNOUNCE, SETUP, RECORD, what readers then get."""

import re

import pytest
from support.differences import differs
from support.rtsp_publish import DESCRIPTION, announce, record, send_unit
from support.wait import wait_until


def test_the_dialogue(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    reply = announce(client, f"{url}?lang=es")
    assert reply.status == 200 and reply.names() == ["CSeq", "Server"], "no session yet"
    reply = client.ask("SETUP", f"{url}?lang=es/streamid=0",
                       {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"})
    assert reply.status == 200
    assert reply.get("Transport") == "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert re.fullmatch(r"[0-9a-f]{32};timeout=55", reply.get("Session"))
    reply = client.ask("RECORD", url)
    assert reply.status == 200 and reply.names() == ["CSeq", "Server", "Session"]
    item = router.wait_ready(path)
    assert item["tracks"] == ["H264"]
    session = router.wait_item("rtspsessions", remoteAddr=client.address, state="publish")
    assert (session["path"], session["query"]) == (path, "lang=es")
    short = session["id"][:8]
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] is publishing to path '{path}'")
    assert client.ask("GET_PARAMETER", url).status == 200
    assert client.ask("TEARDOWN", url).status == 200
    router.wait_not_ready(path)
    router.wait_message("INF", rf"\[RTSP\] \[session {short}\] destroyed: torn down by {client.address}")


def test_the_control_is_absolute_or_the_last_part(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, url, DESCRIPTION.replace("a=control:streamid=0", f"a=control:{url}/streamid=0")).status == 200
    assert record(client, url).status == 200


def test_language_and_name_of_a_sound(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    sound = "m=audio 0 RTP/AVP 8\r\ni=Doblaje\r\na=lang:spa\r\na=control:streamid=1\r\n"
    assert announce(client, url, DESCRIPTION + sound).status == 200
    assert client.ask("SETUP", f"{url}/streamid=1",
                      {"Transport": "RTP/AVP/TCP;unicast;interleaved=2-3;mode=record"}).status == 200
    assert record(client, url).status == 200
    track = router.wait_ready(path)["tracks2"][1]
    told = {key: track[key] for key in ("language", "name") if key in track}
    row = "language and name of a sound"
    assert told == differs(router, row, mediamtx={}, embedded={"language": "es", "name": "Doblaje"})
    described = rtsp_client(router).ask("DESCRIBE", url).body.decode().split("m=audio")[1]
    lines = [line for line in described.splitlines() if line.startswith(("i=", "a=lang:"))]
    assert lines == differs(router, row, mediamtx=[], embedded=["i=Doblaje", "a=lang:es"])


REFUSED = {
    "no description": ("", 400), "nonsense": ("v=0\r\nnonsense\r\n", 400),
    "no tracks": (DESCRIPTION.split("m=")[0], 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_descriptions(router, rtsp_client, path, name):
    description, status = REFUSED[name]
    client = rtsp_client(router)
    assert announce(client, router.rtsp(path), description).status == status
    assert client.closed_by_server()


def test_interleaved_h264_is_refused_by_name(router, rtsp_client, path):
    reply = announce(rtsp_client(router), router.rtsp(path), DESCRIPTION.replace("packetization-mode=1", "packetization-mode=2"))
    assert reply.status == differs(router, "many codecs can be published", 200, 400)
    if router.embedded:
        router.wait_message("INF", r"\[RTSP\] \[conn .*\] closed: no track can be carried: H264 in interleaved mode .*")


def test_a_wrong_content_type(router, rtsp_client, path):
    client = rtsp_client(router)
    reply = client.ask("ANNOUNCE", router.rtsp(path), {"Content-Type": "text/plain"}, DESCRIPTION.encode())
    assert reply.status == 400


def test_a_path_that_is_not_configured(router, rtsp_client):
    client = rtsp_client(router)
    assert announce(client, router.rtsp("elsewhere")).status == 400
    assert client.closed_by_server()
    client.close()
    router.wait_message("INF", r"\[RTSP\] \[conn .*\] closed: path 'elsewhere' is not configured")


def test_record_needs_all_tracks(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    second = "m=audio 0 RTP/AVP 14\r\na=control:streamid=1\r\n"
    assert announce(client, url, DESCRIPTION + second).status == 200
    assert record(client, url).status == 400


@pytest.mark.parametrize("transport,status", [
    ("RTP/AVP/TCP;unicast;interleaved=0-1;mode=play", 400), ("RTP/AVP/TCP;unicast;interleaved=0-1;mode=x", 400),
    ("RTP/AVP/TCP;unicast;interleaved=0-1;mode=receive", 200), ("RTP/AVP;multicast;mode=record", 461)])
def test_transport_of_a_publisher(router, rtsp_client, path, transport, status):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, url).status == 200
    assert client.ask("SETUP", f"{url}/streamid=0", {"Transport": transport}).status == status


def test_setup_of_what_was_not_announced(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, url).status == 200
    reply = client.ask("SETUP", f"{url}/streamid=7", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"})
    assert reply.status == 400


def test_announce_twice(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, url).status == 200
    assert announce(client, url).status == 400


def test_what_a_reader_of_it_gets(router, rtsp_client, path):
    publisher, url = rtsp_client(router), router.rtsp(path)
    announce(publisher, url)
    record(publisher, url)
    router.wait_ready(path)
    body = rtsp_client(router).ask("DESCRIBE", url).body.decode()
    assert "a=control:trackID=0\r\n" in body and "H264/90000" in body
    payload_type = int(re.search(r"m=video 0 RTP/AVP (\d+)", body)[1])
    row = "a publisher's packets are forwarded"
    assert payload_type == differs(router, row, 97, 96)
    reader = rtsp_client(router)
    reader.play(url, tracks=1)
    for number in range(1, 20):
        send_unit(publisher, 1 + 3 * number, 90_000 * number)
    while (frame := reader.frame()).channel:
        pass
    assert frame.rtp().payload_type == payload_type


def test_a_pause_ends_the_stream(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    announce(client, url)
    record(client, url)
    router.wait_ready(path)
    assert client.ask("PAUSE", url).status == 200
    router.wait_not_ready(path)


def test_the_end_is_told_within_a_second(router, rtsp_client, path):
    client, url = rtsp_client(router), router.rtsp(path)
    announce(client, url)
    record(client, url)
    router.wait_ready(path)
    client.close()
    wait_until(lambda: router.path(path) is None, "the path gone", 1)
