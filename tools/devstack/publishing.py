"""make publish: publishes the test stream with ffmpeg or GStreamer of this machine, or, if there is none, in a container."""

import os
import shutil

from . import compose, credentials, engines
from .settings import ROOT, UserError

SCRIPTS = ROOT / "tests" / "fixtures" / "test-streams"
PROGRAMS = {"ffmpeg": "ffmpeg", "gst": "gst-launch-1.0"}  # the program for each value of SOURCE
SERVICE = "publisher"  # its name in docker-compose.yml


def _secure(settings):
    """With SECURE=1: what the scripts need beside the usual variables. ffmpeg and GStreamer take the password in their URL only."""
    if not settings.is_secure:
        return {}
    return {"RTMP_SCHEME": "rtmps", "RTMP_PORT": str(settings.rtmp_port), "RTMP_LOGIN": credentials.publisher_query(settings)}


def publish(settings, environ):
    source = environ.get("SOURCE") or "ffmpeg"
    if source not in PROGRAMS:
        raise UserError(f"SOURCE={source}: expected {' or '.join(PROGRAMS)}")
    if shutil.which(PROGRAMS[source]):
        words, environment = [str(SCRIPTS / f"publish-{source}.sh")], {**environ, **_secure(settings)}
    elif source == "ffmpeg" and engines.name_of(settings, environ) == "docker":
        words = compose.argv(compose.find(), settings, "run", "--rm", "-T", SERVICE)
        environment = compose.environment(settings)
    else:
        raise UserError(f"no {PROGRAMS[source]} on PATH (with ENGINE=docker, ffmpeg may be missing)")
    os.execvpe(words[0], words, environment)
