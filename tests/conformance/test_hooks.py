"""Hooks of a path: variables, arguments, order, restart, stop signal."""

import re

import pytest
from support.differences import differs
from support.hook_record import HookRecord
from support.router import variation
from support.wait import wait_until

EXIT_CODES = "exit code"
SECRETS = {"MTX_NOBODY_PASS": "secret", "WORKER_PASSWORD": "secret"}


def path_config(record):
    """A configuration with one path for each behaviour. The first part of a path's name says which one."""
    return {
        "~^plain/([a-z]+)/(x)?": {
            "runOnAvailable": record.command("available", "$MTX_PATH", "'$G1 and more'", "${G1}-$NOBODY-"),
            "runOnUnavailable": record.command("unavailable"),
            "runOnOnline": record.command("online"), "runOnOffline": record.command("offline"),
            "runOnRead": record.command("read"), "runOnUnread": record.command("unread")},
        "~^hold/": {
            "runOnAvailable": record.command("available", end="hold"), "runOnUnavailable": record.command("unavailable"),
            "runOnRead": record.command("read", end="hold"), "runOnUnread": record.command("unread")},
        "~^fail/": {
            "runOnAvailable": record.command("available", end="3"), "runOnUnavailable": "no-such-program",
            "runOnOnline": "no-such-program", "runOnOffline": "'open quote"},
        "~^busy/": {"overridePublisher": False},
        "~^old/": {"runOnReady": record.command("ready"), "runOnNotReady": record.command("not-ready")},
        "~^again/": {"runOnAvailable": record.command("again"), "runOnAvailableRestart": True},
        "static": {"runOnAvailable": record.command("available")},
    }


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return HookRecord(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(scope="module")
def hooked(make_router, record):
    router = make_router(variation(paths=path_config(record)), {"SERVER_SAYS": "hello", **SECRETS}).start()
    yield router
    router.stop()


@pytest.fixture
def read_by_rtsp(hooked, record, live, rtsp_client):
    """read_by_rtsp(path) publishes a path and reads it, until the hook was called. Returns the reader."""
    def start(path):
        live(hooked, path)
        client = rtsp_client(hooked)
        client.play(hooked.rtsp(path))
        record.wait("read", path)
        return client
    return start


@pytest.fixture
def name(stream):
    return stream


def lines(router, path):
    """The lines of the log for one path, in their order."""
    return [text.removeprefix(f"[path {path}] ") for _, text in router.messages(f"[path {path}] ")]


def test_variables_of_a_publisher(hooked, record, live, name):
    path = f"plain/abc/{name}"
    publisher = live(hooked, path, query="lang=es&x=a b~/?%25".replace(" ", "%20"))
    conn = hooked.wait_item("rtmpconns", remoteAddr=publisher.address)
    expected = {"MTX_PATH": path, "RTSP_PATH": path, "RTSP_PORT": str(hooked.rtsp_port), "G1": "abc", "G2": "",
                "MTX_QUERY": "lang%3Des%26x%3Da%2520b~%2F%3F%2525", "MTX_SOURCE_TYPE": "rtmpConn",
                "MTX_SOURCE_ID": conn["id"]}
    for hook in ("available", "online"):
        assert record.wait(hook, path).variables() == expected
    assert record.calls("available", path)[0].arguments == [path, "abc and more", "abc--"]
    environment = record.calls("available", path)[0].environment
    assert environment["SERVER_SAYS"] == "hello"
    row = "environment of commands"
    assert SECRETS.keys() & environment.keys() == differs(hooked, row, mediamtx=SECRETS.keys(), embedded=set())
    publisher.close()
    for hook in ("unavailable", "offline"):
        assert record.wait(hook, path).variables() == expected


def test_an_optional_group(hooked, record, live):
    live(hooked, "plain/abc/x")
    assert record.wait("available", "plain/abc/x").variables()["G2"] == "x"


def test_an_empty_query_is_set(hooked, record, live, name):
    path = f"plain/empty/{name}"
    live(hooked, path)
    assert record.wait("available", path).environment["MTX_QUERY"] == ""


def test_a_path_without_groups(hooked, record, live):
    live(hooked, "static")
    assert "G1" not in record.wait("available", "static").variables()


def test_variables_of_an_rtsp_publisher(hooked, record, ffmpeg_publish, name):
    path = f"plain/rtsp/{name}"
    ffmpeg_publish(hooked.rtsp(f"{path}?k=v"))
    hooked.wait_ready(path)
    seen = record.wait("available", path).variables()
    assert (seen["MTX_SOURCE_TYPE"], seen["MTX_QUERY"]) == ("rtspSession", "k%3Dv")
    assert seen["MTX_SOURCE_ID"] == hooked.path(path)["source"]["id"]


def test_variables_of_an_rtsp_reader(hooked, record, live, rtsp_client, name):
    path = f"plain/read/{name}"
    live(hooked, path)
    client = rtsp_client(hooked)
    assert client.setup(f"{hooked.rtsp(path)}?who=me/trackID=0").status == 200
    assert client.ask("PLAY", hooked.rtsp(path)).status == 200
    session = hooked.wait_item("rtspsessions", remoteAddr=client.address)
    expected = {"MTX_PATH": path, "RTSP_PATH": path, "RTSP_PORT": str(hooked.rtsp_port), "G1": "read", "G2": "",
                "MTX_QUERY": "who%3Dme", "MTX_READER_TYPE": "rtspSession", "MTX_READER_ID": session["id"]}
    assert record.wait("read", path).variables() == expected
    client.close()
    assert record.wait("unread", path).variables() == expected


def test_a_pause_is_the_end_of_reading(hooked, record, read_by_rtsp, name):
    path = f"plain/pause/{name}"
    client = read_by_rtsp(path)
    assert client.ask("PAUSE", hooked.rtsp(path)).status == 200
    record.wait("unread", path)
    assert client.ask("PLAY", hooked.rtsp(path)).status == 200
    record.wait("read", path, count=2)


def test_variables_of_an_rtmp_reader(hooked, record, live, rtmp_client, name):
    path = f"plain/rtmp/{name}"
    live(hooked, path)
    client = rtmp_client(hooked)
    client.start(hooked.rtmp("plain/rtmp"), "play", f"{name}?a=1")
    seen = record.wait("read", path).variables()
    conn = next(c for c in hooked.items("rtmpconns") if c["path"] == path and c["state"] == "read")
    assert (seen["MTX_READER_TYPE"], seen["MTX_READER_ID"], seen["MTX_QUERY"]) == ("rtmpConn", conn["id"], "a%3D1")
    client.close()
    record.wait("unread", path)


def test_the_order_of_the_lines(hooked, record, live, name):
    path = f"plain/order/{name}"
    publisher = live(hooked, path)
    address = publisher.address
    wait_until(lambda: hooked.messages(f"is publishing to path '{path}'"), "the publisher's line")
    record.wait("available", path)
    publisher.close()
    record.wait("unavailable", path)
    wait_until(lambda: len(lines(hooked, path)) >= 7, lambda: lines(hooked, path))
    assert lines(hooked, path)[:3] == [
        "runOnAvailable command started", "runOnOnline command started",
        "stream is available and online, 2 tracks (H264, MPEG-4 Audio)"]
    assert lines(hooked, path)[3:] == [
        "runOnOnline command stopped", "runOnOffline command launched", "runOnAvailable command stopped",
        "runOnUnavailable command launched"]
    everything = [text for _, text in hooked.messages()]
    available = everything.index(f"[path {path}] stream is available and online, 2 tracks (H264, MPEG-4 Audio)")
    assert available < everything.index(f"[RTMP] [conn {address}] is publishing to path '{path}'")


def test_all_hook_lines_are_informative(hooked, record, live, name):
    path = f"fail/{name}"
    live(hooked, path).close()
    hooked.wait_message("INF", re.escape(f"[path {path}] runOnUnavailable command launched"))
    allowed = {"INF"} if not hooked.embedded else {"INF", "WAR", "ERR"}
    assert {level for level, text in hooked.messages(f"[path {path}]")} <= allowed


def test_a_running_hook_gets_sigint_and_is_not_waited_for(hooked, record, live, name):
    path = f"hold/{name}"
    publisher = live(hooked, path)
    record.wait("available", path)
    publisher.close()
    record.wait("unavailable", path)
    record.wait("stopped-available", path)
    assert "runOnAvailable command stopped" in lines(hooked, path)


def test_a_readers_hook_gets_sigint(hooked, record, read_by_rtsp, name):
    path = f"hold/r/{name}"
    client = read_by_rtsp(path)
    short = hooked.wait_item("rtspsessions", remoteAddr=client.address)["id"][:8]
    client.close()
    record.wait("unread", path)
    record.wait("stopped-read", path)
    for text in ("runOnRead command started", "runOnRead command stopped", "runOnUnread command launched"):
        hooked.wait_message("INF", rf"\[RTSP\] \[session {short}\] {text}")


def test_the_exit_code_of_a_hook(hooked, record, live, name):
    path = f"fail/code/{name}"
    live(hooked, path)
    record.wait("available", path)
    told = "runOnAvailable command exited: command exited with code 3"
    if differs(hooked, EXIT_CODES, False, True):
        hooked.wait_message("INF", re.escape(f"[path {path}] {told}"))
    else:
        assert told not in lines(hooked, path)


def test_a_program_that_does_not_exist(hooked, live, name):
    path = f"fail/none/{name}"
    publisher = live(hooked, path)
    hooked.wait_message("INF", re.escape(f"[path {path}] runOnOnline command exited: exec: \"no-such-program\": "
                                         "executable file not found in $PATH"))
    publisher.close()
    hooked.wait_message("INF", re.escape(f"[path {path}] runOnUnavailable command launched"))


def test_deprecated_names(hooked, record, live, name):
    path = f"old/{name}"
    publisher = live(hooked, path)
    record.wait("ready", path)
    publisher.close()
    record.wait("not-ready", path)
    assert [t for t in lines(hooked, path) if "command" in t] == [
        "runOnAvailable command started", "runOnAvailable command stopped", "runOnUnavailable command launched"]


def test_restart_after_five_seconds(hooked, record, live, name):
    path = f"again/{name}"
    live(hooked, path)
    record.wait("again", path)
    hooked.wait_message("INF", re.escape(f"[path {path}] runOnAvailable command exited: command exited with code 0"))
    first, second = record.wait("again", path), record.wait("again", path, count=2)
    assert first.variables() == second.variables()
    assert 4.5 < second.seconds - first.seconds < 15, "five seconds after each end"


def test_override(hooked, record, live, publish_to, rtsp_client, name):
    path = f"plain/over/{name}"
    first = live(hooked, path)
    reader = rtsp_client(hooked)
    reader.play(hooked.rtsp(path))
    before = hooked.path(path)["source"]["id"]
    record.wait("available", path)
    second = publish_to(hooked, path)
    wait_until(lambda: (hooked.path(path) or {}).get("source", None) and hooked.path(path)["ready"]
               and hooked.path(path)["source"]["id"] != before, "the second publisher")
    assert first.client.closed_by_server() and reader.closed_by_server()
    hooked.wait_message("INF", re.escape(f"[path {path}] closing existing publisher"))
    hooked.wait_message("INF", rf"\[RTMP\] \[conn {first.address}\] closed: terminated")
    after = hooked.path(path)["source"]["id"]
    assert after == hooked.wait_item("rtmpconns", remoteAddr=second.address)["id"]
    record.wait("available", path, count=2)
    record.wait("unavailable", path)
    assert [c.environment["MTX_SOURCE_ID"] for c in record.calls("available", path)] == [before, after]
    assert [c.environment["MTX_SOURCE_ID"] for c in record.calls("unavailable", path)] == [before]
    told = lines(hooked, path)
    assert told.index("closing existing publisher") < told.index("runOnUnavailable command launched") \
        < len(told) - 1 - told[::-1].index("runOnAvailable command started")


def test_no_override(hooked, live, publish_to, name):
    path = f"busy/{name}"
    live(hooked, path)
    second = publish_to(hooked, path)
    hooked.wait_message("INF", rf"\[RTMP\] \[conn {second.address}\] closed: someone is already publishing to path "
                               rf"'{path}'")
    assert hooked.path(path)["ready"]


def test_stop_hooks_at_the_servers_end(new_router, live, tmp_path):
    record = HookRecord(tmp_path)
    router = new_router(variation(paths=path_config(record))).start()
    live(router, "hold/end")
    record.wait("available", "hold/end")
    router.stop()
    assert [c.name for c in record.calls(path="hold/end")].count("unavailable") == 1
    assert [c.name for c in record.calls(path="hold/end")].count("stopped-available") == 1
