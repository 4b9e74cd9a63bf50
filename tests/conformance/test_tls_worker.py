"""A stream-worker that reads and publishes over TLS, on a router that speaks nothing else."""

import pytest
from support import tls
from support.encrypted import encrypted
from support.making import making
from support.router import HOST
from support.rtmp_script import Publisher
from support.wait import wait_until
from support.worker import Worker


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def other_certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("other"))


@pytest.fixture(scope="module")
def strict(make_router, certificate):
    router = make_router(encrypted(certificate, "strict")).start()
    yield router
    router.stop()


@pytest.fixture
def published(strict, certificate, clips, path):
    publisher = Publisher(HOST, strict.rtmps_port, clips.get("av"), path, tls=tls.trusting(certificate))
    publisher.lead_sent.wait(20)
    strict.wait_ready(path)
    yield path
    publisher.close()


@pytest.fixture
def worker(tmp_path):
    def start(*arguments):
        return Worker(tmp_path, *arguments)
    yield from making(start)


def protocol(router, name):
    return {"rtmps": router.rtmps, "rtsps": router.rtsps}[name]


@pytest.mark.parametrize("source,target", [("rtsps", "rtmps"), ("rtmps", "rtmps")])
def test_a_worker_relays_over_tls(strict, certificate, published, worker, source, target):
    out = published.replace("/in", "/out")
    relay = worker(protocol(strict, source)(published), protocol(strict, target)(out), "--ca-file", str(certificate.crt))
    strict.wait_ready(out)
    kind = {"rtmps": "rtmpsConn", "rtsps": "rtspsSession"}
    assert strict.path(out)["source"]["type"] == kind[target]
    assert strict.path(published)["readers"][0]["type"] == kind[source]
    wait_until(lambda: strict.path(out)["inboundBytes"] > 200_000, relay.log)
    assert not relay.records("input.lost")
    assert relay.terminate() == 0


def test_a_worker_publishes_over_rtsps(program, strict, certificate, published, worker):
    out = published.replace("/in", "/out")
    relay = worker(strict.rtsps(published), strict.rtsps(out), "--ca-file", str(certificate.crt))
    strict.wait_ready(out)
    assert strict.path(out)["source"]["type"] == "rtspsSession" and relay.running()


def test_pinned_fingerprints(strict, certificate, published, worker):
    out = published.replace("/in", "/out")
    worker(strict.rtsps(published), strict.rtmps(out), "--input-fingerprint", certificate.fingerprint(),
           "--output-fingerprint", certificate.fingerprint().upper())
    strict.wait_ready(out)


@pytest.mark.parametrize("trust,reason", [
    ((), "certificate not accepted: self-signed certificate"),
    (("--input-fingerprint", "{other}"), "certificate not accepted: its fingerprint is another one"),
])
def test_a_server_that_is_not_trusted_gets_nothing(strict, other_certificate, published, worker, trust, reason):
    out = published.replace("/in", "/out")
    arguments = [argument.format(other=other_certificate.fingerprint()) for argument in trust]
    relay = worker(strict.rtsps(published), strict.rtmps(out), *arguments)
    assert reason in str(relay.wait_event("input.lost"))
    assert not strict.path(out)


def test_settings_that_cannot_be_used(strict, tmp_path, worker):
    for arguments in (("--ca-file", str(tmp_path / "none.pem")), ("--output-fingerprint", "abc")):
        relay = worker(strict.rtsps("a"), strict.rtmps("b"), *arguments)
        assert relay.wait() == 10, relay.log()
