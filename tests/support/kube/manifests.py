"""What deploy/kubernetes makes: the objects of an overlay, as `kubectl kustomize` prints them."""

import shutil
import subprocess

import yaml

from . import programs

DEPLOY = programs.ROOT / "deploy" / "kubernetes"
OVERLAYS = ("dev", "production")
PUBLIC_NAME = "stream.example.org"


def copy_of(folder):
    """A copy of deploy/ and of the scripts that it needs, in which Secrets can be made without touching the repository. Returns its
    deploy/kubernetes."""
    shutil.copytree(programs.ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets"))
    (folder / "tools").mkdir()
    for script in programs.ROOT.glob("tools/make-*.sh"):
        shutil.copy2(script, folder / "tools")
    return folder / "deploy" / "kubernetes"


def make_secrets(deploy, overlay):
    done = subprocess.run([deploy / "make-secrets.sh", overlay, *([PUBLIC_NAME] if overlay == "production" else [])],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def objects(folder):
    """Of a kustomization."""
    done = subprocess.run([programs.find("kubectl"), "kustomize", folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [made for made in yaml.safe_load_all(done.stdout) if made]


def templates(made):
    """(kind/name, Pod template) of each object that has one."""
    for one in made:
        if "template" in one.get("spec", {}):
            yield f"{one['kind']}/{one['metadata']['name']}", one["spec"]["template"]


def worker_pod(made):
    """The Pod from which media-service makes workers."""
    [text] = [one["data"]["worker-pod.yaml"] for one in made if one["kind"] == "ConfigMap" and "worker-pod.yaml" in one.get("data", {})]
    return yaml.safe_load(text)
