"""HLS as files: ffmpeg reads the playlists and the media that our muxer makes of a clip."""

import subprocess

import pytest
from support import boxes, container_tool, ffmpeg, hls_tool
from support.container_tool import SECONDS

CLIPS = ["av", "b-frames", "slices", "h265-opus", "audio-only", "h265-only"]
MADE = [(clip, variant) for variant in ("lowLatency", "fmp4", "mpegts") for clip in CLIPS
        if variant != "mpegts" or not clip.startswith("h265")]


# Further codecs, as ffmpeg encodes them into MP4.
MORE = {"vp9-opus": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
        "av1-flac": ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-c:a", "flac", "-strict", "-2"],
        "ac3": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "ac3"],
        "eac3": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "eac3"]}


@pytest.fixture(scope="module")
def source(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return lambda clip: container_tool.in_mp4(clips.get(clip), folder / f"{clip}.mp4")


def sums(file, kind, codec, *, flags=()):
    """MD5 of each access unit, without what containers add."""
    essence = ffmpeg.ESSENCE.get(codec, [])
    if codec == "aac" and str(file).endswith("main_stream.m3u8"):
        essence = ["-bsf:a", "aac_adtstoasc"]
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", file, "-map", f"0:{kind}", "-c", "copy", *essence, *flags, "-f",
                           "framemd5", "-"], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return [line.split(",")[5].strip() for line in done.stdout.splitlines() if not line.startswith("#")], done.stderr


def codecs(file):
    return {kind[0]: stream["codec_name"] for kind, stream in ffmpeg.probe(file).items()}


@pytest.mark.parametrize("clip,variant", MADE)
def test_ffmpeg_gets_each_access_unit_of_the_source(source, tmp_path, clip, variant):
    original = source(clip)
    folder = hls_tool.make(variant, original, tmp_path / "hls")
    hls_tool.end(folder)
    found = codecs(original)
    for kind, codec in found.items():
        names = {"v": "video1", "a": "audio2" if len(found) == 2 else "audio1"}
        playlist = folder / f"{'main' if variant == 'mpegts' else names[kind]}_stream.m3u8"
        wanted, _ = sums(original, kind, codec)
        got, complaints = sums(playlist, kind, codec)
        assert not complaints
        # The sound begins with the picture; an encoder's first sound is before it.
        early = int(kind == "a" and len(found) == 2)
        assert got in (wanted, wanted[early:])
    # All that belongs together is found by the index.
    assert codecs(folder / "index.m3u8") == found


@pytest.mark.parametrize("clip,variant", MADE)
def test_a_player_decodes_it_without_a_complaint(source, tmp_path, clip, variant):
    folder = hls_tool.make(variant, source(clip), tmp_path / "hls")
    hls_tool.end(folder)
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-xerror", "-i", folder / "index.m3u8", "-f", "null", "-"],
                          capture_output=True, timeout=SECONDS)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()


@pytest.mark.parametrize("clip", CLIPS)
def test_parts_are_sound_and_make_up_their_segments(source, tmp_path, clip):
    folder = hls_tool.make("lowLatency", source(clip), tmp_path / "hls")
    for name, text in hls_tool.playlists(folder).items():
        stem = f"0123456789ab_{name.removesuffix('_stream.m3u8')}"
        segments = [(folder / segment).read_bytes() for _, segment in hls_tool.segments(text)]
        parts = sorted(folder.glob(f"{stem}_part*.mp4"), key=lambda file: int(file.stem.partition("_part")[2]))
        assert b"".join(part.read_bytes() for part in parts) == b"".join(segments)
        whole = tmp_path / f"{stem}.mp4"
        whole.write_bytes((folder / f"{stem}_init.mp4").read_bytes() + b"".join(segments))
        assert len(boxes.check_fragmented(boxes.read(whole))) == len(parts)


@pytest.mark.parametrize("variant", ["lowLatency", "mpegts"])
def test_each_segment_begins_with_a_key_frame_and_has_the_length_that_is_told(source, tmp_path, variant):
    folder = hls_tool.make(variant, source("b-frames"), tmp_path / "hls")
    name = "main" if variant == "mpegts" else "video1"
    segments = hls_tool.segments(hls_tool.playlists(folder)[f"{name}_stream.m3u8"])
    assert len(segments) >= 5
    init = (folder / f"0123456789ab_{name}_init.mp4").read_bytes() if variant == "lowLatency" else b""
    for length, segment in segments:
        file = tmp_path / segment
        file.write_bytes(init + (folder / segment).read_bytes())
        done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=dts_time,flags",
                               "-of", "csv=p=0", file], capture_output=True, text=True, timeout=SECONDS)
        packets = [line.split(",") for line in done.stdout.split()]
        assert packets[0][1].startswith("K")
        assert sum(flags.startswith("K") for _, flags, *_ in packets) == 1
        assert abs(length - len(packets) / 30) < 0.001


@pytest.mark.parametrize("variant", ["lowLatency", "fmp4", "mpegts"])
def test_a_publisher_that_comes_back_goes_on_behind_a_discontinuity(source, tmp_path, variant):
    original = source("b-frames")
    folder = hls_tool.make(variant, original, tmp_path / "hls", times=2)
    lists = hls_tool.playlists(folder)
    assert all(text.count("#EXT-X-DISCONTINUITY\n") == 1 for text in lists.values())
    hls_tool.end(folder)
    name = "main" if variant == "mpegts" else "video1"
    wanted, _ = sums(original, "v", "h264")
    got, _ = sums(folder / f"{name}_stream.m3u8", "v", "h264")
    assert got == wanted * 2


@pytest.mark.parametrize("name", MORE)
def test_further_codecs_are_carried(tmp_path, name):
    original = tmp_path / "source.mp4"
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-f", "lavfi", "-i",
                    "sine=frequency=440:sample_rate=48000:duration=4", *MORE[name], "-g", "25", original], check=True)
    folder = hls_tool.make("lowLatency", original, tmp_path / "hls")
    hls_tool.end(folder)
    found = codecs(original)
    for kind, playlist in (("v", "video1_stream.m3u8"), ("a", "audio2_stream.m3u8")):
        wanted, _ = sums(original, kind, found[kind])
        got, complaints = sums(folder / playlist, kind, found[kind])
        # Opus says how its first unit is cut; in a live stream nobody knows.
        assert not complaints and len(got) > 40 and got[1:] == wanted[len(wanted) - len(got) + 1:]
    done = subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-xerror", "-i", folder / "index.m3u8", "-f", "null", "-"],
                          capture_output=True, timeout=SECONDS)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
