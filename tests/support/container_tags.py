"""Makes the FLV tags of a clip in another container, if this FFmpeg cannot write them into FLV: H.265 as codec id 12."""

import json
import subprocess

from .rtmp_client import AUDIO, VIDEO, flv_tags

HEADS = {"hevc": (VIDEO, b"\x1c", b"\x2c"), "aac": (AUDIO, b"\xaf", b"\xaf")}  # first byte of a key frame, of another frame
PROBE = ["ffprobe", "-v", "error", "-show_data", "-of", "json", "-show_entries",
         "stream=index,codec_name,extradata:packet=stream_index,pts_time,dts_time,flags,data"]


def tags_of(file):
    """Like flv_tags(), for an FLV or MP4 file."""
    return flv_tags(file) if file.suffix == ".flv" else _converted(file)


def _converted(file):
    found = json.loads(subprocess.run([*PROBE, str(file)], check=True, capture_output=True).stdout)
    heads = {stream["index"]: HEADS[stream["codec_name"]] for stream in found["streams"]}
    for stream in found["streams"]:
        kind, head, _ = heads[stream["index"]]
        yield kind, 0, head + _behind_head(kind, 0) + _bytes(stream["extradata"])
    packets = sorted(found["packets"], key=lambda packet: float(packet["dts_time"]))
    begin = float(packets[0]["dts_time"])
    for packet in packets:
        kind, key, other = heads[packet["stream_index"]]
        pts, dts = (round((float(packet[f"{name}_time"]) - begin) * 1000) for name in ("pts", "dts"))
        head = key if "K" in packet["flags"] else other
        yield kind, dts, head + _behind_head(kind, 1, pts - dts) + _bytes(packet["data"])


def _behind_head(kind, what, composition=0):
    return bytes([what]) + (composition.to_bytes(3, "big", signed=True) if kind == VIDEO else b"")


def _bytes(dump):
    """The bytes of lines such as "00000010: 0a0b 0c0d ...  text"."""
    return bytes.fromhex("".join(line[10:50] for line in dump.splitlines()))
