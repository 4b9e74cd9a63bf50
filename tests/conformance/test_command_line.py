"""The program's command line, where it looks for its file, and its first and last lines."""

import re
import signal

import pytest
from support.differences import differs
from support.router import variation
from support.wait import wait_until


def test_version(run_program):
    code, output, errors = run_program("--version")
    # MediaMTX prints its VERSION file. If it was built by hand, the output includes the line end of the file.
    assert (code, output.strip(), errors) == (0, "v1.20.1", "") and output.endswith("\n")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(run_program, flag):
    code, output, errors = run_program(flag)
    assert code == 0 and errors == ""
    assert "--version" in output and "confpath" in output


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["one.yml", "two.yml"]])
def test_wrong_usage_ends_with_80(run_program, arguments):
    code, _, errors = run_program(*arguments)
    assert code == 80 and errors


def test_a_named_file_must_exist(run_program, tmp_path):
    missing = tmp_path / "missing.yml"
    assert run_program(missing) == (1, f"ERR: open {missing}: no such file or directory\n", "")


def test_first_lines(router):
    router.wait_message("INF", r"\[API\] started with listener.*")
    # There may be a line end after the version: see test_version.
    assert re.match(r"\S+ \S+ INF MediaMTX v1\.20\.1\n?, linux, amd64", router.log())
    assert router.messages()[1] == ("INF", f"configuration loaded from {router.config}")


def test_servers_start_in_order(router):
    router.wait_message("INF", r"\[API\] started with listener.*")
    started = [text for _, text in router.messages("started with listener")]
    host = "127.0.0.1"
    udp = f", {host}:{router.rtp_port} (UDP/RTP), {host}:{router.rtp_port + 1} (UDP/RTCP)"
    assert started == [
        f"[metrics] started with listener on {host}:{router.metrics_port} (TCP/HTTP)",
        f"[playback] started with listener on {host}:{router.playback_port} (TCP/HTTP)",
        differs(router, "UDP, multicast, HTTP and WebSocket tunnels",
                f"[RTSP] started with listeners on {host}:{router.rtsp_port} (TCP/RTSP){udp}",
                f"[RTSP] started with listener on {host}:{router.rtsp_port} (TCP/RTSP)"),
        f"[RTMP] started with listener on {host}:{router.rtmp_port} (TCP/RTMP)",
        f"[HLS] started with listener on {host}:{router.hls_port} (TCP/HTTP)",
        f"[API] started with listener on {host}:{router.api_port} (TCP/HTTP)"]


def test_a_file_in_the_current_folder_is_found(new_router, tmp_path):
    for name in ("mediamtx.yml", "rtsp-simple-server.yml"):  # the older name wins
        (tmp_path / name).write_text(variation())
    router = new_router()
    router.folder, router.config = tmp_path, ""
    router.start()
    router.wait_message("INF", r"\[API\] started with listener.*")
    assert router.messages()[1] == ("INF", f"configuration loaded from {tmp_path}/rtsp-simple-server.yml")


def test_no_file_is_legal_and_has_no_paths(new_router, tmp_path, rtsp_client):
    router = new_router(environment={"MTX_API": "yes", "MTX_HLS": "no", "MTX_WEBRTC": "no", "MTX_SRT": "no",
                                     "MTX_MOQ": "no"})
    router.config = ""
    router.start()
    router.wait_message("INF", r"\[API\] started with listener.*")
    level, text = router.messages()[1]
    looked = f"{router.folder}/rtsp-simple-server.yml, {router.folder}/mediamtx.yml"
    assert (level, text) == ("WAR", f"configuration file not found (looked in {looked}), using an empty configuration")
    assert rtsp_client(router).ask("DESCRIBE", router.rtsp("any")).status == 400
    router.wait_message("INF", r"\[RTSP\] \[conn .*\] closed: path 'any' is not configured")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_gracefully(new_router, number):
    router = new_router().start()
    router.process.signal(number)
    assert router.process.wait() == 0
    messages = [text for _, text in router.messages()]
    last = messages[messages.index("shutting down gracefully"):]
    assert [text for text in last if text.endswith("closing")] == [
        "[API] closing", "[HLS] closing", "[RTMP] closing", "[RTSP] closing", "[playback] closing", "[metrics] closing"]
    assert last[-1] == "waiting for running hooks"


def test_sighup_ends_a_router_that_has_no_log_file(new_router):
    router = new_router().start()
    router.process.signal(signal.SIGHUP)
    assert router.process.wait() == differs(router, "SIGHUP", mediamtx=-signal.SIGHUP, embedded=0)


def test_a_taken_port_ends_the_start(router, new_router):
    second = new_router(environment={"MTX_RTMPADDRESS": f"127.0.0.1:{router.rtmp_port}"}).launch()
    assert second.process.wait() == 1
    error = f"listen tcp 127.0.0.1:{router.rtmp_port}: bind: address already in use"
    wait_until(lambda: ("ERR", error) in second.messages(), lambda: second.log())


def test_the_log_is_plain_without_a_terminal(router):
    assert "\x1b" not in router.log()
