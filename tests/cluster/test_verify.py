"""make verify on the cluster: the success criteria with the programs in Pods, measured from the node."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.kube import box
from support.kube.deployed import NAME, Deployed, is_open
from support.making import started
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900
OPEN_SECONDS = 60
# The router and media-service under one address, as `make verify` expects them.
PORTS = {"router": {"rtmp": 1935, "rtsp": 8554, "hls": 8888, "playback": 9996, "api": 9997, "metrics": 9998}, "media-service": {"http": 8080}}
# SC-001 is about `make dev`, and SC-011 fills a machine with a hundred workers.
CRITERIA = "SC-002,SC-003,SC-004,SC-005,SC-006,SC-007,hook,A/V"


@pytest.fixture(scope="module")
def deployed(cluster, deploy, router_components):
    with started(Deployed(cluster, deploy, components=router_components)) as made:
        for program, ports in PORTS.items():
            made.api.create("services", {"metadata": {"name": f"verify-{program}"}, "spec": {
                "selector": {NAME: program}, "externalIPs": [box.ADDRESS],
                "ports": [{"name": name, "port": port, "targetPort": name} for name, port in ports.items()]}})
        # kube-proxy learns of them some moments later. Until then `make verify` would see no stack here, and start one of its own.
        for port in itertools.chain.from_iterable(ports.values() for ports in PORTS.values()):
            wait_until(lambda: is_open(box.ADDRESS, port), f"port {port} is open", OPEN_SECONDS, 0.1)
        yield made


def test_the_success_criteria_hold(deployed, tmp_path):
    (tmp_path / "credentials.env").write_bytes((deployed.deploy / "overlays" / "dev" / "secrets" / "credentials.env").read_bytes())
    environment = {**os.environ, "BIND": box.ADDRESS, "ADMIN_BIND": box.ADDRESS, "RUN_DIR": str(tmp_path), "WORKER_MODE": "kubernetes",
                   "FORMAT": "json", "ONLY": CRITERIA}
    done = subprocess.run([sys.executable, ROOT / "tools" / "run_verify.py"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert "the running stack" in report["about"]
    rows = {row["id"]: row for row in report["criteria"]}
    assert set(CRITERIA.split(",")) <= set(rows), done.stdout
    failed = {row["id"]: (row["measured"], row["limit"], row["note"]) for row in report["criteria"] if not row["passed"]}
    assert not failed, f"{failed}\n{deployed.report()}"
