"""docs/kubernetes.md from its first command to its last one, on a cluster that has nothing: only addresses, file names and the player's
display are those of the test."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.kube import box, manifests
from support.kube.deployed import RTMP_NODE_PORT
from support.kube.document import TEXT, section
from support.kube.services import wait_open
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
BACKGROUND = ("ffmpeg", "kubectl -n tidegate port-forward")  # they go on until they are ended
MEASURED = "Measuring"  # test_verify.py


class Reader:
    """Somebody who follows the document, in a copy of what it uses of the repository."""

    def __init__(self, cluster, folder, clip):
        self.cluster, self.folder, self.clip = cluster, folder, clip
        manifests.copy_of(folder)
        self.processes = []

    def write(self, command):
        command = command.replace("NODE", box.ADDRESS).replace("-i file.mp4", f"-i {self.clip}")
        return re.sub(r"^ffplay ", "ffprobe -v error -show_streams ", command)

    def environment(self):
        return self.cluster.environment()

    def do(self, command):
        """Runs a command, which must succeed. Returns what it printed. One that goes on is started."""
        command = self.write(command)
        if command.startswith(BACKGROUND):
            return self.begin(command)
        done = subprocess.run(self.cluster.box.entered(["sh", "-ec", command], self.folder), env=self.environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def begin(self, command):
        if command.startswith("ffmpeg"):
            # kube-proxy learns some moments after the reader's last command that the router is ready. People are slower.
            wait_open(box.ADDRESS, RTMP_NODE_PORT, "the port of RTMP")
        log = self.folder / f"{len(self.processes)}.log"
        process = self.cluster.box.start_process(command.split()[0], ["sh", "-c", f"exec {command}"], log,
                                                 {"KUBECONFIG": str(self.cluster.kubeconfig)}, self.folder)
        self.processes.append(process)
        if "port-forward" in command:
            process.wait_log("Forwarding from", SECONDS)
        return process

    def until(self, command, condition, seconds=SECONDS):
        """Repeats a command until its output is as it should be."""
        said = []

        def fits():
            try:
                said.append(self.do(command))
            except AssertionError as error:
                said.append(str(error))
                return False
            return condition(said[-1])
        wait_until(fits, lambda: f"{command}: {said[-1]}\n{self.logs()}", seconds, 0.5)
        return said[-1]

    def logs(self):
        """The last lines of what goes on, for a failed test."""
        service = self.cluster.kubectl("-n", "tidegate", "logs", "-l", "app.kubernetes.io/name=media-service", "--tail=10")
        return "\n".join([service, *(process.log()[-1000:] for process in self.processes)])

    def kill(self):
        for process in self.processes:
            process.kill()


@pytest.fixture(scope="module")
def reader(bare_cluster, clips, tmp_path_factory):
    made = Reader(bare_cluster, tmp_path_factory.mktemp("reader"), clips.get("speech"))
    yield made
    made.kill()
    bare_cluster.kubectl("delete", "namespace", "tidegate", "--ignore-not-found", "--wait", seconds=SECONDS)


def test_the_document_has_its_sections():
    names = re.findall(r"^## (.+)$", TEXT, re.M)
    assert [name for name in names if section(name)] == [
        "Images", "First stream", "A dubbed stream", MEASURED, "In production", "Updates", "The end"]


def test_images(reader, bin_dir):
    [[make, load]] = section("Images")
    assert make == "make images"
    # What was built for the tests, and not a release.
    preset = bin_dir.parent.name
    done = subprocess.run(["make", "images", f"PRESET={preset}", *([f"ROUTER={os.environ['ROUTER']}"] if "ROUTER" in os.environ else [])],
                          cwd=ROOT, env={**os.environ, "BUILD_DIR": str(bin_dir.parent.relative_to(ROOT))}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout
    archive = reader.folder / "build" / "release" / "images.tar"
    archive.parent.mkdir(parents=True)
    archive.symlink_to(bin_dir.parent / "images.tar")
    assert "tidegate/media-service" in reader.do(load)


def test_the_first_stream(reader):
    [secrets, apply, rollout], [publish], [pods, forward_service, ask, forward_router, play] = section("First stream")
    for command in (secrets, apply, rollout):
        reader.do(command)
    reader.do(publish)
    reader.until(pods, lambda said: re.search(r"\b1/1\s+Running\b", said))
    reader.do(forward_service)
    reader.until(ask, lambda said: '"readable":true' in said.replace(" ", ""))
    reader.do(forward_router)
    said = reader.until(play, lambda text: "codec_name=h264" in text)
    assert "codec_name=aac" in said


def test_a_dubbed_stream(reader):
    [folder, write, apply, rollout], [publish, ask] = section("A dubbed stream")
    for command in (folder, write, apply, rollout):
        reader.do(command)
    # The replica that knows of no language leads until it ends, 5 s after it was replaced. People are slower.
    wait_until(lambda: len(reader.cluster.admin.list("pods", "app.kubernetes.io/name=media-service")) == 1, "the old replica is gone",
               SECONDS, 0.2)
    reader.do(publish)
    [forward] = [command for block in section("First stream") for command in block if "port-forward service" in command]
    for process in list(reader.processes):  # its Pod was replaced
        if "media-service" in " ".join(process.popen.args):
            process.kill()
    reader.do(forward)
    said = reader.until(ask, lambda text: re.search(r'"mode":\s*"dubbed"', text))
    assert re.search(r'"language":\s*"es"', said)


def test_updates(reader):
    [commands] = section("Updates")
    for command in commands:
        reader.do(command)


def test_the_end(reader):
    [[delete]] = section("The end")
    reader.do(delete)
    assert reader.cluster.admin.get("namespaces", "tidegate") is None


def test_production_is_applied(reader):
    [[secrets, apply]] = section("In production")
    reader.do(secrets)
    reader.do(apply)
    for what in ("statefulset/router", "deployment/media-service"):
        reader.cluster.kubectl("-n", "tidegate", "rollout", "status", what, f"--timeout={SECONDS}s", seconds=SECONDS)
