"""The points of `make bench` (short) and `make bench-full`, and how long the short form may take."""

from dataclasses import replace

from .measure import Point

# `make bench`, without the build, must take less than ten minutes. A test compares the estimate with this.
SHORT_BUDGET_SECONDS = 590

SMALL_STREAM = {"video-kbps": 48, "audio-kbps": 16, "fps": 10, "audio-rate": 10, "keyframe-every": 20}
# The short form leaves out merge windows, and default settings with which nobody would measure.
ONLY_FULL = ("floor, merge 50 ms", "floor, merge 350 ms", "media-router merge 50 ms", "media-router merge 350 ms",
             "nginx-rtmp defaults")
# Only used with many publishers.
FOR_INGEST = ("srs merged reads",)
# Only used where their viewers are compared with others.
OTHER_VIEWERS = ("media-router live.mp4", "media-router live.mp4, GOP cache", "media-router, GOP cache", "srs GOP cache")
# Other scenarios than fan-out use one setting of each server.
SINGLE = ("floor, a write a unit", "media-router", "nginx-rtmp", "mediamtx", "srs low delay")

READERS = (1, 10, 100, 400, 800, 1600)
PUBLISHERS = (10, 50, 100, 400)


def _pick(servers, *, without=(), only=None, protocol="rtmp"):
    return tuple(server for server in servers if protocol in server.protocols and server.name not in without
                 and (only is None or server.name in only))


def fan_out(servers, protocol, readers, window, *, without=(), name=None):
    return Point(name or f"fan-out {protocol.upper()}", readers,
                 _pick(servers, protocol=protocol, without=(*without, *FOR_INGEST, *OTHER_VIEWERS)), protocol,
                 {"readers": readers, "read-rate": 400, "window": window, "settle": 1})


def ingest(servers, publishers, window, *, more=(*FOR_INGEST, "media-router plain", "srs throughput")):
    only = (*SINGLE, *more)
    return Point("ingest, 128-byte chunks", publishers, _pick(servers, only=only), "rtmp",
                 {"publishers": publishers, "readers": publishers, "chunk-size": 128, "publish-rate": 100,
                  "read-rate": 200, "window": window})


def small_streams(servers, paths, window):
    return Point("small streams", paths, _pick(servers, only=SINGLE), "rtmp",
                 {"publishers": paths, "readers": paths, "publish-rate": 250, "read-rate": 500,
                  "window": window, **SMALL_STREAM})


def join_storm(servers, readers, window=2):
    return Point("join storm", readers, _pick(servers, only=SINGLE), "rtmp",
                 {"readers": readers, "read-rate": readers, "window": window, "window-from-ramp": True})


def live_mp4(servers, readers, window):
    only = ("floor, audio rides", "media-router", "media-router live.mp4", "nginx-rtmp")
    return Point("live.mp4, beside RTMP", readers, _pick(servers, only=only), "rtmp",
                 {"readers": readers, "read-rate": 400, "window": window, "settle": 1})


def start_up(servers, protocol, window=2):
    """Readers that come evenly over three groups of pictures."""
    only = ("media-router", "media-router, GOP cache", "nginx-rtmp", "mediamtx", "srs low delay", "srs GOP cache")
    live = ("media-router live.mp4", "media-router live.mp4, GOP cache") if protocol == "rtmp" else ()
    return Point(f"start-up {protocol.upper()}", 100, _pick(servers, only=(*only, *live), protocol=protocol), protocol,
                 {"readers": 100, "read-rate": 17, "window": window, "settle": 1})


def stalled(servers, readers, window):
    return Point("one stalled reader among", readers, _pick(servers, only=SINGLE), "rtmp",
                 {"readers": readers, "stalled": 1, "read-rate": 400, "window": window})


def short(servers, _):
    """[(point, repetitions)]"""
    return [(fan_out(servers, "rtmp", 400, 2, without=ONLY_FULL), 3),
            (fan_out(servers, "rtsp", 100, 2, without=ONLY_FULL), 2),
            (ingest(servers, 50, 3, more=()), 1),
            (small_streams(servers, 300, 3), 1),
            (join_storm(servers, 400), 1),
            (stalled(servers, 100, 4), 1)]


def full(servers, more_cores):
    repetitions, window = 5, 6
    points = [fan_out(servers, "rtmp", readers, window) for readers in READERS]
    points += [fan_out(servers, "rtsp", readers, window) for readers in READERS]
    points += [ingest(servers, publishers, window) for publishers in PUBLISHERS]
    points += [fan_out(more_cores, "rtmp", readers, window, name="fan-out RTMP, one and two cores")
               for readers in (400, 800)]
    once = [small_streams(servers, 1000, window), join_storm(servers, 400), stalled(servers, 100, 12)]
    once += [start_up(servers, "rtmp"), start_up(servers, "rtsp")]
    points += [live_mp4(servers, readers, window) for readers in (100, 400, 800)]
    return [(point, repetitions) for point in points] + [(point, 3) for point in once]


def chosen(plan, *, only=None, x=None, names=None, seconds=None, repeat=None):
    """The selected part of a plan, with the selected windows and repetitions."""
    out = []
    for point, repetitions in plan:
        if (only and only.lower() not in point.name.lower()) or (x and point.x not in x):
            continue
        if names is not None:
            point = replace(point, servers=tuple(s for s in point.servers if s.name in names))
        if seconds:
            point = replace(point, load={**point.load, "window": seconds})
        if point.servers:
            out.append((point, repeat or repetitions))
    return out
