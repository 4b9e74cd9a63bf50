#!/usr/bin/python3
"""What recordings cost, and how soon they play: bench/recording.py [--streams 1,50] [--mediamtx PROGRAM] [--json FILE]

Recording: the same streams (2.5 Mbit/s, H.264 and AAC) are published to each router, one after the other, in turns. Each run has two
windows: in the first one nothing is recorded, in the second one everything is. The cost is the router's CPU time for each gigabyte in
the files, and the difference between the two windows. The files are on the disk of the build folder. The goal: a third of MediaMTX's
CPU time.

Playback: a day is recorded in 24 files of an hour, once as media-router leaves them, and once without the index at their end, as those
of MediaMTX and of a router that was killed are. Clients ask for ten seconds of it, at random times, and for six hours of it as a list of
HLS; what counts is the time until the first byte of the answer's body. Once the files are in the kernel's memory, and once they are not
(cold: as root, nothing of the disk is). The same with a folder of 10,000 files. The goal: 50 ms.

The router has the first core; the publisher and the client have the second.
"""

import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
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

from tests.support import http as plain_http  # noqa: E402
from tests.support import recorded  # noqa: E402
from tests.support.free_ports import free_ports  # noqa: E402
from tests.support.wait import wait_until  # noqa: E402

PORTS = ("rtmp", "api", "playback", "hls")
START_SECONDS = 60
SETTLE_SECONDS = 3    # after recording was switched on: its first files are there
HOURS = 24
CLIP_SECONDS = 10
REWIND_HOURS = 6      # as many as one list shows
MANY_FILES = 10_000
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
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
hls: true
hlsAddress: 127.0.0.1:{hls}
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
    reply = plain_http.request("PATCH" if body else "GET", f"http://127.0.0.1:{ports['api']}{path}", body, timeout=START_SECONDS)
    if reply.status != 200:
        raise RuntimeError(f"{path}: {reply.status} {reply.text()}")
    return json.loads(reply.body or b"{}")


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
            wait_until(lambda: ready(ports) == streams, f"{streams} streams", START_SECONDS)
            without = window(running, folder, options.seconds)
            api(ports, "/v3/config/pathdefaults/patch", {"record": True})
            wait_until(lambda: len(list(folder.rglob("*.mp4"))) >= streams, "files", START_SECONDS)
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

def hour_of(build, indexed):
    """A recording of an hour, of 200 kbit/s and with a part a second."""
    hour = build / "bench" / ("indexed_hour.mp4" if indexed else "recorded_hour.mp4")
    if not hour.exists():
        print("making a recording of an hour", file=sys.stderr)
        aside = hour.with_suffix(".part")
        if indexed:
            shutil.copyfile(hour_of(build, False), aside)
            subprocess.run([str(build / "tests" / "recording-tool"), str(aside)], check=True)
        else:
            make_hour(aside)
        aside.rename(hour)
    return hour


def make_hour(file):
    clip = file.with_suffix(".clip")
    subprocess.run([*SMALL_CLIP, str(clip)], check=True)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(clip), "-t", "3600", "-c", "copy", "-movflags",
                    "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", str(file)], check=True)
    recorded.tell_everything(file)


class Day:
    """Files of an hour, one after another. copies: each is one for itself on the disk, so each has to be read."""

    def __init__(self, folder, path, hour, hours=HOURS, copies=False):
        self.name, self.folder = path, folder / path
        self.folder.mkdir(parents=True)
        self.hour = recorded.duration_of(hour)
        self.seconds = hours * self.hour
        self.start = (datetime.now(timezone.utc) - timedelta(seconds=self.seconds + 3600)).replace(microsecond=0)
        for number in range(hours):
            name = self.folder / recorded.name_of(self.start + timedelta(seconds=number * self.hour))
            shutil.copyfile(hour, name) if copies else os.link(hour, name)
        os.sync()

    def moment(self, moments, before_end):
        return self.start + timedelta(seconds=moments.uniform(0, self.seconds - before_end))


def make_days(folder, build):
    days = {}
    for kind, indexed in (("", True), (", no index", False)):
        hour = hour_of(build, indexed)
        days[f"get{kind}"] = Day(folder, f"live/day{indexed}", hour)
        days[f"rewind{kind}"] = Day(folder, f"live/rewind{indexed}", hour, REWIND_HOURS + 2, copies=True)
    days["many"] = Day(folder, "live/many", hour_of(build, True), MANY_FILES)
    return days


