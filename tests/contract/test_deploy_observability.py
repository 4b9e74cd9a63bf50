"""The profile `observability` of docker-compose.yml, without a container engine: Prometheus, Grafana, Loki, and what feeds them."""

import os
import re
import shutil
import subprocess

import pytest
import yaml
from devstack import compose as compose_command
from devstack import containers, credentials
from devstack.settings import Settings
from support import compose_file, grafana
from support.compose_file import DEPLOY, interpolated
from support.free_ports import free_ports
from support.process import Process
from support.prometheus import DEPLOYED, ROOT, program
from support.wait import wait_until

WHOLE = compose_file.whole()
OBSERVERS = {name: service for name, service in WHOLE["services"].items() if service.get("profiles") == ["observability"]}
PUBLISHED = {"prometheus": "PROMETHEUS_PORT", "grafana": "GRAFANA_PORT"}
EACH = pytest.mark.parametrize("name", OBSERVERS)


def mounts(service):
    """{path in the container: (path or volume outside, may it be written to)}"""
    found = {}
    for volume in service.get("volumes", []):
        outside, inside, *mode = interpolated(volume).split(":")
        found[inside] = (outside, mode != ["ro"])
    return found


def test_the_profile_has_all_that_is_needed_and_nothing_else_starts_them():
    assert set(OBSERVERS) == {"prometheus", "node-exporter", "grafana", "loki", "alloy"}
    for service in WHOLE["services"].values():
        assert not set(service.get("depends_on", [])) & set(OBSERVERS)


@EACH
def test_the_image_has_an_exact_version_and_no_digest(name):
    assert re.fullmatch(r"[\w-]+/[\w-]+:v?\d+\.\d+\.\d+", OBSERVERS[name]["image"])


