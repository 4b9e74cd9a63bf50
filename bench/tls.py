#!/usr/bin/python3
"""What TLS costs in a fan-out: bench/tls.py [--readers 400] [--repeat 3] [--seconds 5] [--json FILE]

One stream (2.5 Mbit/s) goes to many readers, over RTMP and over RTMPS: from media-router, from nginx with its RTMP module and nginx's
own TLS (the stream module) in front of it, and from MediaMTX. The servers take turns; each has the first core, the load
generator has the last one. Costs are the server's CPU seconds for each gigabyte that readers got.

The goals: TLS may cost media-router 1.2 times as much as the encryption alone (`openssl speed -evp aes-128-gcm` with pieces of
8 KiB, which is what a flush has here), and all of it half as much as nginx with TLS.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT)]

from runner import machine, points, servers, verdict  # noqa: E402
from runner.measure import Point  # noqa: E402
from runner.signals import end_in_order  # noqa: E402

PIECE = 8192  # bytes
MOST_OF_ENCRYPTION, MOST_OF_NGINX = 1.2, 0.5
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
ROUTER_KEYS = """\
rtmpEncryption: optional
rtmpsAddress: 127.0.0.1:{rtmps}
rtmpServerKey: {folder}/server.key
rtmpServerCert: {folder}/server.crt
"""
NGINX_MODULE = "load_module {module};\n"
NGINX_KEYS = """\
stream {{
  server {{
    listen 127.0.0.1:{rtmps} ssl;
    ssl_certificate {folder}/server.crt;
    ssl_certificate_key {folder}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    tcp_nodelay on;
    proxy_pass 127.0.0.1:{rtmp};
  }}
}}
"""
NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"


def over_tls(server, keys, first="", **values):
    """The same server with a port for RTMPS, which the readers use."""
    def argv(program, folder, ports):
        subprocess.run([*CERTIFICATE, "-keyout", folder / "server.key", "-out", folder / "server.crt"], check=True, capture_output=True)
        made = server.argv(program, folder, ports)
        config = folder / "config"
        config.write_text(first.format(**values) + config.read_text() + keys.format(folder=folder, **ports, **values))
        return made
    return replace(server, name=f"{server.name}, TLS", argv=argv, protocols=(*server.protocols, "rtmps"), reads="rtmps")


def candidates(options):
    router = servers.ours(options.build)[0]
    nginx = servers.nginx()[0]
    mediamtx = next(server for server in servers.peers(options.mediamtx) if server.name == "mediamtx")
    return {"rtmp": router, "rtmps": over_tls(router, ROUTER_KEYS), "nginx": nginx,
            "nginx tls": over_tls(nginx, NGINX_KEYS, NGINX_MODULE, module=NGINX_STREAM),
            "mediamtx tls": over_tls(mediamtx, ROUTER_KEYS)}


def is_there(server):
    needs_stream = server.reads == "rtmps" and server.program == "nginx"
    return not servers.absent(server) and not (needs_stream and not Path(NGINX_STREAM).exists())


def encryption_per_gigabyte(core):
    """CPU seconds that OpenSSL needs to encrypt a gigabyte."""
    done = subprocess.run(["taskset", "-c", str(core), "openssl", "speed", "-elapsed", "-seconds", "2", "-bytes", str(PIECE),
                           "-evp", "aes-128-gcm"], capture_output=True, text=True, check=True)
    # "AES-128-GCM    4123456.78k": thousands of bytes in a second
    rate = re.search(r"^AES-128-GCM\s+([0-9.]+)k", done.stdout, re.MULTILINE | re.IGNORECASE)
    return 1e9 / (float(rate[1]) * 1000)


def measure(options):
    tools = points.Tools(options.build / "bench" / "tidegate-load", machine.cores()[1])
    chosen = {key: server for key, server in candidates(options).items() if is_there(server)}
    load = {"readers": options.readers, "read-rate": 200, "window": options.seconds, "settle": 1}
    results = {key: [] for key in chosen}
    encryption = []
    for _ in range(options.repeat):
        encryption.append(encryption_per_gigabyte(machine.cores()[0]))
        for key, server in chosen.items():
            point = Point("TLS", options.readers, (server,), "rtmp", load)
            results[key].append(points.attempt(point, server, tools))
            print(f"{server.name:<20} {verdict.fault(results[key][-1]) or 'valid'}", file=sys.stderr)
    rows = {key: {"name": chosen[key].name, **verdict.summary(found)} for key, found in results.items()}
    return {"readers": options.readers, "rows": rows, "encryption_per_gb": median(encryption), "machine": machine.describe()}


def cost(found, key):
    row = found["rows"].get(key, {})
    return row["median"]["cpu_per_gb"] if "median" in row and "fault" not in row else None


def verdicts(found):
    """[(what, figure, its limit)] of the goals that can be judged."""
    rtmp, rtmps, nginx = (cost(found, key) for key in ("rtmp", "rtmps", "nginx tls"))
    goals = []
    if rtmp and rtmps:
        goals.append(("CPU s per GB over RTMPS", rtmps, rtmp + MOST_OF_ENCRYPTION * found["encryption_per_gb"]))
    if rtmps and nginx:
        goals.append(("times nginx with TLS", rtmps / nginx, MOST_OF_NGINX))
    return goals


def table(found):
    lines = ["| server | CPU s per GB | spread | CPU | video delay p50 | p99 | memory a reader |", "|---|---|---|---|---|---|---|"]
    for row in found["rows"].values():
        if "median" not in row or "fault" in row:
            lines.append(f"| {row['name']} | {row.get('fault', '–')} | | | | | |")
            continue
        m = row["median"]
        lines.append(f"| {row['name']} | {m['cpu_per_gb']:.2f} | {row['spread']['cpu_per_gb']:.2f} | {m['cpu_percent']:.0f} % | "
                     f"{m['video_p50']:.1f} ms | {m['video_p99']:.1f} ms | {m['rss_growth_kb'] / found['readers']:.0f} KB |")
    lines.append(f"\nOpenSSL alone: {found['encryption_per_gb']:.2f} s per GB (AES-128-GCM, pieces of {PIECE} bytes)")
    lines += [f"{what}: {figure:.2f}, goal at most {limit:.2f}" for what, figure, limit in verdicts(found)]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--mediamtx", default="mediamtx", help="program (default: from PATH)")
    parser.add_argument("--readers", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each window")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not shutil.which("openssl"):
        sys.exit("bench: openssl is not installed")
    machine.allow_many_descriptors()
    end_in_order()
    found = measure(options)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    print(table(found))
    return 0 if all(figure <= limit for _, figure, limit in verdicts(found)) else 1


if __name__ == "__main__":
    sys.exit(main())
