"""The images that ours begin with, for an engine that can pull none: a Debian by debootstrap, and the MediaMTX that ROUTER names."""

import ipaddress
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from . import machine
from .router import find_mediamtx

DEBIAN = "debian:bookworm-slim"
MEDIAMTX = "bluenviron/mediamtx:1.20.1"
# The stock image has the program alone. One that is linked dynamically needs a libc.
MEDIAMTX_FILE = f"""FROM {DEBIAN}
COPY mediamtx /mediamtx
ENTRYPOINT ["/mediamtx"]
"""


def docker(*words, **options):
    return subprocess.run(["docker", *words], capture_output=True, text=True, errors="replace", **options)


def bridge_address():
    """This machine's own address on the engine's default bridge; every container reaches it."""
    shown = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "bridge")
    return str(next(ipaddress.ip_network(shown.stdout.strip()).hosts()))


def _is_here(image):
    return docker("image", "inspect", image).returncode == 0 or docker("pull", "--quiet", image).returncode == 0


def _make_debian():
    if not shutil.which("debootstrap") or os.geteuid() != 0:
        pytest.skip(f"the engine has no {DEBIAN} and can pull none; root makes one with debootstrap")
    done = docker("import", str(machine.clean_debian()), DEBIAN)
    assert done.returncode == 0, done.stderr


def _make_mediamtx(folder):
    found = find_mediamtx()
    if not found:
        pytest.skip(f"the engine has no {MEDIAMTX} and can pull none; name a MediaMTX with ROUTER=/path/to/mediamtx")
    context = Path(folder) / "mediamtx-image"
    context.mkdir()
    shutil.copy(found, context / "mediamtx")
    (context / "Dockerfile").write_text(MEDIAMTX_FILE)
    done = docker("build", "--quiet", "--tag", MEDIAMTX, str(context))
    assert done.returncode == 0, done.stderr


def ensure(folder):
    """Skips the test unless the environment says ENGINE=docker and an engine answers. Makes the images that are missing."""
    if os.environ.get("ENGINE") != "docker":
        pytest.skip("containers only with ENGINE=docker")
    if not shutil.which("docker") or docker("version").returncode != 0:
        pytest.skip("no container engine answers")
    if not _is_here(DEBIAN):
        _make_debian()
    if not _is_here(MEDIAMTX):
        _make_mediamtx(folder)
