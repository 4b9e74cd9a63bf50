"""media-service keeps one forwarder for each destination of each stream: rules, switches, failures, restarts and secrets."""

import contextlib
import hashlib
import itertools
import os
import signal
from pathlib import Path

import pytest
from support import http
from support.forwarding import SECONDS, ForwardingStack
from support.free_ports import free_ports
from support.making import making
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.wait import wait_until

KEY = "s3cret-key-abcd"
OTHER_KEY = "0ther-secret-wxyz"


@pytest.fixture
def target():
    with contextlib.closing(RtmpServer()) as server:
        yield server


@pytest.fixture
def new_forwarding(tmp_path):
    """Makes stacks. They are killed at the end, with their workers and forwarders."""
    numbers = itertools.count()

    def make(rules=None, **options):
        folder = tmp_path / f"stack{next(numbers)}"
        folder.mkdir()
        return ForwardingStack(folder, rules, **options).start()

    yield from making(make)


def unreachable(key=KEY):
    return f"rtmp://127.0.0.1:{free_ports(1)[0]}/app/{key}"


def test_each_destination_has_one_forwarder_and_its_trouble_stays_with_it(new_forwarding, publish, stream, target):
    stack = new_forwarding({stream: {"good": target.url(f"app/{KEY}"), "bad": unreachable(OTHER_KEY)}, "*": {"good": unreachable()}})
    publish(stack.rtmp(stream))
    good = stack.wait_state(stream, "good", "forwarding")
    bad = stack.wait_state(stream, "bad", "retrying")
    assert good["url"] == f"rtmp://127.0.0.1:{target.port}/app/…abcd" and good["origin"] == "file" and good["enabled"]
    assert bad["url"].endswith("/app/…wxyz") and bad["errorKind"] == "connect" and "onnection refused" in bad["error"]
    target.wait_units(VIDEO, 60)
    assert set(stack.fleet.forwarders()) == {f"{stream}.good", f"{stream}.bad"}
    assert stack.pid(stream, "good") == good["pid"] and stack.pid(stream, "bad") == bad["pid"]
    view = stack.show(stream)
    assert view["state"] == "running" and view["restarts"] == 0, "a forwarder's trouble is not the stream's"
    assert {one["name"]: one["state"] for one in view["destinations"]} == {"good": "forwarding", "bad": "retrying"}
    text = http.get(stack.service_url("/metrics")).text()
    assert f'tidegate_destination_state{{destination="good",state="forwarding",stream="{stream}"}} 1' in text
    assert 'tidegate_forwarder_starts_total 2' in text


def test_the_keys_are_nowhere_to_be_seen(new_forwarding, publish, stream, target):
    stack = new_forwarding({stream: {"good": target.url(f"app/{KEY}"), "bad": unreachable(OTHER_KEY)}})
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "good", "forwarding")
    stack.wait_state(stream, "bad", "retrying")
    places = {"log": stack.service.log(), "router's log": stack.router.log()}
    for path in ("", "/destinations", "/history", "/destinations/good"):
        places[path] = http.get(stack.service_url(f"/v1/streams/{stream}{path}")).text()
    for path in ("/v1/streams", "/metrics", "/v1/events"):
        places[path] = http.get(stack.service_url(path)).text()
    for pids in (*stack.fleet.forwarders().values(), *stack.fleet.workers().values()):
        for pid in pids:
            for name in ("cmdline", "environ"):
                places[f"{pid} {name}"] = Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    for place, text in places.items():
        assert KEY not in text and OTHER_KEY not in text, place


def test_rules_are_read_again_when_they_change_and_a_bad_file_keeps_the_old_ones(new_forwarding, publish, stream, target):
    stack = new_forwarding({stream: {"one": target.url(f"app/{KEY}")}})
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "one", "forwarding")
    first = stack.pid(stream, "one")
    stack.write_text("rules:\n  - streamId: x\n    destination: []\n")
    stack.service.wait_log('"event":"egress.invalid"')
    assert "unknown key 'destination'" in stack.service.log()
    assert stack.pid(stream, "one") == first
    with contextlib.closing(RtmpServer()) as second:
        stack.write_rules({stream: {"one": target.url(f"app/{KEY}"), "two": second.url(f"app/{OTHER_KEY}")}})
        stack.wait_state(stream, "two", "forwarding")
        assert stack.pid(stream, "one") == first, "what has not changed goes on"
        stack.write_rules({stream: {"one": second.url("app/a-new-key-7777")}})
        wait_until(lambda: stack.pid(stream, "one") not in (None, first), lambda: str(stack.destinations(stream)), SECONDS)
        stack.wait_state(stream, "one", "forwarding")
        assert any(b"a-new-key-7777" in message.body for message in second.messages)
        wait_until(lambda: set(stack.fleet.forwarders()) == {f"{stream}.one"}, lambda: str(stack.fleet.forwarders()), SECONDS)
        assert set(stack.destinations(stream)) == {"one"}


