"""Publishes and ends streams many times, and measures the steps by the times in media-service's log."""

import contextlib
import json
import statistics
import threading
import time
from datetime import datetime

from . import http
from .live_publisher import LivePublisher
from .wait import wait_until


class Log:
    """Reads the lines of media-service's log as they come. Finds the time of an event of a stream."""

    def __init__(self, stack):
        self.file = open(stack.service.log_path, "rb")
        self.rest = b""
        self.times = {}

    def read(self):
        data = self.rest + self.file.read()
        *lines, self.rest = data.split(b"\n")
        for line in lines:
            if b'"hook.received"' in line and b'"streamId":"flooded"' in line:
                continue
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                key = entry.get("streamId"), self.kind(entry)
                self.times.setdefault(key, datetime.fromisoformat(entry["ts"].replace("Z", "+00:00")).timestamp())

    @staticmethod
    def kind(entry):
        if entry.get("event") == "hook.received":
            return f"{entry['type']} {entry['path'].rsplit('/', 1)[1]}"
        return entry.get("event")

    def wait(self, stream, kind):
        def found():
            self.read()
            return self.times.get((stream, kind))
        return wait_until(found, f"{kind} of {stream}", 60, 0.002)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(values):
    return {"p50": round(statistics.median(values) * 1000, 1), "p99": round(percentile(values, 0.99) * 1000, 1),
            "max": round(max(values) * 1000, 1), "n": len(values)}


def run_cycles(stack, clip, count, prefix):
    """Publishes streams one after the other. Returns the seconds from step to step, by media-service's clock."""
    log = Log(stack)
    result = {"publish to event": [], "ready event to worker": [], "worker to readable output": []}
    for number in range(count):
        stream = f"{prefix}-{number}"
        published = time.time()
        with LivePublisher(stack.settings, clip, stream):
            ready = log.wait(stream, "ready in")
            worker = log.wait(stream, "worker.started")
            readable = log.wait(stream, "output.readable")
        result["publish to event"].append(ready - published)
        result["ready event to worker"].append(worker - ready)
        result["worker to readable output"].append(readable - worker)
        log.wait(stream, "not-ready in")
    return result


class Repeated:
    """Makes a call again and again, without a pause, in its own thread."""

    def __init__(self, call):
        self._call, self.count, self._end, self._failure = call, 0, threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._end.set()
        self._thread.join()
        if self._failure and kind is None:
            raise self._failure

    def _run(self):
        try:
            while not self._end.is_set():
                self._call()
                self.count += 1
        except Exception as failure:  # whoever waits for the thread raises it
            self._failure = failure


class Readers(Repeated):
    """Sends GET /v1/streams again and again, without a pause."""

    def __init__(self, stack):
        super().__init__(lambda: http.get(stack.service_url("/v1/streams"), timeout=30))
