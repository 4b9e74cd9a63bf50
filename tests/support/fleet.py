"""Checks what the pipeline promises on real processes, for every test that breaks something.

Fleet looks at the processes of the machine (/proc), the router's list, and media-service's API and metrics. settled() waits until
all of them agree: each live stream has one worker, and there are no others.
"""

import os
import threading
import time
from pathlib import Path

from . import http
from .wait import wait_until

SETTLE_SECONDS = 60      # a busy machine may need this long; usually it takes a second
SAMPLE_SECONDS = 0.1     # each look reads all processes of the machine, which takes milliseconds
OVERLAP_SECONDS = 1.0    # a second worker that does not get the lease ends much sooner


def stat_fields(pid):
    """The fields of /proc/<pid>/stat from the third on. None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def pids():
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def connections_to(pid, port):
    """How many TCP connections of the process go to this port."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(entry))
        except OSError:  # it was closed meanwhile
            pass
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]]
    return sum(f"socket:[{fields[9]}]" in sockets for fields in lines if int(fields[2].rpartition(":")[2], 16) == port)


# Requests to one router at the same time: its list, four looks at single paths, and four questions for queries (router_watch.hpp). Their
# connections stay open for the next ones.
ROUTER_CONNECTIONS = 9


class Fleet:
    def __init__(self, stack):
        self.stack = stack

    # What there is

    def workers(self):
        """{stream: pids of its workers}, by the lease that each worker was given. Zombies do not count."""
        return self._by_lease(self.stack.settings.run_path / "workers")

    def forwarders(self):
        """The same of forwarders: {"<stream>.<destination>": pids}."""
        return self._by_lease(self.stack.settings.run_path / "workers" / "forwarders")

    @staticmethod
    def _by_lease(folder):
        found = {}
        for pid in pids():
            words = command_line(pid)
            if "--lease" not in words or "--stream-id" not in words:
                continue
            lease = Path(words[words.index("--lease") + 1])
            fields = stat_fields(pid)
            if lease.parent == folder and fields and fields[0] not in "ZX":
                found.setdefault(lease.stem, []).append(pid)
        return found

    def zombies(self):
        """The children of media-service that have ended and have not been reaped."""
        service = str(self.stack.service.pid)
        stats = [(pid, stat_fields(pid)) for pid in pids()]
        return [pid for pid, fields in stats if fields and fields[0] == "Z" and fields[1] == service]

    # What media-service says

    def show(self, stream):
        reply = http.get(self.stack.service_url(f"/v1/streams/{stream}"))
        return reply.json() if reply.status == 200 else {}

    def streams(self):
        """{id: stream}, from all pages."""
        found, cursor = {}, ""
        while cursor is not None:
            page = http.get(self.stack.service_url(f"/v1/streams?limit=150&cursor={cursor}")).json()
            found |= {item["streamId"]: item for item in page["items"]}
            cursor = page["next"]
        return found

    def metric(self, name, **labels):
        inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        wanted = f"{name}{{{inner}}} " if inner else f"{name} "
        for line in http.get(self.stack.service_url("/metrics")).text().splitlines():
            if line.startswith(wanted):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no metric {wanted}")

    def post(self, stream, verb):
        reply = http.request("POST", self.stack.service_url(f"/v1/streams/{stream}/{verb}"), b"")
        assert reply.status == 202, reply.body
        return reply.json()

    # What must hold

    def disagreements(self, live):
        """Everything that is wrong if exactly these streams are live. Empty if nothing is."""
        workers, streams, paths = self.workers(), self.streams(), self.stack.paths()
        wrong = []
        for stream in sorted(live):
            view = streams.get(stream, {})
            pid = (view.get("worker") or {}).get("pid")
            if workers.get(stream) != [pid]:
                wrong.append(f"{stream}: processes {workers.get(stream)}, the API says {pid}")
            if view.get("state") != "running" or not view.get("live") or not view["output"]["readable"]:
                wrong.append(f"{stream}: {view.get('state')}, {view.get('reason')}, live {view.get('live')}")
            source = (paths.get(f"live/{stream}/in", {}).get("source") or {}).get("id")
            if source is None or view.get("sourceId") != source:
                wrong.append(f"{stream}: the router's source is {source}, the API's {view.get('sourceId')}")
            if not paths.get(f"live/{stream}/out", {}).get("ready"):
                wrong.append(f"{stream}: no output at the router")
        wrong += [f"{stream}: worker {pid} of a stream that is not live"
                  for stream, found in workers.items() if stream not in live for pid in found]
        wrong += [f"{stream}: said to be live" for stream, view in streams.items()
                  if stream not in live and view["live"]]
        running = self.metric("tidegate_streams", state="running")
        if running != len(live):
            wrong.append(f"the metrics count {running:g} running streams, not {len(live)}")
        return wrong + [f"zombie {pid}" for pid in self.zombies()]

    def settled(self, live, seconds=SETTLE_SECONDS):
        """Waits until nothing is wrong. Returns {stream: pid of its worker}."""
        wait_until(lambda: not self.disagreements(live), lambda: "\n  ".join(["settled:", *self.disagreements(live)]),
                   seconds, SAMPLE_SECONDS)
        return {stream: found[0] for stream, found in self.workers().items()}

    def descriptors(self):
        """Of media-service, without its connections to the router."""
        pid, port = self.stack.service.pid, self.stack.settings.api_port
        assert connections_to(pid, port) <= ROUTER_CONNECTIONS
        return descriptors(pid) - connections_to(pid, port)

    def descriptors_return_to(self, before, seconds=SETTLE_SECONDS):
        wait_until(lambda: self.descriptors() <= before, lambda: f"{self.descriptors()} descriptors, before: {before}", seconds)


class OneWorkerWatch:
    """Looks at the processes all the time, and records when a stream has two workers at the same time."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.seen_together = {}
        self.violations = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self._end.set()
        self._thread.join()
        if kind is None:
            assert not self.violations, self.violations

    def _run(self):
        while not self._end.wait(SAMPLE_SECONDS):
            now = time.monotonic()
            together = {(stream, *sorted(found)) for stream, found in self.fleet.workers().items() if len(found) > 1}
            self.seen_together = {key: self.seen_together.get(key, now) for key in together}
            self.violations += [f"{key[0]}: workers {key[1:]} at once" for key, since in self.seen_together.items()
                                if now - since > OVERLAP_SECONDS and f"{key[0]}: workers {key[1:]} at once"
                                not in self.violations]
