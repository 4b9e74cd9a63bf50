"""What a worker passes on, between scripted peers."""

import pytest
from support.rtmp_client import AUDIO, VIDEO
from support.rtsp_server import AAC_SDP, H264_SDP, HEAD_SDP, Pump, RtspServer
from support.worker import assert_rising, gaps


def test_every_unit_comes_out_as_it_went_in(start, source, target, pump):
    start(source.url(), target.url())
    target.wait_units(VIDEO, 60)
    target.wait_units(AUDIO, 60)
    for kind, head in ((VIDEO, 9 + 8), (AUDIO, 2 + 8)):
        units = target.units(kind)
        assert_rising(units)
        # Each unit contains the sender's time. Between the first and the last one, none may be missing.
        clocks = [int.from_bytes(m.body[-len(m.body) + _body_start(m):][:8], "big") for m in units]
        assert clocks == sorted(clocks)
        step = 1 / 30 if kind == VIDEO else 1024 / 44100
        assert max(gaps([m.stamp for m in units])) <= step * 1000 + 2
    assert target.units(VIDEO)[0].stamp < 1000, "timestamps start near zero"
    assert target.units(AUDIO)[0].stamp < 1000


def _body_start(message):
    """Where the bytes of the scripted sender begin: after the FLV head, and the length and the first byte of the NAL unit."""
    if message.kind == AUDIO:
        return 2
    return 5 + 4 + 1


def test_the_output_is_published_before_any_media_has_come(start, source, target):
    worker = start(source.url(), target.url())
    worker.wait_event("output.accepted")
    assert target.commands[-1] == "publish"
    assert target.media() and not target.units(VIDEO), "sequence headers from the description"


@pytest.mark.parametrize("sdp, kind", [(HEAD_SDP + H264_SDP, VIDEO), (HEAD_SDP + AAC_SDP, AUDIO)],
                         ids=["video", "audio"])
def test_a_stream_of_one_track_is_relayed(start, target, sdp, kind):
    server = RtspServer(sdp=sdp)
    pump = Pump(server)
    start(server.url(), target.url())
    target.wait_units(kind, 20)
    assert not target.media(AUDIO if kind == VIDEO else VIDEO)
    pump.stop()
    server.close()
