"""From publishing to the event: what happens for each stream."""

import time

import pytest
from support import http
from support.wait import wait_until

# We promise one second; the measured delay is much shorter. The promise also holds for a sanitizer build.
PROMISED_SECONDS = 1.0
MEDIAMTX_PROBE_SECONDS = 2.0  # seconds of media before a stream is available


def test_publishing_leads_to_a_ready_event_within_a_second(shared_stack, publish, stream):
    publisher = publish(shared_stack.rtmp(stream))
    # The time counts from the router's connection on, because the start of ffmpeg is not part of the pipeline.
    shared_stack.router.wait_log("[RTMP] [conn")
    wait_until(lambda: shared_stack.ask_api("/v3/rtmpconns/list").json()["items"], "a connection")
    started = time.monotonic()
    event = shared_stack.wait_event(stream, "ready", seconds=20)
    assert time.monotonic() - started < PROMISED_SECONDS + (0 if shared_stack.embedded else MEDIAMTX_PROBE_SECONDS)
    assert event["path"] == f"live/{stream}/in"
    source = shared_stack.paths()[f"live/{stream}/in"]["source"]
    assert source["type"] == "rtmpConn"
    assert event["sourceId"] == source["id"]
    assert publisher.running()


def test_disconnecting_leads_to_a_not_ready_event_within_a_second(shared_stack, publish, stream):
    publisher = publish(shared_stack.rtmp(stream))
    ready = shared_stack.wait_event(stream, "ready")
    publisher.kill()
    started = time.monotonic()
    gone = shared_stack.wait_event(stream, "not-ready", seconds=20)
    assert time.monotonic() - started < PROMISED_SECONDS
    assert gone["sourceId"] == ready["sourceId"]
    shared_stack.wait_gone(stream)


@pytest.mark.parametrize("query", ["lang=es", "lang=es&region=mx", "note=a%20b%26c", "x=%C3%A9"])
def test_the_query_reaches_media_service_as_it_was_sent(shared_stack, publish, stream, query):
    publish(shared_stack.rtmp(stream, query=query))
    shared_stack.wait_event(stream, "ready")
    state = http.get(shared_stack.service_url(f"/v1/streams/{stream}")).json()
    assert state["hooks"]["in"]["query"] == query
    assert [event["query"] for event in state["lastEvents"]] == [query]


def test_five_streams_at_once_are_five_streams(shared_stack, publish, stream):
    names = [f"{stream}-{i}" for i in range(5)]
    publishers = [publish(shared_stack.rtmp(name)) for name in names]
    for name in names:
        shared_stack.wait_event(name, "ready")
    paths = shared_stack.paths()
    assert all(paths[f"live/{name}/in"]["ready"] for name in names)
    assert len({paths[f"live/{name}/in"]["source"]["id"] for name in names}) == 5
    publishers[0].kill()
    shared_stack.wait_event(names[0], "not-ready")
    assert all(shared_stack.is_live(name) for name in names[1:])
    assert not any(shared_stack.events(name, "not-ready") for name in names[1:])


def test_a_second_publisher_takes_the_path_over(shared_stack, publish, stream):
    first = publish(shared_stack.rtmp(stream, query="from=first"))
    shared_stack.wait_event(stream, "ready")
    publish(shared_stack.rtmp(stream, query="from=second"))
    second_ready = shared_stack.wait_event(stream, "ready", count=2)
    shared_stack.wait_event(stream, "not-ready")
    wait_until(lambda: not first.running(), "the first publisher's end")
    shared_stack.wait_live(stream)
    assert shared_stack.paths()[f"live/{stream}/in"]["source"]["id"] == second_ready["sourceId"]
    first_ready = shared_stack.events(stream, "ready")[0]
    assert shared_stack.events(stream, "not-ready")[0]["sourceId"] == first_ready["sourceId"]
    assert first_ready["sourceId"] != second_ready["sourceId"]


def test_a_stream_is_shown_by_media_service(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_event(stream, "ready")
    shown = http.get(shared_stack.service_url(f"/v1/streams/{stream}"))
    assert shown.status == 200
    assert shown.json()["streamId"] == stream
    assert http.get(shared_stack.service_url("/v1/streams/never-seen")).status == 404
    listed = http.get(shared_stack.service_url("/v1/streams"))
    assert stream in listed.text()


def test_a_name_outside_the_pipeline_is_refused(shared_stack, publish):
    publisher = publish(shared_stack.settings.url("rtmp", shared_stack.settings.rtmp_port, "/other/name"))
    assert publisher.wait() != 0
    shared_stack.router.wait_log("path 'other/name' is not configured")


def test_the_metrics_show_the_live_path(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    text = http.get(shared_stack.metrics()).text()
    assert f'paths{{name="live/{stream}/in",state="ready"}} 1' in text
    filtered = http.get(shared_stack.metrics(f"/metrics?type=paths&path=live/{stream}/in")).text()
    assert "rtmp_conns" not in filtered
    assert f'paths_inbound_bytes{{name="live/{stream}/in",state="ready"}}' in filtered


def test_the_playback_port_says_that_nothing_is_recorded(shared_stack, stream):
    reply = http.get(shared_stack.playback(f"/list?path=live/{stream}/in"))
    assert reply.status in (400, 404)
    assert reply.json()["status"] == "error"
