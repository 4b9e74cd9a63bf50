"""The captions of a dub in the router's HLS: a rendition of WebVTT for each language, from a worker that publishes over RTSP (several
languages) and from one over RTMP (one), each caption at the time of its fragment's sound."""

import re
import subprocess
import time
from dataclasses import dataclass

import pytest
from support import dubbing, ffmpeg, http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.dubbing import Dubbed
from support.making import started
from support.process import Process
from support.subtitles import Watcher, cues_of
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # MediaMTX's HLS has no captions

SECONDS = 90          # for a busy machine
KEPT = 100            # segments in a playlist: all of the clip's
APART = 0.1           # seconds between a caption and the sound of its fragment
EDGE = 0.05           # seconds: a picture
TONES = ("es", "fr")  # answered with tones: their times can be heard


@dataclass(frozen=True)
class Case:
    languages: tuple
    output: str       # how the worker publishes
    variant: str


CASES = {"rtsp": Case(("es", "fr", "de"), "rtsp", "lowLatency"), "rtmp": Case(("es",), "rtmp", "mpegts")}


class Result:
    def __init__(self, case, folder, watcher, fragments):
        self.case, self.folder, self.watcher, self.fragments = case, folder, watcher, fragments

    @staticmethod
    def number(cue):
        """Of the fragment."""
        return int(re.fullmatch(r"fragmento (\d+)", cue.text)[1])

    def spoken(self, language):
        """{number: fragment} of what the service was asked."""
        return {fragment["number"]: fragment for fragment in self.fragments if fragment["language"] == language}

    def pictures_begin(self):
        file = self.folder / "pictures.media"
        file.write_bytes(self.watcher.joined(self.watcher.player.video))
        return min(pts for pts, _ in dubbing.packets(file, "v"))

    def sound(self, language):
        """The dub of a language, as HLS has it."""
        sounds = {one["LANGUAGE"]: one["URI"] for one in self.watcher.sounds()}
        file = self.folder / f"{language}.media"
        file.write_bytes(self.watcher.joined(sounds.get(language, self.watcher.player.video)))
        return dubbing.sound_of(file)


@pytest.fixture(scope="module", params=CASES)
def result(request, tmp_path_factory, clips):
    case, folder = CASES[request.param], tmp_path_factory.mktemp(request.param)
    with started(BareRouter(folder, configuration(hlsSegmentCount=KEPT, hlsVariant=case.variant))) as router:
        dubbed = Dubbed(router, folder / "said", "said", clips.get("speech"), "--dub-language", ",".join(case.languages))
        try:
            dubbed.publish()
            wait_until(lambda: router.is_live("said"), "live", SECONDS)
            worker = dubbed.start_worker(output=getattr(router, case.output)("said", "out"))
            wait_until(lambda: router.is_live("said", "out"), worker.log, SECONDS)
            watcher = Watcher(router, "/live/said/out")
            deadline = time.monotonic() + 2 * SECONDS
            while worker.running() and time.monotonic() < deadline:
                watcher.poll()
                time.sleep(0.3)  # it looks at a live stream, as a player does
            watcher.poll()  # the publisher is gone, its last segment is there
            assert "hls.captions_late" not in router.router.log() and "captions came" not in router.router.log()
            yield Result(case, folder, watcher, dubbed.fragments())
        finally:
            dubbed.close()


def test_each_language_is_offered_from_the_first_index_on(result):
    offered = result.watcher.subtitles()
    assert [(one["LANGUAGE"], one["NAME"]) for one in offered] == [(language, language) for language in result.case.languages]
    assert all((one["DEFAULT"], one["AUTOSELECT"], one["FORCED"]) == ("NO", "YES", "NO") for one in offered)
    variants = result.watcher.player.index.values("EXT-X-STREAM-INF")
    assert variants and all(f',SUBTITLES="{offered[0]["GROUP-ID"]}"' in value for value in variants)


def test_what_was_said_stands_once_for_each_fragment(result):
    for language in result.case.languages:
        numbers = [result.number(cue) for cue in result.watcher.cues(language)]
        spoken = result.spoken(language)
        assert numbers == sorted(set(numbers)) and set(numbers) <= spoken.keys() and len(numbers) >= 4, (language, numbers, spoken)
        # All at the same distance from the source: that of the delay.
        later = [cue.begin - spoken[result.number(cue)]["pts"] for cue in result.watcher.cues(language)]
        assert max(later) - min(later) < 0.02, (language, later)


def test_no_fragment_is_heard_without_its_caption(result):
    for language in set(TONES) & set(result.case.languages):
        sound, cues, spoken = result.sound(language), result.watcher.cues(language), result.spoken(language)
        later = cues[0].begin - spoken[result.number(cues[0])]["pts"]
        for number in spoken.keys() - {result.number(cue) for cue in cues}:
            begin, end = (spoken[number]["pts"] + later + at for at in (0.1, spoken[number]["seconds"] - 0.1))
            assert begin < sound.begin or end > sound.end or sound.share(spoken[number]["hertz"], begin, end) < 0.5, (number, begin)


