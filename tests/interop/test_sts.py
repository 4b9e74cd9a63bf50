"""The speech service's protocol against a stranger's implementation, Debian's python3-socketio: as server for our client, and as client
for our echo. And against servers that misbehave on the wire."""

import signal
import socket
import ssl
import time
from pathlib import Path

import pytest
from support import http, sts
from support.making import making
from support.tls import make_certificate
from support.wait import wait_until

pytest.importorskip("socketio", reason="no python3-socketio")
pytest.importorskip("aiohttp", reason="no python3-aiohttp")
from support.sts_espeak import SpeechClient  # noqa: E402


@pytest.fixture
def echo(tmp_path):
    yield from making(lambda *arguments, **environment: sts.StsEcho(tmp_path, *arguments, **environment))


@pytest.fixture
def connect():
    yield from making(SpeechClient, SpeechClient.close)


@pytest.fixture
def service():
    yield from making(sts.ScriptedService, sts.ScriptedService.close)


@pytest.fixture
def raw():
    yield from making(sts.RawService, sts.RawService.close)


@pytest.fixture
def client(tmp_path):
    yield from making(lambda url, *arguments, **environment: sts.StsClient(tmp_path, url, *arguments, **environment))


# Our echo.

def test_the_echo_answers_in_order_and_completes_after_the_last_answer(echo, connect):
    server = echo("--processing-delay-ms", "150", "--jitter-ms", "50")
    stranger = connect(server)
    stranger.init()
    assert stranger.wait("stream:ready")["max_inflight"] == 3
    for number in range(3):
        stranger.fragment(number, 2000)
    stranger.client.emit("stream:end", {"stream_id": "s"})
    complete = stranger.wait("stream:complete")
    assert [answer["sequence_number"] for answer in stranger.all("fragment:processed")] == [0, 1, 2]
    assert complete["total_fragments"] == 3 and complete["total_duration_ms"] == 6000
    assert complete["statistics"]["success_count"] == 3 and complete["statistics"]["avg_processing_time_ms"] >= 150
    assert server.metric('tidegate_sts_echo_fragments_total{status="success"}') == 3


def test_the_echo_refuses_gaps_and_duplicates(echo, connect):
    stranger = connect(echo())
    stranger.init()
    for number in (0, 2, 0, 1):
        stranger.fragment(number, fragment_id=f"f{number}")
    stranger.wait("fragment:processed", 2)
    assert [(error["code"], error["fragment_id"]) for error in stranger.all("error")] == [
        ("INVALID_SEQUENCE", "f2"), ("INVALID_SEQUENCE", "f0")]


def test_the_echo_takes_test_events(echo, connect):
    stranger = connect(echo())
    stranger.client.on("config:error_simulation:ack", lambda data: stranger._note("rules", data))
    stranger.init()
    stranger.client.emit("config:error_simulation", {"enabled": True, "rules": [
        {"trigger": "sequence_number", "value": 1, "error_code": "TIMEOUT", "error_message": "too slow"}]})
    assert stranger.wait("rules")["status"] == "accepted"
    for number in range(2):
        stranger.fragment(number)
    failed = stranger.wait("fragment:processed", 2)
    assert failed["status"] == "failed" and failed["error"]["code"] == "TIMEOUT" and failed["error"]["retryable"] is True
    stranger.client.emit("simulate:disconnect", {"delay_ms": 10})
    stranger.wait("disconnect")


def test_the_echo_tells_when_its_load_is_over(echo, connect):
    stranger = connect(echo("--backpressure", "--processing-delay-ms", "300"))
    stranger.init()
    for number in range(3):
        stranger.fragment(number)
    stranger.wait("fragment:processed", 3)
    actions = [event["action"] for event in stranger.all("backpressure")]
    assert "pause" in actions and actions[-1] == "none"


def test_the_echo_wants_its_token(echo, connect):
    server = echo(ECHO_TOKEN="s3cret")
    assert not connect(server, auth={"token": "guess"}).accepted
    assert connect(server, auth={"token": "s3cret"}).accepted
    assert "s3cret" not in server.log()


def test_a_client_that_floods_the_echo_does_not_disturb_others(echo, connect):
    """Frames of a client are masked; those with a mask of zeros are as they were."""
    server = echo()
    with socket.create_connection(("127.0.0.1", server.port)) as hostile:
        hostile.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade"
                        b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        with pytest.raises(OSError):
            while True:
                hostile.sendall(b"\x81\x81\0\0\0\0" b"6" * 1000)
    stranger = connect(server)
    stranger.init()
    stranger.fragment(0)
    assert stranger.wait("fragment:processed")["status"] == "success"
    assert server.metric('tidegate_sts_echo_connections_refused_total{reason="protocol"}') == 1


