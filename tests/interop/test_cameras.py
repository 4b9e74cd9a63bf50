"""Cameras publish over RTSP, through the whole pipeline. ffmpeg reads from `in` and `out` what the cameras have sent."""

import subprocess

import pytest
from support import camera, ffmpeg
from support.bare_router import ONLY_EMBEDDED
from support.making import making
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

LEAST_UNITS = 60
SHAPES = {"pictures that are marked": {}, "slices that are all marked": {"shape": camera.marked_slices},
          "a picture with start codes as one unit": {"shape": camera.one_unit},
          "a start code in front as well": {"shape": camera.one_unit_behind_a_code},
          "AAC with ADTS headers": {"adts": True},
          "an odd description": {"description": camera.ODD, "shape": camera.marked_slices, "adts": True}}


@pytest.fixture
def publish_as_camera(stack, clips):
    yield from making(lambda stream, **how: camera.Camera(stack.settings, f"live/{stream}/in", clips.get("slices"),
                                                          **how), camera.Camera.close)


def is_part_of(got, source):
    """Whether this is a part of the source, which is repeated endlessly."""
    assert got[0] in source, "the first unit is not the source's"
    begin = source.index(got[0])
    wanted = [source[(begin + i) % len(source)] for i in range(len(got))]
    return got == wanted


@pytest.mark.parametrize("name", SHAPES)
def test_a_camera_is_read_as_it_was_sent(stack, publish_as_camera, frame_sums, clips, stream, name):
    source = {kind: frame_sums(clips.get("slices"), kind).finish() for kind in "va"}
    publish_as_camera(stream, **SHAPES[name])
    wait_until(lambda: stack.is_live(stream, "out"), "out ready", 60)
    readers = {(url, kind): frame_sums(url, kind)
               for url in (stack.rtsp(stream), stack.rtmp(stream, "out")) for kind in "va"}
    for reader in readers.values():
        wait_until(lambda: len(reader.lines()) > LEAST_UNITS or not reader.process.running(), "units", 60)
    for (url, kind), reader in readers.items():
        got = [md5 for _, md5 in reader.lines()]
        assert len(got) > LEAST_UNITS, f"{url}: {reader.process.log()}"
        assert is_part_of(got, source[kind]), f"{kind} of {url}"


def test_a_camera_is_decoded_without_a_complaint(stack, publish_as_camera, stream):
    publish_as_camera(stream, description=camera.ODD, shape=camera.one_unit, adts=True)
    stack.wait_live(stream)
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *ffmpeg.input_options(stack.rtsp(stream)), "-t", "2",
                           "-f", "null", "-"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