def first_byte(port, target, least):
    """Seconds until the first byte of the body, and the body. least: how many bytes it has."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read(1)
    took = time.perf_counter() - began
    body += answer.read()
    connection.close()
    if answer.status != 200 or len(body) < least:
        raise RuntimeError(f"{target}: status {answer.status}, {len(body)} bytes")
    return took, body


def get_time(ports, day, at, form):
    target = f"/get?path={day.name}&start={quote(recorded.rfc3339(at))}&duration={CLIP_SECONDS}&format={form}"
    return first_byte(ports["playback"], target, CLIP_SECONDS * 10_000)[0]


def rewind_time(ports, day, at, cold):
    """Of both playlists together: the index, and the list of its first variant."""
    cold()
    took, index = first_byte(ports["hls"], f"/{day.name}/index.m3u8?start={quote(recorded.rfc3339(at))}", 100)
    uri = next(line for line in index.decode().splitlines() if line and not line.startswith("#"))
    more, playlist = first_byte(ports["hls"], f"/{day.name}/{uri}", 1000)
    seconds = sum(float(line[8:].rstrip(",")) for line in playlist.decode().splitlines() if line.startswith("#EXTINF"))
    if abs(seconds - REWIND_HOURS * 3600) > 60:
        raise RuntimeError(f"a list of {seconds} s")
    return took + more


def list_time(ports, day):
    took, body = first_byte(ports["playback"], f"/list?path={day.name}", 2)
    if abs(sum(one["duration"] for one in json.loads(body)) - HOURS * 3600) > 60:
        raise RuntimeError(f"another list: {body[:200]}")
    return took


def forget(folder):
    """The kernel keeps nothing of it in memory; without root it may keep the names."""
    os.sync()
    try:
        DROP_CACHES.write_text("3")
        return
    except OSError:
        pass
    for file in folder.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def repeated(day, cold, count, ask):
    """ask(before) asks once, and calls before() when the clock does not run yet."""
    return [ask(lambda: forget(day.folder) if cold else None) for _ in range(count)]


def play(server, days, options):
    moments, ports, report = random.Random(0), ports_of(), {}

    def get(day, form, before):
        at = day.moment(moments, CLIP_SECONDS)
        before()
        return get_time(ports, day, at, form)

    for kind in ("", ", no index"):
        for cold in (False, True):
            row, heat = report.setdefault("index" if not kind else "no index", {}), "cold" if cold else "warm"
            with Running(server, [0], ports):
                day = days[f"get{kind}"]
                row[f"list {heat}"] = repeated(day, cold, 3, lambda before: (before(), list_time(ports, day))[1])
                for form in ("fmp4", "mp4"):
                    row[f"{form} {heat}"] = repeated(day, cold, options.asks, lambda before: get(day, form, before))
            if server.name == "media-router":
                row[f"rewind {heat}"] = [rewound(server, days[f"rewind{kind}"], moments, cold) for _ in range(options.rewinds)]
    report["many files"] = {}
    for cold in (False, True):
        with Running(server, [0], ports):
            report["many files"][f"fmp4 {'cold' if cold else 'warm'}"] = repeated(
                days["many"], cold, options.asks, lambda before: get(days["many"], "fmp4", before))
    return report


def rewound(server, day, moments, cold):
    """A router of its own for each: it remembers what it has read."""
    ports = ports_of()
    with Running(server, [0], ports):
        return rewind_time(ports, day, day.moment(moments, REWIND_HOURS * 3600 + 60), lambda: forget(day.folder) if cold else None)


PLAY_COLUMNS = [f"{what} {heat}" for what in ("list", "fmp4", "mp4", "rewind") for heat in ("warm", "cold")]


def milliseconds(reports, row, key):
    """The median, and behind it the longest: of all runs, the median of each."""
    found = [report[row][key] for report in reports if key in report[row]]
    if not found:
        return "–"
    usual, longest = (1000 * statistics.median(of(times) for times in found) for of in (statistics.median, max))
    return f"{usual:.1f} ({longest:.1f})"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)])


def recording_table(results):
    rows = [[str(streams), name, *(form.format(statistics.median(report[key] for report in reports)) for _, key, form in RECORD_COLUMNS)]
            for (streams, name), reports in results.items()]
    return table(["streams", "server", *(name for name, *_ in RECORD_COLUMNS)], rows)


def playback_table(results):
    rows = [[name, row, *(milliseconds(reports, row, key) for key in PLAY_COLUMNS)]
            for name, reports in results.items() for row in reports[0]]
    return table(["server", "files", *(f"{key}, ms (longest)" for key in PLAY_COLUMNS)], rows)


def main():
    parser = hls.arguments(__doc__)
    parser.add_argument("--streams", default="1,50", help="how many, in turns; empty: playback only")
    parser.add_argument("--seconds", type=float, default=10, help="of each window")
    parser.add_argument("--asks", type=int, default=30, help="requests of each kind")
    parser.add_argument("--rewinds", type=int, default=5, help="lists of each kind")
    options = parser.parse_args()
    clip, recordings, plays = hls.clip_of(options.build), {}, {}
    for streams in map(int, filter(None, options.streams.split(","))):
        for _ in range(options.repeat):
            for number in range(len(routers(options, ""))):
                with tempfile.TemporaryDirectory(dir=options.build / "bench") as folder:
                    server = routers(options, folder)[number]
                    report = record(server, streams, clip, Path(folder), options)
                recordings.setdefault((streams, server.name), []).append(report)
                print(streams, server.name, json.dumps(report), file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=options.build / "bench") as folder:
        days = make_days(Path(folder), options.build)
        for _ in range(options.repeat):
            for server in routers(options, folder):
                plays.setdefault(server.name, []).append(play(server, days, options))
    print(recording_table(recordings), "", playback_table(plays), sep="\n")
    if options.json:
        options.json.write_text(json.dumps({"recording": [[*key, reports] for key, reports in recordings.items()], "playback": plays}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
