"""Several replicas of media-service: one leads, the others pass requests on to it, and no worker is touched when another one leads."""

import http.client
import json
import os
import signal
import time

import pytest
from support import http as web
from support.fleet import Fleet
from support.kube.either import api_servers
from support.making import started
from support.replicas import Replicas
from support.wait import wait_until

SECONDS = 60          # a busy machine
AFTER_A_KILL = 10     # what is promised
AFTER_A_STOP = 1
LATE = 5              # a busy machine


@pytest.fixture(scope="module", params=["fake", "real"])
def server(request, tmp_path_factory):
    """The API server of this process, and with KUBE_BIN also the real one."""
    yield from api_servers(request.param, tmp_path_factory.mktemp("api"))


@pytest.fixture
def replicas(tmp_path, server):
    with started(Replicas(tmp_path, server)) as made:
        yield made
        _end_workers(made)


@pytest.fixture(scope="module")
def steady(tmp_path_factory, server):
    """For tests in which nobody ends."""
    with started(Replicas(tmp_path_factory.mktemp("replicas"), server)) as made:
        yield made
        _end_workers(made)


def _end_workers(replicas):
    for pids in Fleet(replicas.stack).workers().values():
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def running(replica, stream):
    def served():
        view = replica.show(stream)
        worker = view.get("worker") or {}
        return view.get("state") == "running" and view["output"]["readable"] and worker["pid"]
    return wait_until(served, lambda: f"{stream} running: {replica.show(stream)}", SECONDS)


# Who leads

def test_one_leads_and_everybody_knows_who(steady):
    leader, follower = steady.leader(), steady.follower()
    wait_until(lambda: follower.get("/v1/leader").json()["leader"], "the follower to know the leader")
    for replica, leads in ((leader, True), (follower, False)):
        shown = replica.get("/v1/leader").json()
        assert shown["elected"] and shown["leading"] is leads
        assert shown["leader"] == steady.leases.holder(steady.lease) and shown["url"] == leader.url("")
        assert shown["replica"].startswith(f"replica-{replica.number}_")
        assert replica.metric("tidegate_leader") == float(leads)
        assert replica.get("/healthz").status == 200
    assert "tidegate_streams" not in follower.get("/metrics").text(), "it knows nothing of streams"
    wait_until(lambda: leader.get("/readyz").status == 200, "the leader to read the router's list")
    assert follower.get("/readyz").status == 200


def test_a_media_service_alone_leads(tmp_path):
    from support.stack import Stack
    with started(Stack(tmp_path)) as stack:
        shown = web.get(stack.service_url("/v1/leader")).json()
        assert shown == {"replica": "", "elected": False, "leading": True, "leader": None}
        assert "\ntidegate_leader 1\n" in web.get(stack.service_url("/metrics")).text()


# What a follower answers

def test_reads_and_commands_through_a_follower_are_those_of_the_leader(steady, publish, stream):
    leader, follower = steady.leader(), steady.follower()
    publish(steady.stack.rtmp(stream))
    pid = running(follower, stream)
    assert follower.show(stream)["worker"]["pid"] == leader.show(stream)["worker"]["pid"] == pid
    ids = [item["streamId"] for item in follower.get("/v1/streams").json()["items"]]
    assert stream in ids
    before = follower.metric("tidegate_leader_passed_on_total")
    assert follower.post(f"/v1/streams/{stream}/restart").status == 202
    wait_until(lambda: running(follower, stream) != pid, "another worker", SECONDS)
    assert follower.metric("tidegate_leader_passed_on_total") > before
    missing = follower.get("/v1/streams/nobody%20here")
    assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json")
    assert follower.post("/v1/streams/nobody/restart").status == 404
    assert follower.get("/").status == 200 and follower.get("/docs").status == 200


def test_hooks_through_any_replica_reach_the_leader(steady, publish, stream):
    """The settings of a worker are told by nothing but a hook where the router's list has no query."""
    leader, follower = steady.leader(), steady.follower()
    for number, replica in enumerate((leader, follower)):
        event = {"path": f"live/{stream}{number}/in", "query": "", "sourceType": "rtmpConn", "sourceId": f"source-{number}"}
        answer = replica.post("/v1/mediamtx/events/ready", event, headers={"X-Correlation-Id": f"mine-{number}"})
        assert answer.status == 200 and answer.json()["correlationId"] == f"mine-{number}", answer
        wait_until(lambda: any(one["correlationId"] == f"mine-{number}" for one in leader.get("/v1/events").json()["items"]),
                   "the event at the leader")
    wrong = follower.post("/v1/mediamtx/events/ready", {"path": 1})
    assert wrong.status == 422 and wrong.json()["type"].endswith("invalid-event")


def test_the_stream_of_events_comes_through_a_follower(steady, publish, stream):
    follower = steady.follower()
    client = http.client.HTTPConnection("127.0.0.1", follower.port, timeout=SECONDS)
    client.request("GET", "/v1/events/stream?watch=true")
    reply = client.getresponse()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/event-stream")
    assert _next_event(reply, "snapshot")["router"]["reachable"]
    publish(steady.stack.rtmp(stream))
    while _next_event(reply, "stream")["streamId"] != stream:
        pass
    client.close()
    refused = follower.get("/v1/events/stream?log=a%20b")
    assert refused.status == 400, "an error is an error, not an empty stream"


