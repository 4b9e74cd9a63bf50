"""Chromium plays our MP4 through Media Source Extensions, as a page of HLS or of live MP4 does, and as a file."""

import base64

import pytest
from support import container_tool

PICTURES = 180  # of a clip
TYPES = {"av": ["avc1.42C00D", "mp4a.40.2"], "b-frames": ["avc1.64000D", "mp4a.40.2"], "opus": ["avc1.42C00D", "opus"]}

# Gives a video element the bytes, plays all of it eight times as fast, and tells what came of it.
COMMON = """
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const event = (target, name) => new Promise((resolve, reject) => {
  target.addEventListener(name, resolve, {once: true});
  target.addEventListener('error', () => reject(video.error ? video.error.message : 'error'), {once: true});
});
const video = document.createElement('video');
video.muted = true;
document.body.append(video);
const played = async () => {
  video.currentTime = video.buffered.length ? video.buffered.start(0) : 0;
  video.playbackRate = 8;
  await video.play();
  await event(video, 'ended');
  const buffered = [...Array(video.buffered.length).keys()].map(i => [video.buffered.start(i), video.buffered.end(i)]);
  return {buffered, width: video.videoWidth, pictures: video.getVideoPlaybackQuality().totalVideoFrames,
          sound: video.webkitAudioDecodedByteCount};
};
"""
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
FILE = COMMON + """
const [text] = given;
const loaded = event(video, 'canplaythrough');
video.src = URL.createObjectURL(new Blob([bytes(text)], {type: 'video/mp4'}));
await loaded;
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


def encoded(file):
    return base64.b64encode(file.read_bytes()).decode()


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
    check(chromium.run(MEDIA_SOURCE, [[f'video/mp4; codecs="{codecs}"', encoded(file)]]), 10)


@pytest.mark.parametrize("clip", TYPES)
def test_a_source_buffer_a_track(chromium, written, clip):
    folder = written(clip, "cmaf")
    chromium.open("about:blank")
    parts = [[f'{kind}/mp4; codecs="{codec}"', encoded(folder / f"{number}.mp4")]
             for number, (kind, codec) in enumerate(zip(("video", "audio"), TYPES[clip]))]
    check(chromium.run(MEDIA_SOURCE, parts), 10)


@pytest.mark.parametrize("clip", TYPES)
def test_a_whole_file(chromium, written, clip):
    file = written(clip, "file")
    chromium.open("about:blank")
    check(chromium.run(FILE, encoded(file)), 0)
