"""docs/kubernetes.md, "Measuring": make verify on the cluster. The programs are in Pods, and it measures from the node."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from support.kube import box
from support.kube.deployed import Deployed
from support.kube.document import section
from support.kube.services import wait_open
from support.making import started

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900
SECRETS = "deploy/kubernetes/overlays/dev/secrets"


@pytest.fixture(scope="module")
def deployed(cluster, deploy, router_components):
    with started(Deployed(cluster, deploy, components=router_components)) as made:
        yield made


def measured(deployed, command):
    """The report of `make verify`."""
    done = subprocess.run(deployed.cluster.box.preferred(["sh", "-ec", command]), cwd=ROOT, env={**os.environ, "FORMAT": "json"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    report = re.search(r"^\{.*^\}", done.stdout, re.M | re.S)
    assert report, done.stdout + done.stderr
    said = json.loads(report[0])
    assert "the running stack" in said["about"]
    return said


def test_the_success_criteria_hold(deployed, tmp_path):
    [[open_ports, measure, close_ports]] = section("Measuring")
    deployed.cluster.kubectl(*open_ports.split()[1:])
    settings = dict(word.split("=", 1) for word in measure.split()[2:])
    # kube-proxy learns of the Services some moments later than people. Until then `make verify` would see no stack here, and start one.
    for name, value in settings.items():
        if name.endswith("_PORT"):
            wait_open(box.ADDRESS, int(value), name)
    command = measure.replace("NODE", box.ADDRESS).replace(SECRETS, str(deployed.deploy / "overlays" / "dev" / "secrets"))
    rows = measured(deployed, command)["criteria"]
    (tmp_path / "criteria.json").write_text(json.dumps(rows, indent=1))  # pytest keeps the folders of its last three runs
    assert set(settings["ONLY"].split(",")) <= {row["id"] for row in rows}, rows
    failed = {row["id"]: (row["measured"], row["limit"], row["note"]) for row in rows if not row["passed"]}
    assert not failed, f"{failed}\n{deployed.report()}"
    deployed.cluster.kubectl(*close_ports.split()[1:])
