"""Hostile HTTP against a running media-service: refused with a reason or taken as the standard says, and nobody else
notices (RFC 9112 §2.2, §5.1, §6.3, §7.1 for what may not be guessed).
"""

import concurrent.futures
import resource
import socket
import time

import pytest
from support import http
from support.bare_router import SANITIZED
from support.fleet import Fleet, OneWorkerWatch, descriptors, resident_bytes
from support.making import started
from support.wait import wait_until

EVENT = b'{"path":"live/hostile/in","query":"","sourceType":"rtmp","sourceId":"s"}'
READY = "/v1/mediamtx/events/ready"
# media-service may grow by this much over all tests, because 4096 connections need buffers. A sanitizer keeps freed memory for some
# time.
MEMORY_BYTES = (512 if SANITIZED else 64) << 20
REQUEST_DEADLINE = 10       # media-service's deadline for a header, and for a body
PATIENCE = 30               # within this time the server must have closed the connection


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    from support.stack import Stack
    with started(Stack(tmp_path_factory.mktemp("hostile"))) as stack:
        yield stack


@pytest.fixture(autouse=True)
def nobody_notices(service):
    """After each attack, the same process must answer at once, must not have grown, and must have closed the connections."""
    open_before = descriptors(service.service.pid)
    memory = resident_bytes(service.service.pid)
    yield
    assert service.service.running(), service.service.log()[-2000:]
    assert http.get(service.service_url("/healthz"), timeout=5).status == 200
    assert resident_bytes(service.service.pid) < memory + MEMORY_BYTES
    wait_until(lambda: descriptors(service.service.pid) <= open_before + 1, "closed connections", 60)


def connect(service):
    return socket.create_connection(("127.0.0.1", service.settings.service_port), PATIENCE)


def read_all(peer):
    """Reads everything until the server closes the connection. A reset also ends it."""
    received = b""
    try:
        while data := peer.recv(65536):
            received += data
    except ConnectionError:
        pass
    return received


def exchange(service, *parts):
    """Sends the parts, closes the sending half, and reads to the end."""
    with connect(service) as peer:
        try:
            for part in parts:
                peer.sendall(part)
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has closed the connection while we were sending; its answer can be read nevertheless
        return read_all(peer)


def status(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer.split()[1])


def post(headers, body=EVENT):
    return (f"POST {READY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n".encode() + body)


