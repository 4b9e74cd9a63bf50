"""The pure half of our HLS, through the program that only tests run (tests/programs/hls_tool.cpp)."""

import re

from . import container_tool

TOOL = container_tool.TOOL.with_name("hls-tool")


def make(variant, file, folder, times=1):
    """Writes what the muxer serves of an MP4 file into the folder. times: how often the publisher comes."""
    folder.mkdir()
    container_tool.run_tool(TOOL, variant, file, folder, str(times))
    return folder


def playlists(folder):
    """{name: text} of all playlists but the index."""
    return {file.name: file.read_text() for file in sorted(folder.glob("*_stream.m3u8"))}


def end(folder):
    """Turns live playlists into such as can be read to their end: without gaps, which ffmpeg 5.1 does not know."""
    for name, text in playlists(folder).items():
        text = re.sub(r"#EXT-X-GAP\n(#EXT-X-PROGRAM[^\n]*\n)?(#EXT-X-PART[^\n]*\n)*#EXTINF:[^\n]*\ngap.mp4\n", "", text)
        (folder / name).write_text(text + "#EXT-X-ENDLIST\n")


def segments(text):
    """[(seconds, name)] of a media playlist; gaps are left out."""
    return [(float(length), name) for length, name in re.findall(r"#EXTINF:([\d.]+),\n(\w+\.(?:mp4|ts))", text)
            if name != "gap.mp4"]
