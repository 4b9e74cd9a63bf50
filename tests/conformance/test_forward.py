"""`forward`: a router pushes the stream of a path to other servers, as long as there is one."""

import contextlib
import socket
import threading
import time

import pytest
from support import ffmpeg, http, tls
from support.differences import differs
from support.encrypted import encrypted
from support.free_ports import free_ports
from support.router import HOST, variation
from support.wait import wait_until

SECONDS = 60
ROW = "`forward`: attempts"


@pytest.fixture
def target(new_router):
    """The server that is pushed to."""
    return new_router(variation(paths={"all_others": {}}, pathDefaults=None)).start()


@pytest.fixture
def pushing(new_router):
    """pushing({path: [dest, ...]}): a router that forwards these paths; each has a configuration of its own. A dest is a URL, or
    an entry of `forward`."""
    def make(forwards, environment=None, **more):
        paths = {name: {"forward": [dest if isinstance(dest, dict) else {"dest": dest} for dest in dests]}
                 for name, dests in forwards.items()}
        return new_router(variation(paths={**paths, "all_others": {}}, pathDefaults=None, **more), environment).start()
    return make


def listed(router, path, **query):
    reply = router.get(f"/v3/paths/forward/list?path={path}" + "".join(f"&{k}={v}" for k, v in query.items()))
    assert reply.status == 200, reply.text()
    return reply.json()


def states(router, path):
    return [item["state"] for item in listed(router, path)["items"]]


def error(reply):
    return reply.status, reply.json()["error"]


