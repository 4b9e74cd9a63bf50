"""authMethod http: what the router asks the authentication server, and what it does with the answer."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import http
from support.differences import differs
from support.router import variation
from support.wait import wait_until

KEYS = ["ip", "user", "password", "token", "action", "path", "protocol", "id", "query", "userAgent"]


class Authority:
    """An authentication server. It records all requests, and accepts those whose password is not "wrong"."""

    def __init__(self):
        questions = self.questions = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                questions.append((self.path, self.headers["Content-Type"], json.loads(raw)))
                refused = questions[-1][2]["password"] == "wrong"
                self.send_response(403 if refused else 204)
                self.send_header("Content-Length", "4" if refused else "0")
                self.end_headers()
                self.wfile.write(b"nope" if refused else b"")

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/ask?x=1"

    def about(self, action, path=None):
        return [q for _, _, q in list(self.questions) if q["action"] == action and path in (None, q["path"])]


@pytest.fixture(scope="module")
def authority():
    made = Authority()
    yield made
    made.server.shutdown()


@pytest.fixture(scope="module")
def asking(make_router, authority):
    text = variation(authMethod="http", authHTTPAddress=authority.url, paths={"all_others": {}}, pathDefaults=None,
                     authHTTPExclude=[{"action": "api"}])
    router = make_router(text).start()
    yield router
    router.stop()


def test_publish_over_rtmp(asking, authority, live, stream):
    publisher = live(asking, stream, query="user=u&pass=p&a=b%20c")
    conn = asking.wait_item("rtmpconns", remoteAddr=publisher.address)
    (question,) = authority.about("publish", stream)
    assert list(question) == KEYS
    assert question == {"ip": "127.0.0.1", "user": "u", "password": "p", "token": "p", "action": "publish",
                        "path": stream, "protocol": "rtmp", "id": conn["id"], "query": "user=u&pass=p&a=b%20c",
                        "userAgent": "FMLE/3.0 (test)"}
    path, kind, _ = authority.questions[0]
    assert (path, kind) == ("/ask?x=1", "application/json")


def test_read_over_rtsp(asking, authority, live, rtsp_client, stream):
    import base64
    live(asking, stream)
    client = rtsp_client(asking)
    credentials = {"Authorization": "Basic " + base64.b64encode(b"me:secret").decode(), "User-Agent": "test/1"}
    assert client.ask("DESCRIBE", asking.rtsp(f"{stream}?k=v"), credentials).status == 200
    assert client.setup(f"{asking.rtsp(stream)}?k=v/trackID=0", **credentials).status == 200
    first, second = authority.about("read", stream)
    for question in (first, second):
        assert (question["user"], question["password"], question["protocol"]) == ("me", "secret", "rtsp")
        assert question["query"] == "k=v"
    assert first["userAgent"] == differs(asking, "`authMethod: http`: `userAgent` for DESCRIBE", "", "test/1")
    assert second["userAgent"] == "test/1"
    assert first["id"] == asking.wait_item("rtspconns", remoteAddr=client.address)["id"]
    assert second["id"] == asking.wait_item("rtspsessions", remoteAddr=client.address)["id"]


def test_a_refusal(asking, rtsp_client, rtmp_client, live, stream):
    import base64
    live(asking, stream)
    client = rtsp_client(asking)
    wrong = {"Authorization": "Basic " + base64.b64encode(b"me:wrong").decode()}
    assert client.ask("DESCRIBE", asking.rtsp(stream), wrong).status == 401
    asking.wait_message("WAR", r"\[RTSP\] \[conn .*\] failed to authenticate: server replied with code 403: nope")
    player = rtmp_client(asking)
    player.start(asking.rtmp(""), "play", f"{stream}?user=me&pass=wrong")
    assert player.status()[0] == "NetConnection.Connect.Success"
    assert player.status() == ("NetStream.Play.Failed", "authentication failed")


def test_metrics_are_asked_for_and_the_api_is_excluded(asking, authority):
    assert http.get(asking.metrics()).status == 200
    (question, *_) = authority.about("metrics")
    assert (question["path"], question["protocol"], question["id"]) == ("", "", None)
    assert asking.get("/v3/info").status == 200 and not authority.about("api")


def test_an_authority_that_is_gone(new_router, rtsp_client):
    router = new_router(variation(authMethod="http", authHTTPAddress="http://127.0.0.1:9/", paths={"all_others": {}},
                                  authHTTPExclude=[{"action": "api"}])).start()
    client = rtsp_client(router)
    reply = client.ask("DESCRIBE", router.rtsp("x"), {"Authorization": "Basic bWU6eA=="})
    assert reply.status == 401
    wait_until(lambda: [t for level, t in router.messages("failed to authenticate") if level == "WAR"], router.log)
    assert re.search(r"connection refused", router.log(), re.I)