def test_a_caption_stands_while_its_fragment_is_heard(result):
    for language in set(TONES) & set(result.case.languages):
        sound = result.sound(language)
        apart = {}
        for cue in result.watcher.cues(language):
            fragment = result.spoken(language)[result.number(cue)]
            assert abs(cue.end - cue.begin - fragment["seconds"]) < 0.01
            if cue.begin < sound.begin + 0.5 or cue.end > sound.end:
                continue
            begins = sound.tone_begins(fragment["hertz"], cue.begin, within=0.5)
            apart[cue.text] = None if begins is None else begins - cue.begin
        assert len(apart) >= 4 and all(by is not None and abs(by) < APART for by in apart.values()), (language, apart)


def test_a_caption_stands_in_each_segment_of_its_time(result):
    begins = result.pictures_begin()
    for language in result.case.languages:
        uri, cues = result.watcher.playlist_of(language), result.watcher.cues(language)
        segments = list(result.watcher.segments[uri].values())
        lengths = segment_lengths(result.watcher.playlists[uri])
        assert len(lengths) == len(segments) > 10
        at = begins
        for body, length in zip(segments, lengths):
            # The first picture is shown at the segment's begin or a frame later, whose times are rounded.
            shown = {cue for cue in cues if cue.begin < at + length - EDGE and cue.end > at + EDGE}
            assert shown <= set(cues_of(body.decode())), (at, length)
            at += length


def segment_lengths(playlist):
    """Of those that are no gaps."""
    lines = playlist.lines
    return [float(line[len("#EXTINF:"):].rstrip(",")) for line, uri in zip(lines, lines[1:])
            if line.startswith("#EXTINF:") and not uri.startswith("gap")]


def test_the_playlists_are_in_step(result):
    def shape(uri):
        playlist = result.watcher.playlists[uri]
        return [playlist.value("EXT-X-MEDIA-SEQUENCE"), playlist.value("EXT-X-TARGETDURATION"), *playlist.values("EXTINF")]
    for language in result.case.languages:
        assert shape(result.watcher.playlist_of(language)) == shape(result.watcher.player.video)


def test_ffmpeg_reads_the_segments(result):
    language = result.case.languages[0]
    cues = result.watcher.cues(language)
    text = max(result.watcher.texts(language), key=lambda one: len(cues_of(one)))
    done = subprocess.run(["ffmpeg", "-v", "error", "-f", "webvtt", "-i", "-", "-f", "srt", "-"], input=text.encode(), capture_output=True,
                          timeout=60, check=True)
    for cue in cues_of(text):
        assert cue in cues and cue.text in done.stdout.decode()


# FFmpeg's FLV writer sends a track of text as onTextData, without languages and durations.
CUES = "".join(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\nline {n} & more\n\n" for n in range(30))
ENCODER = {"announced": ("-metadata", "captionlanguages=eng"), "not announced": ()}


@pytest.mark.parametrize("announced", ENCODER)
def test_an_encoder_s_text_is_shown_only_if_it_is_announced(announced, tmp_path, clips):
    (tmp_path / "text.srt").write_text(CUES)
    with started(BareRouter(tmp_path, configuration(hlsSegmentCount=KEPT))) as router:
        url = router.rtmp("text")
        argv = ["ffmpeg", *ffmpeg.QUIET, "-re", "-stream_loop", "-1", "-i", str(clips.get("av")), "-i", str(tmp_path / "text.srt"), "-map", "0",
                "-map", "1", "-c", "copy", "-c:s", "text", *ENCODER[announced], "-f", "flv", url]
        publisher = Process("publisher", argv, tmp_path / "publisher.log")
        try:
            wait_until(lambda: router.is_live("text"), publisher.log, SECONDS)
            watcher = Watcher(router, "/live/text/in")
            if announced == "not announced":
                assert not watcher.subtitles() and "SUBTITLES" not in watcher.player.reply.text()
                assert watcher.player.get(watcher.player.video.replace("video1", "subs1")).status == 404
            else:
                def cues():
                    watcher.poll()
                    return [cue.text for cue in watcher.cues("en")]
                wait_until(lambda: len(cues()) >= 3, lambda: f"captions: {cues()}", SECONDS)
                assert all(re.fullmatch(r"line \d+ &amp; more", text) for text in cues()), cues()
            [path] = [item for item in http.get(router.api("/v3/paths/list")).json()["items"] if item["name"] == "live/text/in"]
            assert len(path["tracks"]) == 2 and path["inboundFramesInError"] == 0
            assert publisher.running()
        finally:
            publisher.kill()