def test_a_stream_is_pushed_over_both_protocols_and_can_be_read_there(pushing, target, publish_to):
    router = pushing({"show": [target.rtmp("mirror/$MTX_PATH"), target.rtsp("twin/$MTX_PATH")]})
    assert states(router, "show") == ["idle", "idle"]
    publisher = publish_to(router, "show")
    for name in ("mirror/show", "twin/show"):
        target.wait_ready(name, SECONDS)
        probed = ffmpeg.probe(target.rtsp(name))
        assert {kind: track["codec_name"] for kind, track in probed.items()} == {"video": "h264", "audio": "aac"}
    found = listed(router, "show")
    assert (found["itemCount"], found["pageCount"]) == (2, 1)
    first, second = found["items"]
    assert list(first) == ["id", "pos", "created", "conf", "protocol", "state", "lastError", "outboundBytes"]
    assert [(i["pos"], i["protocol"], i["state"], i["lastError"]) for i in (first, second)] == [
        (1, "rtmp", "forwarding", ""), (2, "rtsp", "forwarding", "")]
    assert list(first["conf"]) == ["dest", "destFingerprint", "whipBearerToken"]
    wait_until(lambda: all(i["outboundBytes"] > 10_000 for i in listed(router, "show")["items"]), "bytes", SECONDS)
    one = router.get(f"/v3/paths/forward/get?path=show&id={second['id']}").json()
    assert one["id"] == second["id"] and one["protocol"] == "rtsp"
    assert listed(router, "show", itemsPerPage=1, page=1)["items"][0]["pos"] == 2

    page = http.get(router.metrics()).text()
    for item in (first, second):
        labels = f'{{id="{item["id"]}",path="show",protocol="{item["protocol"]}",state="forwarding"}}'
        assert f"forward_dests{labels} 1" in page and f"forward_dests_outbound_bytes{labels}" in page
    by_id = http.get(router.metrics(f"/metrics?forward_dest={first['id']}")).text()
    assert first["id"] in by_id and second["id"] not in by_id
    assert second["id"] in http.get(router.metrics("/metrics?path=show")).text()
    for item in (first, second):
        lines = router.messages(f"[path show] [{item['protocol'].upper()} dest {item['pos']} {item['id'][:8]}] forwarding to '")
        assert len(lines) == 1, router.log()

    publisher.close()
    target.wait_not_ready("mirror/show", SECONDS)
    target.wait_not_ready("twin/show", SECONDS)
    wait_until(lambda: states(router, "show") == ["idle", "idle"], lambda: str(states(router, "show")), SECONDS)
    again = listed(router, "show")["items"]
    assert [i["id"] for i in again] == [first["id"], second["id"]]

    publish_to(router, "show")
    target.wait_ready("mirror/show", SECONDS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def secure_target(new_router, certificate):
    """The server that is pushed to over TLS, and only so."""
    return new_router(encrypted(certificate, "strict")).start()


def test_a_stream_is_pushed_over_tls_to_a_certificate_that_the_system_trusts(pushing, secure_target, publish_to, certificate):
    router = pushing({"show": [secure_target.rtmps("mirror/$MTX_PATH"), secure_target.rtsps("twin/$MTX_PATH")]},
                     {"SSL_CERT_FILE": str(certificate.crt)})
    publish_to(router, "show")
    for name in ("mirror/show", "twin/show"):
        secure_target.wait_ready(name, SECONDS)
    found = listed(router, "show")["items"]
    assert [(i["protocol"], i["state"], i["lastError"]) for i in found] == [("rtmps", "forwarding", ""), ("rtsps", "forwarding", "")]
    wait_until(lambda: all(i["outboundBytes"] > 10_000 for i in listed(router, "show")["items"]), "bytes", SECONDS)
    sources = [secure_target.path(name)["source"]["type"] for name in ("mirror/show", "twin/show")]
    assert sources == ["rtmpsConn", "rtspsSession"]
    for protocol, item in zip(("RTMPS", "RTSPS"), found):
        assert len(router.messages(f"[path show] [{protocol} dest {item['pos']} {item['id'][:8]}] forwarding to '")) == 1, router.log()


def test_a_stream_is_pushed_over_tls_to_the_certificate_of_a_fingerprint(pushing, secure_target, publish_to, certificate):
    other = "0" * 64
    router = pushing({"show": [
        {"dest": secure_target.rtmps("good"), "destFingerprint": certificate.fingerprint()},
        {"dest": secure_target.rtsps("well"), "destFingerprint": certificate.fingerprint().upper()},
        {"dest": secure_target.rtmps("bad"), "destFingerprint": other},
        {"dest": secure_target.rtsps("worse"), "destFingerprint": other}]})
    publish_to(router, "show")
    for name in ("good", "well"):
        secure_target.wait_ready(name, SECONDS)
    wait_until(lambda: states(router, "show") == ["forwarding", "forwarding", "error", "error"], lambda: str(listed(router, "show")), SECONDS)
    assert listed(router, "show")["items"][0]["conf"]["destFingerprint"] == certificate.fingerprint()
    assert secure_target.path("bad") is None and secure_target.path("worse") is None


@pytest.mark.parametrize("case", ["nobody has signed it", "it is for another name"])
def test_a_certificate_that_nobody_trusts_is_refused(pushing, new_router, publish_to, certificate, tmp_path, case):
    stranger = tls.make_certificate(tmp_path / "stranger", "other.example", addresses=())
    served, trusted = (certificate, None) if case == "nobody has signed it" else (stranger, stranger)
    target = new_router(encrypted(served, "strict")).start()
    router = pushing({"show": [target.rtmps("one"), target.rtsps("two")]}, {"SSL_CERT_FILE": str(trusted.crt)} if trusted else None)
    publish_to(router, "show")
    wait_until(lambda: states(router, "show") == ["error", "error"], lambda: str(listed(router, "show")), SECONDS)
    for item in listed(router, "show")["items"]:
        assert "certificate" in item["lastError"], item
    assert not any(item["ready"] for item in target.items("paths"))
    assert router.path("show")["ready"]


def test_groups_of_a_regular_expression_are_replaced(pushing, target, publish_to):
    router = pushing({"~^live/([a-z]+)/([a-z]+)$": [target.rtmp("$G2/$G1")]})
    publish_to(router, "live/one/two")
    target.wait_ready("two/one", SECONDS)
    assert len(listed(router, "live/one/two")["items"]) == 1


def test_questions_that_have_no_answer(pushing, target):
    router = pushing({"show": [target.rtmp("x")]})
    some = "01234567-89ab-cdef-0123-456789abcdef"
    assert error(router.get("/v3/paths/forward/list")) == (400, "invalid path")
    assert error(router.get(f"/v3/paths/forward/get?id={some}")) == (400, "invalid path")
    assert error(router.get("/v3/paths/forward/list?path=nowhere")) == (404, "path not found")
    assert error(router.get("/v3/paths/forward/get?path=show&id=x")) == (400, "invalid UUID length: 1")
    assert error(router.get(f"/v3/paths/forward/get?path=show&id={some}")) == (404, "forward destination not found")
    assert listed(router, "show", page=7)["items"] == []


@pytest.mark.parametrize(("dests", "message"), [
    ([""], "entry 0: destination is empty"),
    (["rtmp://127.0.0.1/x", "http://127.0.0.1/x"],
     "entry 1: unsupported scheme 'http', supported ones are rtmp, rtmps, rtsp, rtsps, srt, whip and whips"),
    (["rtmp://user@127.0.0.1/x"], "entry 0: username and password must be both provided"),
    (["nonsense"], "entry 0: 'nonsense' is not a valid URL")])
def test_entries_that_are_refused(run_program, tmp_path, dests, message):
    config = tmp_path / "bad.yml"
    config.write_text(variation(paths={"show": {"forward": [{"dest": dest} for dest in dests]}}, pathDefaults=None))
    code, out, err = run_program(config)
    assert code != 0 and message in out + err and "forward" in out + err


def test_a_fingerprint_that_is_none(program, new_router, tmp_path, run_program):
    entry = {"dest": "rtmps://127.0.0.1/x/y", "destFingerprint": "ab:cd"}
    config = variation(paths={"show": {"forward": [entry]}}, pathDefaults=None)
    if differs(program, "a `destFingerprint` that is no SHA-256 in hexadecimal digits", mediamtx=True, embedded=False):
        new_router(config).start()
        return
    (tmp_path / "bad.yml").write_text(config)
    code, out, err = run_program(tmp_path / "bad.yml")
    assert code == 1 and "invalid 'forward': entry 0: a fingerprint has 64 hexadecimal digits" in out + err


def test_a_destination_that_is_not_there_is_tried_again(pushing, publish_to, target):
    nobody, = free_ports(1)
    router = pushing({"show": [f"rtmp://{HOST}:{nobody}/x/secretkey", target.rtmp("mirror")]})
    publish_to(router, "show")
    target.wait_ready("mirror", SECONDS)
    wait_until(lambda: states(router, "show")[0] == "error", "the error", SECONDS)
    failed = listed(router, "show")["items"][0]
    assert "refused" in failed["lastError"]
    attempts = "[RTMP dest 1"
    wait_until(lambda: len(router.messages(f"{attempts} {failed['id'][:8]}] forwarding to")) >= 3, "three attempts", SECONDS)
    # In its first five seconds, a router that waits for five seconds each time tries once or twice.
    assert differs(router, ROW, mediamtx=True, embedded=len(router.messages("dest 1 " + failed["id"][:8])) >= 4)
    secret = "secretkey"
    shown = failed["conf"]["dest"] + listed(router, "show")["items"][0]["lastError"] + router.log()
    assert differs(router, "`forward`: stream keys", mediamtx=True, embedded=secret not in shown)
    assert states(router, "show")[1] == "forwarding"


def test_another_configuration_keeps_what_is_the_same(pushing, publish_to, target):
    router = pushing({"show": [target.rtmp("one"), target.rtmp("two")]})
    publish_to(router, "show")
    target.wait_ready("one", SECONDS)
    target.wait_ready("two", SECONDS)
    before = listed(router, "show")["items"]
    kept = target.path("one")["source"]["id"]
    change = {"forward": [{"dest": target.rtmp("one")}, {"dest": target.rtmp("three")}]}
    reply = http.request("PATCH", router.api("/v3/config/paths/patch/show"), change)
    assert reply.status == 200, reply.text()
    target.wait_ready("three", SECONDS)
    target.wait_not_ready("two", SECONDS)
    after = listed(router, "show")["items"]
    assert after[0]["id"] == before[0]["id"] and after[1]["id"] != before[1]["id"]
    assert target.path("one")["source"]["id"] == kept
    assert http.request("PATCH", router.api("/v3/config/paths/patch/show"), {"forward": []}).status == 200
    target.wait_not_ready("one", SECONDS)
    assert listed(router, "show")["items"] == []


class Deaf:
    """A server that accepts connections and never reads."""

    def __init__(self):
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self.listener.accept()[0])

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


