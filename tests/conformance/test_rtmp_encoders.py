"""What real encoders send over RTMP beside plain H.264 and AAC: each is scripted here byte by byte, once with what this
router makes of it and once with what MediaMTX does. None of it may cost the publisher what can be carried.
"""

import re

import pytest
from support.differences import differs
from support.rtmp_client import AUDIO, DATA, VIDEO, amf0, flv_tags
from support.rtmp_script import assert_closed_for_a_reason
from support.wait import wait_until

BOTH, PICTURE, SOUND = ["H264", "MPEG-4 Audio"], ["H264"], ["MPEG-4 Audio"]
CLOSED = None
AUDIO_PERIOD_MS = 20
LATE_MS = 3000


@pytest.fixture(scope="session")
def tags(clips):
    return [tag for tag in flv_tags(clips.get("av")) if tag[0] in (AUDIO, VIDEO)]


def of(kind, tags):
    return [tag for tag in tags if tag[0] == kind]


def is_header(tag):
    return tag[2][:2] in (b"\x17\x00", b"\xaf\x00")


def headers(tags):
    return [tag for tag in tags if is_header(tag)]


def metadata(**values):
    return (DATA, 0, amf0("@setDataFrame") + amf0("onMetaData") + amf0(values))


def merged(*parts):
    return sorted((tag for part in parts for tag in part), key=lambda tag: tag[1])


def with_sound(payload):
    """The video of the clip with other sound, which has a message every 20 ms."""
    def make(tags):
        return merged(of(VIDEO, tags), [(AUDIO, at, payload) for at in range(0, 6000, AUDIO_PERIOD_MS)])
    return make


def with_picture(payload):
    def make(tags):
        return merged([(VIDEO, tag[1], payload) for tag in of(VIDEO, tags)], of(AUDIO, tags))
    return make


def extended_audio(tags, four_cc=b"mp4a", layout=None, track=0):
    """Audio tags in the form of Enhanced RTMP. With a layout, as multitrack messages of one track."""
    for kind, at, payload in tags:
        packet = payload[1]
        if layout is None:
            yield kind, at, bytes([0x90 | packet]) + four_cc + payload[2:]
        else:
            yield kind, at, bytes([0x95, layout << 4 | packet]) + four_cc + bytes([track]) + payload[2:]


def several_in_one(tags, codecs=(b"mp4a", b"mp4a")):
    """A message with several tracks: ManyTracks, or, if the codecs differ, ManyTracksManyCodecs. Each track has its size."""
    layout = 0x10 if len(set(codecs)) == 1 else 0x20
    for kind, at, payload in tags:
        body = payload[2:]
        message = bytes([0x95, layout | payload[1]]) + (codecs[0] if layout == 0x10 else b"")
        for track, codec in enumerate(codecs):
            message += (codec if layout == 0x20 else b"") + bytes([track]) + len(body).to_bytes(3, "big") + body
        yield kind, at, message


@pytest.fixture
def carried(router, rtmp_client, path):
    """carried(messages, expected) publishes them and compares: the tracks of the stream, or None if the publisher is closed."""
    def check(messages, expected):
        client = rtmp_client(router)
        client.start_path(router, "publish", path)
        assert client.status() and client.status()
        client.send_while_open(messages)
        if expected is CLOSED:
            assert_closed_for_a_reason(router, client)
            return
        wait_until(lambda: (router.path(path) or {}).get("tracks") == expected,
                   lambda: f"{expected}, not {router.path(path)}; the log:\n{router.log()[-2000:]}")
        assert client.ping(), "still there behind all of it"
    return check


EMPTY_AAC_HEADERS = {
    "alone": lambda tags: [(AUDIO, 0, b"\xaf\x00"), *tags],
    "and-the-real-one-with-the-first-sound": lambda tags: [
        (AUDIO, 0, b"\xaf\x00"), *of(VIDEO, headers(tags)), *[t for t in of(VIDEO, tags) if not is_header(t)][:3],
        *of(AUDIO, headers(tags)), *[t for t in tags if not is_header(t) and t[1] >= 100]],
}


@pytest.mark.parametrize("name", EMPTY_AAC_HEADERS)
def test_an_aac_header_without_a_body(carried, tags, name):
    """FFmpeg sends this when it copies AAC from a transport stream."""
    carried(EMPTY_AAC_HEADERS[name](tags), BOTH)