@EACH
def test_a_container_can_change_nothing_but_its_data(name):
    service = OBSERVERS[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["networks"] == ["dubbing-network"] and service["restart"] == "unless-stopped"
    assert service.get("cap_add", []) == (["DAC_READ_SEARCH"] if name == "alloy" else [])
    assert not service.get("privileged") and "docker.sock" not in str(service), "this socket would be access to everything"
    for outside, writable in mounts(service).values():
        assert not writable or outside in WHOLE["volumes"], outside


@EACH
def test_every_file_that_is_mounted_exists(name):
    for outside, _ in mounts(OBSERVERS[name]).values():
        assert not outside.startswith(".") or (DEPLOY / outside).exists(), outside


def test_ports_are_on_admin_bind_and_loki_has_none():
    ports = {name: service["ports"] for name, service in OBSERVERS.items() if "ports" in service}
    assert set(ports) == set(PUBLISHED)
    for name, [port] in ports.items():
        assert port.startswith("${ADMIN_BIND:-127.0.0.1}:${" + PUBLISHED[name] + ":-")
        outside, inside = interpolated(port).split(":")[1:]
        assert outside == inside
    others = {str(port) for port, _, _ in Settings().tcp_ports()}
    assert not others & {interpolated(port).split(":")[1] for [port] in ports.values()}


def test_prometheus_scrapes_the_services_of_the_compose_file():
    config = yaml.safe_load((DEPLOYED / "compose.yml").read_text())
    targets = [target for job in config["scrape_configs"] for static in job.get("static_configs", []) for target in static["targets"]]
    assert targets == ["media-service:8080", "mediamtx:9998", "node-exporter:9100"]
    assert {target.partition(":")[0] for target in targets} <= set(WHOLE["services"])
    [found] = [job["dns_sd_configs"] for job in config["scrape_configs"] if job["job_name"] == "segment-archiver"]
    assert found == [{"names": ["segment-archiver"], "type": "A", "port": 9995}]
    assert "--metrics-listen=:9995" in WHOLE["services"]["segment-archiver"]["command"]
    assert WHOLE["services"]["mediamtx"]["environment"]["MTX_METRICSADDRESS"] == ":9998"
    assert mounts(OBSERVERS["prometheus"])["/etc/prometheus"] == ("./prometheus", False)


def test_with_tls_prometheus_asks_both_programs_over_https_and_changes_nothing_else():
    plain, secure = (yaml.safe_load((DEPLOYED / name).read_text()) for name in ("compose.yml", "compose-secure.yml"))
    assert [job["job_name"] for job in secure["scrape_configs"] if job.pop("scheme", "") == "https"] == ["media-service", "media-router"]
    assert secure == plain


def test_grafana_finds_its_data_and_its_dashboard():
    sources = yaml.safe_load((grafana.FOLDER / "provisioning" / "datasources" / "tidegate.yml").read_text())["datasources"]
    assert [source["url"] for source in sources] == ["http://prometheus:9090", "http://loki:3100"]
    assert {source["url"].split("/")[2].partition(":")[0] for source in sources} <= set(OBSERVERS)
    folders = mounts(OBSERVERS["grafana"])
    assert folders["/etc/grafana/provisioning"] == ("./grafana/provisioning", False)
    [provider] = yaml.safe_load((grafana.FOLDER / "provisioning" / "dashboards" / "tidegate.yml").read_text())["providers"]
    assert folders[provider["options"]["path"]] == ("./grafana/dashboards", False)
    home = OBSERVERS["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/tidegate.json"


def test_nobody_can_log_in_to_grafana():
    """There is no user admin with the password admin. Everybody may look."""
    environment = OBSERVERS["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false" and not any("PASSWORD" in name for name in environment)


def test_nothing_is_reported_to_anybody():
    environment = OBSERVERS["grafana"]["environment"]
    assert {environment[f"GF_{name}"] for name in ("ANALYTICS_REPORTING_ENABLED", "ANALYTICS_CHECK_FOR_UPDATES",
                                                   "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "NEWS_NEWS_FEED_ENABLED")} == {"false"}
    assert "--disable-reporting" in OBSERVERS["alloy"]["command"]
    assert yaml.safe_load((DEPLOY / "loki" / "loki.yml").read_text())["analytics"] == {"reporting_enabled": False}


def test_the_logs_of_the_programs_are_limited_and_tagged():
    for name in ("mediamtx", "media-service"):
        assert WHOLE["services"][name]["logging"] == {
            "driver": "json-file", "options": {"max-size": "20m", "max-file": "5", "tag": "tidegate/{{.Name}}"}}
    source = (DEPLOY / "loki" / "alloy" / "containers.alloy").read_text()
    assert "/var/lib/docker/containers/*/*-json.log" in source
    assert mounts(OBSERVERS["alloy"])["/var/lib/docker/containers"] == ("/var/lib/docker/containers", False)


def test_prometheus_gets_the_password_in_a_file_and_no_other_password(tmp_path):
    """Runs the entrypoint with other folders, and with Debian's Prometheus."""
    service = OBSERVERS["prometheus"]
    settings = Settings(run_dir=str(tmp_path / "run"))
    made = credentials.of(settings)
    file = credentials.for_containers(settings) / "prometheus.env"
    given = dict(line.split("=", 1) for line in file.read_text().splitlines())
    [port] = free_ports(1)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    shell, options, script = service["entrypoint"]
    for inside, outside in (("$$", "$"), ("/run/secrets", str(secrets)), ("/bin/prometheus", program("prometheus")),
                            ("/etc/prometheus", str(DEPLOYED)), ("=/prometheus", f"={tmp_path}/data"), (":9090", f"127.0.0.1:{port}")):
        assert inside in script
        script = script.replace(inside, outside)
    config = yaml.safe_load((DEPLOYED / "compose.yml").read_text())
    [auth] = [job["basic_auth"] for job in config["scrape_configs"] if "basic_auth" in job]
    process = Process("prometheus", [shell, options, script], tmp_path / "prometheus.log", {**os.environ, **given})
    try:
        wait_until(lambda: "Server is ready to receive web requests" in process.log() or not process.running(),
                   lambda: process.log(), 60)
        assert process.running(), process.log()
        file = secrets / os.path.basename(auth["password_file"])
        assert file.read_text() == made["ROUTER_API_PASSWORD"] and file.stat().st_mode & 0o777 == 0o600
        assert auth["username"] == made["ROUTER_API_USER"] and auth["password_file"] == "/run/secrets/router-api-password"
        kept = [open(f"/proc/{process.pid}/{name}", "rb").read().decode() for name in ("environ", "cmdline")]
        assert not any(password in text for text in kept for name, password in made.items() if name.endswith(("PASSWORD", "PASS")))
    finally:
        process.kill()
    assert any(mount.startswith("/run/secrets:") and "mode=0700" in mount for mount in service["tmpfs"])


def test_no_web_page_may_ask_prometheus():
    """Without this flag Prometheus lets every page read everything, also in a browser on this machine."""
    assert "--web.cors.origin=nobody" in OBSERVERS["prometheus"]["entrypoint"][-1]
    assert "--web.cors.origin=nobody" in (DEPLOYED / "prometheus.yml").read_text()


@pytest.mark.parametrize("command", [["docker", "compose"], ["docker-compose"]], ids=" ".join)
def test_compose_accepts_the_profile(command, tmp_path):
    if not shutil.which(command[0]) or subprocess.run([*command, "version"], capture_output=True).returncode != 0:
        pytest.skip(f"no {' '.join(command)} here")
    settings = Settings(run_dir=str(tmp_path))
    environment = {**compose_command.environment(settings), "GRAFANA_PORT": "3333"}
    shown = subprocess.run(compose_command.argv(command, settings, "config"), capture_output=True, text=True,
                           env={**environment, "COMPOSE_PROFILES": "observability"})
    assert shown.returncode == 0, shown.stderr
    services = yaml.safe_load(shown.stdout)["services"]
    assert set(OBSERVERS) < set(services) and "3333" in str(services["grafana"]["ports"])
    assert all(services[name]["profiles"] == ["observability"] for name in OBSERVERS)


def test_down_also_removes_the_containers_of_profiles(monkeypatch, tmp_path):
    """Compose leaves those of a profile that nobody names."""
    asked = []
    monkeypatch.setattr(compose_command, "find", lambda: ["docker-compose"])
    monkeypatch.setattr(compose_command, "containers", lambda settings: ["one"])
    monkeypatch.setattr(subprocess, "run", lambda words, env=None, **options: asked.append((words, env)) or
                        subprocess.CompletedProcess(words, 0, "", ""))
    monkeypatch.setattr(credentials, "for_containers", lambda settings: "/nowhere")
    assert containers.down(Settings(run_dir=str(tmp_path)), quiet=True) == 0
    [(words, environment)] = asked
    profiles = {profile for service in WHOLE["services"].values() for profile in service.get("profiles", [])}
    assert "down" in words and set(environment["COMPOSE_PROFILES"].split(",")) == profiles


@pytest.mark.parametrize("profiles, told", [("", False), ("publish", False), ("observability", True), ("publish,observability", True)])
def test_make_dev_prints_the_addresses_of_what_it_starts(monkeypatch, capsys, tmp_path, profiles, told):
    monkeypatch.setenv("COMPOSE_PROFILES", profiles)
    monkeypatch.setenv("GRAFANA_PORT", "3333")
    containers.print_addresses(Settings(run_dir=str(tmp_path)))
    printed = capsys.readouterr().out
    assert "publish      rtmp://" in printed
    assert ("Grafana      http://127.0.0.1:3333\n" in printed) == ("Prometheus   http://127.0.0.1:9090\n" in printed) == told
