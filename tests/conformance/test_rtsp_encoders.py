"""What cameras and encoders announce and request over RTSP, and what the router does with it."""

import re

import pytest
from support.differences import differs
from support.rtsp_publish import DESCRIPTION, SETS, announce, record, send_packet, send_unit

READ_AS_FAR_AS_POSSIBLE = "a description that cannot be read completely is refused"
G722 = "m=audio 0 RTP/AVP 9\r\na=control:streamid=1\r\n"
ONVIF = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:streamid=1\r\n"
AAC = ("m=audio 0 RTP/AVP 98\r\na=rtpmap:98 mpeg4-generic/48000/2\r\na=control:streamid=1\r\n"
       "a=fmtp:98 mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3")


def with_sets(sets):
    return DESCRIPTION.replace(SETS, sets)


# What is announced: (description, whether MediaMTX accepts it, what the embedded router logs about it).
DESCRIPTIONS = {
    "a=sendonly": (DESCRIPTION + "a=sendonly\r\n", True, None),
    "a=recvonly": (DESCRIPTION + "a=recvonly\r\n", True, None),
    "retransmission first": (DESCRIPTION.replace("RTP/AVP 97", "RTP/AVP 99 97") +
                             "a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=97\r\n", True, None),
    "no v=0": (DESCRIPTION.replace("v=0\r\n", ""), True, None),
    "lines of its own": (DESCRIPTION.replace("t=0 0\r\n", "t=0 0\r\nthread=0 0\r\n"), False, None),
    "start codes in sprop": (with_sets("AAAAAWdCwA3aBQZ+fARAAAADAEAAAAPI8UKq,AAAAAWjOPIA="), True, None),
    "sprop is not base 64": (with_sets("Z0LAD&,aM48"), False, "sprop-parameter-sets is not base 64"),
    "fmtp of another payload type": (DESCRIPTION.replace("fmtp:97", "fmtp:96"), False, "another payload type"),
    "no fmtp": (re.sub("a=fmtp.*\r\n", "", DESCRIPTION), False, None),
    "packetization-mode=0": (DESCRIPTION.replace("mode=1", "mode=0"), False, None),
    "no packetization-mode": (DESCRIPTION.replace("packetization-mode=1; ", ""), False, None),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_as_cameras_write_it(router, rtsp_client, path, name):
    description, mediamtx, said = DESCRIPTIONS[name]
    client, url = rtsp_client(router), router.rtsp(path)
    reply = announce(client, url, description)
    taken = mediamtx or differs(router, READ_AS_FAR_AS_POSSIBLE, False, True)
    assert reply.status == (200 if taken else 400)
    if not taken:
        assert client.closed_by_server()
        return
    assert record(client, url).status == 200
    tracks = router.wait_ready(path)["tracks"]
    assert tracks == ["H264"] or differs(router, "many codecs can be published", "Generic" in tracks, False)
    for number in range(1, 3):
        send_unit(client, 1 + 3 * number, 90_000 * number)
    if router.embedded and said:
        router.wait_message("WAR", rf"\[RTSP\] \[session .*\] track 1 \(video\): .*{said}")


BESIDE = {"G722": G722, "ONVIF metadata": ONVIF}


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_not_carried_is_set_up_and_dropped(router, rtsp_client, path, name):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, url, DESCRIPTION + BESIDE[name]).status == 200
    reply = client.ask("SETUP", f"{url}/streamid=1", {"Transport": "RTP/AVP/TCP;unicast;interleaved=2-3;mode=record"})
    assert reply.status == 200
    assert record(client, url).status == 200
    assert "H264" in router.wait_ready(path)["tracks"]
    for number in range(1, 4):
        send_packet(client, 2, 9 if name == "G722" else 107, number, b"not carried")
        send_unit(client, 1 + 3 * number, 90_000 * number)
    assert client.ask("GET_PARAMETER", url).status == 200, "the publisher goes on"
    if router.embedded:
        assert router.path(path)["tracks"] == ["H264"]
        codec = "G722" if name == "G722" else "vnd.onvif.metadata"
        router.wait_message("WAR", rf"\[RTSP\] \[session .*\] track 2 \(.*\) is not carried: codec {codec} is not supported")