def _next_event(reply, kind):
    found = None
    while True:
        line = reply.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            found = line.removeprefix("event: ")
        if line.startswith("data: ") and found == kind:
            return json.loads(line.removeprefix("data: "))


def test_what_was_passed_on_is_not_passed_on_again(steady):
    follower = steady.follower()
    answer = follower.get("/v1/streams", headers={"X-Tidegate-Passed-On-By": "somebody"})
    assert answer.status == 503 and answer.json()["type"] == "urn:tidegate:problem:no-leader"
    assert answer.headers["Retry-After"] == "1"


def test_a_page_of_elsewhere_gets_nothing_through_a_follower(steady):
    answer = steady.follower().post("/v1/streams/x/restart", headers={"Origin": "http://evil.example"})
    assert answer.status == 403 and answer.json()["type"].endswith("cross-origin")


# When another one leads

def test_a_killed_leader_is_replaced_and_no_worker_notices(replicas, publish, stream):
    leader, follower = replicas.leader(), replicas.follower()
    publish(replicas.stack.rtmp(stream))
    pid = running(leader, stream)
    leader.process.kill()
    killed_at = time.monotonic()
    assert replicas.leader(unlike=leader) is follower
    took = time.monotonic() - killed_at
    assert took < AFTER_A_KILL + LATE, f"{took:.1f} s"
    assert running(follower, stream) == pid
    assert Fleet(replicas.stack).workers() == {stream: [pid]}
    assert follower.show(stream)["worker"]["adopted"]
    leader.start()
    wait_until(lambda: leader.get("/v1/streams").status == 200, "the one that is back passes requests on", SECONDS)
    assert not leader.leads()


def test_a_leader_that_is_stopped_hands_over_at_once(replicas, publish, stream):
    leader, follower = replicas.leader(), replicas.follower()
    publish(replicas.stack.rtmp(stream))
    pid = running(leader, stream)
    leader.process.signal(signal.SIGTERM)
    stopped_at = time.monotonic()
    wait_until(follower.leads, "the other one to lead", SECONDS)
    took = time.monotonic() - stopped_at
    assert took < AFTER_A_STOP + LATE, f"{took:.2f} s"
    assert leader.process.wait() == 0
    assert running(follower, stream) == pid
    assert Fleet(replicas.stack).workers() == {stream: [pid]}


def test_a_leader_that_is_cut_off_ends_before_another_one_leads(replicas, publish, stream):
    leader, follower = replicas.leader(), replicas.follower()
    publish(replicas.stack.rtmp(stream))
    pid = running(leader, stream)
    leader.way.shut = True
    wait_until(lambda: follower.leads() or not leader.process.running(), "the end of the leader", SECONDS)
    assert not follower.leads(), "the one that was cut off leads no more"
    assert leader.process.wait() == 1
    assert "leads no more: it could not be renewed" in leader.process.log()
    wait_until(follower.leads, "the other one to lead", SECONDS)
    assert running(follower, stream) == pid
    assert Fleet(replicas.stack).workers() == {stream: [pid]}


def test_a_frozen_leader_acts_no_more_when_it_wakes(replicas, publish, stream):
    leader, follower = replicas.leader(), replicas.follower()
    publish(replicas.stack.rtmp(stream))
    pid = running(leader, stream)
    leader.process.signal(signal.SIGSTOP)
    wait_until(follower.leads, "the other one to lead", SECONDS)
    leader.process.signal(signal.SIGCONT)
    assert leader.process.wait() == 1
    assert running(follower, stream) == pid
    assert Fleet(replicas.stack).workers() == {stream: [pid]}


def test_while_nobody_leads_the_answer_is_503_and_hooks_wait(replicas):
    leader, follower = replicas.leader(), replicas.follower()
    for way in replicas.leases.ways:
        way.shut = True
    leader.process.wait(SECONDS)
    wait_until(lambda: follower.get("/v1/leader").json()["leader"] is None, "nobody to lead", SECONDS)
    for path in ("/v1/streams", "/v1/events/stream?watch=true", "/readyz"):
        answer = follower.get(path)
        assert answer.status == 503 and answer.json()["type"] == "urn:tidegate:problem:no-leader", path
    assert follower.get("/v1/streams").headers["Retry-After"] == "1"
    asked_at = time.monotonic()
    event = {"path": "live/x/in", "query": "", "sourceType": "rtmpConn", "sourceId": "s"}
    assert follower.post("/v1/mediamtx/events/ready", event).status == 503
    assert time.monotonic() - asked_at > 3, "mtx-hook waits for 5 s"
    for way in replicas.leases.ways:
        way.shut = False
    wait_until(follower.leads, "the follower to lead", SECONDS)
    assert follower.get("/v1/streams").status == 200


# The command line

@pytest.mark.parametrize("flags, named", [
    (["--leader-election"], "--advertise-url"),
    (["--leader-election", "--advertise-url", "http://h/path"], "--advertise-url"),
    (["--leader-election", "--advertise-url", "http://h", "--stop-workers-on-exit"], "--stop-workers-on-exit"),
    (["--leader-election", "--advertise-url", "https://h", "--leader-fingerprint", "x"], "--leader-ca-file"),
])
def test_wrong_flags_are_told(flags, named):
    import subprocess
    from support.router import BIN
    done = subprocess.run([BIN / "media-service", *flags], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 2 and named in done.stderr, done
