"""Compares the operator's API with contracts/openapi.json while a stream lives and ends. Also: server-sent events and flags."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support import http
from support.fleet import Fleet
from support.making import started
from support.stack import Stack
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
API = json.loads((ROOT / "specs/001-mediamtx-integration/contracts/openapi.json").read_text())


def check(schema, value):
    """Compares an answer with a schema of the description. The schema must have all fields that are sent."""
    Draft202012Validator({**API, "$ref": f"#/components/schemas/{schema}"}).validate(value)
    if schema == "Stream":
        unknown = set(value) - set(API["components"]["schemas"]["Stream"]["properties"])
        assert not unknown, f"not described: {unknown}"


class EventReader:
    """Reads server-sent events over a plain socket."""

    def __init__(self, stack, query=""):
        self.peer = socket.create_connection((stack.settings.host, stack.settings.service_port), 10)
        self.peer.sendall(f"GET /v1/events/stream{query} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
        self.peer.settimeout(0.01)
        self.text = ""
        wait_until(lambda: ": tidegate events\n\n" in self.read(), "the stream to open")
        assert self.text.startswith("HTTP/1.1 200 ") and "text/event-stream" in self.text.split("\r\n\r\n")[0]

    def read(self):
        try:
            while data := self.peer.recv(65536):
                self.text += data.decode()
        except TimeoutError:
            pass
        return self.text

    def all_events(self):
        """(type, data) of each event so far."""
        found = []
        for block in self.read().split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
            if "event" in lines and "data" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found

    def events(self, stream):
        """(type, data) of each event of the stream so far."""
        return [(kind, data) for kind, data in self.all_events() if data.get("streamId") == stream]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("operator"), worker_mode="process", service_flags={"--grace-period": "1s"})) as stack:
        yield stack


def test_a_streams_whole_life_as_the_description_says_and_as_it_happens(pipeline, publish, stream):
    fleet, reader = Fleet(pipeline), EventReader(pipeline)
    publisher = publish(pipeline.rtmp(stream, query="lang=es&pass=geheim&Bad=1"))
    wait_until(lambda: fleet.show(stream).get("output", {}).get("readable"), lambda: f"output: {fleet.show(stream)}", 60)
    # The name of a setting that the publisher has sent is refused visibly, its password silently.
    view = fleet.show(stream)
    check("Stream", view)
    assert view["worker"]["params"] == {"lang": "es"}
    assert view["rejectedParams"] == [{"key": "", "reason": "the key is not [a-z][a-z0-9_-]{0,31}"}]
    assert view["worker"]["status"], "the worker's own line"
    for item in fleet.streams().values():
        check("Stream", item)
    for event in http.get(pipeline.service_url("/v1/events")).json()["items"]:
        check("ReceivedEvent", event)
    check("Stream", fleet.post(stream, "restart"))
    wait_until(lambda: fleet.show(stream)["restarts"] == 1 and fleet.show(stream)["state"] == "running", "a restart", 60)
    check("Stream", fleet.post(stream, "stop"))
    wait_until(lambda: fleet.show(stream)["state"] == "idle", "the operator's stop", 60)
    held = fleet.show(stream)
    check("Stream", held)
    assert held["live"] and "stopped by an operator" in held["reason"]
    check("Stream", fleet.post(stream, "reset"))
    wait_until(lambda: fleet.show(stream)["state"] == "running", "its return", 60)
    publisher.kill()
    wait_until(lambda: not fleet.show(stream)["live"] and fleet.show(stream)["state"] == "idle", "its end", 60)
    check("Stream", fleet.show(stream))
    seen = reader.events(stream)
    kinds = {kind for kind, _ in seen}
    assert kinds == {"hook", "transition", "worker-start", "worker-exit", "output-readable", "operator"}, kinds
    states = [data["to"] for kind, data in seen if kind == "transition"]
    assert states[:2] == ["starting", "running"] and states[-1] == "idle", states
    assert states.count("starting") == 3, states
    assert "geheim" not in reader.text and "geheim" not in pipeline.service.log()


@pytest.mark.parametrize("verb", ["restart", "stop", "reset"])
def test_unknown_streams_are_404(pipeline, verb):
    reply = http.request("POST", pipeline.service_url(f"/v1/streams/nobody/{verb}"), b"")
    assert reply.status == 404
    check("Problem", reply.json())


def test_a_stream_is_recorded_by_command_as_the_description_says(pipeline, publish, stream):
    reader = EventReader(pipeline)
    publish(pipeline.rtmp(stream))
    pipeline.wait_live(stream)
    where = pipeline.service_url(f"/v1/streams/{stream}/recordings/in")

    def told(query=""):
        reply = http.get(where + query)
        assert reply.status == 200, reply
        check("Recordings", reply.json())
        return reply.json()
    assert told()["state"] == "off" and told()["spans"] == []
    source = pipeline.paths()[f"live/{stream}/in"]["source"]
    before = http.get(pipeline.api(f"/v3/config/paths/get/live/{stream}/in"), headers=pipeline.api_header)
    assert before.status == 404, "only the pattern matches"
    for _ in range(2):  # the second time, it is so already
        reply = http.request("POST", f"{where}/start", b"")
        assert reply.status == 200, reply
        check("Recordings", reply.json())
    wait_until(lambda: told()["state"] == "recording" and told()["spans"], lambda: str(told()), 60)
    pattern = pipeline.ask_api("/v3/config/paths/get/~%5Elive%2F%5Ba-zA-Z0-9_-%5D%7B1%2C128%7D%2F(in%7Cout)%24").json()
    own = pipeline.ask_api(f"/v3/config/paths/get/live/{stream}/in").json()
    assert {**pattern, "name": own["name"], "record": True} == own, "its hooks are those of the pattern"
    pipeline.service.terminate()
    pipeline.start_service()
    wait_until(lambda: told()["state"] == "recording" and told()["spans"][-1]["open"], lambda: str(told()), 60)
    reader = EventReader(pipeline)
    reply = http.request("POST", f"{where}/stop", b"")
    assert reply.status == 200 and reply.json()["state"] == "off", reply
    spans = told()["spans"]
    assert len(spans) == 1 and spans[0]["duration"] > 0 and spans[0]["gapBefore"] is None
    assert told("?limit=1&from=2020-01-01T00:00:00Z")["spans"] == spans
    assert told("?to=2020-01-01T00:00:00%2B01:00")["spans"] == []
    assert pipeline.paths()[f"live/{stream}/in"]["source"] == source, "the publisher was disconnected"
    wait_until(lambda: ("operator", "record-stop") in [(kind, data.get("action")) for kind, data in reader.events(stream)],
               lambda: str(reader.events(stream)), 60)


@pytest.mark.parametrize("method, target, status", [
    ("GET", "any/recordings/middle", 404), ("GET", "no.id/recordings/in", 404), ("GET", "any/recordings/in?limit=501", 400),
    ("GET", "any/recordings/in?from=yesterday", 400), ("POST", "nobody/recordings/in/start", 409), ("DELETE", "any/recordings/in", 405),
    ("POST", "any/recordings/in", 405), ("GET", "any/recordings/in/start", 405)])
def test_requests_about_recordings_that_make_no_sense(pipeline, method, target, status):
    reply = http.request(method, pipeline.service_url(f"/v1/streams/{target}"), b"" if method == "POST" else None)
    assert reply.status == status, reply
    check("Problem", reply.json())


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_other_page_switches_a_recording(pipeline, publish, stream, headers):
    publish(pipeline.rtmp(stream))
    pipeline.wait_live(stream)
    where = pipeline.service_url(f"/v1/streams/{stream}/recordings/in")
    reply = http.request("POST", f"{where}/start", b"", headers=headers)
    assert reply.status == 403
    check("Problem", reply.json())
    assert http.get(where).json()["state"] == "off"


def test_a_router_that_does_not_answer_is_told(tmp_path):
    with started(Stack(tmp_path)) as stack:
        stack.router.kill()
        for method, target in (("GET", ""), ("POST", "/start")):
            reply = http.request(method, stack.service_url(f"/v1/streams/any/recordings/out{target}"), b"" if method == "POST" else None)
            assert reply.status == 503 and reply.json()["type"].endswith(":router-unreachable"), reply
            check("Problem", reply.json())


def test_the_feed_has_a_limit_and_forgets_readers_that_leave(pipeline):
    readers = [EventReader(pipeline) for _ in range(64)]
    assert http.get(pipeline.service_url("/v1/events/stream")).status == 503
    for reader in readers:
        reader.peer.close()

    def opens():
        # media-service notices a reader that has left when it sends the next event.
        http.request("POST", pipeline.service_url("/v1/mediamtx/events/ready"),
                     {"path": "live/feed/in", "query": "", "sourceType": "x", "sourceId": "y"})
        with socket.create_connection((pipeline.settings.host, pipeline.settings.service_port), 10) as peer:
            peer.sendall(b"GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            return peer.recv(4096).startswith(b"HTTP/1.1 200 ")
    wait_until(opens, "room for another reader", 60)


def service(*arguments, **environment):
    return subprocess.run([ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bin" / "media-service", *arguments],
                          env={**environment}, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("flag, url", [("--router-api", "http://127.0.0.1:70000"), ("--router-rtsp", "rtsp://h:0"),
                                       ("--router-rtmp", "rtmp://h:65536")])
def test_a_port_that_is_none_is_refused_at_the_start(flag, url):
    done = service("--worker-command", "true", "--state-dir", "/nowhere", flag, url)
    assert done.returncode == 2 and f'{flag}="{url}" is not accepted' in done.stderr


def test_every_nonsense_is_named_at_once():
    done = service("--listen", "nowhere", "--worker-mode", "thread", "--max-workers", "0", "--grace-period", "soon",
                   "--worker-command", "  ", "--router-api", "https://x/y", "--watchdog", "1ms", "--nonsense", "7",
                   "--restart-delay-max", "1s", RESTART_DELAY="10s", RESYNC_INTERVAL="0s", MAX_STARTS="-1")
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.splitlines()
    for wrong in ("--listen", "--worker-mode", "--max-workers", "--grace-period", "--worker-command", "--router-api",
                  "--watchdog", "--nonsense", "--restart-delay-max", "RESYNC_INTERVAL", "MAX_STARTS"):
        assert sum(wrong in line for line in lines) >= 1, f"{wrong} is not named:\n{done.stderr}"
    assert len(lines) == 12 and all("accepted" in line for line in lines), done.stderr


@pytest.mark.parametrize("arguments,accepted", [
    (["--worker-mode", "thread"], "process"), (["--max-workers", "0"], "1"), (["--max-workers", "many"], "10000"),
    (["--grace-period", "-1s"], "0"), (["--restart-delay", "10s", "--restart-delay-max", "1s"], "at least"),
    (["--log-format", "xml"], "json"), (["--router-rtsp", "http://x"], "rtsp://"),
    (["--worker-input", "srt"], "rtmp")])
def test_one_nonsense_is_named_with_what_is_accepted(arguments, accepted):
    done = service(*arguments, STATE_DIR="/nowhere", WORKER_COMMAND="stream-worker")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert arguments[-2][2:] in done.stderr and accepted in done.stderr, done.stderr


def test_a_state_directory_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    done = service("--listen", "127.0.0.1:0", "--state-dir", str(tmp_path / "file" / "below"),
                   WORKER_COMMAND="stream-worker")
    assert done.returncode == 1
    assert done.stderr.startswith("media-service: state directory ") and done.stderr.count("\n") == 1, done.stderr


def test_flags_win_over_the_environment_and_help_names_both():
    done = service("--help", GRACE_PERIOD="nonsense")
    assert done.returncode == 0
    for flag, variable in (("--grace-period", "GRACE_PERIOD"), ("--resync-interval", "RESYNC_INTERVAL"),
                           ("--worker-command", "WORKER_COMMAND"), ("--worker-mode", "WORKER_MODE"),
                           ("--max-workers", "MAX_WORKERS"), ("--state-dir", "STATE_DIR"),
                           ("--max-starts", "MAX_STARTS"), ("--stop-workers-on-exit", "STOP_WORKERS_ON_EXIT")):
        assert flag in done.stdout and variable in done.stdout, flag


def test_by_default_workers_outlive_the_service(new_stack, publish, stream):
    stack = new_stack(worker_mode="process")
    stack.start_router()
    stack.stop_workers_on_exit = False
    stack.start_service()
    fleet = Fleet(stack)
    publish(stack.rtmp(stream))
    before = fleet.settled({stream})
    assert stack.service.terminate() == 0
    assert fleet.workers() == {stream: [before[stream]]}
    stack.stop_workers_on_exit = True
    stack.start_service()
    assert fleet.settled({stream}) == before
    stack.stop()
    assert fleet.workers() == {}


def test_a_dashboard_is_told_everything_and_the_history_stays(pipeline, publish, stream):
    fleet = Fleet(pipeline)
    wait_until(lambda: http.get(pipeline.service_url("/readyz")).status == 200, "the router's first list")
    reader = EventReader(pipeline, f"?watch=true&log={stream}")
    publish(pipeline.rtmp(stream))
    wait_until(lambda: fleet.show(stream).get("output", {}).get("readable"), lambda: f"output: {fleet.show(stream)}", 60)
    figures = wait_until(lambda: next((data["streams"][stream] for kind, data in reversed(reader.all_events())
                                       if kind == "figures" and {"fpsOut", "inBitrate"} <= set(data["streams"].get(stream, {}))), None),
                         "figures", 60)
    assert figures["inBitrate"] > 50_000 and figures["viewers"] == 0 and figures["inReaders"] == 1
    told = [data for kind, data in reader.all_events() if kind == "stream" and data["streamId"] == stream]
    assert told[-1]["state"] == "running" and told[-1]["media"]["in"]["tracks"][0] == {
        "codec": "H264", "width": 320, "height": 180, "profile": "Baseline", "level": "1.3"}
    check("Stream", {key: value for key, value in told[-1].items() if key != "figures"})
    lines = [line for kind, data in reader.all_events() if kind == "log" for line in data["lines"]]
    assert any("output.accepted" in line for line in lines), lines
    router = [data["router"] for kind, data in reader.all_events() if kind == "snapshot"]
    assert len(router) == 1 and router[0]["reachable"] and router[0]["doors"]["rtmp"]["open"]

    def history():
        return http.get(pipeline.service_url(f"/v1/streams/{stream}/history")).json()

    wait_until(lambda: any(history()["measures"]["fps"]), history)
    kept = history()
    check("History", kept)
    assert kept["measures"]["inBitrate"][-1] > 50_000
    assert {"hook", "transition", "worker-start", "output-readable"} == {event["type"] for event in kept["events"]}
    assert http.get(pipeline.service_url("/v1/streams/nobody/history")).status == 404
    assert http.get(pipeline.service_url("/v1/events/stream?log=a%20b")).status == 400


def test_the_page_and_its_files_are_served_with_a_strict_policy(pipeline):
    page = http.get(pipeline.service_url("/"))
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'; script-src 'self'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Referrer-Policy"] == "no-referrer"
    for path, kind in (("/app.js", "text/javascript"), ("/player/player.js", "text/javascript"), ("/style.css", "text/css"), ("/icon.svg", "image/svg+xml")):
        reply = http.get(pipeline.service_url(path))
        assert reply.status == 200 and reply.headers["Content-Type"].startswith(kind), path
