"""`make dev ENGINE=docker` and its companions where there is no dpkg-query and no apt-get, as on macOS.

PATH has only what these targets may use on such a machine: make, a shell, Docker, Python 3.9 (Debian 12 has it as PyPy), and a
few POSIX programs, without the long options of GNU. There is no sed, awk, grep or readlink, so the targets cannot depend on GNU's
versions.
"""

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
from support.dev_stack import DevStack
from support.process import Process
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
POSIX = ("cat", "dirname", "ln", "mkdir", "mktemp", "od", "rm", "tr")  # needed by tools/make-credentials.sh
AS_BSD = 'for word; do case $word in --?*) echo "no such option: $word" >&2; exit 64;; esac; done\n'


class BareSystem:
    """A folder that is the whole PATH, and a way to run make with it."""

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.variables = {"PATH": str(self.bin), "HOME": str(folder), "RUN_DIR": str(folder / "run")}
        self.bin.mkdir()
        for name, program in (("make", "make"), ("sh", "sh"), ("python3", "pypy3")):
            self.add(name, program)
        for name in POSIX:
            self.add(name, before=AS_BSD)

    def add(self, name, program=None, before=""):
        found = shutil.which(program or name)
        if not found:
            pytest.skip(f"no {program or name} here (make deps)")
        # Scripts instead of links, because some programs look for their files in their own folder.
        (self.bin / name).write_text(f'#!/bin/sh\n{before}exec {found} "$@"\n')
        (self.bin / name).chmod(0o755)

    def argv(self, *words):
        return ["make", "-s", "-C", str(ROOT), *words]

    def make(self, *words, **variables):
        """Runs make. Returns (exit code, everything it printed)."""
        done = subprocess.run(self.argv(*words), env={**self.variables, **variables}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1800)
        return done.returncode, done.stdout


@pytest.fixture
def system(tmp_path):
    return BareSystem(tmp_path)


def test_what_is_missing_is_named_as_a_program(system):
    code, text = system.make("api")
    assert code != 0 and text.startswith("deps: missing on PATH: curl jq (")
    code, text = system.make("dev")  # the native stack would have to be compiled
    assert code != 0 and "clang++-19" in text and "cmake" in text and "lib" not in text


def test_what_is_there_is_not_asked_for(system):
    system.add("curl")
    assert system.make("api")[1].startswith("deps: missing on PATH: jq (")
    system.add("jq")
    assert "deps:" not in system.make("api", API_PORT="1")[1]


def test_the_container_engine_needs_nothing_but_docker(system):
    code, text = system.make("dev", "ENGINE=docker")
    assert code != 0 and text.startswith("error: ENGINE=docker: no docker command on PATH")
    system.add("docker")
    code, text = system.make("dev", "ENGINE=docker", DOCKER_HOST="unix:///nowhere")
    assert code != 0 and text.startswith("error: ENGINE=docker: the engine does not answer")


@pytest.mark.parametrize("target, said", [("ps", "not running"), ("down", "not running"), ("logs", "error: no logs yet"),
                                          ("publish", "error: no ffmpeg on PATH")])
def test_its_companions_say_that_nothing_runs(system, target, said):
    assert system.make(target)[1].startswith(said)


def test_publish_with_docker_names_docker(system):
    assert system.make("publish", "ENGINE=docker")[1].startswith("error: ENGINE=docker: no docker command on PATH")


def test_help_is_written_by_the_awk_of_bsd_as_by_any_other(system):
    system.add("awk", "original-awk")
    assert system.make("help") == (0, subprocess.run(["make", "-s", "-C", str(ROOT), "help"], capture_output=True,
                                                     text=True, check=True).stdout)


def test_python_3_9_reads_every_part_of_the_stack(system):
    modules = ", ".join(f"devstack.{path.stem}" for path in (ROOT / "tools" / "devstack").glob("*.py"))
    done = subprocess.run(["python3", "-c", f"import sys; assert sys.version_info[:2] == (3, 9); import {modules}"],
                          cwd=ROOT / "tools", env=system.variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_group_of_packages_has_its_programs():
    def groups(name):
        lines = (ROOT / "tools" / name).read_text().splitlines()
        return {line.split()[0] for line in lines if line and not line.startswith("#")}

    assert groups("programs.txt") == groups("debian-packages.txt")


def test_its_passwords_are_made_by_what_every_system_has(system, tmp_path):
    file = tmp_path / "run" / "credentials.env"
    subprocess.run([ROOT / "tools" / "make-credentials.sh", file], env=system.variables, check=True)
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_text().splitlines()) == 6


@pytest.fixture
def stack(system, tmp_path):
    """The containers, which make has started. They are removed after the test."""
    if os.environ.get("ENGINE") != "docker":
        pytest.skip("containers only with ENGINE=docker")
    system.add("docker")
    if shutil.which("docker-compose"):
        system.add("docker-compose")
    project = f"tidegate-test-{uuid.uuid4().hex[:8]}"
    made = DevStack(tmp_path / "run", COMPOSE_PROJECT_NAME=project)
    system.variables.update(made.variables, **{name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ})
    try:
        code, text = system.make("dev", "ENGINE=docker")
        assert code == 0, text
        yield made
    finally:
        system.make("down")


def test_a_stream_goes_through_the_containers(system, stack, tmp_path):
    code, text = system.make("ps")
    assert code == 0 and text.count(" healthy ") == 2
    publisher = Process("publisher", system.argv("publish", "STREAM=mac"), tmp_path / "publisher.log", system.variables)
    try:
        wait_until(lambda: stack.show("mac").get("output", {}).get("readable"),
                   lambda: f"a readable output: {stack.show('mac')}\n{publisher.log()}", SECONDS)
        assert "live/mac/in" in system.make("logs", FOLLOW="0")[1]
        assert system.make("down") == (0, "stopped\n")
    finally:
        publisher.terminate()
    assert system.make("ps")[1].startswith("not running")
