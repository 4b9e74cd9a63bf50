"""The checks of the chaos tests must fail when something is wrong."""

import subprocess
import sys

from support.fleet import OneWorkerWatch
from support.wait import wait_until


def pretended_worker(stack, stream):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "--stream-id", stream, "--lease",
                             str(stack.settings.run_path / "workers" / f"{stream}.lock")])


def test_each_promise_is_looked_at(make_pipeline):
    pipeline = make_pipeline()
    fleet = pipeline.fleet
    pipeline.encoders.start("real")
    fleet.settled({"real"})
    assert any("said to be live" in wrong for wrong in fleet.disagreements(set()))
    assert any("of a stream that is not live" in wrong for wrong in fleet.disagreements(set()))
    assert any("the metrics count" in wrong for wrong in fleet.disagreements(set()))
    assert any(wrong.startswith("absent: ") for wrong in fleet.disagreements({"real", "absent"}))
    watch = OneWorkerWatch(fleet)
    watch.__enter__()
    more = [pretended_worker(pipeline.stack, "real"), pretended_worker(pipeline.stack, "orphan")]
    try:
        wait_until(lambda: watch.violations, "two workers of one stream to be seen")
        wrong = fleet.disagreements({"real"})
        assert any(line.startswith("real: processes") for line in wrong), wrong
        assert any(line.startswith("orphan: worker") for line in wrong), wrong
    finally:
        watch.__exit__(AssertionError, None, None)
        for process in more:
            process.kill()
            process.wait()
    fleet.settled({"real"})
    pipeline.stack.stop()
