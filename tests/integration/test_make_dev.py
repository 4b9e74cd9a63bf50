"""`make dev` and the commands that go with it, as a person types them, with a stream. Each process is killed once.

This runs on the native stack, with the embedded router or the one that ROUTER names. With ENGINE=docker it runs on containers, too,
and builds their images if they are missing.
"""

import os
import re
import signal
import socket
import uuid

import pytest
from support import base_images, http
from support.dev_stack import DevStack, workers
from support.wait import wait_until

NATIVE = {"ENGINE": "native"}


@pytest.fixture(scope="module", params=["native", "docker"])
def dev(request, tmp_path_factory):
    variables = NATIVE
    if request.param == "docker":
        base_images.ensure(tmp_path_factory.mktemp("images"))
        variables = {"ENGINE": "docker", "ROUTER": "", "COMPOSE_PROJECT_NAME": f"tidegate-test-{uuid.uuid4().hex[:8]}"}
    stack = DevStack(tmp_path_factory.mktemp("dev"), **variables)
    with stack.running():
        yield stack


@pytest.fixture
def served(dev, publish, stream):
    """A live stream with its output."""
    publisher = publish(dev.rtmp(stream))
    dev.wait_served(stream)
    return publisher


def test_it_is_healthy_and_says_so(dev):
    assert {state for _, state, _ in dev.processes().values()} == {"healthy"}
    code, text = dev.run("up")
    assert code == 0 and text.startswith("already running") and str(dev.settings.rtmp_port) in text
    assert dev.run("ps")[0] == 0


def test_the_first_address_that_it_prints_is_the_dashboard(dev):
    shown = re.search(r"^dashboard +(http://\S+/)$", dev.run("up")[1], re.M).group(1)
    page = http.get(shown)
    assert page.status == 200 and "<title>Tidegate</title>" in page.text()
    origin = shown.rstrip("/")
    reply = http.get(dev.settings.url("http", dev.settings.hls_port, "/live/x/out/index.m3u8"), headers={"Origin": origin})
    assert reply.headers["Access-Control-Allow-Origin"] == origin


def test_a_stream_comes_out_again(dev, served, stream):
    worker = dev.wait_served(stream)
    assert workers(stream) == [worker]
    code, text = dev.run("logs", FOLLOW="0")
    assert code == 0 and "media-service" in text and f"live/{stream}/in" in text
    served.kill()
    wait_until(lambda: workers(stream) == [], "the end of its worker", 60)


def test_a_second_publisher_takes_over(dev, served, publish, stream):
    first = dev.show(stream)["sourceId"]
    publish(dev.rtmp(stream))
    dev.wait_served(stream, source=first)


def test_a_killed_worker_is_replaced(dev, served, stream):
    worker = dev.wait_served(stream)
    os.kill(worker, signal.SIGKILL)
    dev.wait_served(stream, but_not=worker)


def test_a_killed_media_service_returns_to_the_same_stream(dev, served, stream):
    worker = dev.wait_served(stream)
    shown = dev.kill("media-service")
    assert shown["media-service"][2] >= 1
    adopted = dev.wait_served(stream) == worker
    assert adopted == (dev.variables["ENGINE"] == "native"), "a container's workers end with it"
    assert served.running()


def test_a_killed_router_returns(dev, served, publish, stream):
    [router] = set(dev.processes()) - {"media-service"}
    dev.kill(router)
    publish(dev.rtmp(stream))
    dev.wait_served(stream)


def test_a_port_in_use_is_one_line_and_nothing_is_left(dev, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = DevStack(tmp_path, **{**dev.variables, "RTMP_PORT": str(port), "RUN_DIR": str(tmp_path),
                                      "COMPOSE_PROJECT_NAME": "tidegate-test-taken"})
        code, text = other.run("up")
        assert code == 1
        assert text.startswith(f"error: port {port} (RTMP) is already in use by ") and text.count("\n") == 1
        assert other.run("ps")[1].startswith("not running")


def test_down_leaves_nothing(dev, served, stream):
    pids = [pid for pid, _, _ in dev.processes().values()] + workers(stream)
    assert dev.run("down", ENGINE="")[1].strip() == "stopped"  # the run directory knows which kind of stack is running
    # A process that has ended stays in /proc until its new parent has reaped it.
    wait_until(lambda: not [pid for pid in pids if os.path.exists(f"/proc/{pid}")], f"the end of {pids}")
    assert workers(stream) == []
    for port, name, _ in dev.settings.tcp_ports():
        socket.create_server((dev.settings.host, port)).close()
    assert dev.run("ps")[0] == 1 and dev.run("down")[1].strip() == "not running"
    assert dev.run("up")[0] == 0, "and it starts again"
