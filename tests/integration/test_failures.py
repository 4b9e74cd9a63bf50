"""Programs that are down, die or misbehave: each failure affects only this program, and is reported."""

import signal

from support import ffmpeg, http
from support.rtmp_client import RtmpClient, flv_tags
from support.wait import wait_until


def test_a_stream_plays_while_the_receiver_of_hooks_is_down(new_stack, publish, stream):
    stack = new_stack()
    stack.start_router()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    assert set(ffmpeg.probe(stack.rtsp(stream))) == {"video", "audio"}
    # The hook prints its error to stderr. Our router also logs that it failed; MediaMTX never reads the exit code.
    stack.router.wait_log('"level":"error"')
    if stack.embedded:
        stack.router.wait_log("runOnAvailable command exited: ")
    stack.stop()


def test_a_receiver_that_returns_is_told_about_the_next_event(new_stack, publish, stream):
    stack = new_stack().start()
    publisher = publish(stack.rtmp(stream))
    stack.wait_event(stream, "ready")
    stack.service.kill()
    publish(stack.rtmp(stream + "-2"))
    stack.wait_live(stream + "-2")
    stack.start_service()
    publisher.kill()
    stack.wait_event(stream, "not-ready")
    stack.stop()


def test_not_ready_events_are_sent_when_the_router_is_told_to_stop(new_stack, publish, stream):
    stack = new_stack().start()
    publish(stack.rtmp(stream))
    stack.wait_event(stream, "ready")
    assert stack.router.terminate() == 0
    stack.wait_event(stream, "not-ready")
    assert "shutting down gracefully" in stack.router.log()
    assert stack.service.terminate() == 0


def test_media_service_is_alive_but_not_ready_without_a_router(new_stack):
    stack = new_stack()
    stack.start_service()
    assert http.get(stack.service_url("/healthz")).status == 200
    wait_until(lambda: http.get(stack.service_url("/readyz")).status == 503, "readyz to notice")
    stack.start_router()
    wait_until(lambda: http.get(stack.service_url("/readyz")).status == 200, "readyz to recover")
    stack.stop()


def test_a_router_that_was_killed_starts_again_on_its_ports(new_stack, publish, stream):
    stack = new_stack().start()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    stack.router.kill()
    stack.start_router()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    stack.stop()


def test_a_taken_port_stops_the_router_with_one_clear_line(new_stack):
    stack = new_stack()
    stack.start_router()
    second = new_stack(rtmp_port=stack.settings.rtmp_port)
    try:
        second.start_router()
    except AssertionError as error:
        assert f":{stack.settings.rtmp_port}: bind: address already in use" in str(error)
    else:
        raise AssertionError("two routers share a port")
    stack.stop()


def test_a_publisher_that_is_cut_in_the_middle_of_a_message_ends_its_stream(shared_stack, clips, stream):
    settings = shared_stack.settings
    client = RtmpClient(settings.host, settings.rtmp_port)
    assert client.publish(f"rtmp://{settings.host}/live/{stream}", "in")
    client.send_tags(flv_tags(clips.get("av")))
    shared_stack.wait_event(stream, "ready")
    client.socket.sendall(b"\x06\x00\x00\x00\x00\xff\xff\x09\x01\x00\x00\x00half a message")
    client.close()
    shared_stack.wait_event(stream, "not-ready")


def test_rubbish_on_the_rtmp_port_is_closed_and_changes_nothing(shared_stack, publish, stream):
    publisher = publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    settings = shared_stack.settings
    for rubbish in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 4000, b"\xff" * 4000):
        client = RtmpClient(settings.host, settings.rtmp_port, timeout=15)
        client.socket.sendall(rubbish)
        assert client.closed_by_server()
        client.close()
    assert publisher.running()
    assert shared_stack.is_live(stream)


def test_a_stopped_publisher_is_noticed_after_the_read_timeout(new_stack, publish, stream):
    stack = new_stack()
    # With MediaMTX the timeout must be longer, because it also covers the 2 s of media for which MediaMTX waits.
    stack.start_router(MTX_READTIMEOUT="2s" if stack.embedded else "5s")
    stack.start_service()
    publisher = publish(stack.rtmp(stream))
    stack.wait_event(stream, "ready")
    publisher.signal(signal.SIGSTOP)  # the connection stays open, but nothing is sent
    stack.wait_event(stream, "not-ready")
    publisher.kill()
    stack.stop()
