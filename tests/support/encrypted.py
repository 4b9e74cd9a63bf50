"""Configurations of routers that speak RTMPS and RTSPS."""

from .router import variation


def keys(certificate, encryption="optional"):
    """The settings that turn TLS on for RTMP and RTSP."""
    files = {f"{protocol}Server{kind}": str(file) for protocol in ("rtmp", "rtsp")
             for kind, file in (("Cert", certificate.crt), ("Key", certificate.key))}
    return {"rtmpEncryption": encryption, "rtspEncryption": encryption, **files}


def encrypted(certificate, encryption="optional", **changes):
    """The project's configuration with TLS. UDP is off: MediaMTX would open ports for SRTP, too."""
    return variation(rtspTransports=["tcp"], paths={"all_others": {}}, **keys(certificate, encryption), **changes)
