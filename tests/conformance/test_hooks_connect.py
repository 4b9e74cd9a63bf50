"""Hooks of connections, of the start, and on demand."""

import re

import pytest
from support.hook_record import HookRecord
from support.router import variation
from support.wait import wait_until


@pytest.fixture(scope="module")
def record(program, tmp_path_factory):
    return HookRecord(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(scope="module")
def connected(make_router, record):
    paths = {
        "all_others": {},
        "init": {"runOnInit": record.command("init", end="hold")},
        "init-once": {"runOnInit": record.command("init-once", end="2"), "runOnInitRestart": False},
        "limited": {"maxReaders": 1},
    }
    router = make_router(variation(paths=paths, runOnConnect=record.command("connect", "$MTX_CONN_TYPE", end="hold"),
                                   runOnDisconnect=record.command("disconnect"))).start()
    yield router
    router.stop()


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_connect_and_disconnect(connected, record, rtmp_client, rtsp_client, protocol):
    client = (rtmp_client if protocol == "rtmp" else rtsp_client)(connected)
    address = client.address
    conn = connected.wait_item(f"{protocol}conns", remoteAddr=address)

    def call(name):
        return wait_until(lambda: next((c for c in record.calls(name)
                                        if c.environment.get("MTX_CONN_ID") == conn["id"]), None), name)
    expected = {"RTSP_PORT": str(connected.rtsp_port), "MTX_CONN_TYPE": f"{protocol}Conn", "MTX_CONN_ID": conn["id"]}
    assert call("connect").variables() == expected and call("connect").arguments == [f"{protocol}Conn"]
    client.close()
    assert call("disconnect").variables() == expected
    assert call("stopped-connect").variables() == expected
    prefix = rf"\[{protocol.upper()}\] \[conn {address}\] "
    for text in ("runOnConnect command started", "runOnConnect command stopped", "runOnDisconnect command launched"):
        connected.wait_message("INF", prefix + text)


def test_on_init(connected, record):
    call = record.wait("init", "init")
    assert call.variables() == {"MTX_PATH": "init", "RTSP_PATH": "init", "RTSP_PORT": str(connected.rtsp_port)}
    connected.wait_message("INF", re.escape("[path init] runOnInit command started"))
    record.wait("init-once", "init-once")


def test_max_readers(connected, live, rtsp_client, rtmp_client):
    live(connected, "limited")
    first, second = rtsp_client(connected), rtsp_client(connected)
    first.play(connected.rtsp("limited"))
    assert second.ask("DESCRIBE", connected.rtsp("limited")).status == 200, "who only asks is no reader"
    assert second.setup(connected.rtsp("limited/trackID=0")).status == 400
    connected.wait_message("INF", rf"\[RTSP\] \[conn {second.address}\] closed: maximum reader count reached")
    third = rtmp_client(connected)
    third.start(connected.rtmp(""), "play", "limited")
    assert third.closed_by_server()
    first.close()
    wait_until(lambda: not connected.path("limited")["readers"], "the reader gone")
    rtsp_client(connected).play(connected.rtsp("limited"))


@pytest.fixture(scope="module")
def on_demand(make_router, record):
    paths = {
        "~^demand/": {"runOnDemand": record.command("demand", end="hold"), "runOnUnDemand": record.command("undemand"),
                      "runOnDemandStartTimeout": "20s", "runOnDemandCloseAfter": "1s"},
        "~^vain/": {"runOnDemand": record.command("demand", end="hold"), "runOnUnDemand": record.command("undemand"),
                    "runOnDemandStartTimeout": "1s"},
    }
    router = make_router(variation(paths=paths)).start()
    yield router
    router.stop()


def test_on_demand(on_demand, record, publish_to, rtsp_client):
    reader = rtsp_client(on_demand)
    reader.send("DESCRIBE", on_demand.rtsp("demand/a?who=me"))
    call = record.wait("demand", "demand/a")
    assert call.variables() == {"MTX_PATH": "demand/a", "RTSP_PATH": "demand/a", "MTX_QUERY": "who%3Dme",
                                "RTSP_PORT": str(on_demand.rtsp_port)}
    publisher = publish_to(on_demand, "demand/a")
    assert reader.reply().status == 200, "held until the stream is there"
    reader.play(on_demand.rtsp("demand/a"))
    assert reader.frame()
    reader.close()
    assert record.wait("undemand", "demand/a").variables() == call.variables()
    record.wait("stopped-demand", "demand/a")
    on_demand.wait_message("INF", re.escape("[path demand/a] runOnDemand command started"))
    on_demand.wait_message("INF", r"\[path demand/a\] runOnDemand command stopped: not needed by anyone")
    on_demand.wait_message("INF", re.escape("[path demand/a] runOnUnDemand command launched"))
    publisher.close()


def test_on_demand_in_vain(on_demand, record, rtsp_client):
    reader = rtsp_client(on_demand)
    assert reader.ask("DESCRIBE", on_demand.rtsp("vain/a")).status == 400
    on_demand.wait_message("INF", rf"\[RTSP\] \[conn {reader.address}\] closed: source of path 'vain/a' has timed out")
    record.wait("undemand", "vain/a")
    record.wait("stopped-demand", "vain/a")
    on_demand.wait_message("INF", r"\[path vain/a\] runOnDemand command stopped: timed out")
