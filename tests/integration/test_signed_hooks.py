"""With a HOOK_SECRET, media-service takes only the events that the router's hooks have signed."""

import json
import time

import pytest
from support import hook_signature, http
from support.making import started
from support.stack import Stack
from support.wait import wait_until

SECRET = "the-secret-of-this-test"
EVENT = {"path": "live/forged/in", "query": "", "sourceType": "rtmp", "sourceId": "forged"}
TOO_OLD_SECONDS = 301  # one more than kSignatureSeconds


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOOK_SECRET", SECRET)
        with started(Stack(tmp_path_factory.mktemp("signed"), worker_mode="process")) as one:
            yield one


def post(stack, kind="ready", **headers):
    return http.request("POST", stack.service_url(f"/v1/mediamtx/events/{kind}"), EVENT, headers)


def test_the_hooks_of_the_router_are_signed(stack, publish, stream):
    publish(stack.rtmp(stream, query="lang=es"))
    stack.wait_event(stream, "ready")
    wait_until(lambda: stack.show(stream).get("state") == "running", "its worker", 60)


def test_a_stranger_s_events_are_refused(stack):
    signed = hook_signature.headers(SECRET, "ready", EVENT)["X-Hook-Signature"]
    old = time.time() - TOO_OLD_SECONDS - 60
    wrong = {
        "missing": {},
        "of another secret": hook_signature.headers("another", "ready", EVENT),
        "of another body": hook_signature.headers(SECRET, "ready", {**EVENT, "sourceId": "x"}),
        "of another event": hook_signature.headers(SECRET, "not-ready", EVENT),
        "old": hook_signature.headers(SECRET, "ready", EVENT, old),
        "with another time": {"X-Hook-Signature": "t=1" + signed[signed.index(","):]},
        "cut off": {"X-Hook-Signature": signed[:-1]},
        "long": {"X-Hook-Signature": signed + "0" * 4000},
        "garbage": {"X-Hook-Signature": "\u00ff,;="},
    }
    for what, headers in wrong.items():
        reply = post(stack, **headers)
        assert reply.status == 401 and reply.json()["type"] == "urn:tidegate:problem:bad-signature", what
        assert SECRET not in reply.text()
    assert not stack.show("forged")
    assert post(stack, **hook_signature.headers(SECRET, "ready", EVENT)).status == 200
    page = http.get(stack.service_url("/metrics")).text()
    assert f'tidegate_hook_events_refused_total{{status="401",type="ready"}} {len(wrong)}' in page, page


def test_the_secret_stands_nowhere(stack, publish, stream):
    publish(stack.rtmp(stream))
    stack.wait_event(stream, "ready")
    pid = wait_until(lambda: (stack.show(stream).get("worker") or {}).get("pid"), "a worker", 60)
    with open(f"/proc/{pid}/environ", "rb") as environment:
        assert SECRET.encode() not in environment.read(), "workers do not need it"
    for process in (stack.router, stack.service):
        assert SECRET not in process.log()
        with open(f"/proc/{process.pid}/cmdline", "rb") as arguments:
            assert SECRET.encode() not in arguments.read()
    assert SECRET not in json.dumps(stack.show(stream))
