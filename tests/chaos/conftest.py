"""Chaos tests with real processes. With CHAOS=long (make chaos) they take minutes; make test runs a short form."""

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
    """How often each disturbance is repeated."""
    return range(3 if LONG else 1)


class Pipeline:
    """A stack with workers, its encoders, and the check of what the pipeline promises."""

    def __init__(self, stack, clip, work_dir):
        self.stack = stack
        self.fleet = Fleet(stack)
        self.encoders = Encoders(stack, clip, work_dir)

    def close(self):
        self.encoders.close()
        self.stack.kill()
        # After a test has failed, workers may still run although their media-service has ended.
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