def test_the_echo_serves_only_so_many_clients_and_no_foreign_pages(echo, connect):
    server = echo("--max-connections", "1")
    assert connect(server).accepted
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    address = f"http://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    assert http.get(address, headers=upgrade).status == 503
    assert http.get(address, headers={**upgrade, "Origin": "http://evil.example"}).status == 403
    assert http.get(address.replace("websocket", "polling")).status == 400


# Our client.

def test_the_client_is_served_by_a_stranger(service, client):
    server = service()
    ours = client(server.url, "--fragments", "3", STS_TOKEN="s3cret")
    counters = ours.ended()
    assert counters["dubbed"] == 3 and counters["unknownEvents"] == 0
    assert [line["transcript"] for line in ours.lines() if "fragment" in line] == ["hello"] * 3
    [hello] = server.all("connect")
    assert hello == {"auth": {"token": "s3cret"}, "HTTP_AUTHORIZATION": "Bearer s3cret", "HTTP_X_STREAM_ID": "demo",
                     "HTTP_X_WORKER_ID": "worker-demo", "HTTP_SEC_WEBSOCKET_EXTENSIONS": None}
    assert [data["sequence_number"] for data in server.all("fragment:data")] == [0, 1, 2]
    assert [ack["status"] for ack in server.all("fragment:ack")] == ["applied"] * 3
    assert server.all("stream:end") == [{"stream_id": "demo", "reason": "source ended"}]
    assert "s3cret" not in ours.log()


def test_the_client_answers_pings(service, client):
    server = service()  # it pings each second, and gives up a second later
    ours = client(server.url, "--fragments", "2", "--interval-ms", "1500")
    assert ours.ended()["connections"] == 1


def test_the_client_understands_the_other_dialect(service, client):
    async def init(server, sid, data):
        await server.emit(sid, "stream:ready", {"stream_id": "demo", "session_id": "u", "max_inflight": 10.0, "capabilities": ["x"]})

    async def process(server, sid, data):
        if data["sequence_number"] == 0:
            return await server.emit(sid, "error", {"code": "ASR_FAILED", "message": "m", "retryable": True,
                                                    "details": {"fragment_id": data["fragment_id"]}})
        await server.emit(sid, "fragment:processed", server.processed(data, status="partial", new_field=[1], sequence_number=1.0))

    async def end(server, sid, data):
        await server.emit(sid, "stream:complete", {"total_fragments": 2, "success_count": 1, "failed_count": 1, "error_breakdown": {}})
    ours = client(service({"stream:init": init, "fragment:data": process, "stream:end": end}).url, "--fragments", "2")
    ours.ended()
    assert ours.outcomes() == {0: "service_failed", 1: "dub"}


def test_the_client_is_refused(service, client):
    async def refuse(server, sid):
        import socketio
        raise socketio.exceptions.ConnectionRefusedError("bad token")
    ours = client(service(connect=refuse).url)
    ours.wait_state("refused", "bad token")


def test_the_client_obeys_backpressure(service, client):
    async def process(server, sid, data):
        times.append(time.monotonic())
        if data["sequence_number"] == 0:
            await server.emit(sid, "backpressure", {"stream_id": "demo", "severity": "low", "action": "slow_down", "recommended_delay_ms": 400})
        await server.echo(server, sid, data)
    times = []
    ours = client(service({"fragment:data": process}).url, "--fragments", "2")
    assert ours.ended()["slowDowns"] == 1
    assert times[1] - times[0] >= 0.4


def test_the_client_begins_anew_after_a_disconnection(service, client):
    async def process(server, sid, data):
        if len(server.all("fragment:data")) == 1:
            return await server.server.disconnect(sid)
        await server.echo(server, sid, data)
    server = service({"fragment:data": process})
    ours = client(server.url, "--fragments", "2")
    assert ours.ended()["connections"] == 2
    assert ours.outcomes() == {0: "connection_lost", 1: "dub"}
    assert [data["sequence_number"] for data in server.all("fragment:data")] == [0, 0]
    assert len(server.all("stream:init")) == 2


def test_the_client_and_the_echo_at_their_worst(echo, client):
    server = echo("--processing-delay-ms", "20", "--jitter-ms", "40", "--loss", "10", "--reorder", "20", "--duration-variance", "30",
                  "--error-rule", "nth_fragment=7:FRAGMENT_TOO_LARGE", "--disconnect-every", "23", "--answer", "tone")
    ours = client(server.url, "--fragments", "60", "--bytes", "19200", "--interval-ms", "15", "--deadline-ms", "400", "--retry-ms", "50")
    ours.ended()
    outcomes = list(ours.outcomes().values())
    assert len(outcomes) == 60 and len([line for line in ours.lines() if "fragment" in line]) == 60, "one outcome for each"
    assert {"dub", "timed_out", "service_failed", "connection_lost"} <= set(outcomes)


