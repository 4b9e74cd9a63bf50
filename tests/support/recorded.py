"""Recordings as a recorder leaves them on the disk: fragmented MP4 files whose names tell when they begin. FFmpeg cuts a clip into
them. They get the box `mtxi`, and their fragments tell everything of each sample, as those of MediaMTX do."""

import contextlib
import re
import struct
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

from . import boxes, container_tool, http
from .wait import wait_until

TOOL = container_tool.TOOL.with_name("recording-tool")
SEGMENT_SECONDS = 10
CUT_SECONDS = 60
MOVFLAGS = "movflags=+frag_keyframe+empty_moov+default_base_moof:video_track_timescale=90000"


def an_hour_ago():
    """A start that the routers do not delete for its age."""
    return (datetime.now(timezone.utc) - timedelta(hours=1)).replace(microsecond=250_000)


@dataclass
class Segment:
    file: Path
    start: datetime
    offset: float    # of its first picture in the clip, in seconds
    duration: float


def rfc3339(time):
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def name_of(start):
    return start.astimezone().strftime("%Y-%m-%d_%H-%M-%S-%f") + ".mp4"


def segments(router, path, clip, start, *, recorder=True, seconds=SEGMENT_SECONDS, as_ffmpeg=False):
    """Puts the clip into the folder of the path's recordings as segments. recorder: with the boxes of one run of a recorder, and with the
    index that media-router writes. as_ffmpeg: with FFmpeg's fragments, which tell what most samples have in common only once."""
    folder = router.folder / "recordings" / path
    work = Path(tempfile.mkdtemp(dir=router.folder))
    subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-i", str(clip), "-map", "0", "-c", "copy", "-f", "segment", "-segment_time",
                    str(seconds), "-reset_timestamps", "1", "-segment_format", "mp4", "-segment_format_options", MOVFLAGS,
                    str(work / "cut-%03d.part")], check=True, timeout=CUT_SECONDS)
    made, run = [], uuid.uuid4().bytes
    offset = 0.0
    for number, part in enumerate(sorted(work.glob("cut-*.part"))):
        begins = start + timedelta(seconds=round(offset, 6))
        if not as_ffmpeg:
            tell_everything(part)
        if recorder:
            add_recording_info(part, run, number, round(offset * 1e9), round(begins.timestamp() * 1e9))
            container_tool.run_tool(TOOL, part)
        made.append(Segment(move(part, folder / name_of(begins)), begins, offset, duration_of(folder / name_of(begins))))
        offset += made[-1].duration
    work.rmdir()
    return made


def move(file, to):
    """Into a folder of recordings, from which routers remove empty folders at any moment."""
    def moved():
        to.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return file.rename(to)
    return wait_until(moved, f"{to} is in its place")


def add_recording_info(file, run, number, dts, ntp):
    data = file.read_bytes()
    moov = boxes.read(file).one("moov")
    udta = box(b"udta", box(b"mtxi", struct.pack(">I16sQqq", 0, run, number, dts, ntp)))
    end = moov.offset + moov.size
    kept = data[moov.offset + 8:end]
    old = moov.all("udta")
    if old:  # FFmpeg writes its name into one
        kept = data[moov.offset + 8:old[0].offset] + data[old[0].offset + old[0].size:end]
    file.write_bytes(data[:moov.offset] + box(b"moov", kept, udta) + data[end:])


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def tell_everything(file):
    """Writes the fragments anew: each row has the duration, size, flags and composition offset of its sample."""
    data, out = file.read_bytes(), []
    for found in boxes.parse(data):
        if found.type == "moof":
            tracks = [read_traf(traf) for traf in found.all("traf")]
            size = len(write_moof(found, tracks, 0))
            out.append(write_moof(found, tracks, size - found.size))
        elif found.type != "mfra":  # the offsets of the fragments, which have changed
            out.append(data[found.offset:found.offset + found.size])
    file.write_bytes(b"".join(out))


def read_traf(traf):
    """(track, decode time, data offset, rows) of a track's only run."""
    _, flags, body = traf.one("tfhd").full()
    assert flags & ~0x38 == 0x020000
    words = list(struct.unpack(f">{len(body) // 4}I", body))
    track = words.pop(0)
    common = [words.pop(0) if flags & bit else 0 for bit in (0x8, 0x10, 0x20)]
    version, _, time = traf.one("tfdt").full()
    _, flags, body = traf.one("trun").full()
    words = list(struct.unpack(f">{len(body) // 4}I", body))
    count, offset = words.pop(0), words.pop(0)
    first = words.pop(0) if flags & 0x4 else None
    rows = []
    for number in range(count):
        row = [words.pop(0) if flags & bit else value for bit, value in zip((0x100, 0x200, 0x400), common)]
        row.append(words.pop(0) if flags & 0x800 else 0)
        if number == 0 and first is not None:
            row[2] = first
        rows.append(row)
    return track, int.from_bytes(time, "big") if version else struct.unpack(">I", time)[0], offset, rows


def write_moof(moof, tracks, moved):
    trafs = [box(b"traf", box(b"tfhd", struct.pack(">II", 0x020000, track)), box(b"tfdt", struct.pack(">IQ", 0x01000000, time)),
                 box(b"trun", struct.pack(">III", 0x01000f01, len(rows), offset + moved), *[struct.pack(">IIII", *row) for row in rows]))
             for track, time, offset, rows in tracks]
    return box(b"moof", box(b"mfhd", moof.one("mfhd").payload), *trafs)


def duration_of(file):
    """In seconds, of the pictures: what the last part tells."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=dts_time,duration_time", "-of",
                            "csv=p=0", str(file)], capture_output=True, text=True, check=True, timeout=CUT_SECONDS)
    times = [[float(v) for v in line.split(",")[:2]] for line in probe.stdout.split()]
    return times[-1][0] + times[-1][1] - times[0][0]


def parts_of(file):
    """(offset, end) of each part."""
    found = boxes.parse(file.read_bytes())
    return [(moof.offset, mdat.offset + mdat.size) for moof, mdat in zip(found, found[1:]) if (moof.type, mdat.type) == ("moof", "mdat")]


def listed(router, path, **window):
    query = "".join(f"&{key}={quote(rfc3339(time))}" for key, time in window.items())
    return http.get(router.playback(f"/list?path={path}{query}"))


def time_of(text):
    """A time as Go writes it: with as many decimals as needed, and Z or an offset."""
    seconds, fraction, zone = re.fullmatch(r"([^.Z+]{19})(?:\.(\d+))?(.*)", text).groups()
    return datetime.fromisoformat(f"{seconds}.{(fraction or '0')[:6]:0<6}{zone.replace('Z', '+00:00')}")


def ranges(router, path, **window):
    """(start, duration in seconds) of each range."""
    reply = listed(router, path, **window)
    assert reply.status == 200, reply.body
    return [(time_of(item["start"]), item["duration"]) for item in reply.json()]


def wait_ranges(router, path, recorded, seconds=60):
    """The ranges of a path, when so many seconds are recorded. Until its first part is there, a recording is not listed."""
    def found():
        return ranges(router, path) if listed(router, path).status == 200 else []
    return wait_until(lambda: sum(length for _, length in found()) > recorded and found(), lambda: f"{recorded} s: {found()}", seconds)


def get_url(router, path, start, duration, form=""):
    return router.playback(f"/get?path={path}&start={quote(rfc3339(start))}&duration={duration}" + (f"&format={form}" if form else ""))


def get(router, path, start, duration, form=""):
    return http.get(get_url(router, path, start, duration, form), timeout=CUT_SECONDS)
