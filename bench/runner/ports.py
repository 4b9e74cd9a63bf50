"""The ports that a server of the bench may listen on."""

from tests.support.free_ports import free_ports

PROTOCOLS = ("rtmp", "rtsp", "live", "rtmps")  # "live" is live.mp4 over HTTP


def choose_ports():
    """{protocol: port}, for all protocols."""
    return dict(zip(PROTOCOLS, free_ports(len(PROTOCOLS))))
