"""A cluster for all tests of a run, and what is deployed on it. Where it cannot run, the tests are skipped with what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.kube import api, cluster as clusters, manifests, programs
from support.making import started

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def api_server(tmp_path_factory):
    """etcd and an API server, without a node."""
    if lacking := api.missing():
        pytest.skip(lacking)
    with started(api.ApiServer(tmp_path_factory.mktemp("api"))) as server:
        yield server


@pytest.fixture(scope="session")
def images(bin_dir, tmp_path_factory):
    """The archive with the images of the programs under test; with ROUTER, that of MediaMTX, too."""
    archive = tmp_path_factory.mktemp("images") / "images.tar"
    router = os.environ.get("ROUTER")
    subprocess.run([sys.executable, ROOT / "tools" / "make_images.py", bin_dir, archive, "--sts-echo",
                    *(["--mediamtx", router] if router else [])], check=True, stdout=subprocess.DEVNULL)
    yield archive
    archive.unlink()


@pytest.fixture(scope="session")
def bare_cluster(tmp_path_factory):
    """A cluster that has none of our images. The network of this process is that of the cluster from here on."""
    if lacking := clusters.missing():
        pytest.skip(lacking)
    with started(clusters.Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
        yield cluster
    assert not cluster.box.left()


@pytest.fixture(scope="session")
def cluster(bare_cluster, images):
    bare_cluster.import_images(images)
    return bare_cluster


@pytest.fixture(scope="session")
def deploy(tmp_path_factory):
    """A copy of deploy/kubernetes in which Secrets may be made."""
    return manifests.copy_of(tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="session")
def router_components():
    """With ROUTER, MediaMTX takes the place of media-router."""
    return ["mediamtx"] if os.environ.get("ROUTER") else []


def pytest_report_header():
    return f"KUBE_BIN: {programs.kube_bin() or 'not set'}"