def test_the_breaker_opens_when_everything_fails(echo, client):
    ours = client(echo("--error-rule", "nth_fragment=1:GPU_OOM").url, "--fragments", "100", "--interval-ms", "5")
    ours.wait_state("breaker_open", "GPU_OOM")
    assert list(ours.outcomes().values())[:5] == ["service_failed"] * 5


def test_a_service_that_hangs_misses_deadlines_and_comes_back(echo, client):
    server = echo()
    ours = client(server.url, "--fragments", "1000", "--interval-ms", "100", "--deadline-ms", "300")
    wait_until(lambda: "dub" in ours.outcomes().values(), ours.log)
    server.signal(signal.SIGSTOP)
    wait_until(lambda: "timed_out" in ours.outcomes().values(), ours.log)
    server.signal(signal.SIGCONT)
    before = len(ours.outcomes())
    wait_until(lambda: "dub" in list(ours.outcomes().values())[before:], ours.log)


# TLS.

@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(folder, name, ()) for name in ("localhost", "elsewhere.example")}


def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.crt, certificate.key)
    return context


def test_the_client_speaks_tls(service, client, certificates):
    server = service(ssl=tls(certificates["localhost"]))
    ours = client(server.url, "--ca-file", str(certificates["localhost"].crt), "--fragments", "1", "--bytes", "500000")
    assert ours.ended()["dubbed"] == 1


@pytest.mark.parametrize("name, trusted, reason", [
    ("localhost", False, "self-signed certificate"),
    ("elsewhere.example", True, "hostname mismatch"),
])
def test_the_client_checks_certificates(service, client, certificates, name, trusted, reason):
    server = service(ssl=tls(certificates[name]))
    ours = client(server.url, *(("--ca-file", str(certificates[name].crt)) if trusted else ()))
    ours.wait_state("refused", reason)
    assert server.all("connect") == []


# Servers that misbehave on the wire: each costs its connection, and little of the processor.

def cpu_seconds(process):
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


def test_a_flood_of_messages_ends_the_connection(raw, client):
    def flood(send):
        while True:
            send(sts.frame(b"6") * 1000)
    ours = client(raw(flood).url, "--retry-ms", "20000")
    ours.wait_state("waiting", "too much")


def test_a_flood_of_pings_ends_the_connection(raw, client):
    def flood(send):
        while True:
            send(sts.frame(b"", opcode=9) * 1000)
    ours = client(raw(flood).url, "--retry-ms", "20000")
    ours.wait_state("waiting", "too many pings")


def test_a_message_in_frames_of_a_byte_ends_the_connection(raw, client):
    def trickle(send):
        send(sts.frame(b"4", fin=False))
        while True:
            send(sts.frame(b"2", opcode=0, fin=False) * 100)
    ours = client(raw(trickle).url, "--retry-ms", "20000")
    ours.wait_state("waiting", "pieces of a few bytes")


def test_a_binary_message_ends_the_connection(raw, client):
    ours = client(raw(lambda send: send(sts.frame(b"x", opcode=2))).url, "--retry-ms", "20000")
    ours.wait_state("waiting", "binary")


def test_an_answer_without_an_end_ends_the_connection(raw, client):
    def endless(send):
        send(b"\x01\x7f" + (1 << 30).to_bytes(8, "big"))
        while True:
            send(b"x" * 65536)
    ours = client(raw(endless).url, "--retry-ms", "20000")
    ours.wait_state("waiting", "16 MiB")


def test_bytes_one_by_one_cost_little(raw, client):
    """A message of 100 KB, each byte a packet of its own: the client reads what has gathered."""
    def trickle(send):
        payload = b"42" + b" " * 100_000
        send(b"\x81\x7f" + len(payload).to_bytes(8, "big"))
        for i in range(len(payload)):
            send(payload[i:i + 1])
        done.append(True)
        time.sleep(20)
    done = []
    ours = client(raw(trickle).url, "--retry-ms", "20000", "--fragments", "100", "--interval-ms", "100", "--deadline-ms", "200")
    ours.wait_state("ready")
    before = cpu_seconds(ours)
    wait_until(lambda: done or "waiting" in ours.states(), "the end of the trickle")
    assert cpu_seconds(ours) - before < 1
