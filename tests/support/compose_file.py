"""deploy/docker-compose.yml and the images of its services, read without a container engine."""

import re
import subprocess
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# The certificates of public authorities. No library depends on this package, and without it no public server is trusted.
AUTHORITIES = {"ca-certificates"}


def whole():
    return yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())


def interpolated(text):
    """The text as Compose reads it when no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def flags(service):
    """{name: value} of the flags in the command of a service."""
    return dict(interpolated(word)[2:].partition("=")[::2] for word in service["command"] if word.startswith("--"))


def installed(image):
    """The packages that the last stage of an image installs."""
    dockerfile = (DEPLOY / image / "Dockerfile").read_text()
    return set(re.search(r"--no-install-recommends \\\n(.*?)&&", dockerfile, re.S).group(1).replace("\\", " ").split())


def packages_of_libraries(*programs):
    """Of those that the programs themselves name, without those that are in every base image because apt needs them. What they need in
    turn, apt installs with them."""
    return {package for program in programs for package in _packages_of(program)} - {"libc6", "libgcc-s1", "libstdc++6"}


def _packages_of(program):
    linked = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    assert "not found" not in linked
    named = subprocess.run(["objdump", "-p", str(program)], capture_output=True, text=True, check=True).stdout
    for name, library in re.findall(r"(\S+) => (/\S+)", linked):
        if f"NEEDED               {name}\n" not in named:
            continue
        # Packages may name /lib or /usr/lib, because /lib has become a link.
        for path in (library, f"/usr{library}", library.removeprefix("/usr")):
            owner = subprocess.run(["dpkg-query", "--search", path], capture_output=True, text=True)
            if owner.returncode == 0:
                yield owner.stdout.partition(":")[0]
                break
        else:
            raise AssertionError(f"no package owns {library} of {program}")
