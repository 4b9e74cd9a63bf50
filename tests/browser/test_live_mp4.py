"""Chromium plays live.mp4 through Media Source Extensions: at once, without gaps, and soon after it was published."""

import statistics

import pytest
from support.bare_router import BareRouter, configuration
from support.live_publisher import FIRST_MS, LivePublisher
from support.making import making

GLASS_SECONDS = 0.7  # from the publisher to the glass
WATCHED_MS = 6000

# Appends what comes, and plays a tenth of a second behind it. Tells when which picture was shown.
PLAY = """
const [url, milliseconds] = given;
const answer = await fetch(url);
const type = answer.headers.get('Content-Type');
if (!MediaSource.isTypeSupported(type)) return `not supported: ${type}`;
const video = document.createElement('video');
video.muted = true;
document.body.append(video);
const event = (target, name) => new Promise(resolve => target.addEventListener(name, resolve, {once: true}));
const source = new MediaSource();
video.src = URL.createObjectURL(source);
await event(source, 'sourceopen');
const buffer = source.addSourceBuffer(type);
const began = performance.now();
const shown = [];
let first = null;
const note = (now, picture) => {
  first ??= performance.now() - began;
  shown.push([Date.now() / 1000, picture.mediaTime]);
  video.requestVideoFrameCallback(note);
};
video.requestVideoFrameCallback(note);
video.play();
const reader = answer.body.getReader();
while (performance.now() - began < milliseconds) {
  const {done, value} = await reader.read();
  if (done) break;
  buffer.appendBuffer(value);
  await event(buffer, 'updateend');
  if (!video.buffered.length) continue;
  const end = video.buffered.end(video.buffered.length - 1);
  if (end - video.currentTime > 0.4) video.currentTime = end - 0.1;
  video.playbackRate = end - video.currentTime > 0.2 ? 1.05 : 1;
}
reader.cancel();
const buffered = [...Array(video.buffered.length).keys()].map(i => [video.buffered.start(i), video.buffered.end(i)]);
return {first, shown, buffered, error: video.error ? video.error.message : null, sound: video.webkitAudioDecodedByteCount};
"""


@pytest.fixture
def router(tmp_path):
    def start(**environment):
        router = BareRouter(tmp_path, configuration(hls=True))
        router.start(MTX_HLSALLOWORIGINS="*", **environment)
        return router

    def end(router):
        router.stop()
        router.kill()

    yield from making(start, end)


def watch(chromium, foreign_port, router, clips, clip, stream, query=""):
    with LivePublisher(router.settings, clips.get(clip), stream) as publisher:
        zero = publisher.began - FIRST_MS / 1000  # when the picture of media time 0 was published
        router.wait_live(stream)
        chromium.open(f"http://127.0.0.1:{foreign_port}/")
        seen = chromium.run(PLAY, router.hls(f"/live/{stream}/in/live.mp4{query}"), WATCHED_MS)
    assert isinstance(seen, dict), seen
    assert seen["error"] is None
    return seen, [at - zero - media for at, media in seen["shown"]]


@pytest.mark.parametrize("clip", ["av", "b-frames", "hd"])
def test_pictures_are_seen_soon_after_they_were_published(chromium, foreign_port, router, clips, stream, clip):
    seen, delays = watch(chromium, foreign_port, router(), clips, clip, stream)
    assert len(seen["buffered"]) == 1, "no gap between fragments"
    assert len(delays) > 60 and seen["sound"] > 10_000, seen
    assert statistics.median(delays[len(delays) // 3:]) < GLASS_SECONDS


def test_a_muted_picture(chromium, foreign_port, router, clips, stream):
    seen, delays = watch(chromium, foreign_port, router(), clips, "av", stream, "?audio=none")
    assert len(delays) > 60 and seen["sound"] == 0


def test_the_first_picture_comes_at_once_with_the_cache(chromium, foreign_port, router, clips, stream):
    """The next key frame comes after 20 s."""
    seen, _ = watch(chromium, foreign_port, router(GOP_CACHE="hls"), clips, "one-keyframe", stream)
    assert seen["first"] is not None and seen["first"] < WATCHED_MS / 2
