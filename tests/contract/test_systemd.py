"""deploy/systemd/: systemd accepts the units, and the programs accept the command lines in them."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from support.free_ports import free_ports
from support.own_flags import assert_serves_and_stops

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
SECURE = ROOT / "deploy" / "systemd" / "secure"
INSTALLED = "/usr/bin/"


def values(unit, key):
    text = unit.read_text().replace("\\\n", " ")
    return re.findall(rf"^{key}=(.*)$", text, re.M)


def test_systemd_accepts_the_units(bin_dir, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace(INSTALLED, f"{bin_dir}/")
                                          .replace("/usr/lib/tidegate/", f"{ROOT}/tools/"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.glob("*.service"))],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr


SERVICES = [unit for unit in UNITS if unit.stem != "tidegate-credentials"]
PIPELINE = [unit for unit in SERVICES if unit.stem != "segment-archiver"]  # those that know the router's passwords


def test_the_passwords_are_made_before_anybody_needs_them():
    [maker] = set(UNITS) - set(SERVICES)
    [command] = values(maker, "ExecStart")
    file = command.split()[-1]
    assert values(maker, "Type") == ["oneshot"] and values(maker, "CapabilityBoundingSet") == [""]
    assert values(maker, "ReadWritePaths") == [str(Path(file).parent)]
    for unit in PIPELINE:
        assert values(unit, "EnvironmentFile")[0] == file and values(unit, "Requires") == [maker.name]
        assert maker.name in values(unit, "After")[0].split() and unit.name in values(maker, "Before")[0].split()


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_runs_as_its_user_with_nothing_but_what_it_needs(unit):
    assert values(unit, "User") == ["tidegate"]
    assert values(unit, "CapabilityBoundingSet") == [""]
    for key, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("Restart", "always")):
        assert values(unit, key) == [value]


def test_workers_and_their_leases_outlive_the_service():
    [unit] = [unit for unit in UNITS if unit.stem == "media-service"]
    assert values(unit, "KillMode") == ["process"] and values(unit, "RuntimeDirectoryPreserve") == ["yes"]
    assert values(unit, "OOMPolicy") == ["continue"]
    [command] = values(unit, "ExecStart")
    assert f"--state-dir=/run/{values(unit, 'RuntimeDirectory')[0]}" in command.split()
    assert "stop-workers-on-exit" not in command


def test_media_service_accepts_its_command_line_and_finds_the_router_where_it_listens(bin_dir, tmp_path):
    [unit] = [unit for unit in UNITS if unit.stem == "media-service"]
    words = shlex.split(values(unit, "ExecStart")[0])
    configuration = yaml.safe_load((ROOT / "deploy" / "mediamtx" / "mediamtx.yml").read_text())
    for flag, scheme, key in (("api", "http", "apiAddress"), ("rtsp", "rtsp", "rtspAddress"),
                              ("rtmp", "rtmp", "rtmpAddress")):
        port = configuration[key].rpartition(":")[2]
        assert f"--router-{flag}={scheme}://127.0.0.1:{port}" in words
    [port] = free_ports(1)
    ours = [word.replace(INSTALLED, f"{bin_dir}/").replace(":8080", f":{port}").replace("/run/tidegate", str(tmp_path))
            for word in words]
    assert_serves_and_stops(ours, port, tmp_path)


def test_the_router_tells_media_service_where_it_listens():
    service, router = (next(unit for unit in UNITS if unit.stem == name) for name in ("media-service", "media-router"))
    listen = re.search(r"--listen=(\S+)", values(service, "ExecStart")[0]).group(1)
    assert values(router, "Environment") == [f"ORCHESTRATOR_URL=http://{listen}"]


def test_the_drop_in_for_tls_has_the_command_line_of_the_unit(bin_dir):
    """A drop-in replaces the whole line."""
    [unit] = [unit for unit in UNITS if unit.stem == "media-service"]
    [plain] = values(unit, "ExecStart")
    nothing, secure = values(SECURE / "media-service.conf", "ExecStart")
    assert nothing == ""
    words = dict(word.partition("=")[::2] for word in secure.split())
    for flag, value in (word.partition("=")[::2] for word in plain.split()):
        scheme, mark, _ = value.partition("://")
        assert words.pop(flag).startswith(f"{scheme}s://" if mark else value), flag
    assert set(words) == {"--tls-cert", "--tls-key", "--tokens-file"}


def test_the_drop_ins_for_tls_name_files_that_systemd_hands_over(bin_dir):
    for conf in SECURE.glob("*.conf"):
        handed = {line.partition(":")[0]: line.partition(":")[2] for line in values(conf, "LoadCredential")}
        named = set(re.findall(r"%d/(\S+)", conf.read_text()))
        assert named == set(handed) and all(file.startswith("/etc/tidegate/secure/") for file in handed.values())


def test_the_archiver_accepts_its_command_line_and_waits_for_its_settings(bin_dir, tmp_path):
    [unit] = [unit for unit in UNITS if unit.stem == "segment-archiver"]
    [router] = [unit for unit in UNITS if unit.stem == "media-router"]
    assert values(unit, "ConditionPathExists") == values(unit, "EnvironmentFile"), "the package starts it at once"
    words = shlex.split(values(unit, "ExecStart")[0])
    assert values(unit, "StateDirectory") == values(router, "StateDirectory") == ["tidegate"], "the router's hook adds to the spool"
    [port] = free_ports(1)
    ours = [word.replace(INSTALLED, f"{bin_dir}/").replace(":9995", f":{port}").replace("/var/lib/tidegate", str(tmp_path))
            for word in words]
    login = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "ARCHIVE_BUCKET": "any", "ARCHIVE_ENDPOINT": "http://127.0.0.1:1"}
    assert_serves_and_stops(ours, port, tmp_path, login)
