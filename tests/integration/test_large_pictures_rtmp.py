"""Key frames as large as RTMP allows. They pass. A larger one is refused in the way of the protocol."""

import struct

import pytest
from support.bare_router import ONLY_EMBEDDED, BareRouter
from support.making import started
from support.rtmp_client import AUDIO, VIDEO, flv_tags
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

TAG_HEAD = b"\x17\x01\x00\x00\x00"
LARGEST_MESSAGE = 0xFFFFFF
LARGEST_UNIT = LARGEST_MESSAGE - 63  # src/media/limits.hpp


def picture(size):
    """An IDR slice. size: that of the access unit with its length field."""
    return TAG_HEAD + struct.pack(">I", size - 4) + b"\x65" + bytes(size - 5)


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with started(BareRouter(tmp_path_factory.mktemp("large"))) as router:
        yield router


@pytest.fixture
def client(router, scripted_rtmp):
    return lambda: scripted_rtmp(router)


@pytest.fixture
def publisher(router, client, stream, clips):
    """A publisher whose stream is live and has sound, too."""
    publisher = client()
    publisher.start(f"rtmp://{router.settings.host}/live/{stream}", "publish", "in")
    publisher.send_tags([tag for tag in flv_tags(clips.get("av")) if tag[0] in (AUDIO, VIDEO)][:20])
    router.wait_live(stream)
    return publisher


@pytest.mark.parametrize("size", [10_800_000, LARGEST_UNIT])
def test_a_large_key_frame_arrives(router, client, publisher, stream, size):
    reader = client()
    reader.start(f"rtmp://{router.settings.host}/live/{stream}", "play", "in")
    wait_until(lambda: router.paths()[f"live/{stream}/in"]["readers"], "the reader")
    sent = picture(size)
    publisher.message(AUDIO, b"\xaf\x01\x21\x10", 4, message_stream=1, stamp=990)
    publisher.message(VIDEO, sent, 6, message_stream=1, stamp=1000)
    publisher.message(AUDIO, b"\xaf\x01\x21\x10", 4, message_stream=1, stamp=1010)
    while message := reader.next_of(VIDEO):
        if message.payload[1] == 1:
            break
    assert message and message.payload == sent
    assert publisher.ping()


def test_a_large_key_frame_right_behind_publish(router, client, stream, clips):
    """It is sent without waiting for an answer. The limit for unfinished messages of a client that is not authorised yet must not
    break this."""
    publisher = client()
    publisher.start(f"rtmp://{router.settings.host}/live/{stream}", "publish", "in")
    headers = [tag for tag in flv_tags(clips.get("av")) if tag[0] in (AUDIO, VIDEO) and tag[2][1] == 0]
    publisher.send_tags([*headers, (VIDEO, 0, picture(10_800_000))])
    router.wait_live(stream)
    assert publisher.ping()


def test_what_is_over_the_limit_is_told(router, publisher, stream):
    assert publisher.status() and publisher.status() == ("NetStream.Publish.Start", "publish start")
    publisher.send_while_open([(VIDEO, 1000, picture(LARGEST_UNIT + 1))])
    code, description = publisher.status()
    assert code == "NetStream.Publish.Failed"
    assert str(LARGEST_UNIT + 1) in description and str(LARGEST_UNIT) in description
    assert publisher.closed_by_server()
    router.wait_gone(stream)
