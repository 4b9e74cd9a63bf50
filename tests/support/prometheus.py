"""Prometheus of Debian's package: its tool that checks rules, and a server that scrapes real programs.

tools/unpack.sh puts the programs into build/tools, because the package would start a service. Tests skip where they are missing.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

from . import http
from .free_ports import free_ports
from .process import Process
from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ROOT / "deploy" / "prometheus"
UNPACKED = ROOT / "build" / "tools" / "usr" / "bin"
SECONDS = 60


def program(name):
    """The path of a program. If it is missing, the test is skipped."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{UNPACKED}")
    if not found:
        pytest.skip(f"no {name} here (tools/unpack.sh)")
    return found


def promtool(*arguments, **options):
    return subprocess.run([program("promtool"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=SECONDS, **options)


class Prometheus:
    """A server with our rules, and our scrape configuration for other addresses: {job: "host:port", ...}."""

    def __init__(self, folder, targets, interval="1s"):
        self.folder, [self.port] = folder, free_ports(1)
        config = yaml.safe_load((DEPLOYED / "prometheus.yml").read_text())
        config["global"] = {name: interval for name in config["global"]}
        config["rule_files"] = [str(DEPLOYED / "rules.yml")]
        jobs = {job["job_name"]: job for job in config["scrape_configs"]}
        assert set(targets) <= set(jobs)
        config["scrape_configs"] = [
            {"job_name": name, "static_configs": [{"targets": [address]}]} for name, address in targets.items()]
        self.config = folder / "prometheus.yml"
        self.config.write_text(yaml.safe_dump(config))
        self.process = None

    def start(self):
        argv = [program("prometheus"), f"--config.file={self.config}", f"--storage.tsdb.path={self.folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"]
        self.process = Process("prometheus", argv, self.folder / "prometheus.log", dict(os.environ), self.folder)
        wait_until(lambda: self.ready() or not self.process.running(), lambda: f"Prometheus is ready:\n{self.process.log()}", SECONDS)
        assert self.process.running(), self.process.log()
        return self

    def ready(self):
        try:
            return http.get(f"http://127.0.0.1:{self.port}/-/ready").status == 200
        except OSError:
            return False

    def ask(self, path, **query):
        reply = http.get(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(query)}")
        answer = json.loads(reply.body)
        assert answer["status"] == "success", f"{query}: {answer.get('error')}"
        return answer["data"]

    def query(self, expression):
        """[(labels, value)] at this moment."""
        return [(item["metric"], float(item["value"][1])) for item in self.ask("query", query=expression)["result"]]

    def wait_for(self, expression, seconds=SECONDS):
        """Waits until the expression has a result, and returns it."""
        return wait_until(lambda: self.query(expression), lambda: f"a result of {expression}", seconds, poll=0.2)

    def wait_scraped(self, seconds=SECONDS):
        """Waits until every target has been scraped without an error."""
        def targets():
            return [(item["scrapeUrl"], item["health"], item["lastError"]) for item in self.ask("targets")["activeTargets"]]
        wait_until(lambda: all(health == "up" for _, health, _ in targets()), lambda: str(targets()), seconds, poll=0.2)

    def kill(self):
        if self.process:
            self.process.kill()
