"""SIGKILL and SIGSTOP of workers, media-service and the router while ten streams run."""

import os
import signal
import time

import pytest
from support.encoders import Encoders
from support.fleet import Fleet, OneWorkerWatch
from support.stack import Stack
from support.wait import wait_until

STREAMS = {f"ten-{i}" for i in range(10)}
WATCHDOG_SECONDS = 4  # instead of 15 s, so that the tests are short; the code is the same
FLAGS = {"--watchdog": f"{WATCHDOG_SECONDS}s", "--max-starts": "100"}


@pytest.fixture(scope="module")
def ten(tmp_path_factory, clips):
    """Ten live streams with their workers. Each test must leave them running."""
    folder = tmp_path_factory.mktemp("ten")
    stack = Stack(folder, service_flags=FLAGS, worker_mode="process")
    encoders = None
    try:
        stack.start()
        fleet = Fleet(stack)
        empty = fleet.descriptors()
        encoders = Encoders(stack, clips.get("av"), folder)
        for stream in sorted(STREAMS):
            encoders.start(stream)
        fleet.settled(STREAMS)
        yield fleet
        if descriptors_are_countable(fleet):
            for stream in sorted(STREAMS):
                encoders.stop(stream)
                fleet.post(stream, "stop")
            fleet.settled(set())
            fleet.descriptors_return_to(empty)
        stack.stop()
        wait_until(lambda: fleet.workers() == {}, lambda: f"no workers, but {fleet.workers()}")
    finally:
        if encoders:
            encoders.close()
        stack.kill()


def descriptors_are_countable(fleet):
    return fleet.stack.service.running()


def test_killed_workers_are_replaced(ten, rounds):
    for _ in rounds:
        before = ten.settled(STREAMS)
        with OneWorkerWatch(ten):
            for pid in before.values():
                os.kill(pid, signal.SIGKILL)
            after = wait_until(lambda: (now := ten.settled(STREAMS)) and not set(now.values()) & set(before.values())
                               and now, "ten other workers", 60)
        assert len(set(after.values())) == len(STREAMS)
        assert all(ten.show(stream)["lastExit"]["reason"] == "signal" for stream in STREAMS)


def test_a_stopped_worker_is_found_by_its_silence_and_replaced(ten, rounds):
    for _ in rounds:
        before = ten.settled(STREAMS)
        victims = sorted(STREAMS)[:3]
        with OneWorkerWatch(ten):
            for stream in victims:
                os.kill(before[stream], signal.SIGSTOP)
            wait_until(lambda: all(ten.workers().get(s) not in ([before[s]], None) for s in victims),
                       lambda: f"other workers than {before}: {ten.workers()}", WATCHDOG_SECONDS + 60)
            after = ten.settled(STREAMS)
        assert all(after[stream] == before[stream] for stream in STREAMS if stream not in victims)


def test_workers_outlive_a_killed_service_and_are_adopted(ten, rounds):
    for _ in rounds:
        before = ten.settled(STREAMS)
        with OneWorkerWatch(ten):
            ten.stack.service.kill()
            assert ten.workers() == {stream: [pid] for stream, pid in before.items()}
            ten.stack.start_service()
            assert ten.settled(STREAMS) == before
        assert all(ten.show(stream)["worker"]["adopted"] for stream in STREAMS)


def test_adopted_workers_are_replaced_like_others(ten):
    before = ten.settled(STREAMS)
    ten.stack.service.kill()
    ten.stack.start_service()
    ten.settled(STREAMS)
    with OneWorkerWatch(ten):
        for stream in sorted(STREAMS)[:2]:
            os.kill(before[stream], signal.SIGKILL)
            wait_until(lambda: ten.workers().get(stream) not in ([before[stream]], None), f"another of {stream}", 60)
        ten.settled(STREAMS)


def test_a_service_killed_together_with_workers_serves_all_again(ten, rounds):
    for _ in rounds:
        before = ten.settled(STREAMS)
        victims = sorted(STREAMS)[5:]
        with OneWorkerWatch(ten):
            ten.stack.service.kill()
            for stream in victims:
                os.kill(before[stream], signal.SIGKILL)
            ten.stack.start_service()
            after = ten.settled(STREAMS)
        assert all((after[stream] == before[stream]) == (stream not in victims) for stream in STREAMS)


def test_a_service_that_dies_while_it_starts_workers_leaves_one_of_each(ten, rounds):
    for _ in rounds:
        for pid in ten.settled(STREAMS).values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: ten.workers(), "the first new workers", 60)
        with OneWorkerWatch(ten):
            ten.stack.service.kill()
            ten.stack.start_service()
            ten.settled(STREAMS)


def test_a_stopped_service_goes_on_where_it_was(ten, rounds):
    for _ in rounds:
        before = ten.settled(STREAMS)
        with OneWorkerWatch(ten):
            ten.stack.service.signal(signal.SIGSTOP)
            try:
                os.kill(before["ten-0"], signal.SIGKILL)
                # So long that all watchdogs have expired when it wakes.
                time.sleep(WATCHDOG_SECONDS + 1)
            finally:
                ten.stack.service.signal(signal.SIGCONT)
            after = ten.settled(STREAMS)
        assert {stream for stream in STREAMS if after[stream] != before[stream]} == {"ten-0"}, "the others go on"


def test_a_killed_router_heals(ten, rounds):
    for _ in rounds:
        ten.settled(STREAMS)
        with OneWorkerWatch(ten):
            ten.stack.router.kill()
            ten.stack.start_router()
            ten.settled(STREAMS)


def test_a_stopped_router_means_unknown_and_ends_nothing_by_itself(ten, rounds):
    for _ in rounds:
        ten.settled(STREAMS)
        with OneWorkerWatch(ten):
            ten.stack.router.signal(signal.SIGSTOP)
            try:
                wait_until(lambda: ten.metric("tidegate_router_reachable") == 0, "the service to notice", 60)
                assert all(view["live"] for stream, view in ten.streams().items() if stream in STREAMS)
            finally:
                ten.stack.router.signal(signal.SIGCONT)
            ten.settled(STREAMS)
