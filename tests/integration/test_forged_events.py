"""Forged events: they only fill a table of limited size, and the events of real streams are still accepted."""

import http.client
import json

import pytest
from support.fleet import Fleet
from support.making import started
from support.stack import Stack
from support.wait import wait_until

TABLE = 4096  # so many streams are in media-service's table of hooks
SECONDS = 60


@pytest.fixture
def pipeline(tmp_path):
    with started(Stack(tmp_path, worker_mode="process")) as stack:
        yield stack


def forge(stack, count):
    """Sends "ready" events of streams that do not exist, over one connection. Returns the HTTP statuses."""
    connection = http.client.HTTPConnection(stack.settings.host, stack.settings.service_port, timeout=SECONDS)
    statuses = set()
    for number in range(count):
        event = {"path": f"live/forged-{number}/in", "query": "", "sourceType": "rtmp", "sourceId": f"forged-{number}"}
        connection.request("POST", "/v1/mediamtx/events/ready", json.dumps(event), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    return statuses


def streams(stack):
    return Fleet(stack).streams()


def test_forged_streams_fill_the_table_and_the_real_ones_stay(pipeline, publish, stream):
    publish(pipeline.rtmp(f"{stream}-1", query="lang=es"))
    pipeline.wait_event(f"{stream}-1", "ready")
    wait_until(lambda: streams(pipeline)[f"{stream}-1"]["live"], "the router's list to confirm it", SECONDS)
    assert forge(pipeline, TABLE + 100) == {200}
    publish(pipeline.rtmp(f"{stream}-2", query="lang=fr"))
    pipeline.wait_event(f"{stream}-2", "ready")

    def served(number, language):
        item = streams(pipeline).get(f"{stream}-{number}", {})
        return (item.get("hooks") or {}).get("in") and (item.get("worker") or {}).get("params") == {"lang": language}
    wait_until(lambda: served(1, "es") and served(2, "fr"), "both with what their hooks have told", SECONDS)
    listed = streams(pipeline)
    assert len(listed) == TABLE and "forged-0" not in listed and f"forged-{TABLE + 99}" in listed
    assert {frozenset(item) for item in listed.values()} == {frozenset(listed[f"{stream}-1"])}, "the same fields"
    assert listed[f"forged-{TABLE}"]["state"] == "idle" and not listed[f"forged-{TABLE}"]["live"]
