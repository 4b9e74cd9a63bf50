"""All servers of the bench with their settings: our router, the floors, and the other servers that this machine has.

To be fair, each of the others runs with its settings for the lowest delay, and with those for the lowest cost.
"""

import resource
import subprocess
from dataclasses import replace
from pathlib import Path

from .server import Server

NGINX_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

ROUTER_CONFIG = """\
logLevel: warn
rtmp: true
rtmpAddress: 127.0.0.1:{rtmp}
rtsp: true
rtspAddress: 127.0.0.1:{rtsp}
rtspTransports: [tcp]
api: false
hls: {hls}
hlsAddress: 127.0.0.1:{live}
webrtc: false
srt: false
paths:
  all_others:
"""

NGINX_CONFIG = """\
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 16384; }}
rtmp {{
  access_log off;
  server {{
    listen 127.0.0.1:{rtmp};
    chunk_size {chunk_size};
    application live {{ live on; {more} }}
  }}
}}
"""

SRS_CONFIG = """\
listen 127.0.0.1:{rtmp};
max_connections {connections};
daemon off;
srs_log_tank file;
srs_log_file srs.log;
srs_log_level_v2 error;
pid srs.pid;
chunk_size 60000;
vhost __defaultVhost__ {{
  {vhost}
}}
"""
SRS_LOW_DELAY = """\
tcp_nodelay on; min_latency on;
  play { gop_cache off; mw_latency 0; mw_msgs 0; }
  publish { mr off; }"""
# A player begins with the pictures since the last key frame.
SRS_GOP_CACHE = SRS_LOW_DELAY.replace("gop_cache off", "gop_cache on")
SRS_THROUGHPUT = "play { gop_cache off; mw_latency 350; }"
SRS_MERGED_READS = SRS_THROUGHPUT + "\n  publish { mr on; mr_latency 350; }"
# SRS does not start with more connections than file descriptors, and it needs some for itself.
SRS_CONNECTIONS, SRS_OWN_DESCRIPTORS = 8000, 200
# MediaMTX has no setting for the cost. Go's runtime has one: the heap may grow fivefold between two collections. The longer queue
# keeps MediaMTX from dropping packets of a reader whose writer waits.
MEDIAMTX_THROUGHPUT = {"GOGC": "400", "MTX_WRITEQUEUESIZE": "2048"}


def _first_line(*argv):
    def version(program):
        done = subprocess.run([program, *argv], capture_output=True, text=True, timeout=20, check=False)
        return ((done.stdout.strip() or done.stderr.strip()).splitlines() or ["?"])[0]
    return version


def _with_config(template, *argv, **values):
    """A function that makes argv for a program with one configuration file. {config} in argv is the path of this file."""
    def make(program, folder, ports):
        config = folder / "config"
        config.write_text(template.format(**ports, **values))
        return [program, *(part.format(config=config, folder=folder) for part in argv)]
    return make


def _floor(mode, window_ms=40):
    def make(program, _, ports):
        return [program, "--port", str(ports["rtmp"]), "--mode", mode, "--window-ms", str(window_ms)]
    return make


def _router(build, name, *flags, threads=1, hls="false", **more):
    return Server(name, str(build / "bin" / "media-router"),
                  _with_config(ROUTER_CONFIG, "--threads", str(threads), *flags, "{config}", hls=hls),
                  more.pop("protocols", ("rtmp", "rtsp")), version=_first_line("--version"), cores=threads, **more)


def other_viewers(build):
    """Our router with viewers who get the stream in another way: live.mp4, or with the last group of pictures first."""
    live = {"hls": "true", "protocols": ("rtmp", "live"), "reads": "live"}
    return [_router(build, "media-router live.mp4", **live),
            _router(build, "media-router live.mp4, GOP cache", "--gop-cache", "hls", waits_for_keyframe=False, **live),
            _router(build, "media-router, GOP cache", "--gop-cache", "rtmp,rtsp", waits_for_keyframe=False)]


def ours(build):
    return [_router(build, "media-router"),
            _router(build, "media-router plain", "--audio-wait", "0s"),
            _router(build, "media-router merge 50 ms", "--merge-window", "50ms"),
            _router(build, "media-router merge 350 ms", "--merge-window", "350ms")]


def more_cores(build, mediamtx="mediamtx"):
    """The servers that can use two cores, with one and with two cores."""
    return [_router(build, "media-router, 1 thread"),
            _router(build, "media-router, 2 threads", threads=2),
            _router(build, "media-router plain, 1 thread", "--audio-wait", "0s"),
            _router(build, "media-router plain, 2 threads", "--audio-wait", "0s", threads=2),
            replace(_mediamtx("mediamtx, 1 core", mediamtx), cores=1),
            replace(_mediamtx("mediamtx, 2 cores", mediamtx), cores=2)]


def floors(build):
    program = str(build / "bench" / "tidegate-floor")

    def floor(name, mode, window_ms=40, protocols=("rtmp", "rtsp")):
        return Server(name, program, _floor(mode, window_ms), protocols, floor=True,
                      waits_for_keyframe=False)
    return [floor("floor, a write a unit", "unit"),
            floor("floor, audio rides", "ride"),
            floor("floor, merge 50 ms", "merge", 50),
            floor("floor, merge 350 ms", "merge", 350),
            floor("floor, a write a packet", "packet", protocols=("rtsp",))]


def nginx():
    def make(name, chunk_size, more):
        return Server(name, "nginx", _with_config(NGINX_CONFIG, "-p", "{folder}", "-c", "{config}",
                                                  module=NGINX_MODULE, chunk_size=chunk_size, more=more),
                      version=_first_line("-v"))
    # With a buffer, a unit waits for the next one. This saves writes, but a picture is late by up to the time of a frame.
    return [make("nginx-rtmp", 60000, "wait_video on; wait_key on;"),
            make("nginx-rtmp throughput", 60000, "wait_video on; wait_key on; buffer 1s;"),
            make("nginx-rtmp defaults", 4096, "")]


def _mediamtx(name, program, **environment):
    return Server(name, program, _with_config(ROUTER_CONFIG, "{config}", hls="false"), ("rtmp", "rtsp"), publish_settle=3.0,
                  version=_first_line("--version"), environment={"MTX_MOQ": "no", **environment})


def peers(mediamtx="mediamtx", srs="srs"):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    connections = SRS_CONNECTIONS if hard == resource.RLIM_INFINITY else min(SRS_CONNECTIONS, hard - SRS_OWN_DESCRIPTORS)

    def srs_with(name, vhost):
        return Server(name, srs, _with_config(SRS_CONFIG, "-c", "{config}", vhost=vhost, connections=connections),
                      waits_for_keyframe=False, version=_first_line("-v"))
    return [_mediamtx("mediamtx", mediamtx),
            _mediamtx("mediamtx throughput", mediamtx, **MEDIAMTX_THROUGHPUT),
            srs_with("srs low delay", SRS_LOW_DELAY),
            srs_with("srs GOP cache", SRS_GOP_CACHE),
            srs_with("srs throughput", SRS_THROUGHPUT),
            srs_with("srs merged reads", SRS_MERGED_READS)]


def everyone(build, mediamtx="mediamtx", srs="srs"):
    return [*floors(build), *nginx(), *peers(mediamtx, srs), *ours(build), *other_viewers(build)]


def absent(server):
    """Why a server cannot be measured. None if it can."""
    if server.find() is None:
        return "no program on PATH" if "/" not in server.program else "it is not built"
    if server.program == "nginx" and not Path(NGINX_MODULE).exists():
        return "libnginx-mod-rtmp is not installed"
    return None
