"""Where the programs of a cluster are: those of Kubernetes in the folder KUBE_BIN (tools/build_kubernetes.sh builds them), etcd and
containerd in build/tools (tools/unpack.sh unpack-cluster), the others on PATH (tools/deps.sh cluster)."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UNPACKED = ROOT / "build" / "tools" / "usr" / "bin"
SYSTEM = "/usr/sbin:/sbin"  # where ordinary users do not look


def kube_bin():
    return os.environ.get("KUBE_BIN", "")


def path():
    """PATH with all of them."""
    return ":".join(filter(None, (kube_bin(), os.environ.get("PATH", ""), str(UNPACKED), SYSTEM)))


def find(name):
    """The path of a program. None if it is not there."""
    return shutil.which(name, path=path())


def missing(*names):
    """Why these cannot be run, in one line; "" if they can."""
    if not kube_bin():
        return "KUBE_BIN names no folder with the programs of Kubernetes (tools/build_kubernetes.sh)"
    lacking = [name for name in names if not find(name)]
    return f"missing: {', '.join(lacking)} (tools/build_kubernetes.sh, tools/unpack.sh unpack-cluster, tools/deps.sh cluster)" \
        if lacking else ""
