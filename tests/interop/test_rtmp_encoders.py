"""Encoders as people run them, over RTMP, to `in` and through the worker to `out`: copies from transport streams and HLS,
codecs that are not carried beside ones that are, and what only a newer ffmpeg sends.
"""

import itertools
import re
import subprocess

import pytest
from support import ffmpeg
from support.bare_router import ONLY_EMBEDDED
from support.making import making
from support.newer_ffmpeg import newer_ffmpeg
from support.process import Process
from support.rtmp_client import AUDIO as SOUND
from support.rtmp_client import VIDEO as PICTURE
from support.rtmp_client import flv_tags, write_flv
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED

LATE_MS = 3000
BOTH = {"video": "h264", "audio": "aac"}
VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25"]
AUDIO = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-pix_fmt", "yuv420p"]


@pytest.fixture
def encode(stack, stream, tmp_path):
    """encode(arguments...) publishes to the test's stream with ffmpeg. program= chooses another ffmpeg."""
    numbers = itertools.count()

    def start(*arguments, program="ffmpeg"):
        argv = [program, "-hide_banner", "-loglevel", "warning", "-nostdin", "-re", *map(str, arguments), "-f", "flv",
                stack.rtmp(stream)]
        return Process("encoder", argv, tmp_path / f"encoder{next(numbers)}.log")

    yield from making(start)


@pytest.fixture
def remuxed(clips, tmp_path):
    """Writes the clip into another container with ffmpeg."""
    def make(name, *options):
        file = tmp_path / name
        subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-i", clips.get("av"), "-c", "copy", *options, file],
                       check=True)
        return file
    return make


def codecs(url):
    return {kind: found["codec_name"] for kind, found in ffmpeg.probe(url).items()}


def carried(stack, stream, expected):
    """Checks that both ends of the pipeline have these tracks."""
    stack.wait_live(stream)
    assert codecs(stack.rtmp(stream)) == expected
    out = f"live/{stream}/out"
    count = len(expected)
    wait_until(lambda: len((stack.paths().get(out) or {}).get("tracks") or []) == count, "the output is there", 60)
    assert codecs(stack.rtmp(stream, "out")) == expected


def left_out(stack):
    return re.findall(r"tracks left out: (.*)", stack.router.log())


@pytest.mark.parametrize("name,options,expected", [
    ("clip.ts", [], BOTH), ("clip.m3u8", ["-f", "hls", "-hls_time", "2", "-hls_list_size", "0"], BOTH),
    ("clip.aac", ["-vn"], {"audio": "aac"})], ids=["ts", "hls", "aac"])
def test_a_copy_from_another_container(stack, stream, encode, remuxed, name, options, expected):
    loop = [] if name.endswith("m3u8") else ["-stream_loop", "-1"]
    encode(*loop, "-i", remuxed(name, *options), "-c", "copy")
    carried(stack, stream, expected)


def test_sound_that_comes_three_seconds_late(stack, publish_tags, stream, clips, tmp_path):
    """In real time, the stream begins without the sound, and begins anew when it comes. The worker follows."""
    tags = [tag for tag in flv_tags(clips.get("av")) if tag[0] in (SOUND, PICTURE)]
    length = tags[-1][1] + 33
    repeated = [(kind, at + turn * length, body) for turn in range(10) for kind, at, body in tags]
    headers = [tag for tag in tags if tag[2][1] == 0]
    begins = next(i for i, tag in enumerate(repeated) if tag[1] >= LATE_MS)
    late = [tag for tag in repeated[:begins] if tag[0] == PICTURE] + \
        [(SOUND, LATE_MS, body) for kind, _, body in headers if kind == SOUND] + repeated[begins:]
    publish_tags(stack, write_flv(tmp_path / "late.flv", late), stream, lead=1.0)
    stack.wait_live(stream)
    assert codecs(stack.rtsp(stream)) == {"video": "h264"}
    stack.router.wait_log("AAC audio has come late: the stream begins anew with it")
    carried(stack, stream, BOTH)


@pytest.mark.parametrize("options,name", [(["-ar", "11025", "-ac", "1", "-c:a", "nellymoser"], "Nellymoser"),
                                          (["-ar", "44100", "-c:a", "pcm_s16le"], "LPCM")], ids=["nellymoser", "lpcm"])
def test_sound_that_is_not_carried(stack, stream, encode, clips, options, name):
    encode("-stream_loop", "-1", "-i", clips.get("av"), "-c:v", "copy", *options)
    carried(stack, stream, {"video": "h264"})
    assert left_out(stack)[-1] == f"{name} audio (not supported)"


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
def test_g711(stack, stream, encode, clips, codec):
    encode("-stream_loop", "-1", "-i", clips.get("av"), "-c:v", "copy", "-ar", "8000", "-ac", "1", "-c:a", codec)
    carried(stack, stream, {"video": "h264", "audio": codec})


