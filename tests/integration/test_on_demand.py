"""Commands that run as long as a path exists (runOnInit), or while somebody wants to read it (runOnDemand)."""

import os
import shlex
import signal
from pathlib import Path

import pytest
from support import ffmpeg, http
from support.bare_router import BareRouter, configuration
from support.rtmp_client import RtmpClient
from support.rtsp_client import RtspClient
from support.wait import wait_until


@pytest.fixture
def make_router(tmp_path):
    made = []

    def make(**paths):
        made.append(BareRouter(tmp_path, configuration(paths=paths)))
        return made[-1].start()

    yield make
    for router in made:
        router.kill()


def publishing(router_port_variable, clip):
    """A command that publishes to the path for which it is run."""
    address = f"rtmp://127.0.0.1:${router_port_variable}/$MTX_PATH"
    return f"ffmpeg -loglevel error -re -stream_loop -1 -i {shlex.quote(str(clip))} -c copy -f flv {address}"


@pytest.fixture
def demanded(tmp_path, clips):
    """A router with a path whose command publishes when somebody wants to read it."""
    entry = {"runOnDemand": publishing("PORT_OF_RTMP", clips.get("av")), "runOnUnDemand": "true",
             "runOnDemandStartTimeout": "30s", "runOnDemandCloseAfter": "1s"}
    router = BareRouter(tmp_path, configuration(paths={"~^demand/": entry}))
    yield router.start(PORT_OF_RTMP=str(router.settings.rtmp_port))
    router.kill()


@pytest.mark.parametrize("protocol", ["rtsp", "rtmp"])
def test_a_reader_brings_the_publisher_and_its_end_ends_it(demanded, protocol):
    settings = demanded.settings
    port = {"rtsp": settings.rtsp_port, "rtmp": settings.rtmp_port}[protocol]
    assert not demanded.paths()
    streams = ffmpeg.probe(settings.url(protocol, port, "/demand/a?who=me"))
    assert set(streams) == {"video", "audio"}
    demanded.wait_log_line("runOnDemand command started")
    assert len(demanded.log_lines("runOnDemand command started")) == 1
    demanded.wait_log_line("[path demand/a] runOnDemand command stopped: not needed by anyone")
    demanded.wait_log_line("[path demand/a] runOnUnDemand command launched")
    wait_until(lambda: not demanded.paths(), "the path's end")
    demanded.stop()


def test_several_who_wait_are_served_by_one_command(demanded, tmp_path):
    settings = demanded.settings
    urls = [settings.url("rtsp", settings.rtsp_port, "/demand/b"), settings.url("rtmp", settings.rtmp_port, "/demand/b")]
    readers = [ffmpeg.FrameSums(url, "v", tmp_path / f"{i}.log", tmp_path / f"{i}.sums") for i, url in enumerate(urls)]
    try:
        wait_until(lambda: all(reader.lines() for reader in readers), "frames for both", 40)
    finally:
        for reader in readers:
            reader.process.kill()
    demanded.wait_log_line("runOnDemand command started")
    assert len(demanded.log_lines("runOnDemand command started")) == 1
    demanded.stop()


def test_who_waits_in_vain_is_refused_in_the_protocols_form(make_router):
    router = make_router(vain={"runOnDemand": "sleep 1000", "runOnDemandStartTimeout": "500ms"})
    settings = router.settings
    describing, setting_up = (RtspClient(settings.host, settings.rtsp_port) for _ in range(2))
    describing.send_request("DESCRIBE", describing.url("vain"))
    setting_up.send_request("SETUP", setting_up.url("vain/trackID=0"),
                            {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
    playing = RtmpClient(settings.host, settings.rtmp_port)
    playing.handshake()
    playing.connect(f"rtmp://{settings.host}/")
    playing.command("createStream", 2, None)
    playing.command("play", 3, None, "vain", message_stream=1)
    assert describing.reply().status == 400
    assert setting_up.reply().status == 400
    assert playing.wait_for(b"source of path 'vain' has timed out")
    assert b"NetStream.Play.StreamNotFound" in playing.received and playing.closed_by_server()
    for prefix in ("[RTSP] [conn", "[RTSP] [session", "[RTMP] [conn"):
        router.wait_log_line(prefix, "source of path 'vain' has timed out")
    router.wait_log_line("[path vain] runOnDemand command stopped: timed out")
    router.stop()


def test_whoever_leaves_while_waiting_is_let_go_when_the_wait_ends(make_router):
    router = make_router(vain={"runOnDemand": "sleep 1000", "runOnDemandStartTimeout": "2s"})
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    client.send_request("DESCRIBE", client.url("vain"))
    router.wait_log_line("runOnDemand command started")
    client.close()
    wait_until(lambda: not router.open_connections(), "no connection")
    router.wait_log_line("runOnDemand command stopped")
    router.stop()


def test_the_end_of_the_router_ends_commands_and_those_who_wait(make_router):
    router = make_router(vain={"runOnDemand": "sleep 1000", "runOnDemandStartTimeout": "60s", "runOnInit": "sleep 1000"})
    client = RtspClient(router.settings.host, router.settings.rtsp_port)
    client.send_request("DESCRIBE", client.url("vain"))
    router.wait_log_line("runOnDemand command started")
    router.stop()
    for text in ("runOnInit command stopped", "runOnDemand command stopped: path destroyed"):
        assert router.log_lines(f"[path vain] {text}")


def test_run_on_init_is_run_again_when_it_ends(make_router, tmp_path):
    note = tmp_path / "pids"
    script = tmp_path / "init.sh"
    script.write_text(f"#!/bin/sh\necho $$ $MTX_PATH >> {note}\nexec sleep 1000\n")
    router = make_router(cam={"runOnInit": f"/bin/sh {script}", "runOnInitRestart": True})
    first = wait_until(lambda: note.exists() and note.read_text().split("\n")[0].split(), "the first run")
    assert first[1] == "cam"
    os.kill(int(first[0]), signal.SIGKILL)
    second = wait_until(lambda: note.read_text().split("\n")[1].split(), "the second run")
    router.stop()
    wait_until(lambda: not Path(f"/proc/{second[0]}").exists(), "its end with the router's")


def test_a_path_takes_no_more_readers_than_it_may(make_router, publish, tmp_path):
    router = make_router(**{"live/one/in": {"maxReaders": 1}})
    publish(router.rtmp("one"))
    router.wait_live("one")
    first = ffmpeg.FrameSums(router.rtsp("one"), "v", tmp_path / "first.log", tmp_path / "first.sums")
    try:
        wait_until(first.lines, "the first reader's frame")
        client = RtspClient(router.settings.host, router.settings.rtsp_port)
        reply = client.request("SETUP", client.url("live/one/in/trackID=0"),
                               {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        assert reply.status == 400
        playing = RtmpClient(router.settings.host, router.settings.rtmp_port)
        playing.handshake()
        playing.connect(f"rtmp://{router.settings.host}/live/one")
        playing.command("createStream", 2, None)
        playing.command("play", 3, None, "in", message_stream=1)
        assert playing.wait_for(b"maximum reader count reached")
        assert len(http.get(router.api("/v3/paths/get/live/one/in")).json()["readers"]) == 1
    finally:
        first.process.kill()
    router.stop()
