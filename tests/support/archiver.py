"""segment-archiver: its hook, its daemon, and segments to upload."""

import json
import os
import random
import subprocess

from . import http
from .free_ports import free_ports
from .process import Process
from .router import BIN
from .s3_server import BUCKET, KEY_ID, REGION, SECRET
from .wait import wait_until

LOGIN = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}


def environment(**more):
    """Ours without what would configure the archiver."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ARCHIVE_", "MTX_"))}
    return {**kept, **more}


class Segments:
    """A folder with segments and the spool beside it."""

    def __init__(self, folder):
        self.folder, self.spool = folder / "recordings", folder / "spool"
        self.made = {}   # {key: bytes}
        self.order = {}  # {path: [key]}
        self.random = random.Random(0)

    def file(self, path, name, size):
        file = self.folder / path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.random.randbytes(size))
        return file

    def hook(self, path, file, *arguments, duration="10.021"):
        return subprocess.run([str(BIN / "segment-archiver"), "--spool", str(self.spool), *arguments], capture_output=True, text=True,
                              timeout=60, env=environment(MTX_PATH=path, MTX_SEGMENT_PATH=str(file), MTX_SEGMENT_DURATION=duration))

    def add(self, path, name, size=2000):
        """Makes a segment, and calls the hook for it. Returns the key that its object will have."""
        file, key = self.file(path, name, size), f"{path}/{name}"
        self.made[key] = file.read_bytes()  # a daemon may remove the file at once
        done = self.hook(path, file)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr
        self.order.setdefault(path, []).append(key)
        return key

    def waiting(self, part="queue"):
        return sorted((self.spool / part).glob("*.json"))


class Archiver(Process):
    def __init__(self, folder, endpoint, *arguments, name="archiver", login=None, **more):
        [self.port] = free_ports(1)
        usual = [f"--spool={folder / 'spool'}", f"--endpoint={endpoint}", f"--bucket={BUCKET}", f"--region={REGION}",
                 f"--metrics-listen=127.0.0.1:{self.port}", "--scan-interval=20ms"]
        given = {argument.partition("=")[0] for argument in arguments}
        argv = [str(BIN / "segment-archiver"), "run", *(flag for flag in usual if flag.partition("=")[0] not in given), *arguments]
        super().__init__("segment-archiver", argv, folder / f"{name}.log", environment(**(LOGIN if login is None else login), **more))

    def started(self):
        self.wait_log("service.started")
        return self

    def page(self):
        self.started()
        return http.get(f"http://127.0.0.1:{self.port}/metrics").text()

    def metric(self, series):
        return next(float(line.rpartition(" ")[2]) for line in self.page().splitlines() if line.rpartition(" ")[0] == series)

    def failures(self, reason):
        return self.metric(f'tidegate_archive_failures_total{{reason="{reason}"}}')

    def wait_failure(self, reason):
        """Counted, and in the log, which is written by a thread of its own."""
        wait_until(lambda: self.failures(reason) and self.told(reason), lambda: f"no failure {reason}: {self.log()}", 60)

    def told(self, reason):
        return any(line["reason"] == reason for event in ("segment.retry", "segment.given-up") for line in self.lines(event))

    def lines(self, event):
        found = [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in found if line["event"] == event]