def test_a_picture_that_is_not_carried(stack, stream, encode, clips):
    encode("-stream_loop", "-1", "-i", clips.get("av"), "-c:v", "flv1", "-c:a", "copy")
    carried(stack, stream, {"audio": "aac"})
    assert left_out(stack)[-1] == "Sorenson H.263 video (not supported)"


def test_an_encoder_without_anything_that_is_carried_is_told(stack, encode):
    encoder = encode(*VIDEO, *AUDIO, "-c:v", "flv1", "-ar", "11025", "-ac", "1", "-c:a", "nellymoser")
    assert encoder.wait(40) != 0
    told = re.search("no track that can be carried: .*", encoder.log())
    assert told and {"Sorenson H.263 video", "Nellymoser audio"} == set(re.findall("[A-Z][^,(]* (?:video|audio)", told[0])), encoder.log()


# What ffprobe must say that it knows, or a server sends it what every client knows.
ENHANCED = "ac-3,av01,avc1,ec-3,fLaC,hvc1,.mp3,mp4a,Opus,vp09"


def tracks_at(url, program):
    """The codecs of all tracks that a newer ffmpeg finds at the URL, in their order."""
    known = ["-rtmp_enhanced_codecs", ENHANCED] if url.startswith("rtmp") else ["-rtsp_transport", "tcp"]
    shown = subprocess.run([program, "-hide_banner", "-nostdin", *known, "-i", url, "-map", "0", "-c", "copy", "-copyinkf", "-t", "0.5",
                            "-f", "null", "-"], capture_output=True, text=True, timeout=60)
    inputs = shown.stderr.split("Output #0")[0]
    return re.findall(r"Stream #0:\d+.*?: (?:Video|Audio): (\w+)", inputs)


def all_carried(stack, stream, labels, names, unknown_over_rtsp=()):
    """Checks that both ends of the pipeline have these tracks, over RTMP and over RTSP."""
    program = newer_ffmpeg()
    for side in ("in", "out"):
        path = f"live/{stream}/{side}"
        wait_until(lambda: (stack.paths().get(path) or {}).get("tracks") == labels,
                   lambda: f"{side}: {labels}, not {stack.paths().get(path)}\n{stack.router.log()[-1500:]}", 60)
        assert tracks_at(stack.rtmp(stream, side), program) == names, side
        rtsp = [name for name in names if name not in unknown_over_rtsp]
        assert [n for n in tracks_at(stack.rtsp(stream, side), program) if n != "none"] == rtsp, side


PICTURE_AND_TONE = [*VIDEO, *AUDIO]
REALTIME_VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"]
REALTIME_AV1 = ["-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-svtav1-params", "pred-struct=1"]


@pytest.mark.parametrize("options,labels,names", [
    ([*REALTIME_AV1, "-c:a", "libopus"], ["AV1", "Opus"], ["av1", "opus"]),
    ([*REALTIME_VP9, "-ar", "48000", "-c:a", "ac3"], ["VP9", "AC3"], ["vp9", "ac3"]),
    ([*H264, "-ar", "48000", "-c:a", "eac3"], ["H264", "E-AC-3"], ["h264", "eac3"]),
    ([*H264, "-c:a", "flac"], ["H264", "FLAC"], ["h264", "flac"]),
], ids=["av1-opus", "vp9-ac3", "h264-eac3", "h264-flac"])
def test_codecs_of_enhanced_rtmp(stack, stream, encode, options, labels, names):
    encode(*PICTURE_AND_TONE, *options, program=newer_ffmpeg())
    all_carried(stack, stream, labels, names, unknown_over_rtsp=("eac3", "flac"))  # this ffmpeg cannot read them over RTSP


def test_several_tracks(stack, stream, encode, clips):
    encode("-stream_loop", "-1", "-i", clips.get("av"), "-map", "0:v", "-map", "0:v", "-map", "0:a", "-map", "0:a", "-map", "0:a",
           "-c:v", "copy", "-c:a", "copy", "-c:a:1", "libopus", "-ar:a:2", "48000", "-c:a:2", "ac3", program=newer_ffmpeg())
    all_carried(stack, stream, ["H264", "H264", "MPEG-4 Audio", "Opus", "AC3"], ["h264", "h264", "aac", "opus", "ac3"])
    # A player that knows one track of each kind gets one.
    assert codecs(stack.rtmp(stream, "out")) == BOTH


def test_h265_and_opus_of_enhanced_rtmp(stack, stream, encode, clips):
    encode("-stream_loop", "-1", "-i", clips.get("h265-opus"), "-c", "copy", program=newer_ffmpeg())
    stack.wait_live(stream)
    assert codecs(stack.rtsp(stream)) == {"video": "hevc", "audio": "opus"}
