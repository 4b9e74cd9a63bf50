"""Chaos on real processes. CHAOS=long (make chaos) takes minutes; otherwise the short form of make test."""

import os

import pytest
from support.encoders import Encoders
from support.fleet import Fleet

LONG = os.environ.get("CHAOS") == "long"


@pytest.fixture(scope="session")
def long_form():
    return LONG


@pytest.fixture
def rounds():
    """How often a blow is repeated."""
    return range(3 if LONG else 1)


class Pipeline:
    """A stack with workers, its encoders, and the check of its promises."""

    def __init__(self, stack, clip, work_dir):
        self.stack = stack
        self.fleet = Fleet(stack)
        self.encoders = Encoders(stack, clip, work_dir)

    def close(self):
        self.encoders.close()
        self.stack.kill()
        # A test that failed may leave workers that outlived their service.
        for found in self.fleet.workers().values():
            for pid in found:
                os.kill(pid, 9)


@pytest.fixture
def make_pipeline(new_stack, clips, tmp_path):
    made = []

    def make(router_environment=None, service_flags=None):
        stack = new_stack(service_flags=service_flags, worker_mode="process")
        stack.start_router(**(router_environment or {}))
        stack.start_service()
        made.append(Pipeline(stack, clips.get("av"), tmp_path))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()
