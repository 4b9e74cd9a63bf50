"""A/V: how far picture and sound are apart wherever a stream leaves the pipeline, compared with the file that was published.

Decoded pictures and audio packets are identified by their checksums, so the load of the machine has no influence.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from support import av_sync, ffmpeg

from ..row import Row, judge
from ..timing import wait_until
from .output import readable

CLIP = "sync-b-frames"
SECONDS = 12  # long enough for a second sender report
MOST_MS = 5.0
EXITS = [("in", "rtmp"), ("in", "rtsp"), ("out", "rtmp"), ("out", "rtsp")]


def measure(context):
    with tempfile.TemporaryDirectory(prefix="tidegate-av-") as folder, ExitStack() as ending:
        apart = {exit: round(offset.milliseconds, 1)
                 for exit, offset in _offsets(context, Path(folder), ending).items()}
    row = Row("A/V", "picture against sound at every exit, worst", "ms", None, MOST_MS,
              detail={f"{side} over {protocol}": ms for (side, protocol), ms in apart.items()})
    if context.target.router == "mediamtx":
        # MediaMTX's sender reports move the tracks of RTSP readers apart. Nothing here can correct that.
        row.note = "RTSP readers, MediaMTX's own: " + ", ".join(
            f"{side} {apart[side, 'rtsp']:+g}" for side in ("in", "out"))
        apart = {exit: ms for exit, ms in apart.items() if exit[1] == "rtmp"}
    row.measured = max(map(abs, apart.values()))
    return [judge(row, context.target.place)]


def _offsets(context, folder, ending):
    target, clip = context.target, context.clip(CLIP)

    def url(side, protocol):
        port = target.rtmp_port if protocol == "rtmp" else target.rtsp_port
        scheme = protocol + ("s" if target.settings.is_secure else "")
        return f"{scheme}://{target.host}:{port}/{context.path('av', side)}"

    source = av_sync.MediaTimes(clip, folder / "source.log", folder / "source").wait()
    login = target.rtmp.publisher_query
    publisher = ffmpeg.publish(clip, url("in", "rtmp") + (f"?{login}" if login else ""), folder / "publisher.log", loop=False)
    ending.callback(publisher.kill)
    readers = {}
    for side, protocol in EXITS:
        wait_until(lambda: readable(target, context.path("av", side)), f"{side} readable")
        name = f"{side}-{protocol}"
        readers[side, protocol] = av_sync.MediaTimes(url(side, protocol), folder / f"{name}.log", folder / name)
        ending.callback(readers[side, protocol].process.kill)
    return {exit: wait_until(lambda: _offset(reader, source), f"{SECONDS} s of {exit}", 60, poll=0.5)
            for exit, reader in readers.items()}


def _offset(reader, source):
    found = av_sync.offset(reader.times(), source)
    return found if found and found.matches["video"] >= 30 * SECONDS else None
