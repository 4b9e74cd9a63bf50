"""Prometheus on another machine, as in a container: the router lets it in with the password of compose.yml's job, and only with it."""

import json
import os

import pytest
import yaml
from devstack import credentials
from support import lan
from support.free_ports import free_ports
from support.process import Process
from support.prometheus import DEPLOYED, SECONDS, program
from support.wait import wait_until


@pytest.fixture
def machine():
    if why := lan.missing():
        pytest.skip(f"no network namespace can be made here: {why}")
    with lan.other_machine() as other:
        yield other


def router_job():
    jobs = yaml.safe_load((DEPLOYED / "compose.yml").read_text())["scrape_configs"]
    [job] = [job for job in jobs if job["job_name"] == "media-router"]
    return job


def test_the_password_of_the_job_is_needed_and_is_enough(machine, new_stack, tmp_path):
    prometheus = program("prometheus")
    stack = new_stack(bind="0.0.0.0", admin_bind="0.0.0.0")
    stack.start_router()
    password = tmp_path / "password"
    password.write_text(credentials.of(stack.settings)["ROUTER_API_PASSWORD"])
    job = {**router_job(), "static_configs": [{"targets": [f"{machine.address}:{stack.settings.metrics_port}"]}]}
    login = {**job.pop("basic_auth"), "password_file": str(password)}
    [port] = free_ports(1)
    config = tmp_path / "prometheus.yml"
    config.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [
        {**job, "job_name": "with", "basic_auth": login}, {**job, "job_name": "without"}]}))
    process = Process("prometheus", ["ip", "netns", "exec", machine.name, prometheus, f"--config.file={config}",
                                     f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
                      tmp_path / "prometheus.log", dict(os.environ))

    def targets():
        _, text = machine.run("curl", "-s", "--noproxy", "*", f"http://127.0.0.1:{port}/api/v1/targets")
        try:
            found = json.loads(text)["data"]["activeTargets"]
        except ValueError:  # it is not ready yet
            return {}
        return {target["labels"]["job"]: (target["health"], target["lastError"]) for target in found}

    try:
        wait_until(lambda: {health for health, _ in targets().values()} == {"up", "down"}, lambda: f"{targets()}\n{process.log()}", SECONDS)
        assert targets()["with"] == ("up", "")
        assert targets()["without"] == ("down", "server returned HTTP status 401 Unauthorized")
    finally:
        process.kill()
    stack.stop()
