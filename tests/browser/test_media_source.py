"""Chromium plays our MP4 through Media Source Extensions, as a page of HLS or of live MP4 does, and as a file."""

import pytest
from support import container_tool
from support.video_element import COMMON, encoded, play

PICTURES = 180  # of a clip
TYPES = {"av": ["avc1.42C00D", "mp4a.40.2"], "b-frames": ["avc1.64000D", "mp4a.40.2"], "opus": ["avc1.42C00D", "opus"]}

# Plays what is appended to buffers, each with its type.
MEDIA_SOURCE = COMMON + """
const [parts] = given;
const source = new MediaSource();
const opened = event(source, 'sourceopen');
video.src = URL.createObjectURL(source);
await opened;
const buffers = parts.map(([type]) => source.addSourceBuffer(type));  // all before the first bytes
for (const [i, buffer] of buffers.entries()) {
  const done = event(buffer, 'updateend');
  buffer.appendBuffer(bytes(parts[i][1]));
  await done;
}
source.endOfStream();
return await played();
"""


@pytest.fixture
def written(clips, tmp_path):
    """A clip as our writer writes it."""
    def write(clip, form):
        original, out = container_tool.in_mp4(clips.get(clip), tmp_path / "source.mp4"), tmp_path / "out"
        if form == "cmaf":
            out.mkdir()
        container_tool.run(form, original, out)
        return out

    return write


def check(result, start):
    assert isinstance(result, dict), result
    (first, end), = result["buffered"]  # one range: no gap between fragments
    assert abs(first - start) < 0.1 and abs(end - start - 6) < 0.1
    assert result["width"] == 320 and result["sound"] > 10_000
    assert result["pictures"] > PICTURES // 2  # at eight times the speed not all are shown


@pytest.mark.parametrize("clip", TYPES)
def test_all_tracks_in_one_source_buffer(chromium, written, clip):
    file = written(clip, "fragments")
    chromium.open("about:blank")
    codecs = ",".join(TYPES[clip])
    check(chromium.run(MEDIA_SOURCE, [[f'video/mp4; codecs="{codecs}"', encoded(file.read_bytes())]]), 10)


@pytest.mark.parametrize("clip", TYPES)
def test_a_source_buffer_a_track(chromium, written, clip):
    folder = written(clip, "cmaf")
    chromium.open("about:blank")
    parts = [[f'{kind}/mp4; codecs="{codec}"', encoded((folder / f"{number}.mp4").read_bytes())]
             for number, (kind, codec) in enumerate(zip(("video", "audio"), TYPES[clip]))]
    check(chromium.run(MEDIA_SOURCE, parts), 10)


@pytest.mark.parametrize("clip", TYPES)
def test_a_whole_file(chromium, written, clip):
    file = written(clip, "file")
    check(play(chromium, file.read_bytes()), 0)
