"""The log's form, plain and structured, its levels, and the lines that operators grep for."""

import datetime
import json
import re
import socket

import pytest
from support.router import LOG_LINE, variation
from support.wait import wait_until


def test_plain_lines(router):
    broken = [line for line in router.log().splitlines()
              if not LOG_LINE.fullmatch(line) and not line.startswith(('{"ts"', ", linux"))]
    assert broken == [], "a hook's own output is passed on; nothing else is without date and level"
    stamp = datetime.datetime.strptime(LOG_LINE.match(router.log()).group(1), "%Y/%m/%d %H:%M:%S")
    assert abs(datetime.datetime.now() - stamp) < datetime.timedelta(hours=1), "local time"


def test_local_time(new_router):
    router = new_router(environment={"TZ": "Asia/Tokyo"}).start()
    stamp = datetime.datetime.strptime(LOG_LINE.match(router.log()).group(1), "%Y/%m/%d %H:%M:%S")
    tokyo = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).replace(tzinfo=None)
    assert abs(tokyo - stamp) < datetime.timedelta(minutes=5)
    assert re.search(r"\+09:00", router.get("/v3/info").json()["started"])


def test_structured(new_router, rtsp_client):
    router = new_router(variation(logStructured=True)).start()
    client = rtsp_client(router)
    assert client.ask("DESCRIBE", router.rtsp("elsewhere")).status == 400
    wait_until(lambda: "elsewhere" in router.log(), router.log)
    objects = [json.loads(line) for line in router.log().splitlines()]
    assert {tuple(o) for o in objects} == {("timestamp", "level", "message")}
    for one in objects:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", one["timestamp"])
    messages = [(o["level"], o["message"]) for o in objects]
    assert ("INF", f"configuration loaded from {router.config}") in messages
    assert any("elsewhere" in text for _, text in messages)


@pytest.mark.parametrize("level,shown", [("error", {"ERR"}), ("warn", {"ERR", "WAR"}), ("info", {"ERR", "WAR", "INF"})])
def test_levels(new_router, level, shown):
    router = new_router(variation(logLevel=level, readBufferCount=512, writeQueueSize=None)).launch()
    wait_until(lambda: answers(router), "the API answers")
    router.get("/v3/paths/get/nosuch")
    wait_until(lambda: router.messages("path not found"), router.log)
    banner = {"WAR"}  # the warning about a deprecated key comes before the log level is known
    assert {found for found, _ in router.messages()} <= shown | banner


def answers(router):
    try:
        return router.get("/v3/info").status == 200
    except OSError:
        return False


def test_the_end_of_a_connection(router, live, rtmp_client, rtsp_client, path):
    """Whatever ends a connection: the log has one `opened` line, and one `closed` line with the reason."""
    publisher = live(router, path)
    reader = rtsp_client(router)
    reader.play(router.rtsp(path))
    names = {"RTMP": publisher.address, "RTSP": reader.address}
    for protocol, end in (("RTSP", lambda: reader.socket.shutdown(socket.SHUT_WR)), ("RTMP", publisher.end)):
        router.wait_message("INF", rf"\[{protocol}\] \[conn {names[protocol]}\] opened")
        end()
        router.wait_message("INF", rf"\[{protocol}\] \[conn {names[protocol]}\] closed: EOF")


def test_a_dual_stack_listener_shows_plain_addresses(new_router, rtsp_client):
    router = new_router()
    router.environment["MTX_RTSPADDRESS"] = f":{router.rtsp_port}"
    router.start()
    router.wait_message("INF", rf"\[RTSP\] started with listeners? on :{router.rtsp_port} \(TCP/RTSP\).*")
    client = rtsp_client(router)
    router.wait_message("INF", rf"\[RTSP\] \[conn {client.address}\] opened")
    assert router.wait_item("rtspconns", remoteAddr=client.address)
