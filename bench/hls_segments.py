#!/usr/bin/python3
"""What whole segments of HLS cost: bench/hls_segments.py [--mediamtx PROGRAM] [--downloads 2000] [--json FILE]

Players of ordinary HLS, and CDNs, fetch segments as wholes. nginx serves the same segment as a file; media-router and MediaMTX
serve it out of their memory, from a live stream. curl fetches it again and again over 20 connections that stay open. The servers
take turns. Each has the first core; curl and the publisher have the second. The cost is the server's CPU time for each gigabyte.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
import hls  # noqa: E402
from runner import process  # noqa: E402
from runner.server import Running, Server  # noqa: E402

from tests.support.free_ports import free_ports  # noqa: E402

CONNECTIONS = 20
# Segments stay for half a minute, so that a slow server still has the one that is fetched.
KEYS = "hlsVariant: fmp4\nhlsSegmentCount: 30\nhlsSegmentDuration: 1s"
NGINX = """\
daemon off; master_process off; pid nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{hls}; root {root}; }}
}}
"""


def nginx(root):
    def argv(found, folder, ports):
        (folder / "nginx.conf").write_text(NGINX.format(root=root, **ports))
        return [found, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return Server("nginx", "nginx", argv, ("hls",))


def newest_segment(port):
    """The address of the last whole segment of the pictures."""
    index_url = f"http://127.0.0.1:{port}/{hls.PATH}/index.m3u8?cookieCheck=1"
    lines = hls.get(index_url).splitlines()
    playlist_url = urllib.parse.urljoin(index_url, next(line for line in lines if line and not line.startswith("#")))
    names = [line for line in hls.get(playlist_url).splitlines() if line and not line.startswith("#")]
    return urllib.parse.urljoin(playlist_url, names[-1])


def fetch(url, downloads):
    """Bytes that arrived. Fails when an answer was not 200."""
    with tempfile.NamedTemporaryFile("w", suffix=".curl") as config:
        config.write(f'url = "{url}"\noutput = "/dev/null"\n' * downloads)
        config.flush()
        done = subprocess.run(["taskset", "-c", "1", "curl", "-s", "--parallel", "--parallel-max", str(CONNECTIONS), "-w",
                               "%{http_code} %{size_download}\n", "-K", config.name], capture_output=True, text=True, check=True)
    answers = [line.split() for line in done.stdout.splitlines()]
    if len(answers) != downloads or any(code != "200" for code, _ in answers):
        raise RuntimeError(f"not every download succeeded: {answers[:3]}")
    return sum(int(size) for _, size in answers)


def cost(running, url, downloads):
    fetch(url, CONNECTIONS)  # caches are warm
    before = process.usage(running.pid)
    size = fetch(url, downloads)
    return (process.usage(running.pid).cpu_s - before.cpu_s) / (size / 1e9)


def live(server, options, clip, folder):
    ports = dict(zip(("rtmp", "hls"), free_ports(2)))
    with Running(server, [0], ports) as running, hls.publishing(clip, ports):
        hls.wait_playable(ports)
        url = newest_segment(ports["hls"])
        with urllib.request.urlopen(url) as answer:
            (folder / "segment.mp4").write_bytes(answer.read())
        return cost(running, url, options.downloads)


def as_file(server, options):
    ports = {"hls": free_ports(1)[0]}
    with Running(server, [0], ports) as running:
        return cost(running, f"http://127.0.0.1:{ports['hls']}/segment.mp4", options.downloads)


def main():
    parser = hls.arguments(__doc__)
    parser.add_argument("--downloads", type=int, default=2000)
    options = parser.parse_args()
    clip = hls.clip_of(options.build)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeat):
            for server in hls.servers(options.build, options.mediamtx, KEYS):
                results.setdefault(server.name, []).append(live(server, options, clip, Path(folder)))
            results.setdefault("nginx, the segment as a file", []).append(as_file(nginx(folder), options))
        size = (Path(folder) / "segment.mp4").stat().st_size
    print(f"segments of {size / 1e3:.0f} KB, {options.downloads} downloads over {CONNECTIONS} connections\n")
    print("| server | CPU s per GB | least | most |\n|---|---|---|---|")
    for name, costs in results.items():
        print(f"| {name} | {statistics.median(costs):.3f} | {min(costs):.3f} | {max(costs):.3f} |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
