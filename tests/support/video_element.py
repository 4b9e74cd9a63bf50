"""Plays a file in a <video> element of a real browser, eight times as fast."""

import base64

# Tells what came of it.
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
          sound: video.webkitAudioDecodedByteCount, time: video.currentTime};
};
"""
FILE = COMMON + """
const [text] = given;
const loaded = event(video, 'canplaythrough');
video.src = URL.createObjectURL(new Blob([bytes(text)], {type: 'video/mp4'}));
await loaded;
return await played();
"""
# In the page that a browser makes for a video.
PAGE = COMMON.replace("document.createElement('video')", "document.querySelector('video')").replace("document.body.append(video);", "") + """
video.pause();
if (video.readyState < 4) await event(video, 'canplaythrough');
return await played();
"""


def encoded(data):
    return base64.b64encode(data).decode()


def play(browser, data):
    """Plays the bytes of a file to the end. Returns what the script tells, or the text of an error."""
    browser.open("about:blank")
    return browser.run(FILE, encoded(data))


def play_url(browser, url):
    """Opens the address of a video as a page of its own."""
    browser.open(url)
    return browser.run(PAGE)
