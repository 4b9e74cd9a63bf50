"""segment-archiver in docker-compose.yml (the profile `archive`), without a container engine."""

import json
import os
import re
import subprocess

import pytest
from devstack import compose as compose_command
from support import compose_file, http
from support.archiver import environment
from support.compose_file import AUTHORITIES, DEPLOY, flags, installed, interpolated, packages_of_libraries
from support.free_ports import free_ports
from support.process import Process
from support.s3_server import BUCKET, KEY_ID, SECRET, S3Server
from support.wait import wait_until

WHOLE = compose_file.whole()
SERVICE = WHOLE["services"]["segment-archiver"]
SECRET_FILE = "/run/secrets/archive-credentials"
UPLOAD_SECONDS = 120


def volumes(name):
    return dict(volume.split(":")[:2] for volume in WHOLE["services"][name]["volumes"] if "$" not in volume)


def test_it_starts_only_when_it_is_asked_for_and_is_taken_down_with_the_others():
    assert SERVICE["profiles"] == ["archive"] and "archive" in compose_command.PROFILES.split(",")
    assert not any("segment-archiver" in service.get("depends_on", []) for service in WHOLE["services"].values())


def test_a_container_can_change_nothing_but_the_recordings_and_the_spool():
    assert SERVICE["read_only"] and SERVICE["cap_drop"] == ["ALL"] and SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert SERVICE["networks"] == ["dubbing-network"] and SERVICE["restart"] == "unless-stopped" and "ports" not in SERVICE
    assert volumes("segment-archiver") == {"recordings": "/recordings", "archive-spool": "/spool"}
    assert set(volumes("segment-archiver")) <= set(WHOLE["volumes"])
    dockerfile = (DEPLOY / "segment-archiver" / "Dockerfile").read_text()
    assert re.search(r"install -d -o (\d+) -g (\d+) -m 0700 (/\S+)$", dockerfile, re.M).groups() == ("10001", "10001", "/spool")


def test_it_looks_where_the_router_records():
    """The router's default is relative to the folder of its image."""
    image = (DEPLOY / "mediamtx" / "Dockerfile").read_text()
    assert re.findall(r"^WORKDIR (.+)$", image, re.M)[-1] == "/"
    given = flags(SERVICE)
    assert given["record-path"] == "/recordings/%path/%Y-%m-%d_%H-%M-%S-%f"
    assert volumes("mediamtx")["recordings"] == "/recordings" and given["spool"] == "/spool"
    users = {re.search(r"^USER (.+)$", (DEPLOY / name / "Dockerfile").read_text(), re.M).group(1) for name in ("mediamtx", "segment-archiver")}
    assert len(users) == 1, "only the owner of a file can find out whether somebody writes it"


def test_the_credentials_are_a_file_and_nothing_else():
    assert SERVICE["secrets"] == ["archive-credentials"] and flags(SERVICE)["credentials-file"] == SECRET_FILE
    assert WHOLE["secrets"] == {"archive-credentials": {"file": "${ARCHIVE_CREDENTIALS:-../.run/archive-credentials.json}"}}
    assert "env_file" not in SERVICE and not any(re.search("KEY_ID|SECRET|TOKEN", name) for name in SERVICE["environment"])


def test_the_image_has_both_programs_and_just_the_libraries_of_them(bin_dir):
    """The static one is what hooks start. It becomes the other one."""
    dockerfile = (DEPLOY / "segment-archiver" / "Dockerfile").read_text()
    copied = re.search(r"^COPY --from=build (.+) /usr/local/bin/$", dockerfile, re.M).group(1).split()
    assert [name.rpartition("/")[2] for name in copied] == ["segment-archiver", "segment-archiver-run"]
    assert installed("segment-archiver") == packages_of_libraries(bin_dir / "segment-archiver-run") | AUTHORITIES


def test_without_a_bucket_it_says_what_is_missing(bin_dir, tmp_path):
    given = {name: interpolated(value) for name, value in SERVICE["environment"].items()}
    done = subprocess.run([str(bin_dir / "segment-archiver"), "run", f"--spool={tmp_path}"], capture_output=True, text=True, timeout=60,
                          env=environment(**given))
    assert done.returncode != 0 and "--bucket" in done.stderr


@pytest.fixture
def server():
    running = S3Server()
    yield running
    running.close()
    assert running.problems == []


def test_its_command_line_uploads_what_the_router_has_recorded(bin_dir, server, tmp_path):
    segment = tmp_path / "recordings" / "live" / "a" / "out" / "2026-01-02_03-04-05-000006.mp4"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(os.urandom(100_000))
    secret = tmp_path / "credentials.json"
    secret.write_text(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}))
    secret.chmod(0o600)
    [port] = free_ports(1)
    ours = {"/recordings/": f"{tmp_path}/recordings/", "=/spool": f"={tmp_path}/spool", SECRET_FILE: str(secret),
            ":9995": f"127.0.0.1:{port}"}
    argv = [interpolated(word) for word in SERVICE["command"]]
    for inside, outside in ours.items():
        assert any(inside in word for word in argv), inside
        argv = [word.replace(inside, outside) for word in argv]
    given = {name: interpolated(value) for name, value in SERVICE["environment"].items()}
    settings = {**given, "ARCHIVE_BUCKET": BUCKET, "ARCHIVE_ENDPOINT": server.url, "ARCHIVE_FOUND_AFTER": "100ms"}
    program = Process("segment-archiver", [str(bin_dir / "segment-archiver"), *argv], tmp_path / "log", environment(**settings))
    try:
        wait_until(lambda: server.objects or not program.running(), program.log, UPLOAD_SECONDS)
        assert server.objects == {"live/a/out/2026-01-02_03-04-05-000006.mp4": segment.read_bytes()}, program.log()
        script = SERVICE["healthcheck"]["test"][3].replace("$$", "$").replace("/9995", f"/{port}")
        assert subprocess.run(["bash", "-c", script], timeout=10).returncode == 0
        assert "tidegate_archive_found_segments_total 1" in http.get(f"http://127.0.0.1:{port}/metrics").text()
        assert SECRET not in program.log() and SECRET not in open(f"/proc/{program.pid}/environ").read()
        assert program.terminate() == 0
    finally:
        program.kill()
    script = SERVICE["healthcheck"]["test"][3].replace("$$", "$").replace("/9995", f"/{port}")
    assert subprocess.run(["bash", "-c", script], timeout=10, stderr=subprocess.DEVNULL).returncode != 0