def test_a_destination_that_never_answers_disturbs_nobody(pushing, publish_to, target):
    with contextlib.closing(Deaf()) as deaf:
        router = pushing({"show": [f"rtmp://{HOST}:{deaf.port}/x/y", target.rtmp("mirror")]})
        publish_to(router, "show")
        target.wait_ready("mirror", SECONDS)
        wait_until(lambda: deaf.connections, "a connection", SECONDS)
        # MediaMTX waits for ever.
        given_up = differs(router, ROW, mediamtx="forwarding", embedded="error")
        wait_until(lambda: states(router, "show")[0] == given_up, given_up, SECONDS)
        assert states(router, "show")[1] == "forwarding"
        assert ffmpeg.probe(router.rtsp("show"))


def test_a_router_that_is_its_own_destination_stays_a_router(new_router, publish_to):
    """Each path is pushed to a path with a longer name, until names are too long or there are enough of them."""
    router = new_router(variation(paths={"all_others": {}}, pathDefaults=None))
    router.config.write_text(variation(paths={"all_others": {"forward": [{"dest": router.rtmp("x$MTX_PATH")}]}}, pathDefaults=None))
    router.start()
    publisher = publish_to(router, "loop")
    wait_until(lambda: len(router.items("paths")) >= 5, lambda: str(len(router.items("paths"))), SECONDS)
    assert router.get("/v3/info").status == 200
    publisher.close()
    began = time.monotonic()
    wait_until(lambda: not any(item["ready"] for item in router.items("paths")), "the end of all", SECONDS)
    assert time.monotonic() - began < SECONDS
    router.stop()
