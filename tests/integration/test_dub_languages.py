"""A stream that is dubbed into three languages: each in a track of its own at its fragments' times, the original beside them as it came,
and the pictures untouched."""

import subprocess
from dataclasses import dataclass

import pytest
from support import dubbing, ffmpeg, http
from support.bare_router import ONLY_EMBEDDED, BareRouter
from support.dubbing import Dubbed
from support.hls import Playlist, attributes
from support.making import started
from support.process import Process
from support.wait import wait_until

MOST_MS = 10
EDGE = 0.03              # of a tone: cross-fade (20 ms) and the codec's filters
SECONDS = 90             # for a busy machine
TONES = ["es", "fr"]     # answered with tones
LANGUAGES = [*TONES, "de"]  # answered with the fragment itself
TRACKS = [*LANGUAGES, "en"]  # of the output's sound; the last is the original


class Recording:
    """All tracks of `out`, as a reader over RTSP gets them."""

    def __init__(self, url, folder):
        self.file = folder / "out.mkv"
        argv = ["ffmpeg", *ffmpeg.QUIET, *ffmpeg.input_options(url), "-map", "0", "-c", "copy", "-flush_packets", "1", str(self.file)]
        self.process = Process("recorder of all tracks", argv, folder / "tracks.log")


@dataclass
class Result:
    fragments: list
    clip: dict           # {md5: second} of the pictures
    pictures: dict       # the same of the output
    sounds: list         # of each track of the output
    coded: list          # the sums of the coded sound, of each track; of the clip
    clip_coded: list
    index: str           # the master playlist of HLS
    exact: bool          # MediaMTX writes sender reports of its own, by its clock: readers place tracks by them
    first: str           # codec and channels of what a reader over RTMP gets


def sums(file, kind):
    """(pts, MD5 sum) of the coded units of a track."""
    essence = ffmpeg.ESSENCE["h264"] if kind == "v" else []
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(file), "-map", f"0:{kind}", "-c", "copy", *essence, "-copyts", "-f", "framemd5", "-"],
                          capture_output=True, text=True, timeout=60, check=True)
    lines = done.stdout.splitlines()
    [base] = [line.split(": ")[1] for line in lines if line.startswith("#tb ")]
    top, bottom = (int(part) for part in base.split("/"))
    rows = [[word.strip() for word in line.split(",")] for line in lines if not line.startswith("#")]
    return [(int(row[2]) * top / bottom, row[5]) for row in rows]


@pytest.fixture(scope="module")
def result(tmp_path_factory, clips):
    folder = tmp_path_factory.mktemp("languages")
    published = folder / "published.flv"  # the clip with the times that it has over RTMP
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", str(clips.get("speech")), "-c", "copy", str(published)], timeout=60, check=True)
    with started(BareRouter(folder)) as router:
        dubbed = Dubbed(router, folder / "two", "two", clips.get("speech"), "--dub-language", ",".join(LANGUAGES))
        recording = None
        try:
            dubbed.publish()
            wait_until(lambda: router.is_live("two"), "live", SECONDS)
            worker = dubbed.start_worker(output=router.rtsp("two", "out"), source=router.rtmp("two"))
            wait_until(lambda: router.is_live("two", "out"), worker.log, SECONDS)
            recording = Recording(router.rtsp("two", "out"), folder)
            probed = ffmpeg.probe(router.rtmp("two", "out"))
            index = wait_until(lambda: (reply := http.get(router.hls("/live/two/out/index.m3u8"))).status == 200 and reply.text(),
                               "the playlist", SECONDS)
            wait_until(lambda: not dubbed.publisher.running(), "the publisher's end", SECONDS)
            wait_until(lambda: not recording.process.running(), "the output's end", SECONDS)
            yield Result(dubbed.fragments(), {md5: at for at, md5 in sums(published, "v")}, {md5: at for at, md5 in sums(recording.file, "v")},
                         [dubbing.sound_of(recording.file, track) for track in range(len(TRACKS))],
                         [[md5 for _, md5 in sums(recording.file, f"a:{track}")] for track in range(len(TRACKS))],
                         [md5 for _, md5 in sums(published, "a")], index, router.embedded, probed["audio"]["codec_name"])
        finally:
            if recording:
                recording.process.kill()
            dubbed.close()


