"""Which doors are open to whom, on either router as `make dev` starts it: from this machine, from another one of the
local network, with and without the passwords."""

import contextlib
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from devstack import credentials
from support import ffmpeg, http, lan
from support.making import started
from support.router import DEPLOYED, find_mediamtx
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.stack import Stack
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
REFUSAL_SECONDS = 30  # both routers delay a refusal by up to 4 s


def make_stack(router, folder, **overrides):
    found = "embedded" if router == "embedded" else find_mediamtx()
    if not found:
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    return Stack(folder, router=found, worker_mode="process", **overrides)


@pytest.fixture(scope="module", params=["embedded", "mediamtx"])
def router(request):
    return request.param


@pytest.fixture(scope="module")
def stack(router, tmp_path_factory):
    """A stack as a developer has it: RTMP and RTSP listen on all addresses."""
    with started(make_stack(router, tmp_path_factory.mktemp("doors"), bind="")) as running:
        yield running


@pytest.fixture(scope="module")
def other():
    if why := lan.missing():
        pytest.skip(f"no network namespace: {why}")
    with lan.other_machine() as machine:
        yield machine


def admin_ports(stack):
    settings = stack.settings
    return {"api": (settings.api_port, "/v3/paths/list"), "metrics": (settings.metrics_port, "/metrics"),
            "playback": (settings.playback_port, "/list?path=live/x/in"), "service": (settings.service_port, "/v1/streams")}


def refused_publishing(url, clip, log):
    """What ffmpeg says when it may not."""
    publisher = ffmpeg.publish(clip, url, log)
    try:
        wait_until(lambda: not publisher.running(), lambda: f"an end of {url}: {publisher.log()}", REFUSAL_SECONDS)
        return publisher.log()
    finally:
        publisher.kill()


# From this machine

def test_the_passwords_are_made_once_and_for_nobody_else_s_eyes(stack):
    file = credentials.path(stack.settings)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    made = credentials.of(stack.settings)
    assert file.read_text() == before, "made once"
    assert made["ROUTER_API_PASSWORD"] != made["WORKER_PASSWORD"] and len(made["WORKER_PASSWORD"]) == 48
    assert made["MTX_AUTHINTERNALUSERS_0_PASS"] == made["ROUTER_API_PASSWORD"]


def test_only_a_worker_publishes_out(stack, clips, tmp_path, publish, stream):
    said = refused_publishing(stack.rtmp(stream, "out"), clips.get("av"), tmp_path / "rtmp.log")
    assert "authentication failed" in said
    said = refused_publishing(stack.rtsp(stream, "out"), clips.get("av"), tmp_path / "rtsp.log")
    assert "401" in said
    said = refused_publishing(stack.rtmp(stream, "out", "user=worker&pass=wrong"), clips.get("av"), tmp_path / "wrong.log")
    assert "authentication failed" in said
    assert not stack.is_live(stream, "out")
    assert stack.router.log().count("failed to authenticate: authentication failed") >= 2
    publish(stack.rtmp(stream, "out", stack.worker_query))
    wait_until(lambda: stack.is_live(stream, "out"), "the worker's user may")


def test_the_worker_has_its_password_by_environment_and_shows_it_nowhere(stack, publish, stream):
    publish(stack.rtmp(stream))
    wait_until(lambda: stack.show(stream).get("output", {}).get("readable"), lambda: f"out: {stack.show(stream)}", 60)
    pid = stack.show(stream)["worker"]["pid"]
    made = credentials.of(stack.settings)
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    assert f"OUTPUT_PASSWORD={made['WORKER_PASSWORD']}" in environment
    assert made["ROUTER_API_PASSWORD"] not in "".join(environment), "a worker needs no Control API"
    assert not any(entry.startswith(("MTX_AUTH", "ROUTER_API", "WORKER_PASSWORD")) for entry in environment)
    for shown in (everything_shown(stack), command_lines()):
        for secret in (made["WORKER_PASSWORD"], made["ROUTER_API_PASSWORD"]):
            assert secret not in shown
    conns = stack.ask_api("/v3/rtmpconns/list").text()
    # MediaMTX's Control API shows queries as they were sent, see docs/routers.md.
    assert (made["WORKER_PASSWORD"] in conns) == (not stack.embedded)


@pytest.mark.parametrize("worker_input", ["rtsp", "rtmp"])
def test_worker_and_forwarder_read_what_only_their_user_may_read(router, new_folder, publish, stream, worker_input):
    config = yaml.safe_load(DEPLOYED.read_text())
    [everybody] = [user for user in config["authInternalUsers"] if len(user.get("ips", [])) > 2]
    everybody["permissions"] = [rule for rule in everybody["permissions"] if rule["action"] == "publish"]
    file = new_folder / "mediamtx.yml"
    file.write_text(yaml.safe_dump(config))
    with contextlib.closing(RtmpServer()) as target, started(make_stack(router, new_folder, router_config=str(file), service_flags={
            "--worker-input": worker_input, "--allow-destination": "127.0.0.0/8"})) as closed:
        publish(closed.rtmp(stream))
        wait_until(lambda: closed.show(stream).get("output", {}).get("readable"), lambda: f"out: {closed.show(stream)}", 60)
        added = http.request("POST", closed.service_url(f"/v1/streams/{stream}/destinations"),
                             body={"name": "target", "url": target.url("app/a-key-of-a-target")})
        assert added.status in (200, 201), added
        wait_until(lambda: target.units(VIDEO), lambda: f"forwarded: {closed.show(stream)}", 60)
        for path in (closed.rtsp(stream), closed.rtmp(stream, "out")):
            assert ffmpeg.refusal(path), "nobody else reads"


