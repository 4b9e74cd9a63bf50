"""Who can reach what of the stack in containers (`make dev ENGINE=docker`). Runs only if the environment says ENGINE=docker."""

import uuid

import pytest
from devstack import credentials
from support import base_images, ffmpeg, http, lan
from support.dev_stack import DevStack
from support.wait import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    base_images.ensure(tmp_path_factory.mktemp("images"))
    made = DevStack(tmp_path_factory.mktemp("run"), ENGINE="docker", ROUTER="", BIND="0.0.0.0",
                    COMPOSE_PROJECT_NAME=f"tidegate-test-{uuid.uuid4().hex[:8]}")
    code, text = made.run("up")
    assert code == 0, text
    yield made
    code, text = made.run("down")
    assert code == 0, text


def admin_urls(stack):
    settings = stack.settings
    return {"api": settings.url("http", settings.api_port, "/v3/paths/list"),
            "metrics": settings.url("http", settings.metrics_port, "/metrics"),
            "playback": settings.url("http", settings.playback_port, "/list?path=live/x/in"),
            "service": settings.url("http", settings.service_port, "/v1/streams")}


def test_from_this_machine_the_password_opens_the_control_api(stack):
    urls, header = admin_urls(stack), credentials.api_header(stack.settings)
    assert {name: http.get(url).status for name, url in urls.items()} == {
        "api": 401, "metrics": 401, "playback": 400, "service": 200}
    assert http.get(urls["api"], headers=header).status == http.get(urls["metrics"], headers=header).status == 200
    page = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    settings = stack.settings
    add = settings.url("http", settings.api_port, "/v3/config/paths/add/x")
    assert http.request("POST", add, b'{"runOnInit":"/mtx-hook ready"}', page).status == 401
    assert http.request("POST", settings.url("http", settings.service_port, "/v1/streams/x/stop"), b"", page).status == 403
    for word, shown in (("api", '"itemCount"'), ("metrics", "# RTMP connections")):
        assert shown in stack.run(word)[1]


def test_from_another_machine_only_media_is_reached(stack):
    if why := lan.missing():
        pytest.skip(f"no network namespace: {why}")
    with lan.other_machine() as other:
        for name in ("api", "metrics", "playback", "service"):
            assert other.http_status(getattr(stack.settings, f"{name}_port"), "/") == 0, name
        code, said = other.run("ffmpeg", *ffmpeg.QUIET, "-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=15", "-t", "3",
                               "-c:v", "libx264", "-g", "15", "-f", "flv",
                               f"rtmp://{other.address}:{stack.settings.rtmp_port}/live/lan/in")
        assert code == 0, said


def test_a_worker_publishes_out_and_nobody_else(stack, clips, publish, stream):
    refused = publish(stack.rtmp(stream, "out"), loop=False)
    wait_until(lambda: not refused.running(), "a refusal", 30)
    assert "authentication failed" in refused.log()
    publish(stack.rtmp(stream))
    stack.wait_served(stream)
    made = credentials.of(stack.settings)
    shown = stack.run("logs", FOLLOW="0")[1]
    assert shown and not any(made[name] in shown for name in ("WORKER_PASSWORD", "ROUTER_API_PASSWORD"))
