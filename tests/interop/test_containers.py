"""MP4 and MPEG-TS: ffmpeg and GStreamer read what we write, and we read what ffmpeg writes."""

import json
import shutil
import subprocess

import pytest
from support import boxes, container_tool, ffmpeg, gstreamer
from support.container_tool import SECONDS

CLIPS = ["av", "b-frames", "slices", "mp3", "h265-opus", "audio-only", "h265-only"]
FORMS = ["file", "fragments", "ts"]
START = 10  # seconds that the tool adds to all times, except in whole files


@pytest.fixture(scope="module")
def source(clips, tmp_path_factory):
    """A clip that ffmpeg has written into MP4 with these flags."""
    folder = tmp_path_factory.mktemp("sources")
    made = {}

    def make(clip, *flags):
        if (clip, *flags) not in made:
            made[clip, *flags] = container_tool.in_mp4(clips.get(clip), folder / f"{len(made)}.mp4", *flags)
        return made[clip, *flags]

    return make


def ours(file):
    """(tracks, samples) as we read them: (timescale, label) of each track; (pts, dts, position, size, key) of each sample."""
    tracks, samples = [], []
    for words in map(str.split, container_tool.run("list", file).splitlines()):
        if words[0] == "track":
            tracks.append((int(words[2]), " ".join(words[4:])))
            samples.append([])
        elif words[0] == "sample":
            track, pts, dts, _, offset, size, key = map(int, words[1:])
            samples[track].append((pts, dts, offset, size, key))
    return tracks, samples


def probed(file, *entries):
    done = subprocess.run(["ffprobe", "-v", "error", *entries, "-of", "json", file], capture_output=True, timeout=SECONDS)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return json.loads(done.stdout)


def theirs(file):
    """The same as ours(), as ffprobe reads it."""
    streams = probed(file, "-show_streams")["streams"]
    samples = [[] for _ in streams]
    for packet in probed(file, "-show_packets")["packets"]:
        samples[packet["stream_index"]].append((packet["pts"], packet["dts"], int(packet["pos"]), int(packet["size"]),
                                                int("K" in packet["flags"])))
    return [int(stream["time_base"].split("/")[1]) for stream in streams], samples


FRAGMENTED = "empty_moov+default_base_moof"


FLAGS = [
    (), ("-movflags", "faststart"), ("-movflags", "frag_keyframe"),
    ("-movflags", f"{FRAGMENTED}+frag_keyframe"), ("-movflags", "empty_moov+frag_keyframe"),
    ("-movflags", "empty_moov+frag_keyframe+omit_tfhd_offset"), ("-movflags", f"{FRAGMENTED}+frag_every_frame"),
    ("-movflags", f"{FRAGMENTED}+separate_moof", "-frag_duration", "500000"),
    ("-movflags", "delay_moov+frag_keyframe+default_base_moof"), ("-movflags", "cmaf+frag_keyframe"),
    ("-movflags", f"{FRAGMENTED}+frag_keyframe+negative_cts_offsets"), ("-movflags", "dash+global_sidx", "-frag_size", "20000"),
    ("-movflags", "delay_moov", "-frag_duration", "300000"), ("-f", "ismv"), ("-video_track_timescale", "90000"),
    ("-f", "mov"), ("-f", "mov", "-movflags", "frag_keyframe"), ("-output_ts_offset", "3.5"),
    ("-movflags", "negative_cts_offsets"), ("-use_editlist", "0"), ("-chunk_duration", "1000000"),
]
# Formats that ffmpeg gives to some codecs only.
ONLY = {"mov": {"b-frames", "mp3"}, "ismv": {"b-frames"}}
WRITTEN = [pytest.param(clip, flags, id="-".join([clip, *(flag.strip("-") for flag in flags)]))
           for clip in ("b-frames", "h265-opus", "mp3") for flags in FLAGS
           if all(clip in ONLY.get(flag, {clip}) for flag in flags)]


@pytest.mark.parametrize("clip,flags", WRITTEN)
def test_what_ffmpeg_writes_is_read(source, clip, flags):
    file = source(clip, *flags)
    timescales, samples = theirs(file)
    tracks, found = ours(file)
    assert [timescale for timescale, _ in tracks] == timescales
    for one, other in zip(found, samples, strict=True):
        assert len(one) > 100 and without_delay(one, other) == other


def without_delay(samples, wanted):
    """If pictures are to be shown before they are decoded, ffmpeg moves all times of one kind, so that none is."""
    moved = [(pts - there[0], dts - there[1]) for (pts, dts, *_), there in zip(samples, wanted)]
    if min(pts - dts for pts, dts, *_ in samples) >= 0 or 0 not in moved[0]:
        return samples
    assert min(pts - dts for pts, dts, *_ in wanted) == 0
    return [(pts - moved[0][0], dts - moved[0][1], *rest) for pts, dts, *rest in samples]


@pytest.mark.skipif(not shutil.which("gst-launch-1.0"), reason="no GStreamer")
@pytest.mark.parametrize("muxer", [["mp4mux"], ["mp4mux", "fragment-duration=500"], ["mp4mux", "faststart=true"], ["qtmux"]],
                         ids=" ".join)
def test_what_gstreamer_writes_is_read(source, tmp_path, muxer):
    file = tmp_path / "out.mp4"
    gstreamer.read("filesrc", f"location={source('b-frames')}", "!", "qtdemux", "name=d", "d.video_0", "!", "queue", "!",
                   "h264parse", "!", *muxer, "name=m", "!", "filesink", f"location={file}", "d.audio_0", "!", "queue", "!",
                   "aacparse", "!", "m.")
    assert ours(file)[1] == theirs(file)[1]
    assert [label for _, label in ours(file)[0]] == ["H264", "MPEG-4 Audio"]


