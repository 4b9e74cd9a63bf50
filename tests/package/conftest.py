"""The package that tools/package.sh has built, and a clean machine on which it is installed."""

import os
import shutil
from pathlib import Path

import pytest
from support import machine as machines

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("debootstrap", "systemd-nspawn", "nsenter", "lintian", "dpkg-deb")


@pytest.fixture(scope="session")
def package():
    folder = ROOT / os.environ.get("BUILD_DIR", "build/release") / "package"
    found = sorted(folder.glob("tidegate_*.deb"))
    assert len(found) == 1, f"expected one package in {folder} (make package): {found}"
    return found[0]


@pytest.fixture(scope="session")
def next_package(package, tmp_path_factory):
    """The package of a later release. It has another version, and a changed comment in the configuration."""
    folder = tmp_path_factory.mktemp("next")
    machines.check(["dpkg-deb", "--raw-extract", str(package), str(folder / "tree")])
    control = folder / "tree" / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 1+"))
    with open(folder / "tree/etc/tidegate/mediamtx.yml", "a") as configuration:
        configuration.write("# Of the next release.\n")
    machines.check(["dpkg-deb", "--root-owner-group", "--build", str(folder / "tree"), str(folder / "next.deb")])
    return folder / "next.deb"


@pytest.fixture(scope="module")
def machine(package, next_package, tmp_path_factory):
    """A clean machine that has booted, with all packages that are to be installed."""
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing or os.geteuid() != 0:
        pytest.skip(f"a clean Debian is booted by root with {', '.join(NEEDED)}")
    made = machines.Machine(tmp_path_factory.mktemp("machine"))
    made.fetch(package, "openssl")
    made.put(next_package)
    try:
        made.boot()
        yield made
    finally:
        made.kill()
        shutil.rmtree(made.root, ignore_errors=True)