def test_a_url_file_that_is_rotated_leads_to_the_new_destination(new_forwarding, publish, stream, target, tmp_path):
    secret = tmp_path / "url"
    secret.write_text(unreachable() + "\n")
    stack = new_forwarding({stream: {"one": {"urlFile": str(secret)}}})
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "one", "retrying")
    secret.write_text(target.url(f"app/{KEY}") + "\n")
    stack.wait_state(stream, "one", "forwarding")


def test_operators_add_switch_and_remove(new_forwarding, publish, stream, target):
    stack = new_forwarding()
    publish(stack.rtmp(stream))
    wait_until(lambda: stack.show(stream).get("output", {}).get("readable"), lambda: str(stack.show(stream)), SECONDS)
    reply = stack.add(stream, "mine", target.url(f"app/{KEY}"))
    assert reply.status == 201 and KEY not in reply.text()
    assert reply.json()["origin"] == "api"
    stack.wait_state(stream, "mine", "forwarding")
    assert stack.ask("POST", stream, "/mine/disable").json()["enabled"] is False
    stack.wait_state(stream, "mine", "off")
    wait_until(lambda: stack.pid(stream, "mine") is None, "its forwarder has ended", SECONDS)
    assert "deleteStream" in target.commands, "it has said goodbye"
    assert stack.ask("POST", stream, "/mine/enable").status == 202
    stack.wait_state(stream, "mine", "forwarding")
    before = stack.pid(stream, "mine")
    assert stack.ask("POST", stream, "/mine/restart").status == 202
    wait_until(lambda: stack.pid(stream, "mine") not in (None, before), "another forwarder", SECONDS)
    assert stack.ask("DELETE", stream, "/mine").status == 204
    wait_until(lambda: not stack.fleet.forwarders(), "no forwarder", SECONDS)
    assert stack.ask("GET", stream, "/mine").status == 404
    assert stack.show(stream)["restarts"] == 0


@pytest.mark.parametrize("body, status", [
    ({"name": "x y", "url": "rtmp://h/a/k3y"}, 400), ({"name": "x"}, 400), ({"name": "x", "url": "http://h/a/k3y"}, 400),
    ({"name": "x", "url": "rtmp://h/k3y"}, 400), ({"name": "x", "url": "file:///etc/passwd"}, 400), ({"name": "x", "url": 5}, 400),
    ({"name": "x", "url": "rtmp://h/a/k3y", "more": 1}, 400), ([], 400), ({"name": "filed", "url": "rtmp://h/a/k3y"}, 409)])
def test_what_is_no_destination_is_refused(forwarding_module, body, status):
    reply = forwarding_module.ask("POST", "some", body=body)
    assert reply.status == status and "k3y" not in reply.text(), reply.text()
    assert reply.json()["type"].startswith("urn:tidegate:problem:")


@pytest.fixture(scope="module")
def forwarding_module(tmp_path_factory):
    stack = ForwardingStack(tmp_path_factory.mktemp("stack"), {"*": {"filed": "rtmp://h.example/app/k"}}).start()
    yield stack
    stack.kill()


def test_what_is_not_there_is_not_found(forwarding_module):
    for method, rest in (("GET", "/none"), ("DELETE", "/none"), ("POST", "/none/enable"), ("POST", "/none/restart")):
        assert forwarding_module.ask(method, "some", rest).status == 404, rest
    assert forwarding_module.ask("DELETE", "some", "/filed").status == 409, "it can be switched off"
    assert forwarding_module.ask("POST", "some", "/filed/restart").status == 409, "it has no forwarder"
    assert forwarding_module.destinations("some")["filed"]["state"] == "waiting"


def test_a_page_of_another_origin_may_change_nothing(forwarding_module):
    reply = http.request("POST", forwarding_module.service_url("/v1/streams/some/destinations"),
                         {"name": "x", "url": "rtmp://h/a/k"}, headers={"Origin": "http://evil.example"})
    assert reply.status == 403
    reply = http.request("DELETE", forwarding_module.service_url("/v1/streams/some/destinations/filed"),
                         headers={"Origin": "http://evil.example"})
    assert reply.status == 403


