#!/usr/bin/python3
"""What many streams on many routers cost one media-service: bench/plane.py [--streams N] [--routers N] [--rate N] [--seconds N] [--json FILE]

tidegate-plane plays the routers: their Control APIs and their hooks, each from an address of its own (127.1.x.y). media-service is the
real one, with --worker-mode none, so a stream that would get a worker goes to "backing-off" at the moment when the worker would be
asked for. Measured are
- CPU time and memory while nothing happens but that lists are read, and while publishers come and go;
- the time from a publisher's coming until the worker is asked for, as the event stream tells;
- pages of /v1/streams, /metrics and a dashboard's snapshot, and for how long a small request waits beside them.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 180


def address_of(router, port):
    return f"127.1.{router // 250}.{router % 250 + 1}:{port}"


class Service:
    """media-service with these routers."""

    def __init__(self, build, folder, routers, port):
        self.port = port
        self.log = open(folder / "media-service.log", "w")
        self.process = subprocess.Popen([build / "bin" / "media-service", "--listen", f"127.0.0.1:{port}", "--worker-mode", "none",
                                         "--state-dir", str(folder), "--routers", ",".join(routers), "--open-to", "127.0.0.0/8",
                                         "--log-level", "warn"], stdout=self.log, stderr=self.log)

    def get(self, path):
        """(seconds, body) of one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            started = time.perf_counter()
            connection.request("GET", path)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200:
                raise RuntimeError(f"{path}: {reply.status} {body[:200]}")
            return time.perf_counter() - started, body
        finally:
            connection.close()

    def streams(self):
        return json.loads(self.get("/v1/streams?limit=1")[1])["streamCount"]

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return {name: round(int(re.search(rf"{key}:\s+(\d+)", text)[1]) / 1024, 1) for name, key in (("rss", "VmRSS"), ("peak", "VmHWM"))}

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Plane:
    def __init__(self, build, options):
        self.process = subprocess.Popen([build / "bench" / "tidegate-plane", "--routers", str(options.routers), "--streams", str(options.streams),
                                         "--port", str(options.api_port), "--service", f"127.0.0.1:{options.port}", "--rate", str(options.rate)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "the routers do not start"

    def do(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


class Waits:
    """Asks for /healthz again and again, in a process of its own: how long it waits is how long the loop is busy with something else."""

    def __init__(self, service):
        self.ended, self.results, self.taken = multiprocessing.Event(), multiprocessing.SimpleQueue(), []
        self.process = multiprocessing.Process(target=self._ask, args=(service.port,), daemon=True)

    def _ask(self, port):
        connection, taken = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        while not taken or not self.ended.wait(0.002):
            started = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            taken.append(time.perf_counter() - started)
        self.results.put(taken)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.taken = self.results.get()
        self.process.join()


def milliseconds(values):
    values = sorted(values)
    at = lambda share: round(values[int(share * (len(values) - 1))] * 1000, 2)
    return {"p50": at(0.5), "p99": at(0.99), "max": at(1), "n": len(values)}


def loaded():
    return os.getloadavg()[0]


def phase(service, plane, command):
    before, began = service.cpu_seconds(), time.monotonic()
    with Waits(service) as waits:
        told = plane.do(command)
    seconds = time.monotonic() - began
    return told, {"cpu_percent": round(100 * (service.cpu_seconds() - before) / seconds, 1), "memory_mb": service.memory_mb(),
                  "healthz_ms": milliseconds(waits.taken), "load_average": loaded()}


def read_all_pages(service, fields=""):
    taken, count, cursor, largest = [], 0, "", 0
    while cursor is not None:
        seconds, body = service.get(f"/v1/streams?limit=150&cursor={cursor}{fields}")
        page = json.loads(body)
        taken.append(seconds)
        largest = max(largest, len(body))
        count += page["itemCount"]
        cursor = page["next"]
    return {"streams": count, "largest_bytes": largest, "page_ms": milliseconds(taken)}


def snapshot(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    started = time.perf_counter()
    connection.request("GET", "/v1/events/stream?watch=true")
    reply = connection.getresponse()
    while not (line := reply.readline()).startswith(b"data: "):
        pass
    taken = time.perf_counter() - started
    connection.close()
    return {"ms": round(taken * 1000, 2), "bytes": len(line)}


def answers(service):
    result = {}
    for name, read in {"pages of 150": lambda: read_all_pages(service),
                       "pages of 150, as the wall asks": lambda: read_all_pages(service, "&fields=state,since,reason,router,output,media,figures"),
                       "snapshot of a dashboard": lambda: snapshot(service)}.items():
        with Waits(service) as waits:
            result[name] = read()
        result[name]["healthz_ms"] = milliseconds(waits.taken)
    with Waits(service) as waits:
        taken = [service.get("/metrics") for _ in range(5)]
    result["metrics"] = {"ms": milliseconds([seconds for seconds, _ in taken]), "bytes": len(taken[0][1]), "healthz_ms": milliseconds(waits.taken)}
    return result


def measure(options, folder):
    build = ROOT / os.environ.get("BUILD_DIR", "build/dev")
    plane = Plane(build, options)
    service = Service(build, folder, [address_of(n, options.api_port) for n in range(options.routers)], options.port)
    try:
        began = time.monotonic()
        while True:
            try:
                if service.streams() >= options.streams:
                    break
            except OSError:
                pass
            if time.monotonic() > began + START_SECONDS:
                raise RuntimeError("not all streams are known in time")
            time.sleep(0.2)
        result = {"streams": options.streams, "routers": options.routers, "known after, s": round(time.monotonic() - began, 1)}
        plane.do("quiet 5")
        _, result["only lists"] = phase(service, plane, f"quiet {options.seconds}")
        plane.do("follow")
        told, result["publishers"] = phase(service, plane, f"publish {options.seconds}")
        told = plane.do("quiet 5")
        result["publishers"] |= {"a second": options.rate, **told}
        result["answers"] = answers(service)
        result["memory_mb"] = service.memory_mb()
        return result
    finally:
        service.close()
        plane.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, default=50)
    parser.add_argument("--streams", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--port", type=int, default=18_080)
    parser.add_argument("--api-port", type=int, default=19_997)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options, Path(folder))
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