LENGTH = f"Content-Length: {len(EVENT)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("name,request_bytes,wanted", [
    ("no length", post(""), 411),
    ("both lengths", post(LENGTH + CHUNKED, b"0\r\n\r\n"), 400),
    ("two lengths", post(LENGTH + "Content-Length: 5\r\n"), 400),
    ("the same length twice", post(LENGTH + LENGTH), 400),
    ("length list", post("Content-Length: 5, 5\r\n"), 400),
    ("negative length", post("Content-Length: -1\r\n"), 400),
    ("length beyond 64 bits", post("Content-Length: 18446744073709551616\r\n"), 400),
    ("length with a sign", post(f"Content-Length: +{len(EVENT)}\r\n"), 400),
    ("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), 400),
    ("identity, chunked", post("Transfer-Encoding: identity, chunked\r\n"), 400),
    ("xchunked", post("Transfer-Encoding: xchunked\r\n"), 400),
    ("blank before the colon", post("Transfer-Encoding : chunked\r\n"), 400),
    ("folded line", post(LENGTH + "X-A: b\r\n c\r\n"), 400),
    ("negative chunk", post(CHUNKED, b"-2\r\nab\r\n0\r\n\r\n"), 400),
    ("no chunk size", post(CHUNKED, b"\r\nab\r\n0\r\n\r\n"), 400),
    ("chunk of 0x prefix", post(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    ("bare line feeds", post(LENGTH).replace(b"\r\n", b"\n"), 400),
    ("one bare line feed", post(LENGTH + "X: y\n"), 400),
    ("NUL in a header", post(LENGTH + "X: a\0b\r\n"), 400),
    ("NUL in the path", b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("encoded NUL", b"GET /v1/streams/%00 HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404)),
    ("broken escape", b"GET /v1/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("no Host", b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("HTTP/0.9", b"GET /healthz\r\n\r\n", 400),
    ("HTTP/3.0", b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", 400),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("spaces in the request line", b"GET  /healthz  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("header of 1 MiB", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n", 431),
    ("10,000 headers", b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n", 431),
    ("target of 64 KiB", b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    ("absolute target", b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
    ("GET with a body", b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab", 200),
    ("a fitting chunked body", post(CHUNKED, f"{len(EVENT):x};e=1\r\n".encode() + EVENT + b"\r\n0\r\n\r\n"), 200),
    ("encoded slashes", b"GET /v1/streams/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    ("dots", b"GET /v1/streams/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
], ids=lambda value: value if isinstance(value, str) else "")
def test_framing(service, name, request_bytes, wanted):
    got = status(exchange(service, request_bytes))
    assert got in (wanted if isinstance(wanted, tuple) else (wanted,)), name


def test_a_body_that_lies_about_its_length_is_never_taken(service):
    before = len(service.events("hostile"))
    answer = exchange(service, post("Content-Length: 5000\r\n"))
    assert not answer.startswith(b"HTTP/1.1 200")
    assert len(service.events("hostile")) == before


@pytest.mark.parametrize("body", [b"FFFFFFFFFFFFFFFF\r\n" + EVENT, b"FFFFFFFFFFFFFFFFF\r\n", b"100000000\r\nx",
                                  b"1;" + b"e" * (1 << 20) + b"\r\na\r\n0\r\n\r\n",
                                  b"1\r\na\r\n0\r\n" + b"X-T: y\r\n" * 200_000 + b"\r\n",
                                  b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n"],
                         ids=["largest chunk", "chunk beyond 64 bits", "4 GiB chunk", "extension of 1 MiB",
                              "flood of trailers", "100,000 chunks"])
def test_hostile_chunks_are_refused_early(service, body):
    assert status(exchange(service, post(CHUNKED, body))) in (400, 413, 431)


def test_a_hundred_megabytes_are_refused_before_they_are_sent(service):
    with connect(service) as peer:
        peer.sendall(post(f"Content-Length: {100 << 20}\r\n", b""))
        answer = peer.recv(4096)
    assert status(answer) == 413


def test_a_compressed_body_is_refused(service):
    assert status(exchange(service, post(LENGTH + "Content-Encoding: gzip\r\n"))) == 415


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_web_page_can_send_unasked_is_no_event(service, kind):
    header = f"Content-Type: {kind}\r\n" if kind else ""
    assert status(exchange(service, f"POST {READY} HTTP/1.1\r\nHost: x\r\n{header}{LENGTH}\r\n".encode() + EVENT)) == 415


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://evil.example:8080"])
def test_a_web_page_of_another_origin_commands_nothing(service, origin):
    for path in (READY, "/v1/streams/hostile/stop"):
        reply = http.request("POST", service.service_url(path), EVENT, {"Origin": origin})
        assert reply.status == 403 and reply.json()["type"].endswith("cross-origin"), reply.body
    reply = http.get(service.service_url("/v1/streams"), headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in reply.headers, "so that a browser keeps the answer from that page"


def test_a_page_that_reaches_us_by_dns_rebinding_commands_nothing(service):
    host = f"rebound.example:{service.settings.service_port}"
    for path in (READY, "/v1/streams/hostile/stop"):
        reply = http.request("POST", service.service_url(path), EVENT, {"Origin": f"http://{host}", "Host": host})
        assert reply.status == 403 and reply.json()["type"].endswith("cross-origin"), reply.body
    # A program may use any name in Host. A page may use an address, or a name that only the local network can resolve.
    assert http.request("POST", service.service_url(READY), EVENT, {"Host": host}).status == 200
    for name in ("127.0.0.1", "[::1]", "localhost", "tidegate.localhost", "media-service"):
        own = f"{name}:{service.settings.service_port}"
        reply = http.request("POST", service.service_url(READY), EVENT, {"Origin": f"http://{own}", "Host": own})
        assert reply.status == 200, (own, reply.body)


def test_our_own_page_may_command(service):
    own = service.service_url("")
    assert http.request("POST", service.service_url(READY), EVENT, {"Origin": own}).status == 200


def test_a_thousand_pipelined_requests_get_a_thousand_answers_in_order(service):
    requests = b"".join(b"GET /v1/streams/p%d HTTP/1.1\r\nHost: x\r\n\r\n" % i for i in range(999))
    answer = exchange(service, requests, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 404 ") == 999 and answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.rindex(b"HTTP/1.1 404 ") < answer.index(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("body,wanted", [
    (b"[" * 60_000, (400,)), (b'{"a":' * 12_000, (400,)), (b"\xef\xbb\xbf" + EVENT, (400,)),
    (EVENT + b" trailing", (400,)), (b"/* */" + EVENT, (400,)), (EVENT[:-1] + b',"x":1e400}', (200, 400)),
    (EVENT[:-1] + b',"x":18446744073709551616}', (200, 400)), (EVENT[:-1] + b',"x":NaN}', (400,)),
    (EVENT.replace(b"hostile", b"host\xc0\xafile"), (400,)), (EVENT[:-1] + b',"path":"live/other/in"}', (400,)),
    (EVENT.replace(b'"s"}', b'"\\ud800"}'), (400,)), (b"null", (422,)), (b'"text"', (422,)),
    (EVENT.replace(b'"rtmp"', b'"aProtocolOfTomorrow"'), (200,))], ids=[
        "deep array", "deep object", "byte order mark", "trailing text", "comment", "1e400", "beyond 64 bits", "NaN",
        "overlong UTF-8", "a field twice", "half a surrogate", "null", "text", "unknown protocol"])
def test_json(service, body, wanted):
    assert http.request("POST", service.service_url(READY), body).status in wanted


def test_slow_senders_meet_a_deadline_over_the_whole_request(service):
    """Three clients send one byte a second. Their deadline must come nevertheless."""
    header = connect(service)
    header.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
    body = connect(service)
    body.sendall(post("Content-Length: 1000\r\n", b"{"))
    chunks = connect(service)
    chunks.sendall(post(CHUNKED, b"1\r\n"))
    peers = {"header": header, "body": body, "chunks": chunks}
    started = time.monotonic()
    ended = {}
    while len(ended) < len(peers) and time.monotonic() < started + REQUEST_DEADLINE + PATIENCE:
        for name, peer in peers.items():
            peer.settimeout(1 / len(peers))
            try:
                if name not in ended:
                    peer.sendall(b" ")
                    answer = peer.recv(4096)
                    ended[name] = answer
            except TimeoutError:
                pass
            except ConnectionError:
                ended[name] = b""
        assert http.get(service.service_url("/healthz"), timeout=5).status == 200
    for peer in peers.values():
        peer.close()
    assert set(ended) == set(peers), f"still open after {time.monotonic() - started:.0f} s: {set(peers) - set(ended)}"
    assert all(answer == b"" or status(answer) == 408 or name == "chunks" for name, answer in ended.items()), ended


def test_more_connections_than_are_allowed(service):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 6000:
        pytest.skip(f"this machine allows {hard} descriptors a process")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 6000), hard))
    peers = []
    try:
        first = connect(service)
        peers.append(first)
        for _ in range(4300):
            peers.append(connect(service))
        # Connections within the limit are served. The last ones get an error, or are just closed.
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(first.recv(4096)) == 200
        last = read_all(peers[-1])
        assert last == b"" or status(last) == 503
    finally:
        for peer in peers:
            peer.close()
    wait_until(lambda: descriptors(service.service.pid) < 100, "the end of all connections", 60)


def test_twenty_thousand_names_cost_no_memory(new_stack):
    """Forged events of always new streams: each is accepted, only a limited number is stored, and no worker is started."""
    stack = new_stack().start()
    memory = resident_bytes(stack.service.pid)
    answers = []

    def send(first):
        with connect(stack) as peer:
            for i in range(first, first + 2500):
                body = EVENT.replace(b"hostile", b"forged-%d" % i)
                peer.sendall(f"POST {READY if i % 2 else READY.replace('ready', 'not-ready')} HTTP/1.1\r\nHost: x\r\n"
                             f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                answer = b""
                while not answer.endswith(b"}"):
                    answer += peer.recv(4096)
                answers.append(status(answer))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(0, 20_000, 2500)))
    assert len(answers) == 20_000 and set(answers) == {200}
    fleet = Fleet(stack)
    assert len(fleet.streams()) == 4096
    assert all(view["state"] == "idle" and not view["live"] for view in fleet.streams().values())
    assert "forged" not in http.get(stack.service_url("/metrics")).text()
    assert resident_bytes(stack.service.pid) < memory + MEMORY_BYTES
    stack.stop()


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1000000000", "limit=", "limit=1e3", "limit=%31%00"])
def test_numbers_out_of_range(service, query):
    assert http.get(service.service_url(f"/v1/events?{query}")).status == 400


@pytest.mark.parametrize("name", ["__proto__", "-", "--help", "metrics", "con", "0"])
def test_reserved_words_are_names_like_others(service, name):
    body = EVENT.replace(b"hostile", name.encode())
    assert http.request("POST", service.service_url(READY), body).json()["streamId"] == name
    assert http.get(service.service_url(f"/v1/streams/{name}")).json()["streamId"] == name


@pytest.mark.parametrize("name", ["../x", "a/b", "a%2Fb", "", "i\u0308n", "\u0456n", "x" * 129, "a b", "a\\u0000"],
                         ids=["dots", "slash", "encoded slash", "empty", "composed", "homoglyph", "long", "blank", "NUL"])
def test_other_names_are_refused(service, name):
    body = EVENT.replace(b"hostile", name.encode())
    assert http.request("POST", service.service_url(READY), body).status == 422


def test_a_hundred_restarts_at_once_leave_one_worker(new_stack, publish, stream):
    stack = new_stack(worker_mode="process")
    stack.start()
    fleet = Fleet(stack)
    publish(stack.rtmp(stream))
    fleet.settled({stream})
    with OneWorkerWatch(fleet), concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: fleet.post(stream, "restart"), range(100)))
        fleet.settled({stream})
    stack.stop()
