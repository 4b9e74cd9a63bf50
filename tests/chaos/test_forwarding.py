"""Destinations that fail in every way, again and again, beside one that works: 24 hours in fast motion. With CHAOS=long it takes 20
minutes. Nothing leaks, the good destination and the viewers notice nothing, and each destination has one forwarder."""

import os
import signal
import time

import pytest
from support.encoders import Encoders
from support.fleet import descriptors, resident_bytes
from support.flapping_target import FlappingTarget
from support.forwarding import SECONDS, ForwardingStack
from support.rtmp_client import VIDEO
from support.rtmp_server import RtmpServer
from support.wait import wait_until

STREAM = "flapped"
LONG_SECONDS, SHORT_SECONDS = 20 * 60, 40
# A forwarder keeps one group of pictures, and what waits for a slow target. It must not grow with time.
GROWTH_BYTES = 12 << 20
DESCRIPTORS = 4          # as many may come and go, for a connection that begins while another one ends
GAP_SECONDS = 5.0        # between two pictures at the good destination, on a busy machine
OPERATE_SECONDS = 60     # how often something is killed, in the long form


@pytest.fixture
def good():
    server = RtmpServer()
    yield server
    server.close()


@pytest.fixture
def bad(long_form):
    target = FlappingTarget(pause=1.0) if long_form else FlappingTarget(FlappingTarget.SHORT, pause=0.7)
    yield target
    target.close()


@pytest.fixture
def stack(tmp_path, good, bad):
    rules = {STREAM: {"good": good.url("app/good-key-1234"), "bad": bad.url("app/bad-key-1234")}}
    stack = ForwardingStack(tmp_path, rules)
    stack.stop_workers_on_exit = False
    stack.start()
    yield stack
    stack.kill()


@pytest.fixture
def encoder(stack, clips, tmp_path):
    encoders = Encoders(stack, clips.get("av"), tmp_path)
    encoders.start(STREAM)
    yield encoders
    encoders.close()


class Watch:
    """Looks again and again. What must hold all the time is asserted at once."""

    def __init__(self, stack, good):
        self.stack, self.good = stack, good
        self.worker = stack.fleet.workers()[STREAM]
        self.before = {}    # name -> (pid, descriptors, resident bytes) when it was first seen forwarding
        self.longest_gap = 0.0
        self.newest = time.monotonic()
        self.pictures = 0

    def look(self):
        found = self.stack.fleet.forwarders()
        assert all(len(pids) == 1 for pids in found.values()), found
        assert self.stack.fleet.workers()[STREAM] == self.worker, "the worker goes on"
        for name, [pid] in found.items():
            try:
                now = pid, descriptors(pid), resident_bytes(pid)
            except OSError:
                continue  # it has just ended
            first = self.before.get(name)
            if first is None or first[0] != pid:
                # A program that has just begun has opened little. So the first figures are those of one that forwards.
                if self.stack.state(*name.split(".")) == "forwarding":
                    self.before[name] = now
                continue
            assert now[1] <= first[1] + DESCRIPTORS, f"{name}: {first} → {now}"
            assert now[2] <= first[2] + GROWTH_BYTES, f"{name}: {first} → {now}"
        units = len(self.good.units(VIDEO))
        if units != self.pictures:
            self.pictures, self.newest = units, time.monotonic()
        self.longest_gap = max(self.longest_gap, time.monotonic() - self.newest)
        if units > 2000:  # a long test must not fill the memory
            del self.good.messages[:]
            self.pictures = 0


def disturb(stack, turn):
    """Every other time the forwarder of the bad destination is killed, every other time media-service."""
    if turn % 2 == 0:
        pid = stack.pid(STREAM, "bad")
        if pid:
            os.kill(pid, signal.SIGKILL)
        return
    stack.service.kill()
    time.sleep(0.5)  # the forwarders go on alone
    stack.start_service()


def test_a_destination_that_fails_in_every_way_harms_nobody(stack, encoder, good, bad, long_form):
    stack.wait_state(STREAM, "good", "forwarding")
    stack.wait_state(STREAM, "bad", "forwarding")
    wait_until(lambda: good.units(VIDEO), "pictures at the good destination", SECONDS)
    watch = Watch(stack, good)
    service = stack.service.pid
    first = descriptors(service), resident_bytes(service)
    bad.start()
    began = disturbed = time.monotonic()
    seconds = LONG_SECONDS if long_form else SHORT_SECONDS
    turn = 0
    while time.monotonic() - began < seconds or len(bad.failed) < len(FlappingTarget.SHORT):
        assert time.monotonic() - began < seconds + 120, f"only {bad.failed}"
        watch.look()
        time.sleep(0.1)
        if time.monotonic() - disturbed > (OPERATE_SECONDS if long_form else SHORT_SECONDS / 2):
            disturb(stack, turn)
            turn, disturbed = turn + 1, time.monotonic()
    bad.over.set()
    bad.reads.set()
    stack.wait_state(STREAM, "bad", "forwarding", seconds=150)  # a pause after refusals takes a minute
    assert watch.longest_gap < GAP_SECONDS, f"the good destination waited {watch.longest_gap:.1f} s"
    assert stack.show(STREAM)["state"] == "running" and stack.show(STREAM)["restarts"] == 0
    assert len(good.connections) == 1, "the good destination was never connected to again"
    if stack.service.pid == service:
        assert descriptors(service) <= first[0] + DESCRIPTORS
        assert resident_bytes(service) <= first[1] + GROWTH_BYTES
    print(f"{len(bad.failed)} failures in {time.monotonic() - began:.0f} s, longest gap {watch.longest_gap:.2f} s, "
          f"{stack.destinations(STREAM)['bad']}")