AUDIO = {
    "whole": AAC + "; config=1190", "no config": AAC, "no fmtp": re.sub("a=fmtp.*", "", AAC).rstrip(),
    "no lengths": re.sub("mode.*", "config=1190", AAC),
}


@pytest.mark.parametrize("name", AUDIO)
def test_aac_as_cameras_describe_it(router, rtsp_client, path, name):
    client, url = rtsp_client(router), router.rtsp(path)
    reply = announce(client, url, DESCRIPTION.split("m=")[0] + AUDIO[name] + "\r\n")
    taken = name == "whole" or differs(router, READ_AS_FAR_AS_POSSIBLE, False, True)
    assert reply.status == (200 if taken else 400)


SETUPS = {
    "no mode=record": ("streamid=0", "{u}/streamid=0", "RTP/AVP/TCP;unicast;interleaved=0-1", False),
    "a control with a slash": ("/trackID=0", "{u}/trackID=0", "RTP/AVP/TCP;unicast;mode=record", False),
    "a control from the root": ("/trackID=0", "{root}/trackID=0", "RTP/AVP/TCP;unicast;mode=record", False),
    "a control with another host": ("rtsp://10.0.0.5/{p}/trackID=0", "{u}/trackID=0",
                                    "RTP/AVP/TCP;unicast;mode=record", False),
    "another host in both": ("rtsp://10.0.0.5/{p}/trackID=0", "rtsp://10.0.0.5/{p}/trackID=0",
                             "RTP/AVP/TCP;unicast;mode=record", True),
}


@pytest.mark.parametrize("name", SETUPS)
def test_setup_as_encoders_write_it(router, rtsp_client, path, name):
    control, asked, transport, mediamtx = SETUPS[name]
    client, url = rtsp_client(router), router.rtsp(path)
    fill = {"u": url, "p": path, "root": router.rtsp("").rstrip("/")}
    description = DESCRIPTION.replace("control:streamid=0", "control:" + control.format(**fill))
    assert announce(client, url, description).status == 200
    reply = client.ask("SETUP", asked.format(**fill), {"Transport": transport})
    taken = mediamtx or differs(router, READ_AS_FAR_AS_POSSIBLE, False, True)
    assert reply.status == (200 if taken else 400)


@pytest.mark.parametrize("content_type,mediamtx", [
    ("application/sdp;charset=utf-8", False), ("Application/SDP", False), ("application/sdp ; charset=x", False)])
def test_content_types_of_a_description(router, rtsp_client, path, content_type, mediamtx):
    reply = announce(rtsp_client(router), router.rtsp(path), **{"Content-Type": content_type})
    taken = mediamtx or differs(router, READ_AS_FAR_AS_POSSIBLE, False, True)
    assert reply.status == (200 if taken else 400)


def test_nothing_that_is_carried_is_refused_by_name(router, rtsp_client, path):
    client = rtsp_client(router)
    name = client.address
    reply = announce(client, router.rtsp(path), DESCRIPTION.split("m=")[0] + G722)
    assert reply.status == differs(router, "many codecs can be published", 200, 400)
    if router.embedded:
        router.wait_message("INF", rf"\[RTSP\] \[conn {name}\] closed: no track can be carried: codec G722 is not supported")


@pytest.mark.parametrize("query", ["a|b", '{x}["1"]^', "é", "100%"])
def test_odd_queries_of_a_publisher(router, rtsp_client, path, query):
    client, url = rtsp_client(router), router.rtsp(path)
    assert announce(client, f"{url}?{query}").status == 200
    transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"}
    assert client.ask("SETUP", f"{url}?{query}/streamid=0", transport).status == 200
    assert client.ask("RECORD", f"{url}?{query}").status == 200
    router.wait_ready(path)
    assert router.wait_item("rtspsessions", remoteAddr=client.address)["query"] == query
