"""Two RTMPS targets in a process of their own, which may run in another network namespace: `good` takes everything. `bad`
fails in seven ways, once each (FlappingTarget.SHORT), and then takes everything, too.

    python3 -m support.delivery_targets CERTIFICATE KEY ADDRESS REPORT

REPORT is written anew several times a second: {"good": {"port", "publishes", "pictures", "longestGap"}, "bad": {"port", "failed",
"toFail", "pictures"}}. The gap is the time between two pictures, in seconds."""

import json
import os
import ssl
import sys
import time
from pathlib import Path

from .flapping_target import FlappingTarget
from .process import Process
from .rtmp_client import VIDEO
from .rtmp_server import RtmpServer
from .wait import wait_until

REPORT_SECONDS = 0.3
TESTS = Path(__file__).resolve().parents[1]


class Figures:
    """Takes a target's pictures out of its memory, and keeps what is told of them."""

    def __init__(self, target):
        self.target, self.pictures, self.newest, self.longest_gap = target, 0, None, 0.0

    def update(self):
        taken, self.target.messages = self.target.messages, []
        for picture in (message for message in taken if message.kind == VIDEO):
            if self.newest:
                self.longest_gap = max(self.longest_gap, (picture.at - self.newest) / 1e9)
            self.newest = picture.at
            self.pictures += 1
        return self.pictures


def serve(certificate, key, address, report):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    good = RtmpServer(address=address, tls=context)
    bad = FlappingTarget(FlappingTarget.SHORT, pause=0.7, once=True, address=address, tls=context)
    of_good, of_bad = Figures(good), Figures(bad)
    while True:
        if of_bad.update() and not bad.thread.is_alive() and not bad.failed:
            bad.start()  # it fails when it has been used
        shown = {"good": {"port": good.port, "publishes": good.commands.count("publish"), "pictures": of_good.update(),
                          "longestGap": of_good.longest_gap},
                 "bad": {"port": bad.port, "failed": bad.failed, "toFail": len(FlappingTarget.SHORT), "pictures": of_bad.pictures}}
        aside = Path(f"{report}.new")
        aside.write_text(json.dumps(shown))
        aside.replace(report)
        time.sleep(REPORT_SECONDS)


class DeliveryTargets:
    """The process. wrap: makes the command that runs a command where the targets are to be."""

    def __init__(self, folder, certificate, key, address, wrap=lambda *argv: argv):
        self.report = folder / "targets.json"
        argv = [sys.executable, "-m", __spec__.name, str(certificate), str(key), address, str(self.report)]
        self.process = Process("targets", list(wrap(*argv)), folder / "targets.log", {**os.environ, "PYTHONPATH": str(TESTS)}, TESTS)
        wait_until(self.report.exists, self.process.log, 60)

    def now(self):
        return json.loads(self.report.read_text())

    def close(self):
        self.process.kill()


if __name__ == "__main__":
    serve(*sys.argv[1:])
