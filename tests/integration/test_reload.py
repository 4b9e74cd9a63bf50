"""The configuration file is changed while the router runs. What the change concerns follows it; nothing else is affected."""

import json
import os
import signal
import socket

import pytest
from support import http
from support.bare_router import BareRouter, configuration
from support.free_ports import free_ports
from support.rtmp_client import RtmpClient
from support.wait import wait_until

RELOADING = "reloading configuration (file changed)"
ONE = "live/one/in"


@pytest.fixture
def router(tmp_path):
    """A router that is not started yet. It is killed after the test."""
    router = BareRouter(tmp_path)
    yield router
    router.kill()


def publisher_of(router, stream):
    """The id of the connection that publishes this path. None if there is none."""
    source = router.paths().get(f"live/{stream}/in", {}).get("source")
    return source and source["id"]


def wait_reloaded(router, count=1):
    wait_until(lambda: len(router.log_lines(RELOADING)) >= count,
               lambda: f"{count} reload(s); the log ends:\n{router.router.log()[-2000:]}")


def with_paths(**entries):
    changed = configuration()
    changed["paths"].update(entries)
    return changed


def test_only_the_changed_path_loses_its_publisher_and_readers(router, publish, frame_sums):
    router.write(with_paths(**{ONE: {}}))
    router.start()
    one, two = publish(router.rtmp("one")), publish(router.rtmp("two"))
    router.wait_live("one"), router.wait_live("two")
    reader = frame_sums(router.rtsp("two"), "v")
    wait_until(reader.lines, "the reader's first frame")
    before = publisher_of(router, "two")

    router.write(with_paths(**{ONE: {"runOnAvailable": "true"}}))
    wait_reloaded(router)
    one.wait()
    router.wait_log_line("[RTMP] [conn", "closed: terminated")
    router.wait_gone("one")
    seen = len(reader.lines())
    wait_until(lambda: len(reader.lines()) > seen + 25, "a second more for the other path's reader")
    assert publisher_of(router, "two") == before and two.running() and reader.process.running()

    publish(router.rtmp("one"))
    router.wait_live("one")
    router.wait_log_line(f"[path {ONE}] runOnAvailable command started")
    router.stop()


def test_an_unchanged_file_touches_nothing(router, publish):
    router.write(with_paths(**{ONE: {"runOnInit": "sleep 1000"}}))
    router.start()
    publish(router.rtmp("one"))
    router.wait_live("one")
    before = publisher_of(router, "one")
    router.write(router.file.read_text() + "\n# nothing\n")
    wait_reloaded(router)
    # A second change, whose effect can be seen, shows that the first one has been processed.
    router.write(with_paths(**{ONE: {"runOnInit": "sleep 1000"}, "live/new/in": {}}))
    wait_until(lambda: "live/new/in" in router.paths(), "the new path")
    assert publisher_of(router, "one") == before
    router.wait_log_line("runOnInit command started")
    assert len(router.log_lines("runOnInit command started")) == 1
    assert not router.log_lines("closing") and not router.log_lines("command stopped")
    router.stop()


def test_users_are_exchanged_under_running_sessions(router, publish):
    router.start()
    one = publish(router.rtmp("one"))
    router.wait_live("one")
    watching = {"user": "any", "ips": ["127.0.0.1"], "permissions": [{"action": "read"}, {"action": "api"}]}
    router.write(configuration(authInternalUsers=[watching]))
    wait_reloaded(router)
    refused = publish(router.rtmp("two"))
    assert refused.wait() != 0
    router.wait_log_line("failed to authenticate")
    assert one.running() and router.is_live("one")
    router.stop()


@pytest.mark.parametrize("bad,reason", [
    ("paths: [", "[1:"), ("bogus: 1\n", 'json: unknown field "bogus"'),
    ("paths:\n  a b:\n", "invalid path name 'a b'"), ("paths:\n  a:\n    forward: [{dest: 'srt://x/y'}]\n", "is not supported by this router"),
])
def test_a_bad_file_changes_nothing(router, publish, bad, reason):
    router.start()
    publish(router.rtmp("one"))
    router.wait_live("one")
    before = publisher_of(router, "one")
    router.write(bad)
    router.wait_log_line(" ERR ", reason)
    assert publisher_of(router, "one") == before
    # The next valid file is applied.
    router.write(with_paths(**{"live/new/in": {}}))
    wait_until(lambda: "live/new/in" in router.paths(), "the new path")
    assert publisher_of(router, "one") == before
    router.stop()


def test_removal_is_ignored_and_the_return_noticed(router, publish):
    router.start()
    publish(router.rtmp("one"))
    router.wait_live("one")
    router.file.unlink()
    router.file.write_text("api: yes\n")  # without any paths
    wait_reloaded(router)
    router.wait_gone("one")
    assert len(router.log_lines(RELOADING)) == 1
    router.stop()