def test_forwarders_and_what_operators_did_outlive_media_service(new_forwarding, publish, stream, target):
    stack = new_forwarding({stream: {"filed": target.url(f"app/{KEY}"), "off": unreachable()}})
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "filed", "forwarding")
    with contextlib.closing(RtmpServer()) as second:
        assert stack.add(stream, "mine", second.url(f"app/{OTHER_KEY}")).status == 201
        assert stack.ask("POST", stream, "/off/disable").status == 202
        stack.wait_state(stream, "mine", "forwarding")
        stack.wait_state(stream, "off", "off")
        pids = {name: stack.pid(stream, name) for name in ("filed", "mine")}
        stack.service.kill()
        units = len(target.units(VIDEO))
        wait_until(lambda: len(target.units(VIDEO)) > units + 30, "media goes on without media-service", SECONDS)
        stack.start_service()
        for name in ("filed", "mine"):
            stack.wait_state(stream, name, "forwarding")
        assert {name: stack.pid(stream, name) for name in ("filed", "mine")} == pids, "they were adopted"
        assert stack.state(stream, "off") == "off"
        assert '"event":"forwarder.adopted"' in stack.service.log()
        store = Path(stack.settings.run_path / "workers" / "destinations.json")
        assert store.stat().st_mode & 0o777 == 0o600
        assert len(target.connections) == 1, "nothing was interrupted"


def test_a_forwarder_that_dies_or_hangs_is_replaced(new_forwarding, publish, stream, target):
    stack = new_forwarding({stream: {"one": target.url(f"app/{KEY}")}}, service_flags={"--watchdog": "3s"})
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "one", "forwarding")
    worker = stack.fleet.workers()[stream]
    for number in (signal.SIGKILL, signal.SIGSTOP):
        before = stack.pid(stream, "one")
        os.kill(before, number)
        wait_until(lambda: stack.pid(stream, "one") not in (None, before), lambda: str(stack.destinations(stream)), SECONDS)
        stack.wait_state(stream, "one", "forwarding")
    assert stack.fleet.workers()[stream] == worker, "the worker has not noticed"


def test_a_refused_key_is_not_tried_again_until_there_is_another(new_forwarding, publish, stream, target):
    with contextlib.closing(RtmpServer(refuse=("NetStream.Publish.Unauthorized", "wrong key"))) as server:
        stack = new_forwarding()
        assert stack.add(stream, "one", server.url(f"app/{KEY}")).status == 201
        publish(stack.rtmp(stream))
        shown = stack.wait_state(stream, "one", "refused")
        assert "wrong key" in shown["error"] and shown["pid"] is None and shown["restarts"] == 0
        assert server.commands.count("publish") == 1
        assert stack.add(stream, "one", target.url(f"app/{OTHER_KEY}")).status == 201
        stack.wait_state(stream, "one", "forwarding")


def test_a_private_destination_is_refused_unless_it_is_allowed(new_forwarding, publish, stream):
    stack = new_forwarding({stream: {"metadata": "rtmp://169.254.169.254/latest/k3yk3yk3y", "private": "rtmp://10.9.8.7/app/k3yk3yk3y"}})
    publish(stack.rtmp(stream))
    for name, words in (("metadata", "link-local"), ("private", "private network")):
        assert words in stack.wait_state(stream, name, "failed")["error"]
    assert stack.show(stream)["state"] == "running"


def test_forwarders_end_with_the_stream(new_forwarding, publish, stream, target):
    stack = new_forwarding({"*": {"one": target.url(f"app/{KEY}")}})
    publisher = publish(stack.rtmp(stream))
    stack.wait_state(stream, "one", "forwarding")
    publisher.kill()
    wait_until(lambda: not stack.fleet.forwarders() and not stack.fleet.workers(), lambda: str(stack.destinations(stream)), 90)
    assert stack.state(stream, "one") == "waiting"
    publish(stack.rtmp(stream))
    stack.wait_state(stream, "one", "forwarding")


def test_a_viewer_may_look_and_change_nothing(tmp_path):
    tokens = tmp_path / "tokens"
    secret = "a-viewers-token-that-nobody-guesses"
    tokens.write_text(f"looker viewer sha256:{hashlib.sha256(secret.encode()).hexdigest()}\n")
    tokens.chmod(0o600)
    stack = ForwardingStack(tmp_path, {"*": {"filed": "rtmp://h.example/app/k"}}, service_flags={"--tokens-file": str(tokens)})
    try:
        stack.start()
        header = {"Authorization": f"Bearer {secret}"}
        url = stack.service_url("/v1/streams/some/destinations")
        assert http.get(url, headers=header).status == 200
        assert http.get(url).status == 401
        for method, rest in (("POST", ""), ("DELETE", "/filed"), ("POST", "/filed/disable"), ("POST", "/filed/restart")):
            assert http.request(method, url + rest, {"name": "x", "url": "rtmp://h/a/k"}, headers=header).status == 403, rest
    finally:
        stack.kill()
