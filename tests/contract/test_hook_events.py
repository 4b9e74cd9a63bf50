"""Compares the hook receiver with contracts/hook-events.json: what it accepts, what it refuses, and what it answers."""

import json
import re
import socket
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support import http

CONTRACTS = Path(__file__).resolve().parents[2] / "specs" / "001-mediamtx-integration" / "contracts"
SCHEMA = json.loads((CONTRACTS / "hook-events.json").read_text())
GOOD = {"path": "live/contract/in", "query": "lang=es", "sourceType": "rtmp", "sourceId": "source-1"}


def validator(definition):
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{definition}"})


def post(stack, body, kind="ready", **headers):
    return http.request("POST", stack.service_url(f"/v1/mediamtx/events/{kind}"), body, headers)


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def refused(stack, status, kind="ready"):
    text = http.get(stack.service_url("/metrics")).text()
    return int(re.search(rf'tidegate_hook_events_refused_total{{status="{status}",type="{kind}"}} (\d+)', text).group(1))


@pytest.mark.parametrize("kind", ["ready", "not-ready"])
@pytest.mark.parametrize("change", [{}, {"path": "live/a_B-9/out"}, {"query": ""}, {"sourceType": "newProtocol"},
                                    {"extra": {"nested": [1, 2]}}, {"query": "a=\"\\\n\u00e9"}])
def test_what_the_schema_allows_is_taken(shared_stack, kind, change):
    body = {**GOOD, **change}
    validator("event").validate(body)
    reply = post(shared_stack, body, kind, **{"X-Correlation-ID": "my-id.1"})
    assert reply.status == 200, reply.body
    answer = reply.json()
    validator("accepted").validate(answer)
    assert answer["streamId"] == body["path"].split("/")[1]
    assert answer["correlationId"] == reply.headers["X-Correlation-ID"] == "my-id.1"


@pytest.mark.parametrize("change", [{"path": "live/a/b/in"}, {"path": "live//in"}, {"path": "live/x/IN"},
                                    {"path": "live/x/in\n"}, {"path": "../x"}, {"path": 1}, {"path": None},
                                    {"sourceType": ""}, {"sourceId": 7}, {"query": ["a"]}])
def test_what_the_schema_forbids_is_422_and_names_the_field(shared_stack, change):
    body = {**GOOD, **change}
    # Python's $ also matches before a newline at the end. media-service compares the whole string.
    if body["path"] != "live/x/in\n":
        assert not validator("event").is_valid(body)
    reply = post(shared_stack, body)
    assert reply.status == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json()
    validator("problem").validate(problem)
    assert [e["field"] for e in problem["errors"]] == list(change)


@pytest.mark.parametrize("missing", list(GOOD))
def test_every_field_is_required(shared_stack, missing):
    body = {key: value for key, value in GOOD.items() if key != missing}
    assert not validator("event").is_valid(body)
    assert post(shared_stack, body).status == 422


@pytest.mark.parametrize("raw", [b"", b"{", b"nonsense", b"\xef\xbb\xbf{}", b'{"path":"\xff"}', b"{} {}", b"NaN",
                                 b'{"path":"live/a/in","path":"live/b/in"}', b"[" * 10_000, b"1e400", b"// x"])
def test_what_is_no_acceptable_json_is_400(shared_stack, raw):
    reply = post(shared_stack, raw)
    assert reply.status in (400, 422), reply.body
    validator("problem").validate(reply.json())


@pytest.mark.parametrize("status,body,headers", [
    (415, b"{}", {"Content-Type": "text/plain"}),
    (415, b"{}", {"Content-Type": "application/x-www-form-urlencoded"}),
    (415, b"\x1f\x8b", {"Content-Encoding": "gzip"}),
    (413, b"x" * (64 * 1024 + 1), {}),
])
def test_what_is_refused_before_it_is_read(shared_stack, status, body, headers):
    before = refused(shared_stack, status)
    reply = post(shared_stack, body, **headers)
    assert reply.status == status
    assert refused(shared_stack, status) == before + 1
    validator("problem").validate(reply.json())


@pytest.mark.parametrize("method,path,status", [
    ("GET", "/v1/mediamtx/events/ready", 405), ("POST", "/v1/nothing", 404), ("DELETE", "/v1/streams", 405),
    ("GET", "/v1/streams/unknown-stream", 404), ("GET", "/v1/streams/..%2f", 404), ("GET", "/v1/events?limit=0", 400),
    ("GET", "/v1/events?limit=x", 400), ("POST", "/v1/streams/unknown-stream/restart", 404)])
def test_other_mistakes_get_problem_details(shared_stack, method, path, status):
    reply = http.request(method, shared_stack.service_url(path), b"" if method == "POST" else None)
    assert reply.status == status
    validator("problem").validate(reply.json())


def test_a_post_without_a_length_is_411(shared_stack):
    before = refused(shared_stack, 411)
    with socket.create_connection(("127.0.0.1", shared_stack.settings.service_port), 10) as peer:
        peer.sendall(b"POST /v1/mediamtx/events/ready HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n")
        assert peer.recv(4096).startswith(b"HTTP/1.1 411 ")
    assert refused(shared_stack, 411) == before + 1


def test_a_thousand_idle_connections_harm_nobody(shared_stack):
    address = ("127.0.0.1", shared_stack.settings.service_port)
    idle = [socket.create_connection(address, 10) for _ in range(1000)]
    try:
        assert post(shared_stack, GOOD).status == 200
    finally:
        for peer in idle:
            peer.close()


def test_the_book_tells_what_was_posted(shared_stack):
    body = {**GOOD, "path": "live/booked/in", "query": "lang=es&pass=geheim"}
    post(shared_stack, body)
    stream = http.get(shared_stack.service_url("/v1/streams/booked")).json()
    assert stream["hooks"]["in"]["live"] and stream["hooks"]["in"]["query"] == "lang=es&pass=***"
    assert stream["lastEvents"][0]["sourceId"] == "source-1"
    assert not stream["live"], "the router's list decides, not the hook"
    stale = post(shared_stack, {**body, "sourceId": "another"}, "not-ready").json()
    assert stale["status"] == "stale"
    newest = http.get(shared_stack.service_url("/v1/events?limit=1")).json()["items"][0]
    assert newest["outcome"] == "stale" and newest["streamId"] == "booked"
    assert "geheim" not in shared_stack.service.log()


def test_the_openapi_description_covers_what_is_served(shared_stack):
    api = http.get(shared_stack.service_url("/openapi.json")).json()
    assert api == json.loads((CONTRACTS / "openapi.json").read_text())
    for path, verbs in api["paths"].items():
        if "get" in verbs and "{" not in path and path != "/v1/events/stream":
            assert http.get(shared_stack.service_url(path)).status == 200, path
    page = http.get(shared_stack.service_url("/docs"))
    assert page.headers["Content-Type"].startswith("text/html")
    assert "http://" not in page.text() and "https://" not in page.text(), "self-contained"


def test_metrics_name_no_stream(shared_stack):
    post(shared_stack, GOOD)
    text = http.get(shared_stack.service_url("/metrics")).text()
    assert 'tidegate_hook_events_total{outcome="accepted",type="ready"}' in text
    assert 'tidegate_streams{state="running"}' in text
    unknown = f'stream="{GOOD["path"].split("/")[1]}"'
    assert unknown not in text, "an event of a stream that the router does not have makes no series"
