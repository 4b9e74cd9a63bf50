"""From installing to purging on one clean machine with systemd, with a live stream. The tests depend on their order."""

import re
import subprocess

import pytest
from support.process import Process
from support.wait import wait_until

UNITS = ("media-router.service", "media-service.service")
CONFIGURATION = "/etc/tidegate/mediamtx.yml"
CREDENTIALS = "/etc/tidegate/credentials.env"
STREAM = "http://127.0.0.1:8080/v1/streams/demo"
OF_APT = re.compile(r"etc/(passwd|group|g?shadow|sub[ug]id)-?$|etc/ld\.so\.cache$|usr/share/(doc|lintian)/lib")
COMPILERS = ("cc", "gcc", "g++", "clang", "clang++-19", "cmake", "ninja", "make")


@pytest.fixture(scope="module")
def before(machine):
    """The files of the clean machine, with the libraries that the package needs, but without the package."""
    names = re.search(r"^Depends: (.*)$", machine.run("dpkg-deb", "--info", inside(machine, "tidegate_*.deb")).replace(
        "\n ", "\n"), re.M).group(1)
    libraries = [name.split(" ")[0] for name in names.split(", ")]
    machine.run("apt-get", "install", "-y", "--no-install-recommends", *libraries)
    return machine.files()


@pytest.fixture(scope="module")
def installed(machine, before):
    machine.run("apt-get", "install", "-y", "--no-install-recommends", inside(machine, "tidegate_*.deb"))
    return machine


@pytest.fixture(scope="module")
def publisher(installed, clips, tmp_path_factory):
    """An encoder that publishes until the machine ends. It connects again when the router restarts."""
    argv = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re", "-stream_loop", "-1", "-i",
            str(clips.get("av")), "-c", "copy", "-f", "flv", "rtmp://127.0.0.1/live/demo/in"]
    script = 'until "$@"; do :; done'
    process = Process("publisher", installed.in_its_network("sh", "-c", script, "sh", *argv),
                      tmp_path_factory.mktemp("publisher") / "log")
    yield process
    process.kill()


def inside(machine, pattern):
    [found] = (machine.root / "var/tmp").glob(pattern)
    return f"/var/tmp/{found.name}"


def worker_of(machine):
    """The pid of the only worker, when its output can be read. None until then."""
    view = machine.get(STREAM)
    if not view or view["state"] != "running" or not view["output"]["readable"]:
        return None
    workers = [pid for pid, words in machine.processes_of("tidegate").items() if words[0] == "/usr/bin/stream-worker"]
    return workers[0] if len(workers) == 1 else None


def test_it_installs_on_a_machine_without_a_compiler(installed):
    assert [name for name in COMPILERS if installed.ask("which", name)] == []
    for program in ("media-router", "media-service", "stream-worker", "stream-forwarder", "sts-echo", "mtx-hook", "segment-archiver"):
        installed.run(program, "--version")


def test_systemd_finds_nothing_wrong_with_its_units(installed):
    for unit in (*UNITS, "tidegate-credentials.service"):
        path = installed.run("systemctl", "show", "-P", "FragmentPath", unit)
        assert path.removeprefix("/usr") == f"/lib/systemd/system/{unit}"
        assert installed.run("systemd-analyze", "verify", "--man=no", path) == ""


def test_systemd_runs_it_as_a_user_of_its_own(installed):
    for unit in UNITS:
        wait_until(lambda unit=unit: installed.ask("systemctl", "is-active", unit) == "active",
                   lambda unit=unit: installed.ask("systemctl", "status", "-l", unit))
        assert installed.run("systemctl", "is-enabled", unit) == "enabled"
    wait_until(lambda: installed.get("http://127.0.0.1:8080/readyz"), lambda: installed.ask("journalctl", "-n", "50"))
    programs = {words[0] for words in installed.processes_of("tidegate").values()}
    assert programs == {"/usr/bin/media-router", "/usr/bin/media-service"}


