"""stream-forwarder and a target that wants Adobe's login. FFmpeg, which knows this login, shows that the target is a good judge."""

import contextlib
import itertools
import subprocess

import pytest
from support.adobe_server import AdobeServer
from support.making import making
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.wait import wait_until
from support.worker import Forwarder

SECONDS = 60
KEY = "stream-key-1234"


@pytest.fixture(params=[True, False], ids=["opaque", "challenge"])
def server(request):
    with contextlib.closing(AdobeServer(opaque=request.param)) as server:
        yield server


@pytest.fixture
def forward(tmp_path, source, pump):
    numbers = itertools.count()

    def make(server, login, query=""):
        url = server.url(f"app{query}#{KEY}" if query else f"app/{KEY}").replace("rtmp://", f"rtmp://{login}@")
        return Forwarder(tmp_path, source.url(), url, name=f"forwarder{next(numbers)}")

    yield from making(make)


def test_ffmpeg_logs_in(server, clips):
    url = server.url(f"app/{KEY}").replace("rtmp://", "rtmp://encoder:{}@")
    argv = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(clips.get("small")), "-c", "copy", "-t", "1", "-f", "flv"]
    refused = subprocess.run([*argv, url.format("wrong")], capture_output=True, timeout=SECONDS)
    assert refused.returncode != 0 and server.let_in == 0
    subprocess.run([*argv, url.format("pa55word")], check=True, timeout=SECONDS)
    assert server.let_in == 1 and server.units(VIDEO)


def test_the_forwarder_logs_in(server, forward):
    forwarder = forward(server, "encoder:pa55word")
    server.wait_units(VIDEO, 40, SECONDS)
    assert server.let_in == 1 and not forwarder.records("retry.scheduled"), "the server's questions are no failures"
    assert "pa55word" not in forwarder.log() + "".join(server.queries)


def test_it_logs_in_again_after_each_end(server, forward):
    forwarder = forward(server, "encoder:pa55word")
    server.wait_units(VIDEO, 5, SECONDS)
    for connection in list(server.connections):
        with contextlib.suppress(OSError):
            connection.shutdown(2)
    wait_until(lambda: server.let_in == 2, forwarder.log, SECONDS)


@pytest.mark.parametrize("login", ["encoder:wr0ngword", "nobody:pa55word"])
def test_a_wrong_login_ends_it(server, forward, login):
    forwarder = forward(server, login)
    assert forwarder.wait(SECONDS) == 30, forwarder.log()
    assert forwarder.records("output.lost")[0]["error.kind"] == "credentials"
    assert server.let_in == 0 and not server.units(VIDEO)
    assert login.partition(":")[2] not in forwarder.log()


def test_a_name_and_a_password_with_every_kind_of_character(forward):
    with contextlib.closing(AdobeServer(user="me@studio", password="p:a/ss+w%rd?#&=")) as server:
        forward(server, "me%40studio:p%3Aa%2Fss%2Bw%25rd%3F%23%26%3D")
        server.wait_units(VIDEO, 5, SECONDS)


def test_the_app_keeps_its_query(server, forward):
    forward(server, "encoder:pa55word", query="?token=abc")
    server.wait_units(VIDEO, 5, SECONDS)
    assert all(query.startswith("token=abc") for query in server.queries), server.queries


def test_a_target_that_does_not_ask_is_told_nothing(forward):
    with contextlib.closing(RtmpServer()) as server:
        forward(server, "encoder:pa55word")
        server.wait_units(VIDEO, 5, SECONDS)
        sent = b"".join(message.body for message in server.messages)
        assert b"encoder" not in sent and b"pa55word" not in sent
