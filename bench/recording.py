#!/usr/bin/python3
"""What recordings cost, and how soon they play: bench/recording.py [--streams 1,50] [--mediamtx PROGRAM] [--json FILE]

Recording: the same streams (2.5 Mbit/s, H.264 and AAC) are published to each router, one after the other, in turns. Each run has two
windows: in the first one nothing is recorded, in the second one everything is. The cost is the router's CPU time for each gigabyte in
the files, and the difference between the two windows. The files are on the disk of the build folder. The goal: a third of MediaMTX's
CPU time.

Playback: a day is recorded in 24 files of an hour. Clients ask for ten seconds of it, at random times; what counts is the time until the
first byte of the answer's body. Once the files are in the kernel's memory, and once they are not (cold). The goal: 50 ms.

The router has the first core; the publisher and the client have the second.
"""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

os.environ["TZ"] = "UTC"  # the names of files are local times
time.tzset()
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
import hls  # noqa: E402
from runner import process  # noqa: E402
from runner.server import Running, child, end  # noqa: E402

from tests.support import recorded  # noqa: E402
from tests.support.free_ports import free_ports  # noqa: E402

PORTS = ("rtmp", "api", "playback")
START_SECONDS = 60
SETTLE_SECONDS = 3    # after recording was switched on: its first files are there
HOURS = 24
CLIP_SECONDS = 10
SMALL_CLIP = ["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30", "-f", "lavfi", "-i",
              "sine=frequency=440:sample_rate=44100", "-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
              "-pix_fmt", "yuv420p", "-g", "30", "-b:v", "150k", "-maxrate", "150k", "-bufsize", "75k", "-c:a", "aac", "-b:a", "48k",
              "-f", "mp4"]
CONFIG = """\
logLevel: error
api: true
apiAddress: 127.0.0.1:{api}
playback: true
playbackAddress: 127.0.0.1:{playback}
rtmpAddress: 127.0.0.1:{rtmp}
rtsp: false
hls: false
webrtc: false
srt: false
moq: false
pathDefaults:
  recordPath: {recordings}/%path/%Y-%m-%d_%H-%M-%S-%f
  recordDeleteAfter: 0s
paths:
  all_others:
"""


def routers(options, recordings):
    def config_of(_, ports):
        return CONFIG.format(recordings=recordings, **ports)
    return hls.routers(options.build, options.mediamtx, config_of, PORTS, TZ="UTC")


def ports_of():
    return dict(zip(PORTS, free_ports(len(PORTS))))


# Recording.

def publish(clip, ports, streams):
    """One program publishes all of them."""
    outputs = [argument for number in range(streams)
               for argument in ("-map", "0", "-c", "copy", "-f", "flv", f"rtmp://127.0.0.1:{ports['rtmp']}/live/{number}")]
    return child(["taskset", "-c", "1", "ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip), *outputs])


def api(ports, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{ports['api']}{path}", method="PATCH" if body else "GET",
                                     data=json.dumps(body).encode() if body else None, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
        return json.loads(answer.read() or b"{}")


def wait_until(condition, what):
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no {what}")
        time.sleep(0.1)


def ready(ports):
    return sum(item["ready"] for item in api(ports, "/v3/paths/list?itemsPerPage=1000")["items"])


def size_of(folder):
    return sum(file.stat().st_size for file in folder.rglob("*.mp4"))


def writes(pid):
    """(calls, bytes to the disk)"""
    fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["syscw"]), int(fields["write_bytes"])


def window(running, folder, seconds):
    before, written, calls = process.usage(running.pid), size_of(folder), writes(running.pid)
    time.sleep(seconds)
    used, after = process.usage(running.pid) - before, writes(running.pid)
    return {"cpu_s": used.cpu_s, "rss_mb": used.rss_kb / 1024, "recorded": size_of(folder) - written,
            "calls": after[0] - calls[0], "disk": after[1] - calls[1]}


def record(server, streams, clip, folder, options):
    ports = ports_of()
    with Running(server, [0], ports) as running:
        publisher = publish(clip, ports, streams)
        try:
            wait_until(lambda: ready(ports) == streams, f"{streams} streams")
            without = window(running, folder, options.seconds)
            api(ports, "/v3/config/pathdefaults/patch", {"record": True})
            wait_until(lambda: len(list(folder.rglob("*.mp4"))) >= streams, "files")
            time.sleep(SETTLE_SECONDS)
            found = window(running, folder, options.seconds)
        finally:
            end(publisher)
    gigabytes = found["recorded"] / 1e9
    return {"cpu_s_per_gb": found["cpu_s"] / gigabytes, "more_cpu_s_per_gb": (found["cpu_s"] - without["cpu_s"]) / gigabytes,
            "cpu_percent": 100 * found["cpu_s"] / options.seconds, "calls_per_mb": (found["calls"] - without["calls"]) / gigabytes / 1000,
            "disk_per_byte": found["disk"] / found["recorded"], "rss_mb": found["rss_mb"], "mbit": found["recorded"] * 8e-6 / options.seconds}


RECORD_COLUMNS = [("CPU s per GB", "cpu_s_per_gb", "{:.2f}"), ("of these for recording", "more_cpu_s_per_gb", "{:.2f}"),
                  ("CPU %", "cpu_percent", "{:.1f}"), ("write calls per MB", "calls_per_mb", "{:.1f}"),
                  ("bytes to the disk per byte", "disk_per_byte", "{:.2f}"), ("memory, MB", "rss_mb", "{:.0f}"), ("Mbit/s", "mbit", "{:.0f}")]


# Playback.

def hour_of(build):
    """A recording of an hour, of 200 kbit/s and with a part a second."""
    hour = build / "bench" / "recorded_hour.mp4"
    if not hour.exists():
        print("making a recording of an hour", file=sys.stderr)
        clip, aside = hour.with_suffix(".clip"), hour.with_suffix(".part")
        subprocess.run([*SMALL_CLIP, str(clip)], check=True)
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(clip), "-t", "3600", "-c", "copy", "-movflags",
                        "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", str(aside)], check=True)
        recorded.tell_everything(aside)
        aside.rename(hour)
    return hour


