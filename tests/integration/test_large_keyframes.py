"""Key frames with many more packets than the queue of a reader may hold reach all readers, through the router and the worker."""

import pytest
from support.bare_router import ONLY_EMBEDDED
from support.clips import LARGE_KEYFRAMES
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # MediaMTX drops all but the first 512 packets of a key frame of 1.5 MB, and accepts none of 10 MB
LEAST_KEYFRAMES = 3
SECONDS = 60


def large(sums, size):
    return [md5 for bytes_, md5 in sums.sizes() if bytes_ >= float(size) * 1e6]


@pytest.mark.parametrize("size", LARGE_KEYFRAMES)
@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_large_key_frames_reach_every_reader(shared_stack, publish, frame_sums, start, clips, stream, protocol, size):
    clip = clips.get(f"keyframes-{size}")
    in_file = frame_sums(clip, "v")
    in_file.finish()
    expected = set(large(in_file, size))
    assert expected, in_file.sizes()

    address = getattr(shared_stack, protocol)
    publish(address(stream), f"keyframes-{size}")
    shared_stack.wait_live(stream)
    worker = start(shared_stack.rtsp(stream), shared_stack.rtmp(stream, "out"), stream=stream,
                   environment=shared_stack.worker_environment())
    wait_until(lambda: shared_stack.is_live(stream, "out"), lambda: f"the output; {worker.log()}")
    sources = [read(stream, end) for read in (shared_stack.rtmp, shared_stack.rtsp) for end in ("in", "out")]
    pictures = [frame_sums(source, "v") for source in sources]
    sound = [frame_sums(source, "a") for source in sources]
    for reader in pictures:
        wait_until(lambda: len(large(reader, size)) >= LEAST_KEYFRAMES,
                   lambda: f"key frames: {reader.sizes()} {reader.process.log()} {worker.log()}", SECONDS)
        assert set(large(reader, size)) <= expected
    for reader in sound:
        wait_until(lambda: len(reader.lines()) >= 100, "sound beside them", SECONDS)
    assert "reader is too slow" not in shared_stack.router.log()