def test_a_link_that_points_elsewhere_is_a_change(router, tmp_path):
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
    router.file.replace(tmp_path / "v1" / "mediamtx.yml")
    (tmp_path / "v2" / "mediamtx.yml").write_text("api: yes\npaths:\n  second:\n")
    (tmp_path / "data").symlink_to("v1")
    router.file.symlink_to("data/mediamtx.yml")
    router.start()
    (tmp_path / "data.new").symlink_to("v2")
    os.replace(tmp_path / "data.new", tmp_path / "data")
    wait_until(lambda: "second" in router.paths(), "the second version's path")
    router.stop()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_listener_moves_with_its_sessions_and_no_others(router, publish):
    old, new = free_ports(2)
    router.write(configuration(rtmpAddress=f"127.0.0.1:{old}"))
    router.start(MTX_RTMPADDRESS=None)
    over_rtmp = publish(router.settings.url("rtmp", old, "/live/one/in"))
    router.wait_live("one")
    settings = router.settings
    with socket.create_connection((settings.host, settings.rtsp_port)) as rtsp:
        wait_until(lambda: http.get(router.api("/v3/rtspconns/list")).json()["items"], "the RTSP connection")
        router.write(configuration(rtmpAddress=f"127.0.0.1:{new}"))
        wait_until(lambda: listens(new) and not listens(old), "RTMP on its new port alone")
        over_rtmp.wait()
        router.wait_gone("one")
        publish(router.settings.url("rtmp", new, "/live/one/in"))
        router.wait_live("one")
        # The same port on all addresses: the old listener has to be closed first.
        router.write(configuration(rtmpAddress=f":{new}"))
        router.wait_log_line(f"[RTMP] started with listener on :{new} (TCP/RTMP)")
        assert len(http.get(router.api("/v3/rtspconns/list")).json()["items"]) == 1
        rtsp.setblocking(False)
        with pytest.raises(BlockingIOError):
            rtsp.recv(1)
    router.write(configuration(rtmp=False))
    wait_until(lambda: not listens(new), "RTMP off")
    assert http.get(router.api("/v3/rtmpconns/list")).status == 404
    router.stop()


def test_a_listener_that_cannot_move_stays(router, publish):
    (old,) = free_ports(1)
    router.write(configuration(rtmpAddress=f"127.0.0.1:{old}"))
    router.start(MTX_RTMPADDRESS=None)
    publish(router.settings.url("rtmp", old, "/live/one/in"))
    router.wait_live("one")
    before = publisher_of(router, "one")
    taken = router.settings.rtsp_port
    router.write(configuration(rtmpAddress=f"127.0.0.1:{taken}"))
    router.wait_log_line(" ERR ", f"listen tcp 127.0.0.1:{taken}: bind: address already in use")
    assert publisher_of(router, "one") == before
    RtmpClient("127.0.0.1", old).handshake()
    router.stop()


def test_the_log_changes_its_form_under_way(router, publish):
    router.start()
    router.write(configuration(logStructured=True))
    wait_reloaded(router)
    publish(router.rtmp("one"))
    router.wait_live("one")
    line = json.loads(router.wait_log_line("is publishing to path"))
    assert set(line) == {"timestamp", "level", "message"} and line["level"] == "INF"
    router.stop()


def test_the_log_goes_to_a_file_and_back(router, tmp_path):
    file = tmp_path / "router-own.log"
    router.start()
    router.write(configuration(logDestinations=["file"], logFile=str(file)))
    wait_until(file.exists, "the log file")
    router.write(with_paths(**{"live/new/in": {"runOnInit": "true"}}) | {"logDestinations": ["file"], "logFile": str(file)})
    wait_until(lambda: "[path live/new/in] runOnInit command started" in file.read_text(), "the line in the file")
    assert not router.log_lines("runOnInit")
    router.write(with_paths(**{"live/newer/in": {"runOnInit": "true"}}))
    router.wait_log_line("[path live/newer/in] runOnInit command started")
    assert "newer" not in file.read_text()
    router.write(configuration(logDestinations=["stdout", "file"], logFile=str(tmp_path / "no" / "such" / "folder")))
    router.wait_log_line(" ERR ", "open ", "no such file or directory")
    router.stop()


def test_a_hangup_opens_the_log_file_anew(router, tmp_path):
    file = tmp_path / "router-own.log"
    router.write(configuration(logDestinations=["stdout", "file"], logFile=str(file)))
    router.start()
    moved = file.rename(tmp_path / "router-own.log.1")
    os.kill(router.router.pid, signal.SIGHUP)
    router.wait_log_line("reopened the log file (SIGHUP)")
    wait_until(lambda: file.exists() and "reopened" in file.read_text(), "the new file")
    assert "[API] started with listener" in moved.read_text() and "reopened" not in moved.read_text()
    assert router.router.running()
    router.stop()


def test_a_hangup_without_a_log_file_ends_the_router_as_its_terminal_does(router):
    router.start()
    os.kill(router.router.pid, signal.SIGHUP)
    router.wait_log_line("shutting down gracefully")
    wait_until(lambda: not router.router.running(), "the end")
