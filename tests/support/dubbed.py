"""A stack whose workers report dubs as a test says (reporting_worker.py)."""

import json
import sys
import time
from pathlib import Path

from .router import BIN
from .stack import Stack
from .wait import wait_until

WORKER = Path(__file__).resolve().parent / "reporting_worker.py"
SERVICE = "ws://127.0.0.1:9"  # nobody listens there, and these workers do not connect
FLAGS = {"--sts-url": SERVICE, "--dub-languages": "es,fr,pt-BR", "--dub-voices": "es=anna,pt-BR=rui", "--dub-bed": "off"}
REPORT = {"language": "es", "mode": "dubbed", "reason": "", "detail": "", "sent": 120, "inFlight": 2, "dubbed": 115,
          "fallbacks": {"late": 3, "silent": 4, "timed-out": 2}, "rttP50Ms": 812.5, "rttP95Ms": 1430.0, "breaker": "closed", "delayMs": 10000.0,
          "stretch": 1.04, "loudnessDb": -1.5, "reconnections": 1, "backpressure": 2}


class DubbedStack(Stack):
    def __init__(self, work_dir, **flags):
        command = f"{sys.executable} {WORKER} {work_dir} {BIN / 'stream-worker'}"
        super().__init__(work_dir, worker_mode="process", service_flags={**FLAGS, "--worker-command": command, **flags})

    def started_with(self, stream):
        """What the stream's last worker was started with. {}: none was."""
        try:
            return json.loads((self.work_dir / f"{stream}.started").read_text())
        except (FileNotFoundError, ValueError):
            return {}

    def report(self, stream, *reports):
        """From now on, its worker reports this; each report is one language's."""
        (self.work_dir / f"{stream}.dub").write_text("".join(json.dumps(report) + "\n" for report in reports))

    def say(self, stream, *captions):
        """Its worker tells that this was said."""
        with open(self.work_dir / f"{stream}.captions", "a") as file:
            file.write("".join(json.dumps({"language": "es", "at": int(time.time() * 1000), "durationMs": 3000, "dubbed": True,
                                           **caption}) + "\n" for caption in captions))

    def dub(self, stream):
        """The stream's first dub, as the API shows it. {}: it has none."""
        return next(iter(self.show(stream).get("dubs", [])), {})

    def wait_dub(self, stream, **wanted):
        def found():
            dub = self.dub(stream)
            return dub if wanted.items() <= dub.items() else None
        return wait_until(found, lambda: f"a dub with {wanted}: {self.show(stream)}", 60)
