"""SC-004: what the router adds between an encoder and a reader over RTSP, for every video unit of ten seconds.

The encoder sends each unit's code straight to the reader as well, just before the unit. The difference of the
two arrivals is the router's; how late the machine wakes a process is in both and cancels out.
"""

import socket

from ..publishers import TimeCoded
from ..row import Row, judge
from ..rtsp import RtspReader
from ..timing import percentile, summary, wait_until

SECONDS = 10
WARM_UP_UNITS = 15        # connecting, the first key frame
LEAST_UNITS = 0.95        # of the codes sent must have arrived over RTSP


def measure(context):
    added = through_router(context, "hd")
    row = Row("SC-004", "publisher → reader over RTSP, added", "ms", 500, 5, percentile(added, 99),
              detail=summary(added))
    return [judge(row, context.target.router)]


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
    reader = RtspReader(target.host, target.rtsp_port, path)
    if reader.describe() is None:
        reader.close()
        return None
    reader.play_video()
    return reader