def make_day(folder, build):
    """24 files of an hour, of which all are one on the disk."""
    path = folder / "live" / "day"
    path.mkdir(parents=True)
    hour = hour_of(build)
    seconds = recorded.duration_of(hour)
    start = (datetime.now(timezone.utc) - timedelta(hours=HOURS + 1)).replace(microsecond=0)
    for number in range(HOURS):
        os.link(hour, path / recorded.name_of(start + timedelta(seconds=number * seconds)))
    return path, start, HOURS * seconds


def first_byte(ports, start, form):
    """Seconds until the first byte of the body, and how many bytes there are."""
    connection = http.client.HTTPConnection("127.0.0.1", ports["playback"], timeout=START_SECONDS)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", f"/get?path=live/day&start={quote(recorded.rfc3339(start))}&duration={CLIP_SECONDS}&format={form}")
    answer = connection.getresponse()
    size = len(answer.read(1))
    took = time.perf_counter() - began
    size += len(answer.read())
    connection.close()
    if answer.status != 200 or size < CLIP_SECONDS * 10_000:
        raise RuntimeError(f"status {answer.status}, {size} bytes")
    return took


def list_time(ports):
    began = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{ports['playback']}/list?path=live/day", timeout=START_SECONDS) as answer:
        ranges = json.loads(answer.read())
    if not ranges or abs(sum(one["duration"] for one in ranges) - HOURS * 3600) > 60:
        raise RuntimeError(f"another list: {ranges}")
    return time.perf_counter() - began


def forget(file):
    """The kernel keeps nothing of it in memory."""
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def play(server, day, options):
    path, start, seconds = day
    file, moments = next(path.iterdir()), random.Random(0)
    ports, report = ports_of(), {}
    with Running(server, [0], ports):
        report["list"] = [list_time(ports) for _ in range(3)]
        for form in ("fmp4", "mp4"):
            for kind in ("warm", "cold"):
                times = report[f"{form} {kind}"] = []
                for _ in range(options.asks):
                    at = start + timedelta(seconds=moments.uniform(0, seconds - CLIP_SECONDS))
                    if kind == "cold":
                        forget(file)
                    times.append(first_byte(ports, at, form))
    return report


PLAY_COLUMNS = ["fmp4 warm", "fmp4 cold", "mp4 warm", "mp4 cold"]


def median_ms(reports, key, of):
    return f"{1000 * statistics.median(of(report[key]) for report in reports):.1f}"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)])


def recording_table(results):
    rows = [[str(streams), name, *(form.format(statistics.median(report[key] for report in reports)) for _, key, form in RECORD_COLUMNS)]
            for (streams, name), reports in results.items()]
    return table(["streams", "server", *(name for name, *_ in RECORD_COLUMNS)], rows)


def playback_table(results):
    """The median, and behind it the longest, of medians of all runs."""
    rows = [[name, median_ms(reports, "list", statistics.median),
             *(f"{median_ms(reports, key, statistics.median)} ({median_ms(reports, key, max)})" for key in PLAY_COLUMNS)]
            for name, reports in results.items()]
    return table(["server", "`/list`, ms", *(f"{key}, ms (longest)" for key in PLAY_COLUMNS)], rows)


def main():
    parser = hls.arguments(__doc__)
    parser.add_argument("--streams", default="1,50")
    parser.add_argument("--seconds", type=float, default=10, help="of each window")
    parser.add_argument("--asks", type=int, default=30, help="requests of each kind")
    options = parser.parse_args()
    clip, recordings, plays = hls.clip_of(options.build), {}, {}
    for streams in map(int, options.streams.split(",")):
        for _ in range(options.repeat):
            for number in range(len(routers(options, ""))):
                with tempfile.TemporaryDirectory(dir=options.build / "bench") as folder:
                    server = routers(options, folder)[number]
                    report = record(server, streams, clip, Path(folder), options)
                recordings.setdefault((streams, server.name), []).append(report)
                print(streams, server.name, json.dumps(report), file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=options.build / "bench") as folder:
        day = make_day(Path(folder), options.build)
        for _ in range(options.repeat):
            for server in routers(options, folder):
                plays.setdefault(server.name, []).append(play(server, day, options))
    print(recording_table(recordings), "", playback_table(plays), sep="\n")
    if options.json:
        options.json.write_text(json.dumps({"recording": [[*key, reports] for key, reports in recordings.items()], "playback": plays}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
