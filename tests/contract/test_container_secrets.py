"""Which secrets each container of Compose sees: its own, and no others. Compose itself reads the files; no engine is needed."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest
import yaml
from devstack import compose as compose_command
from devstack import credentials, secure
from devstack.settings import Settings
from support import compose_file

SERVICES = compose_file.whole()["services"]
COMMANDS = pytest.mark.parametrize("command", [["docker", "compose"], ["docker-compose"]], ids=" ".join)
STS_TOKEN = "of-the-speech-service"
# The variables of the file that each container gets. The other containers get none.
PLAIN = {
    "mediamtx": {"MTX_AUTHINTERNALUSERS_0_PASS", "MTX_AUTHINTERNALUSERS_1_PASS"},
    "media-service": {"ROUTER_API_USER", "ROUTER_API_PASSWORD", "WORKER_USER", "WORKER_PASSWORD", "STS_TOKEN"},
    "prometheus": {"ROUTER_API_PASSWORD"},
}
MORE_WITH_TLS = {
    "mediamtx": {"HOOK_SECRET", *(f"MTX_AUTHINTERNALUSERS_{number}_{key}" for number, keys in (
        (2, ("USER", "PASS", "IPS")), (3, ("PERMISSIONS_0_ACTION", "PERMISSIONS_1_ACTION")),
        (4, ("USER", "PASS", "IPS", "PERMISSIONS_0_ACTION", "PERMISSIONS_1_ACTION"))) for key in keys)},
    "media-service": {"HOOK_SECRET"},
    "prometheus": {"SERVICE_TOKEN"},
}
# Whose secrets those are. The router checks all passwords; media-service gives its workers theirs.
KNOWS = {
    "mediamtx": {"api", "worker"},
    "media-service": {"api", "worker", "speech service"},
    "prometheus": {"api"},
}
KNOWS_WITH_TLS = {
    "mediamtx": {"hooks", "publisher", "viewer"},
    "media-service": {"hooks"},
    "prometheus": {"viewer's token"},
}
# Files with secrets, and who has them. The tokens of media-service are hashes.
MOUNTED_WITH_TLS = {"/tls": {"mediamtx", "media-service"}, "/run/secrets/tokens": {"media-service"},
                    "/tls/ca.pem": {"prometheus"}}


def variables(file):
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def with_tls(one, more, is_secure):
    return {name: one[name] | more[name] if is_secure else one[name] for name in one}


@pytest.fixture(params=["", "1"], ids=["plain", "SECURE=1"])
def settings(request, tmp_path, monkeypatch):
    monkeypatch.setenv("STS_TOKEN", STS_TOKEN)
    made = Settings(run_dir=str(tmp_path), secure=request.param)
    if made.is_secure:
        subprocess.run([str(secure.MAKE), str(secure.folder(made)), *secure.CONTAINERS], check=True)
    return made


def secrets(settings):
    """{secret: whose it is}"""
    made = credentials.of(settings)
    found = {made["ROUTER_API_PASSWORD"]: "api", made["WORKER_PASSWORD"]: "worker", STS_TOKEN: "speech service"}
    if settings.is_secure:
        folder = secure.folder(settings)
        found |= {made["PUBLISHER_PASSWORD"]: "publisher", made["VIEWER_PASSWORD"]: "viewer", made["SERVICE_TOKEN"]: "operator's token",
                  variables(folder / "router.env")["HOOK_SECRET"]: "hooks",
                  variables(folder / "prometheus.env")["SERVICE_TOKEN"]: "viewer's token"}
    assert len(found) == (8 if settings.is_secure else 3)
    return found


def read_by(command, settings, **more):
    """The services of all profiles, as Compose reads them."""
    if not shutil.which(command[0]) or subprocess.run([*command, "version"], capture_output=True).returncode != 0:
        pytest.skip(f"no {' '.join(command)} here")
    done = subprocess.run(compose_command.argv(command, settings, "config"), capture_output=True, text=True,
                          env={**compose_command.environment(settings), "COMPOSE_PROFILES": compose_command.PROFILES, **more})
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)["services"]
    assert set(shown) == set(SERVICES)
    return shown


def test_each_file_has_just_these_variables_and_only_its_owner_reads_it(settings):
    folder = compose_command.environment(settings)["CREDENTIALS"]
    assert folder == str(settings.run_path / "containers")
    files = {file.stem: file for file in (settings.run_path / "containers").iterdir()}
    assert {name: set(variables(file)) for name, file in files.items()} == with_tls(PLAIN, MORE_WITH_TLS, settings.is_secure)
    assert {file.stat().st_mode & 0o777 for file in [*files.values(), *settings.run_path.glob("*.env")]} == {0o600}
    assert (settings.run_path / "containers").stat().st_mode & 0o077 == 0


def test_an_older_installation_gets_a_token_for_prometheus(tmp_path):
    command = [str(secure.MAKE), str(tmp_path), *secure.CONTAINERS]
    subprocess.run(command, check=True)
    first = (tmp_path / "clients.env").read_text()
    (tmp_path / "prometheus.env").unlink()
    tokens = [line for line in (tmp_path / "tokens").read_text().splitlines(True) if not line.startswith("prometheus ")]
    (tmp_path / "tokens").write_text("".join(tokens))
    for _ in range(2):
        subprocess.run(command, check=True)
        given = variables(tmp_path / "prometheus.env")["SERVICE_TOKEN"]
        assert (tmp_path / "tokens").read_text() == "".join(tokens) + f"prometheus viewer sha256:{hashlib.sha256(given.encode()).hexdigest()}\n"
    assert (tmp_path / "clients.env").read_text() == first


def test_each_container_gets_its_own_file():
    assert {name: service["env_file"] for name, service in SERVICES.items() if "env_file" in service} == {
        name: ["${CREDENTIALS:-../.run/containers}/" + f"{name}.env"] for name in PLAIN}


@COMMANDS
def test_a_container_knows_no_secret_that_it_does_not_need(command, settings):
    known = secrets(settings)
    shown = {}
    for name, service in read_by(command, settings).items():
        text = json.dumps(service)
        found = {whose for secret, whose in known.items() if secret in text}
        if found:
            shown[name] = found
    assert shown == with_tls(KNOWS, KNOWS_WITH_TLS, settings.is_secure)


@COMMANDS
def test_keys_and_tokens_are_mounted_where_they_are_needed(command, settings):
    mounted = {}
    for name, service in read_by(command, settings).items():
        for volume in service.get("volumes", []):
            source, target = (volume["source"], volume["target"]) if isinstance(volume, dict) else volume.split(":")[:2]
            if str(secure.folder(settings)) in source:
                mounted.setdefault(target, set()).add(name)
    assert mounted == (MOUNTED_WITH_TLS if settings.is_secure else {})


def test_the_keys_of_object_storage_are_for_the_archiver_alone():
    assert {name for name, service in SERVICES.items() if "secrets" in service} == {"segment-archiver"}
    assert not [name for name, service in SERVICES.items() if re.search("AWS_(ACCESS|SECRET|SESSION)", json.dumps(service))]


def test_the_passwords_are_those_of_the_users_in_the_configuration(settings):
    """The file names the users by their positions in mediamtx.yml."""
    made = credentials.of(settings)
    compose_command.environment(settings)
    given = variables(settings.run_path / "containers" / "mediamtx.env")
    users = credentials.users(settings)
    assert given[f"MTX_AUTHINTERNALUSERS_{users.index('media-service')}_PASS"] == made["ROUTER_API_PASSWORD"]
    assert given[f"MTX_AUTHINTERNALUSERS_{users.index('worker')}_PASS"] == made["WORKER_PASSWORD"]
    tls = secure.tls_of_router(secure.folder(settings) / "tls") if settings.is_secure else {}
    assert {**given, **tls} == credentials.for_router(settings)


def test_no_variable_of_a_file_is_set_again_below_environment():
    """What stands there wins, even if it is empty."""
    secure_services = yaml.safe_load(compose_command.SECURE_FILE.read_text())["services"]
    for services in (SERVICES, secure_services):
        for name, of_file in with_tls(PLAIN, MORE_WITH_TLS, True).items():
            assert not of_file & set(services[name].get("environment", {})), name


@COMMANDS
@pytest.mark.parametrize("in_file, in_environment", [("geheim", None), (None, "geheim"), ("older", "geheim")])
def test_the_token_of_the_speech_service_reaches_media_service(command, in_file, in_environment, tmp_path, monkeypatch):
    settings = Settings(run_dir=str(tmp_path))
    made = credentials.of(settings)
    monkeypatch.delenv("STS_TOKEN", raising=False)
    if in_file:
        with open(credentials.path(settings), "a") as file:
            file.write(f"\n# of the speech service: {in_file}\nSTS_TOKEN={in_file}\nTARGET_KEY=of-a-destination\nSERVICE_TOKEN=of-a-viewer\n")
    if in_environment:
        monkeypatch.setenv("STS_TOKEN", in_environment)
    shown = read_by(command, settings)
    wanted = {name: value for name, value in made.items() if not name.startswith("MTX_")}
    assert shown["media-service"]["environment"].items() >= {**wanted, "STS_TOKEN": "geheim"}.items()
    if in_file:
        assert shown["media-service"]["environment"]["TARGET_KEY"] == "of-a-destination"
        assert shown["prometheus"]["environment"]["SERVICE_TOKEN"] == "of-a-viewer"
        assert [name for name, service in shown.items() if "of-a-viewer" in json.dumps(service)] == ["prometheus"]
    assert not [name for name, service in shown.items() if name != "media-service" and "geheim" in json.dumps(service)]
