#!/usr/bin/python3
"""What viewers of low-latency HLS cost: bench/hls.py [--viewers 100,1000] [--mediamtx PROGRAM] [--json FILE]

The same stream (2.5 Mbit/s, H.264 and AAC) and the same viewers for each server, one after the other, in turns. Each viewer
plays picture and sound: it asks for playlists that wait for the next part, and for each part. The server has the first core,
the load generator and the publisher have the second. The goal: 1,000 viewers on one core, at no more than a quarter of
MediaMTX's CPU time for each gigabyte, and at most 20 ms from the first viewer's answer to the last one's.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from runner import process  # noqa: E402
from runner.server import Running, Server, child, end  # noqa: E402

from tests.support.free_ports import free_ports  # noqa: E402

PATH = "bench"
VALID_BEHIND = 0.01   # of the viewers may be late at the end
START_SECONDS = 30
CLIP = ["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i",
        "sine=frequency=440:sample_rate=44100", "-t", "10", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
        "-pix_fmt", "yuv420p", "-g", "30", "-b:v", "2500k", "-minrate", "2500k", "-maxrate", "2500k", "-bufsize", "500k",
        "-x264-params", "nal-hrd=cbr:force-cfr=1", "-c:a", "aac", "-b:a", "128k"]
CONFIG = """\
{more}
logLevel: error
rtmpAddress: 127.0.0.1:{rtmp}
rtsp: false
hlsAddress: 127.0.0.1:{hls}
webrtc: false
srt: false
moq: false
paths:
  all_others:
"""


def servers(build, mediamtx, more=""):
    """more: further keys of the configuration."""
    return routers(build, mediamtx, lambda folder, ports: CONFIG.format(more=more, **ports), ("rtmp", "hls"))


def routers(build, mediamtx, config_of, protocols, **environment):
    """Both routers with the same configuration: config_of(folder, ports) is its text."""
    def run(name, program, *flags):
        def argv(found, folder, ports):
            config = folder / "config.yml"
            config.write_text(config_of(folder, ports))
            return [found, *flags, str(config)]
        return Server(name, program, argv, protocols, environment=environment)
    every = [run("media-router", str(build / "bin" / "media-router"), "--threads", "1"), run("mediamtx", mediamtx)]
    return [server for server in every if server.find()]


@contextlib.contextmanager
def publishing(clip, ports):
    publisher = child(["taskset", "-c", "1", "ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip),
                       "-c", "copy", "-f", "flv", f"rtmp://127.0.0.1:{ports['rtmp']}/{PATH}"])
    try:
        yield
    finally:
        end(publisher)


def get(url):
    with urllib.request.urlopen(url, timeout=START_SECONDS) as answer:
        return answer.read().decode()


def wait_playable(ports):
    """Until the server keeps as many segments as it ever will: the stream itself takes no more memory then."""
    folder = f"http://127.0.0.1:{ports['hls']}/{PATH}/"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            index = get(folder + "index.m3u8?cookieCheck=1").splitlines()
            playlist = next(line for line in index if line and not line.startswith("#"))
            while "#EXT-X-GAP" in get(folder + playlist):
                time.sleep(0.5)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the stream did not become playable")


def repetition(server, viewers, clip, options):
    ports = dict(zip(("rtmp", "hls"), free_ports(2)))
    with Running(server, [0], ports) as running, publishing(clip, ports):
        wait_playable(ports)
        before = process.usage(running.pid)
        load = child(["taskset", "-c", "1", str(options.build / "bench" / "tidegate-hls-load"), "--port", str(ports["hls"]),
                      "--path", PATH, "--viewers", str(viewers), "--window", str(options.seconds)],
                     stdout=subprocess.PIPE, text=True)
        marks, last = {}, "{}"
        for line in load.stdout:
            last = line.strip()
            if last.startswith("window"):
                marks[last] = process.usage(running.pid)
        end(load)
        report = json.loads(last)
    used = marks["window_end"] - marks["window_begin"]
    report["cpu_s_per_gb"] = used.cpu_s / (report["bytes"] / 1e9) if report["bytes"] else 0
    report["cpu_percent"] = 100 * used.cpu_s / options.seconds
    report["kb_per_viewer"] = (used.rss_kb - before.rss_kb) / viewers
    report["valid"] = report["failed"] == 0 and report["behind"] <= VALID_BEHIND * viewers
    return report


COLUMNS = [("CPU s per GB", "cpu_s_per_gb", "{:.2f}"), ("CPU %", "cpu_percent", "{:.0f}"), ("requests/s", "per_second", "{:.0f}"),
           ("Mbit/s", "mbit", "{:.0f}"), ("first to last, p50 ms", "spread_p50_ms", "{:.1f}"),
           ("p99 ms", "spread_p99_ms", "{:.1f}"), ("KB a viewer", "kb_per_viewer", "{:.1f}"),
           ("behind", "behind", "{:.0f}"), ("failed", "failed", "{:.0f}"), ("generator %", "generator_cpu_percent", "{:.0f}")]


def table(results, seconds):
    lines = ["| viewers | server | " + " | ".join(name for name, *_ in COLUMNS) + " | valid |",
             "|---|---|" + "---|" * (len(COLUMNS) + 1)]
    for (viewers, name), reports in results.items():
        for report in reports:
            report["per_second"], report["mbit"] = report["requests"] / seconds, report["bytes"] * 8e-6 / seconds
        cells = [form.format(statistics.median(r[key] for r in reports)) for _, key, form in COLUMNS]
        lines.append(f"| {viewers} | {name} | " + " | ".join(cells) + f" | {sum(r['valid'] for r in reports)}/{len(reports)} |")
    return "\n".join(lines)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    # Absolute: each server runs in a folder of its own.
    parser.add_argument("--build", type=lambda folder: Path(folder).resolve(),
                        default=ROOT / os.environ.get("BUILD_DIR", "build/release"))
    parser.add_argument("--mediamtx", default="mediamtx")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    return parser


def clip_of(build):
    clip = build / "bench" / "hls.mp4"
    if not clip.exists():
        subprocess.run([*CLIP, str(clip)], check=True)
    return clip


def main():
    parser = arguments(__doc__)
    parser.add_argument("--viewers", default="100,250,500,1000")
    parser.add_argument("--servers", default="", help="only these, with commas")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    clip = clip_of(options.build)
    chosen = [s for s in servers(options.build, options.mediamtx) if not options.servers or s.name in options.servers.split(",")]
    results = {}
    for viewers in map(int, options.viewers.split(",")):
        for _ in range(options.repeat):
            for server in chosen:
                results.setdefault((viewers, server.name), []).append(repetition(server, viewers, clip, options))
                print(viewers, server.name, json.dumps(results[viewers, server.name][-1]), file=sys.stderr)
    print(table(results, options.seconds))
    if options.json:
        options.json.write_text(json.dumps([{"viewers": v, "server": n, "reports": r} for (v, n), r in results.items()], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
