"""make images: the archive that tools/make_images.py writes, read as a container engine reads it (the format of `docker save`)."""

import hashlib
import io
import json
import re
import ssl
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"


@pytest.fixture(scope="module")
def archive(bin_dir, tmp_path_factory):
    file = tmp_path_factory.mktemp("images") / "images.tar"
    subprocess.run([sys.executable, ROOT / "tools" / "make_images.py", bin_dir, file, "--sts-echo"], check=True, capture_output=True)
    with tarfile.open(file) as opened:
        yield {member.name: opened.extractfile(member).read() for member in opened.getmembers()}


@pytest.fixture(scope="module")
def images(archive):
    """{name without a tag: (configuration, names of its layers)}."""
    return {entry["RepoTags"][0].partition(":")[0]: (json.loads(archive[entry["Config"]]), entry["Layers"])
            for entry in json.loads(archive["manifest.json"])}


def files(archive, layers):
    found = {}
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(archive[layer])) as opened:
            found |= {member.name: member for member in opened.getmembers()}
    return found


def test_names_are_the_digests_of_what_they_name(archive, images):
    for name, data in archive.items():
        if name.endswith("/layer.tar"):
            assert hashlib.sha256(data).hexdigest() == name.split("/")[0]
    for entry in json.loads(archive["manifest.json"]):
        assert entry["Config"] == f"{hashlib.sha256(archive[entry['Config']]).hexdigest()}.json"
        config = json.loads(archive[entry["Config"]])
        assert [digest.removeprefix("sha256:") for digest in config["rootfs"]["diff_ids"]] == [one.split("/")[0] for one in entry["Layers"]]


def test_each_image_has_its_programs_and_all_their_libraries(archive, images, bin_dir):
    assert set(images) == {"tidegate/media-service", "tidegate/stream-worker", "tidegate/media-router", "tidegate/sts-echo"}
    for name, (config, layers) in images.items():
        inside = files(archive, layers)
        [entry_point] = config["config"]["Entrypoint"]
        assert inside[entry_point.lstrip("/")].mode & 0o111
        programs = [Path(path).name for path in inside if path.startswith("usr/local/bin/")]
        assert Path(entry_point).name == name.split("/")[1] and Path(entry_point).name in programs
        for program in programs:
            linked = subprocess.run(["ldd", bin_dir / program], capture_output=True, text=True).stdout
            assert all(path.lstrip("/") in inside for path in re.findall(r"(/\S+) \(0x", linked)), program


def test_public_servers_are_trusted_as_on_this_machine(archive, images):
    """By the programs of each image, which look where their library says."""
    folder = Path(ssl.get_default_verify_paths().openssl_capath)
    trusted = sorted(path.name for path in folder.glob("*.0"))
    if not trusted:
        pytest.skip("this machine trusts no authority (ca-certificates)")
    for _, layers in images.values():
        inside = files(archive, layers)
        assert [name for name in trusted if str(folder / name).lstrip("/") not in inside] == []


def test_programs_run_as_an_ordinary_user_and_layers_are_shared(archive, images):
    assert {config["config"]["User"] for config, _ in images.values()} == {"10001:10001"}
    assert len({layers[0] for _, layers in images.values()}) == 1, "the libraries"
    for _, layers in images.values():
        assert all(member.mtime == 0 and not member.uname for member in files(archive, layers).values()), "the same for the same files"


def test_the_manifests_use_these_images(images):
    named = set()
    for file in KUBERNETES.rglob("*.yaml"):
        if "secrets" not in file.parts:
            for one in yaml.safe_load_all(file.read_text()):
                named |= set(re.findall(r"'image': '([^']+)'", str(one)))
    assert {name.partition(":")[0] for name in named} == set(images)
    assert {name.partition(":")[2] for name in named} == {"0.1.0"}
