"""`make dev ENGINE=docker SECURE=1` with the profile archive: a stream over TLS through the containers, and its recording in object
storage. Runs only if the environment says ENGINE=docker."""

import json
import os
import socket
import ssl
import subprocess
import uuid

import pytest
from devstack import compose, credentials, secure
from support import base_images, ffmpeg
from support.dev_stack import DevStack, workers
from support.s3_server import BUCKET, KEY_ID, SECRET, S3Server
from support.wait import wait_until

SECONDS = 120
ARCHIVED_SECONDS = 300  # the archiver finds a segment within two minutes of its end
USER = 10001            # of the containers


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    base_images.ensure(tmp_path_factory.mktemp("images"))
    server = S3Server(address=base_images.bridge_address())
    yield server
    server.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory, storage):
    folder = tmp_path_factory.mktemp("run")
    secret = folder / "archive-credentials.json"
    secret.write_text(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}))
    secret.chmod(0o600)
    os.chown(secret, USER, USER)
    made = DevStack(folder / "stack", ENGINE="docker", SECURE="1", ROUTER="", COMPOSE_PROJECT_NAME=f"tidegate-test-{uuid.uuid4().hex[:8]}",
                    COMPOSE_PROFILES="archive", ARCHIVE_BUCKET=BUCKET, ARCHIVE_ENDPOINT=storage.url,
                    ARCHIVE_ALLOW_HTTP="true", ARCHIVE_CREDENTIALS=str(secret))
    with made.running():
        yield made


def ask(stack, path, method="GET"):
    reply = stack.ask(path, method, b"" if method == "POST" else None)
    assert reply.status < 300, reply
    return json.loads(reply.body or "null")


def trusting(stack):
    return ssl.create_default_context(cafile=str(secure.authority(stack.settings)))


@pytest.fixture(scope="module")
def live(stack, clips, tmp_path_factory):
    stream = f"secure{os.getpid()}"
    query = credentials.publisher_query(stack.settings)
    publisher = ffmpeg.publish(clips.get("av"), f"{stack.rtmp(stream)}?{query}", tmp_path_factory.mktemp("publisher") / "log", loop=True)

    def readable():
        shown = next((item for item in ask(stack, "/v1/streams")["items"] if item["streamId"] == stream), {})
        return shown.get("output", {}).get("readable") and shown

    shown = wait_until(readable, lambda: f"{ask(stack, '/v1/streams')}\n{publisher.log()}\n{stack.run('logs', FOLLOW='0')[1][-5000:]}", SECONDS)
    assert shown["sourceType"] == "rtmpsConn"
    yield stream
    publisher.kill()


def test_a_stream_goes_through_over_tls(stack, live):
    probed = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                             stack.viewer_rtsp(live)], capture_output=True, text=True, timeout=SECONDS)
    assert sorted(probed.stdout.split()) == ["aac", "h264"], probed.stderr
    assert {event["path"] for event in ask(stack, "/v1/events")["items"]} >= {f"live/{live}/in", f"live/{live}/out"}, "the hooks are signed"


@pytest.mark.parametrize("name", ["rtmp", "rtsp", "hls", "playback", "api", "metrics", "service"])
def test_every_port_speaks_tls(stack, name):
    settings = stack.settings
    with socket.create_connection((settings.host, getattr(settings, f"{name}_port")), 20) as plain, \
            trusting(stack).wrap_socket(plain, server_hostname="localhost") as encrypted:
        assert encrypted.version() in ("TLSv1.2", "TLSv1.3")


def test_media_service_asks_for_a_token_and_nobody_publishes_without_a_password(stack, clips, tmp_path):
    assert stack.ask("/v1/streams", token=False).status == 401
    stranger = ffmpeg.publish(clips.get("small"), stack.rtmp("stranger"), tmp_path / "log", loop=False)
    wait_until(lambda: not stranger.running(), "a refusal", SECONDS)
    assert not [item for item in ask(stack, "/v1/streams")["items"] if item["streamId"] == "stranger"]


def test_a_recording_is_uploaded(stack, storage, live):
    wait_until(lambda: ask(stack, f"/v1/streams/{live}/recordings/out/start", "POST") is not None, "recording", SECONDS)

    def recorded():
        return ask(stack, f"/v1/streams/{live}/recordings/out")["spans"]

    wait_until(recorded, "something recorded", SECONDS)
    ask(stack, f"/v1/streams/{live}/recordings/out/stop", "POST")
    wait_until(lambda: storage.objects, lambda: f"an object; {storage.problems}\n{stack.run('logs', FOLLOW='0')[1][-5000:]}", ARCHIVED_SECONDS)
    [name] = storage.objects
    assert name.startswith(f"live/{live}/out/") and len(storage.objects[name]) > 10_000 and storage.problems == []


def test_each_container_and_each_worker_has_its_own_secrets_only(stack, live):
    made = credentials.of(stack.settings)
    hooks = dict(line.split("=", 1) for line in (secure.folder(stack.settings) / "router.env").read_text().splitlines())["HOOK_SECRET"]
    known = {made["ROUTER_API_PASSWORD"]: "api", made["WORKER_PASSWORD"]: "worker", made["PUBLISHER_PASSWORD"]: "publisher",
             made["VIEWER_PASSWORD"]: "viewer", made["SERVICE_TOKEN"]: "operator", hooks: "hooks", SECRET: "storage"}

    def seen_by(pid):
        with open(f"/proc/{pid}/environ") as environment:
            text = environment.read()
        return {whose for secret, whose in known.items() if secret in text}

    def mounts_of(container):
        shown = json.loads(base_images.docker("inspect", "--format", "{{json .Mounts}}", container.id).stdout)
        return {mount["Destination"] for mount in shown if mount["Destination"].startswith(("/tls", "/run/secrets"))}

    running = compose.containers(stack.settings)
    # Of media-service, the first process is the engine's init; it has the same variables.
    assert {item.service: seen_by(item.pid) for item in running} == {
        "mediamtx": {"api", "worker", "publisher", "viewer", "hooks"}, "media-service": {"api", "worker", "hooks"}, "segment-archiver": set()}
    assert {item.service: mounts_of(item) for item in running} == {
        "mediamtx": {"/tls"}, "media-service": {"/tls", "/run/secrets/tokens"}, "segment-archiver": {"/run/secrets/archive-credentials"}}
    [worker] = workers(live)
    assert seen_by(worker) == {"worker"}


def test_no_log_and_no_answer_has_a_password(stack, live):
    made = {**credentials.of(stack.settings), **secure.for_clients(stack.settings), "SECRET": SECRET}
    shown = stack.run("logs", FOLLOW="0")[1]
    secrets = [value for name, value in made.items() if name.endswith(("PASSWORD", "PASS", "TOKEN", "SECRET"))]
    assert shown and len(secrets) >= 5 and not [value for value in secrets if value in shown]
