"""When only the sound of a stream gets through, the stream is shown as degraded, with the reason, until both get through again."""

import pytest
from support import http
from support.live_publisher import LivePublisher
from support.making import started
from support.rtmp_client import VIDEO
from support.stack import Stack
from support.wait import wait_until

SECONDS = 60
REASON = "no picture comes in while sound does"


@pytest.fixture
def pipeline(tmp_path):
    with started(Stack(tmp_path, worker_mode="process")) as stack:
        yield stack


def test_sound_without_a_picture_is_degraded(pipeline, clips, stream):
    with LivePublisher(pipeline.settings, clips.get("av"), stream) as publisher:
        def shown(state):
            wait_until(lambda: pipeline.show(stream).get("state") == state,
                       lambda: f"{state}: {pipeline.show(stream)}", SECONDS)
            return pipeline.show(stream)

        shown("running")
        publisher.left_out = {VIDEO}
        view = shown("degraded")
        assert view["reason"] == f"the worker runs, but {REASON}"
        assert REASON in view["worker"]["status"]
        metrics = http.get(f"http://127.0.0.1:{pipeline.settings.service_port}/metrics").text()
        assert "tidegate_streams_degraded 1" in metrics
        assert '"to":"degraded"' in pipeline.service.log() and REASON in pipeline.service.log()
        publisher.left_out = set()
        shown("running")
