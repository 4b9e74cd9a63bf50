"""SC-004: the delay that the router adds between an encoder and an RTSP reader, for each video unit within ten seconds.

The encoder also sends the code of each unit to the reader directly, just before the unit. The router's delay is the difference
between the two arrivals. The time that the machine takes to wake a process is in both, so it cancels out.
"""

import socket

from ..publishers import TimeCoded
from ..row import Row, judge
from ..rtsp import RtspReader
from ..timing import percentile, summary, wait_until

SECONDS = 10
WARM_UP_UNITS = 15        # these come while the reader connects, and before its first key frame
LEAST_UNITS = 0.95        # this share of the codes must have arrived over RTSP


def measure(context):
    added = through_router(context, "hd")
    row = Row("SC-004", "publisher → reader over RTSP, added", "ms", 500, 5, percentile(added, 99),
              detail=summary(added))
    return [judge(row, context.target.place)]


def through_router(context, clip, side="in"):
    target, path = context.target, context.path("delay", side)
    with socket.create_server(("127.0.0.1", 0)) as server:
        publisher = TimeCoded(target, path, context.clip(clip), server.getsockname()[1])
        with publisher:
            direct, _ = server.accept()
            reader = wait_until(lambda: _reader(target, path), f"{path} readable over RTSP")
            with direct:
                over_rtsp, over_direct = reader.arrivals(direct, SECONDS)
            reader.close()
    codes = sorted(over_direct)[WARM_UP_UNITS:-1]
    codes = [code for code in codes if code >= min(over_rtsp, default=0)]
    added = [(over_rtsp[code] - over_direct[code]) / 1e6 for code in codes if code in over_rtsp]
    assert len(added) >= LEAST_UNITS * len(codes) > 0, f"only {len(added)} of {len(codes)} units arrived"
    return added


def _reader(target, path):
    reader = RtspReader(target, path)
    if reader.describe() is None:
        reader.close()
        return None
    reader.play_video()
    return reader
