"""Recorded files: which there are, whether they play, and what is in them."""

import json
import re
import struct
import subprocess
from datetime import datetime

from .router import BIN, HOST, Program, Router, variation
from .rtmp_script import Publisher
from .wait import wait_until

NAMES = "%path/%Y-%m-%d_%H-%M-%S-%f"
PLAY_SECONDS = 60


def path_defaults(folder, **changes):
    """The settings of all paths that record into this folder, in small parts and segments."""
    return {"record": True, "recordPath": f"{folder}/{NAMES}", "recordPartDuration": "200ms", "recordSegmentDuration": "2s",
            **changes}


def recorder(work, defaults, *, program=None, environment=None, **settings):
    """A running media-router, in the folder `work`, with these settings of all paths."""
    work.mkdir(exist_ok=True)
    settings = {"pathDefaults": defaults, "paths": {"all_others": {}}, **settings}
    return Router(Program("embedded", str(program or BIN / "media-router")), work, variation(**settings), environment).start()


def publisher(router, file, path):
    """Publishes the clip as if it were live, when the path is ready."""
    made = Publisher(HOST, router.rtmp_port, file, path, lead=0)
    router.wait_ready(path)
    return made


def files(folder, path=""):
    """The recorded files of a path, in the order of their time."""
    return sorted(file for file in (folder / path).rglob("*") if file.suffix in (".mp4", ".ts") and file.is_file())


def wait_files(folder, path, count, seconds=40):
    return wait_until(lambda: len(files(folder, path)) >= count and files(folder, path),
                      lambda: f"{count} files among {files(folder, path)}", seconds)


def began(file):
    """The time in the name, as seconds since 1970."""
    return datetime.strptime(file.stem, "%Y-%m-%d_%H-%M-%S-%f").timestamp()


def packets(file, kind="v"):
    """(decode time in seconds, whether it is a key frame) of each packet of a track."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=dts_time,flags", "-of",
                           "json", str(file)], capture_output=True, text=True, timeout=PLAY_SECONDS)
    assert done.returncode == 0, done.stderr
    return [(float(packet["dts_time"]), "K" in packet["flags"]) for packet in json.loads(done.stdout)["packets"]]


def assert_plays(file):
    """A decoder has nothing to complain about, from the first byte to the last."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-nostdin", "-i", str(file), "-f", "null", "-"],
                          capture_output=True, text=True, timeout=PLAY_SECONDS)
    # ffmpeg guesses a frame rate, and where that is too low, its own output has two pictures of one time.
    complaints = [line for line in done.stderr.splitlines() if "non monotonically increasing dts to muxer" not in line]
    assert (done.returncode, complaints) == (0, []), f"{file}: {done.returncode} {complaints}"


def whole_parts(data):
    """How many bytes of a file of MP4 are whole boxes: the last one may have been cut off."""
    position = whole = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[position:position + 8])
        assert size >= 8, f"a box of {size} bytes at {position}"
        if position + size > len(data):
            break
        position += size
        if kind in (b"moov", b"mdat", b"uuid"):  # a finished file ends with its index
            whole = position
    return whole


def as_written(data, end):
    """What was in a file when `end` bytes of it were written: its last part, if that is not whole, is a box that players skip."""
    whole = whole_parts(data[:end])
    if whole == end or b"moof" not in data[:whole]:
        return data[:end]
    return data[:whole] + (struct.pack(">I4s", _part_size(data, whole), b"free") + data[whole + 8:])[:end - whole]


def _part_size(data, at):
    """Of the part that begins there: of its two boxes."""
    moof = struct.unpack(">I", data[at:at + 4])[0]
    return moof + (struct.unpack(">I", data[at + moof:at + moof + 4])[0] if at + moof + 4 <= len(data) else 0)


def is_skipped(data):
    """Whether the last part has all its bytes, but is still a box that players skip."""
    at = whole_parts(data)
    return data[at + 4:at + 8] == b"free" and struct.unpack(">I", data[at:at + 4])[0] == len(data) - at


def duration_ms(data):
    """What the header of the movie says; 0: it is not finished."""
    at = data.index(b"mvhd") + 4
    return struct.unpack(">I", data[at + 16:at + 20])[0]


def mtxi(data):
    """(id of the run, number of the segment, start on the stream's clock, start in nanoseconds since 1970)"""
    at = data.index(b"mtxi")
    assert struct.unpack(">I", data[at - 4:at])[0] == 52
    return struct.unpack(">16sQqq", data[at + 8:at + 48])


def assert_whole(file):
    """A finished file: it plays, and its header tells how long it is."""
    assert_plays(file)
    if file.suffix == ".mp4":
        data = file.read_bytes()
        assert whole_parts(data) == len(data)
        assert duration_ms(data) > 0
    else:
        assert file.stat().st_size % 188 == 0


def quoted(file):
    return re.escape(str(file))
