"""A worker's Lease at an API server (--lease kubernetes:...): two workers never publish at once, whatever became of the first."""

import contextlib
import re
import signal
import time

import pytest
from support.kube.either import api_servers
from support.kube.leases import Leases
from support.probed import Probed
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.wait import wait_until

DURATION = 18   # of a worker's Lease; by default 180
DEADLINE = 15   # without the server's word it stops after this
PERIOD = 2.2    # from one renewal to the next, at most
LATE = 15       # a busy machine
NAME = "kubernetes:tidegate/worker-scripted"
LEASE = "worker-scripted"


@pytest.fixture(scope="module", params=["fake", "real"])
def server(request, tmp_path_factory):
    """The API server of this process, and with KUBE_BIN also the real one."""
    yield from api_servers(request.param, tmp_path_factory.mktemp("api"))


@pytest.fixture
def leases(server):
    with contextlib.closing(Leases(server, ways=2)) as made:
        yield made
        server.admin.delete("leases", LEASE)


@pytest.fixture
def leased(start, source, leases, tmp_path):
    """Starts a worker with the Lease; way: which it takes to the API server."""

    def make(target, run, way=0, *arguments, **environment):
        config = leases.kubeconfig(way, tmp_path / f"kubeconfig-{way}")
        return start(source.url(), target.url(), "--lease", NAME, "--lease-duration", f"{DURATION}s",
                     "--run-id", run, *arguments,
                     environment={"KUBECONFIG": str(config), **environment})

    return make


@pytest.fixture
def second_target():
    with contextlib.closing(RtmpServer()) as server:
        yield server


def test_the_lease_is_taken_before_anything_is_published_and_removed_at_the_end(leased, source, target, pump, leases):
    worker = leased(target, "run-1", POD_NAME="worker-scripted", POD_UID="1234")
    target.wait_units(VIDEO, 5)
    assert leases.holder(LEASE) == "worker-scripted_1234"
    lease = leases.get(LEASE)
    assert lease["spec"]["leaseDurationSeconds"] == DURATION and lease["spec"]["leaseTransitions"] == 0
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert leases.get(LEASE) is None, "nothing is left behind"
    assert target.commands[-2:] == ["FCUnpublish", "deleteStream"]


def test_it_is_renewed_again_and_again(leased, source, target, pump, leases):
    leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    seen = {}
    wait_until(lambda: seen.update({(lease := leases.get(LEASE)["spec"])["renewTime"]: lease["acquireTime"]}) or len(seen) >= 4,
               lambda: f"renewals: {seen}", 4 * PERIOD + LATE)
    assert len(set(seen.values())) == 1


def test_a_second_worker_waits_while_the_first_one_renews_and_says_so(leased, source, target, second_target, pump, leases):
    first = leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    holder = leases.holder(LEASE)
    probed = Probed()
    second = leased(second_target, "run-2", 1, *probed.flags)
    probed.wait_open()
    wait_until(lambda: f'waiting for the lease: "{holder}" holds it' in probed.get("/readyz").text(),
               lambda: probed.get("/readyz").text())
    assert probed.get("/livez").status == 200
    first.signal(signal.SIGTERM)
    assert first.wait() == 0
    second_target.wait_units(VIDEO, 5)
    assert leases.holder(LEASE) not in (None, holder)
    assert second.running()


def test_one_that_waits_can_be_stopped(leased, source, target, second_target, pump, leases):
    leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    holder = leases.holder(LEASE)
    second = leased(second_target, "run-2", 1)
    second.wait_event("lease.waiting")
    second.signal(signal.SIGTERM)
    assert second.wait() == 0
    assert leases.holder(LEASE) == holder and not second_target.connections


def test_the_lease_of_a_killed_worker_is_taken_when_it_has_expired(leased, source, target, second_target, pump, leases):
    first = leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    first.kill()
    killed_at = time.monotonic()
    leased(second_target, "run-2")
    second_target.wait_units(VIDEO, 1, DURATION + LATE + 20)
    assert time.monotonic() - killed_at > DURATION - 2 * PERIOD, "its last renewal was at most one period before"
    assert leases.get(LEASE)["spec"]["leaseTransitions"] == 1


def test_a_worker_that_cannot_renew_stops_before_another_one_begins(leased, source, target, second_target, pump, leases):
    first = leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    leases.ways[0].shut = True
    shut_at = time.monotonic()
    leased(second_target, "run-2", 1)
    assert first.wait(DEADLINE + LATE) == 40
    ended_at = time.monotonic()
    assert ended_at - shut_at > DEADLINE - 2 * PERIOD, "it has used the time that it had"
    assert not second_target.units(VIDEO), "the other one has not begun"
    [lost] = first.records("lease.lost")
    assert "could not be renewed" in lost["msg"]
    assert "the lease was lost" in first.records("worker.ended")[0]["msg"]
    second_target.wait_units(VIDEO, 1, DURATION + LATE)
    assert time.monotonic() > ended_at


def test_a_server_that_returns_in_time_ends_no_worker(leased, source, target, pump, leases):
    probed = Probed()
    metric = lambda name: float(re.search(rf"^tidegate_worker_lease_{name} (\S+)$", probed.get("/metrics").text(), re.M)[1])  # noqa: E731
    worker = leased(target, "run-1", 0, *probed.flags)
    target.wait_units(VIDEO, 5)
    before = leases.get(LEASE)["spec"]["renewTime"]
    assert metric("failures_total") == 0 and 0 < metric("left_seconds") <= DEADLINE
    leases.ways[0].shut = True
    wait_until(lambda: metric("failures_total") >= 1, worker.log, DEADLINE)
    leases.ways[0].shut = False
    worker.wait_event("lease.renewed")
    [told] = worker.records("lease.not-renewed")
    assert "it is ours for another" in told["msg"]
    assert leases.get(LEASE)["spec"]["renewTime"] > before and leases.get(LEASE)["spec"]["leaseTransitions"] == 0
    target.wait_units(VIDEO, len(target.units(VIDEO)) + 5)
    assert worker.running() and not worker.records("lease.lost")


def test_a_worker_that_was_frozen_publishes_nothing_when_it_wakes(leased, source, target, second_target, pump, leases):
    first = leased(target, "run-1")
    target.wait_units(VIDEO, 5)
    first.signal(signal.SIGSTOP)
    leased(second_target, "run-2", 1)
    second_target.wait_units(VIDEO, 1, DURATION + LATE + 20)
    before = len(target.units(VIDEO))
    first.signal(signal.SIGCONT)
    assert first.wait(LATE) == 40
    # What it had written before it was stopped may have been read since; a picture that came later is not among it.
    assert len(target.units(VIDEO)) - before <= 1


def test_what_is_no_lease_is_told(start, source, target):
    for wrong in ("kubernetes:", "kubernetes:a/b/c", "kubernetes:Upper"):
        worker = start(source.url(), target.url(), "--lease", wrong)
        assert worker.wait() == 10 and "--lease" in worker.log(), wrong


def test_a_duration_that_is_too_short_or_too_long_is_told(start, source, target):
    for wrong in ("9s", "601s"):
        worker = start(source.url(), target.url(), "--lease", NAME, "--lease-duration", wrong)
        assert worker.wait() == 10 and "--lease-duration" in worker.log(), wrong


def test_outside_of_a_cluster_it_is_a_configuration_error(start, source, target):
    worker = start(source.url(), target.url(), "--lease", NAME, environment={"KUBECONFIG": "/nowhere"})
    assert worker.wait() == 10
    assert worker.records("lease.invalid")
