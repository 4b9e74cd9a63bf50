"""An encoder that changes its settings while it publishes: other sound, another picture size. Readers that can be told
are told, the others end and ask again, and the worker's output follows in the same session."""

import subprocess

import pytest
from support import ffmpeg
from support import video_forms as forms
from support.av_sync import MediaTimes, offset
from support.bare_router import ONLY_EMBEDDED
from support.making import making
from support.rtmp_client import AUDIO, RtmpClient, flv_tags, write_flv
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # docs/compatibility.md has the rows

# This follows the usual clip: 48 kHz instead of 44.1, two channels instead of one, a quarter of the picture size.
CHANGED = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30", "-f", "lavfi",
           "-i", "anoisesrc=sample_rate=48000:amplitude=0.1:seed=1", "-c:v", "libx264", "-preset", "ultrafast",
           "-tune", "zerolatency", "-g", "30", "-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac", "-ac", "2",
           "-b:a", "64k", "-t", "40"]
OFFSET_MS = 5


@pytest.fixture(scope="module")
def changed_clip(tmp_path_factory):
    file = tmp_path_factory.mktemp("changed") / "changed.flv"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, *CHANGED, str(file)], check=True)
    return file


@pytest.fixture
def publisher(stack, publish_tags, clips, changed_clip, tmp_path, stream):
    usual = list(flv_tags(clips.get("av")))
    tags = forms.one_after_the_other(usual, usual, usual, flv_tags(changed_clip))
    file = write_flv(tmp_path / "both.flv", tags)
    return lambda: publish_tags(stack, file, stream)


@pytest.fixture
def times(tmp_path):
    yield from making(lambda source, name: MediaTimes(source, tmp_path / f"{name}.log", tmp_path / f"{name}.framemd5"),
                      lambda reader: reader.process.kill())


def audio_header(clip):
    return next(body for kind, _, body in flv_tags(clip) if kind == AUDIO and body[1] == 0)


def test_readers_follow_a_change_of_sound_and_picture(stack, publisher, clips, changed_clip, frame_sums, times, stream):
    publisher()
    for side in ("in", "out"):
        wait_until(lambda: stack.is_live(stream, side), side, 40)
    before = frame_sums(stack.rtsp(stream), "a")
    player = RtmpClient(stack.settings.host, stack.settings.rtmp_port, timeout=40)
    assert player.play(f"rtmp://{stack.settings.host}/live/{stream}", "out")
    headers = [body for body in _sounds_until(player, audio_header(changed_clip)) if body[1] == 0]
    assert headers == [audio_header(clips.get("av")), audio_header(changed_clip)], "in the same session"
    wait_until(lambda: not before.process.running(), "the RTSP reader's end", 20)
    stack.router.wait_log("another configuration")
    for url in (stack.rtsp(stream), stack.rtsp(stream, "out"), stack.rtmp(stream, "out")):
        shown = wait_until(lambda: _probe(url), url, 40)
        assert (shown["audio"]["sample_rate"], shown["audio"]["channels"], shown["video"]["width"]) == ("48000", 2, 160), url
    source = times(changed_clip, "source").wait()
    for name, url in {"in": stack.rtsp(stream), "out": stack.rtmp(stream, "out")}.items():
        reader = times(url, name)
        measured = wait_until(lambda: offset(reader.times(), source), f"pictures and sounds of {name}", 40)
        assert abs(measured.milliseconds) <= OFFSET_MS, f"{name}: {measured}"


def _sounds_until(player, last):
    """The audio messages up to a sequence header, which is included. Each must be a part of the stream."""
    while True:
        for kind, _, body in player.messages():
            if kind == AUDIO:
                yield body
                if body == last:
                    return


def _probe(url):
    try:
        return ffmpeg.probe(url)
    except AssertionError:
        return None  # the reader is connecting again