EMPTY_BODIES = {
    "avc-header": lambda tags: [(VIDEO, 0, b"\x17\x00\x00\x00\x00"), *tags],
    "enhanced-headers": lambda tags: [(AUDIO, 0, b"\x90mp4a"), (VIDEO, 0, b"\x90avc1"), *tags],
    "pictures": lambda tags: [*tags[:9], (VIDEO, 0, b"\x57\x00"), (VIDEO, 0, b"\x17"), *tags[9:]],
    "sounds": lambda tags: [*tags[:9], (AUDIO, 0, b"\xaf"), (AUDIO, 0, b"\xaf\x01"), *tags[9:]],
}


@pytest.mark.parametrize("name", EMPTY_BODIES)
def test_bodies_of_nothing(router, carried, tags, name):
    row = "empty sequence headers (except AAC's), empty frames, and bodies of one or two bytes close the connection"
    carried(EMPTY_BODIES[name](tags), differs(router, row, CLOSED, BOTH))


@pytest.mark.parametrize("said,kind", [({"videocodecid": 7, "width": 320}, VIDEO), ({"audiocodecid": 10}, AUDIO)],
                         ids=["sound", "picture"])
def test_metadata_that_forgets_a_track(carried, tags, said, kind):
    carried([metadata(**said), *of(kind, tags)[:3], *[t for t in tags if t not in of(kind, tags)[:3]]], BOTH)


def test_sound_that_comes_three_seconds_late(router, carried, tags):
    late = merged(of(VIDEO, tags), [(k, at + LATE_MS, p) for k, at, p in of(AUDIO, tags)])
    carried(late, differs(router, "a track that comes after the stream has begun closes the connection", CLOSED, BOTH))


ONE_CARRIED = {
    # name: (messages, what MediaMTX makes of it, what we do)
    "lpcm": (with_sound(b"\x3e" + bytes(800)), ["H264", "LPCM"], PICTURE),
    "speex": (with_sound(b"\xb2" + bytes(38)), CLOSED, PICTURE),
    "nellymoser": (with_sound(b"\x6a" + bytes(64)), CLOSED, PICTURE),
    "ac-4": (with_sound(b"\x91ac-4" + bytes(64)), CLOSED, PICTURE),
    "sorenson-h263": (with_picture(b"\x22" + bytes(64)), CLOSED, SOUND),
    "vp6": (with_picture(b"\x14" + bytes(64)), CLOSED, SOUND),
    "an-unknown-codec": (with_picture(b"\x91xyz1" + bytes(64)), CLOSED, SOUND),
}


@pytest.mark.parametrize("name", ONE_CARRIED)
def test_a_codec_that_is_not_carried_beside_one_that_is(router, carried, tags, name):
    make, mediamtx, embedded = ONE_CARRIED[name]
    carried(make(tags), differs(router, "an unsupported codec closes the publisher's connection", mediamtx, embedded))


def test_audio_in_the_enhanced_form(carried, tags):
    carried(merged(of(VIDEO, tags), extended_audio(of(AUDIO, tags))), BOTH)


def test_audio_that_is_track_two(carried, tags):
    carried(merged(of(VIDEO, tags), extended_audio(of(AUDIO, tags), layout=0, track=2)), BOTH)


def test_two_audio_tracks(router, carried, tags):
    """As FFmpeg sends them: the first track in a classic message, the second in a multitrack message."""
    carried(merged(tags, extended_audio(of(AUDIO, tags), layout=0, track=1)), [*BOTH, "MPEG-4 Audio"])


@pytest.mark.parametrize("head", [b"\x72", b"\x73", b"\x82"], ids=["a-law", "a-law-stereo", "mu-law"])
def test_g711(router, carried, path, tags, head):
    carried(with_sound(head + b"\xd5" * 160)(tags), ["H264", "G711"])
    assert router.path(path)["tracks2"][1] == {"codec": "G711", "codecProps": {
        "muLaw": head[0] >> 4 == 8, "sampleRate": 8000, "channelCount": 1 + (head[0] & 1)}}


# 384 bytes: 48 kHz, one channel, 96 kbit/s. FFmpeg's frames begin so.
AC3_FRAME = bytes.fromhex("0b77480d0c402f842bc1c77a").ljust(384, b"\x55")


def test_ac3(router, carried, path, tags):
    sound = [(AUDIO, 0, b"\x90ac-3"), *with_sound(b"\x91ac-3" + AC3_FRAME)(of(AUDIO, tags))]
    carried(merged(of(VIDEO, tags), sound), ["H264", "AC3"])
    assert router.path(path)["tracks2"][1] == {"codec": "AC3", "codecProps": {"sampleRate": 48000, "channelCount": 1}}


