"""Readers get exactly the bytes that the publisher has sent, access unit by access unit."""

import pytest
from support import ffmpeg
from support.wait import wait_until

# A reader that joins while the clip runs misses its beginning, but nothing after it.
LEAST_UNITS = 60


def is_suffix(part, whole):
    return len(part) <= len(whole) and whole[len(whole) - len(part):] == part


@pytest.mark.parametrize("clip", ["av", "b-frames"])
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_elementary_streams_are_unchanged(shared_stack, publish, frame_sums, clips, stream, protocol, clip):
    file = clips.get(clip)
    sources = {kind: frame_sums(file, kind).finish() for kind in "va"}
    publisher = publish(shared_stack.rtmp(stream), clip, loop=False)
    shared_stack.wait_live(stream)
    url = getattr(shared_stack, protocol)(stream)
    readers = {kind: frame_sums(url, kind) for kind in "va"}
    assert publisher.wait(40) == 0
    for kind, reader in readers.items():
        got = reader.finish()
        assert len(got) >= LEAST_UNITS, reader.process.log()
        assert is_suffix(got, sources[kind]), f"{kind}: {len(got)} units of {len(sources[kind])} differ"


@pytest.mark.parametrize("clip,kinds", [("audio-only", {"audio": "aac"}), ("video-only", {"video": "h264"}),
                                        ("mp3", {"video": "h264", "audio": "mp3"}),
                                        ("av", {"video": "h264", "audio": "aac"})])
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_each_kind_of_stream_can_be_read(shared_stack, publish, stream, protocol, clip, kinds):
    publish(shared_stack.rtmp(stream), clip)
    shared_stack.wait_live(stream)
    streams = ffmpeg.probe(getattr(shared_stack, protocol)(stream))
    assert {kind: s["codec_name"] for kind, s in streams.items()} == kinds


def test_timestamps_go_on_over_the_loop_of_the_clip(shared_stack, publish, frame_sums, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    reader = frame_sums(shared_stack.rtmp(stream), "a")
    wait_until(lambda: len(reader.lines()) > 300, "audio of seven seconds, over the clip's end", 40)
    stamps = [pts for pts, _ in reader.lines()]
    assert all(a < b for a, b in zip(stamps, stamps[1:]))


def test_readers_end_when_the_publisher_leaves(shared_stack, publish, frame_sums, stream):
    publisher = publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    readers = [frame_sums(shared_stack.rtmp(stream), "v"), frame_sums(shared_stack.rtsp(stream), "v")]
    for reader in readers:
        wait_until(reader.lines, "a first frame at the reader")
    publisher.kill()
    for reader in readers:
        reader.finish()
    shared_stack.wait_gone(stream)


def test_a_reader_that_dies_harms_nobody(shared_stack, publish, frame_sums, stream):
    publisher = publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    dying, staying = frame_sums(shared_stack.rtsp(stream), "v"), frame_sums(shared_stack.rtmp(stream), "v")
    wait_until(dying.lines, "a first frame at the reader")
    dying.process.kill()
    seen = len(staying.lines())
    wait_until(lambda: len(staying.lines()) > seen + 30, "a second more at the other reader")
    assert publisher.running()
    assert shared_stack.is_live(stream)