def test_a_file_that_is_cut_is_read_up_to_its_last_whole_part(source, tmp_path):
    whole = source("b-frames", "-movflags", f"{FRAGMENTED}+frag_keyframe")
    _, samples = ours(whole)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    for end in range(len(data) // 2, len(data), len(data) // 17):
        cut.write_bytes(data[:end])
        _, rest = ours(cut)
        kept = sum(map(len, rest))
        assert 0 < kept < sum(map(len, samples))
        for some, everything in zip(rest, samples):
            assert some == everything[:len(some)]


def packets(file, selector, *filters):
    """(seconds, md5) of each packet, in decode order, without what containers add."""
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-copyts", "-i", file, "-map", f"0:{selector}", "-c", "copy", *filters,
                           "-f", "framemd5", "-"], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and not done.stderr, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()]
    base = next(eval_fraction(row[0].split()[-1]) for row in rows if row[0].startswith("#tb"))
    return [(int(row[2]) * base, row[5].strip()) for row in rows if not row[0].startswith("#")]


def eval_fraction(text):
    numerator, denominator = map(int, text.split("/"))
    return numerator / denominator


def essence(file, stream):
    if stream["codec_type"] == "video":
        return packets(file, "v", *ffmpeg.ESSENCE[stream["codec_name"]])
    adts = stream["codec_name"] == "aac" and file.suffix == ".ts"
    return packets(file, "a", *(["-bsf:a", "aac_adtstoasc"] if adts else []))


def written(source, clip, form, tmp_path):
    original = source(clip)
    out = tmp_path / f"out.{'ts' if form == 'ts' else 'mp4'}"
    container_tool.run(form, original, out)
    return original, out


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("form", FORMS)
def test_what_we_write_has_the_packets_of_the_source(source, tmp_path, clip, form):
    original, out = written(source, clip, form, tmp_path)
    streams = probed(original, "-show_streams")["streams"]
    copies = {stream["codec_type"]: stream for stream in probed(out, "-show_streams")["streams"]}
    shift = 0 if form == "file" else START
    for stream in streams:
        copy = copies[stream["codec_type"]]
        for key in ("codec_name", "profile", "width", "height", "sample_rate", "channels"):
            assert copy.get(key) == stream.get(key), key
        wanted, got = essence(original, stream), essence(out, stream)
        assert [md5 for _, md5 in got] == [md5 for _, md5 in wanted]
        # Each time is rounded once, and the start of whole files to milliseconds.
        assert all(abs(there - here - shift) < 0.0011 for (there, _), (here, _) in zip(got, wanted))


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("form", FORMS)
def test_what_we_write_decodes_without_a_complaint(source, tmp_path, clip, form):
    _, out = written(source, clip, form, tmp_path)
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-xerror", "-i", out, "-f", "null", "-"], capture_output=True,
                          timeout=SECONDS)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()


@pytest.mark.parametrize("clip", CLIPS)
def test_fragments_have_a_sound_structure(source, tmp_path, clip):
    _, out = written(source, clip, "fragments", tmp_path)
    runs = boxes.check_fragmented(boxes.read(out))
    assert len(runs) > 10


@pytest.mark.parametrize("clip", CLIPS)
def test_whole_files_have_a_sound_structure(source, tmp_path, clip):
    _, out = written(source, clip, "file", tmp_path)
    boxes.check_whole(boxes.read(out))


@pytest.mark.parametrize("clip", ["b-frames", "h265-opus"])
def test_a_track_a_file_as_hls_has_them(source, tmp_path, clip):
    original = source(clip)
    container_tool.run("cmaf", original, tmp_path)
    for number, stream in enumerate(probed(original, "-show_streams")["streams"]):
        file = tmp_path / f"{number}.mp4"
        assert len(boxes.check_fragmented(boxes.read(file))) > 10
        assert [md5 for _, md5 in essence(file, stream)] == [md5 for _, md5 in essence(original, stream)]


@pytest.mark.parametrize("form", ["file", "fragments"])
@pytest.mark.parametrize("clip", ["b-frames", "mp3", "h265-opus"])
def test_we_read_what_we_write(source, tmp_path, clip, form):
    original, out = written(source, clip, form, tmp_path)
    before, after = ours(original)[1], ours(out)[1]
    for one, other in zip(before, after, strict=True):
        assert [(size, key) for *_, size, key in one] == [(size, key) for *_, size, key in other]


PARSERS = {"h264": ["h264parse", "avdec_h264"], "hevc": ["h265parse", "avdec_h265"], "aac": ["aacparse", "avdec_aac"],
           "mp3": ["mpegaudioparse", "mpg123audiodec"], "opus": ["opusparse", "opusdec"]}


@pytest.mark.skipif(not shutil.which("gst-launch-1.0"), reason="no GStreamer")
@pytest.mark.parametrize("clip", ["b-frames", "mp3", "h265-opus"])
@pytest.mark.parametrize("form", FORMS)
def test_gstreamer_reads_what_we_write(source, tmp_path, clip, form):
    _, out = written(source, clip, form, tmp_path)
    demuxer = "tsdemux" if form == "ts" else "qtdemux"
    branches = []
    for stream in probed(out, "-show_streams")["streams"]:
        parser, decoder = PARSERS[stream["codec_name"]]
        caps = stream["codec_type"]
        sink = tmp_path / caps
        branches += ["d.", "!", "queue", "!", parser, "!", decoder, "!", "filesink", f"location={sink}"]
    gstreamer.read("filesrc", f"location={out}", "!", demuxer, "name=d", *branches)
    pictures = (tmp_path / "video").stat().st_size / (320 * 180 * 3 // 2)
    assert pictures == 180 and (tmp_path / "audio").stat().st_size > 5 * 44100 * 2