def test_e_ac3(router, carried, tags):
    frame = bytes.fromhex("0b7700bf3287c00021064060").ljust(384, b"\x55")
    row = "E-AC-3 closes the connection"
    carried(with_sound(b"\x91ec-3" + frame)(tags), differs(router, row, CLOSED, ["H264", "E-AC-3"]))


def test_flac(router, carried, path, tags):
    info = bytes.fromhex("04800480000000000000" "0bb800f000000000") + bytes(16)
    sound = [(AUDIO, 0, b"\x90fLaC" + info), *with_sound(b"\x91fLaC\xff\xf8\xaa\x08\x00\xed" + bytes(32))(of(AUDIO, tags))]
    carried(merged(of(VIDEO, tags), sound), ["H264", "FLAC"])
    assert router.path(path)["tracks2"][1] == {"codec": "FLAC", "codecProps": None}


AV1_SEQUENCE = bytes.fromhex("0a0b020000051da7fb805f0008")


def test_av1(router, carried, path, tags):
    """Of AV1, MediaMTX never shows the size."""
    av1 = [(VIDEO, 0, b"\x90av01" + bytes.fromhex("81000c00") + AV1_SEQUENCE),
           *with_picture(b"\x91av01\x12\x00" + AV1_SEQUENCE + bytes.fromhex("32031000aa"))(tags)]
    carried(sorted(av1, key=lambda tag: tag[1]), ["AV1", "MPEG-4 Audio"])
    width, height = differs(router, "AV1: `codecProps` are zeros for an RTMP publisher", (0, 0), (160, 120))
    assert router.path(path)["tracks2"][0] == {"codec": "AV1", "codecProps": {
        "width": width, "height": height, "profile": 0, "level": 0, "tier": 0}}


def test_vp9(router, carried, path, tags):
    vp9 = [(VIDEO, 0, b"\x90vp09" + bytes.fromhex("01000000000a820202020000")),
           *with_picture(b"\x91vp09" + bytes.fromhex("824983420009f0077606"))(tags)]
    carried(sorted(vp9, key=lambda tag: tag[1]), ["VP9", "MPEG-4 Audio"])
    assert router.path(path)["tracks2"][0] == {"codec": "VP9", "codecProps": {"profile": 0}}


LAYOUTS = {
    "many-tracks": lambda tags: several_in_one(tags),
    "many-tracks-many-codecs": lambda tags: several_in_one(tags, (b"iamf", b"mp4a")),
    "modifiers": lambda tags: [(kind, at, b"\x97\x02\x00\x00\x00" + bytes([payload[0] & 15]) + payload[1:])
                               for kind, at, payload in extended_audio(tags)],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_enhanced_rtmp(router, carried, tags, name):
    row = "multitrack messages may have one track only; modifiers (ModEx) close the connection"
    embedded = [*BOTH, "MPEG-4 Audio"] if name == "many-tracks" else BOTH
    carried(merged(of(VIDEO, tags), LAYOUTS[name](of(AUDIO, tags))), differs(router, row, CLOSED, embedded))


NOTHING_CARRIED = {
    "vp6-and-speex": (lambda tags: with_sound(b"\xb2" + bytes(38))(with_picture(b"\x14" + bytes(64))(tags)),
                      "VP6 video", "Speex audio"),
    "unknown-and-ac-4": (lambda tags: with_sound(b"\x91ac-4" + bytes(64))(with_picture(b"\x91xyz1" + bytes(64))(tags)),
                           "codec 'xyz1' video", "AC-4 audio"),
}


@pytest.mark.parametrize("name", NOTHING_CARRIED)
def test_nothing_that_is_carried(router, rtmp_client, tags, path, name):
    make, *names = NOTHING_CARRIED[name]
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    assert client.status() and client.status()
    client.send_while_open(make(tags))
    status = client.status()
    refused = differs(router, "most refusals only close the connection", False, True)
    assert (status is not None) == refused
    if refused:
        assert status[0] == "NetStream.Publish.Failed" and all(one in status[1] for one in names), status
    assert_closed_for_a_reason(router, client)


def test_what_is_left_out_is_named_once(router, rtmp_client, tags, path):
    if not differs(router, "an unsupported codec closes the publisher's connection", False, True):
        pytest.skip("MediaMTX closes")
    client = rtmp_client(router)
    client.start_path(router, "publish", path)
    client.send_tags(with_sound(b"\xb2" + bytes(38))(tags))
    router.wait_ready(path)
    assert client.ping()
    line = f"[RTMP] [conn {client.address}] tracks left out: Speex audio (not supported)"
    router.wait_message("WAR", re.escape(line))
    said = [text for _, text in router.messages(f"[conn {client.address}]") if "left out" in text]
    assert said == [line]