def command_lines():
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
            except OSError:
                pass
    return "\n".join(found)


def everything_shown(stack):
    """All logs, metrics, and answers of both APIs, except the router's lists of connections."""
    replies = [http.get(stack.service_url(path)) for path in ("/v1/streams", "/v1/events", "/metrics")]
    replies += [http.get(url, headers=stack.api_header) for url in (
        stack.metrics(), stack.api("/v3/paths/list"), stack.api("/v3/config/global/get"))]
    assert all(reply.status == 200 for reply in replies)
    return "\n".join([stack.router.log(), stack.service.log(), *(reply.text() for reply in replies)])


def test_the_control_api_without_a_password(stack):
    """The embedded router refuses web pages, so it can trust the programs of this machine. MediaMTX cannot, so it asks for the
    password."""
    for headers, embedded, mediamtx in (({}, 200, 401), (stack.api_header, 200, 200)):
        assert http.get(stack.api("/v3/paths/list"), headers=headers).status == (embedded if stack.embedded else mediamtx)
    assert http.get(stack.metrics()).status == 200


def test_make_api_and_make_metrics_log_in(stack):
    variables = {"API_PORT": stack.settings.api_port, "METRICS_PORT": stack.settings.metrics_port,
                 "RUN_DIR": stack.settings.run_dir}
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    for word, shown in (("api", '"itemCount"'), ("metrics", "# RTMP connections")):
        done = subprocess.run(["make", word], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and shown in done.stdout, done.stdout + done.stderr


# From another machine

def test_from_another_machine_only_media_is_reached(stack, other, clips, stream):
    for name, (port, path) in admin_ports(stack).items():
        assert other.http_status(port, path) == 0, name
    media = f"{other.address}:{stack.settings.rtmp_port}"
    arguments = ("-re", "-i", clips.get("av"), "-t", "2", "-c", "copy", "-f", "flv")
    code, said = other.run("ffmpeg", *ffmpeg.QUIET, *arguments, f"rtmp://{media}/live/{stream}/in")
    assert code == 0, said
    code, said = other.run("ffmpeg", *ffmpeg.QUIET, *arguments, f"rtmp://{media}/live/{stream}/out")
    assert code != 0 and "authentication failed" in said


def test_rtsp_is_reached_from_another_machine(stack, other, publish, stream):
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    code, said = other.run("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-rtsp_transport", "tcp",
                           f"rtsp://{other.address}:{stack.settings.rtsp_port}/live/{stream}/in")
    assert code == 0 and "codec_type=video" in said, said


def test_opened_admin_ports_ask_for_the_password(router, other, new_folder):
    with started(make_stack(router, new_folder, bind="", admin_bind="0.0.0.0")) as opened:
        ports = admin_ports(opened)
        [header] = opened.api_header.items()
        login = ("-H", ": ".join(header))
        for name, without in (("api", 401), ("metrics", 401), ("playback", 400), ("service", 403)):
            assert other.http_status(*ports[name]) == without, name
        for name in ("api", "metrics"):
            assert other.http_status(*ports[name], *login) == 200, name
        add = ("-X", "POST", "-H", "Content-Type: text/plain", "--data", '{"runOnInit":"true"}')
        assert other.http_status(ports["api"][0], "/v3/config/paths/add/x", *add) == 401
        # A page of another origin is refused before the token is looked at, whatever its name is.
        page = ("-X", "POST", "-H", f"Origin: http://rebound.example:{ports['service'][0]}",
                "-H", f"Host: rebound.example:{ports['service'][0]}")
        assert other.http_status(ports["service"][0], "/v1/streams/x/stop", *page) == 403


@pytest.fixture
def new_folder(tmp_path):
    folder = tmp_path / "opened"
    folder.mkdir()
    return folder


def test_the_loopback_address_of_bind_is_the_admin_s_too():
    from devstack.settings import Settings
    assert Settings().admin == "127.0.0.1" and Settings(bind="10.1.2.3").admin == "127.0.0.1"
    assert Settings(bind="127.0.0.2").admin == "127.0.0.2" and Settings(bind="[::1]").admin == "[::1]"
    assert Settings(admin_bind="10.1.2.3").admin == "10.1.2.3"
    assert re.fullmatch("http://localhost:8080", Settings(admin_bind="0.0.0.0").url("http", 8080))


def test_the_address_of_hls_is_that_of_viewers_not_that_of_administrators():
    """HLS listens on BIND, so nobody reaches it on ADMIN_BIND."""
    from devstack.settings import Settings
    settings = Settings(bind="10.0.0.5", admin_bind="10.1.1.1")
    assert settings.url("http", settings.hls_port, "/live/x/out") == "http://10.0.0.5:8888/live/x/out"
    assert settings.url("http", settings.service_port) == "http://10.1.1.1:8080"
    assert Settings(hls_port=9000).url("http", 9000) == "http://localhost:9000", "as for RTMP and RTSP"