def test_its_passwords_are_of_this_machine_and_for_root_only(installed):
    assert installed.run("stat", "-c", "%U:%G %a", CREDENTIALS) == "root:root 600"
    passwords = dict(re.findall(r"^(\w+PASS\w*)=([0-9a-f]{48})$", installed.run("cat", CREDENTIALS), re.M))
    assert set(passwords) >= {"ROUTER_API_PASSWORD", "WORKER_PASSWORD"} and len(set(passwords.values())) == 2
    assert not [words for words in installed.processes_of("tidegate").values() if set(passwords.values()) & set(words)]


def test_a_stream_goes_through_it(installed, publisher):
    wait_until(lambda: worker_of(installed), lambda: f"a served stream: {installed.get(STREAM)} {publisher.log()}\n"
               + installed.ask("journalctl", "--no-pager", "-n", "60"), 60)
    shown = subprocess.run(installed.in_its_network(
        "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
        "rtsp://127.0.0.1:8554/live/demo/out"), capture_output=True, text=True, timeout=60)
    assert sorted(shown.stdout.split()) == ["aac", "h264"], shown.stderr


def test_an_upgrade_keeps_what_was_edited_and_the_stream(installed, publisher):
    worker = wait_until(lambda: worker_of(installed), "a served stream", 60)
    with open(installed.root / CONFIGURATION.lstrip("/"), "a") as configuration:
        configuration.write("# Of the administrator.\n")
    credentials = installed.run("cat", CREDENTIALS)
    services = {unit: installed.run("systemctl", "show", "-P", "MainPID", unit) for unit in UNITS}
    installed.run("apt-get", "install", "-y", "-o", "Dpkg::Options::=--force-confold", inside(installed, "next.deb"))
    assert installed.run("dpkg-query", "-W", "-f=${Version}", "tidegate").startswith("1+")
    kept = installed.run("cat", CONFIGURATION)
    assert kept.endswith("# Of the administrator.") and "next release" not in kept
    assert "next release" in installed.run("cat", f"{CONFIGURATION}.dpkg-dist")
    assert installed.run("cat", CREDENTIALS) == credentials
    for unit, pid in services.items():
        assert installed.run("systemctl", "show", "-P", "MainPID", unit) not in ("0", pid), "the new program runs"
    assert wait_until(lambda: worker_of(installed), lambda: f"a served stream: {installed.get(STREAM)} {worker}\n"
                      + installed.ask("journalctl", "--no-pager", "-n", "60"), 60)


def test_removing_it_ends_the_workers_and_keeps_what_was_edited(installed, publisher):
    # With a router that does not belong to the package. Otherwise the workers would end with the router.
    installed.run("systemctl", "stop", "media-router")
    other_router = ["/usr/bin/media-router", CONFIGURATION]
    installed.run("systemd-run", "--unit=other-router", "--uid=tidegate", "-p",
                  "Environment=ORCHESTRATOR_URL=http://127.0.0.1:8080", "-p",
                  "EnvironmentFile=/etc/tidegate/credentials.env", *other_router)
    wait_until(lambda: worker_of(installed), lambda: f"a served stream: {installed.get(STREAM)}", 60)
    installed.run("apt-get", "remove", "-y", "tidegate")

    def only_the_other_router():
        return list(installed.processes_of("tidegate").values()) == [other_router]

    wait_until(only_the_other_router, lambda: f"no worker: {installed.processes_of('tidegate')}\n"
               + installed.ask("journalctl", "--no-pager", "-n", "60"), 60)
    installed.run("systemctl", "stop", "other-router")
    assert "Of the administrator" in installed.run("cat", CONFIGURATION) and installed.run("cat", CREDENTIALS)
    assert "media-router" not in installed.ask("systemctl", "list-unit-files", "--no-legend")


def test_purging_it_leaves_nothing(installed, before):
    installed.run("apt-get", "purge", "-y", "tidegate")
    left = {name for name in installed.files() - before if not OF_APT.match(name)}
    assert left == set() and before - installed.files() == set()
    assert not (installed.root / "run/tidegate").exists()
    assert installed.ask("dpkg-query", "-W", "tidegate") == ""
    assert installed.ask("sh", "-c", "test -e /run/tidegate && echo there") == ""