def test_the_pictures_are_those_of_the_source(result):
    source, output = list(result.clip), list(result.pictures)
    first = source.index(output[0])
    assert output == source[first:first + len(output)] and len(output) > 100
    # FFmpeg gives the first picture a time of its own.
    apart = [at - result.clip[md5] for md5, at in list(result.pictures.items())[1:]]
    assert max(apart) - min(apart) < (0.0035 if result.exact else 0.05)


def test_the_sound_of_the_original_is_what_was_published(result):
    output = result.coded[TRACKS.index("en")]
    one = next(md5 for md5 in output if result.clip_coded.count(md5) == 1)  # silence is always the same
    first = result.clip_coded.index(one) - output.index(one)
    assert output == result.clip_coded[first:first + len(output)] and len(output) > 100


def tones(result, language):
    """{number: (time in the source, when it begins in the output)} of the fragments whose tone is heard in the track, and there only."""
    sounds, heard = dict(zip(TRACKS, result.sounds)), {}
    mine = [fragment for fragment in result.fragments if fragment["language"] == language]
    sound = sounds[language]
    for at in [sound.begin + step / 10 for step in range(int(10 * (sound.end - sound.begin)) - 10)]:
        for fragment in mine:
            middle = fragment["seconds"] / 2
            if fragment["number"] in heard or sound.share(fragment["hertz"], at, at + 0.1) < 0.95:
                continue
            begin = sound.tone_begins(fragment["hertz"], at)
            if begin is None:
                continue
            for other in {*TRACKS} - {language}:
                assert sounds[other].share(fragment["hertz"], begin + EDGE, begin + middle) < 0.2, other
            heard[fragment["number"]] = fragment["pts"], begin - 0.01
    return heard


def test_each_dub_is_heard_in_its_own_track_at_its_time(result):
    spanish, french = (tones(result, language) for language in TONES)
    assert len(spanish) >= 4 and spanish.keys() == french.keys()
    apart = [begin - pts for heard in (spanish, french) for pts, begin in heard.values()]
    # Out of silence a tone is heard from the beginning of its cross-fade, out of a voice from the middle.
    assert (max(apart) - min(apart)) * 1000 <= 2 * MOST_MS, apart


def test_a_dub_is_in_sync_with_the_original_beside_it(result):
    echo, original = result.sounds[TRACKS.index("de")], result.sounds[TRACKS.index("en")]
    found = []
    for second in range(int(original.begin) + 2, int(original.end) - 1):
        quiet = next((second + ms / 100 for ms in range(100) if max(map(abs, original.part(second + ms / 100, second + ms / 100 + 0.1))) < 0.01), None)
        if quiet is not None:
            found.append(1000 * (echo.onset(quiet, quiet + 0.6) - original.onset(quiet, quiet + 0.6)))
    assert len(found) >= 5 and all(abs(ms) <= MOST_MS for ms in found), found


@ONLY_EMBEDDED  # MediaMTX tells no languages and no names
def test_hls_offers_each_with_its_language_and_name(result):
    media = [attributes(value) for value in Playlist(result.index.splitlines()).values("EXT-X-MEDIA")]
    offered = [one for one in media if one["TYPE"] == "AUDIO"]
    assert [(one["LANGUAGE"], one["NAME"]) for one in offered] == [("es", "es"), ("fr", "fr"), ("de", "de"), ("en", "original")]
    assert [one.get("DEFAULT") for one in offered] == ["YES", None, None, None]


def test_a_reader_over_rtmp_has_sound(result):
    assert result.first == "aac"
