"""A worker whose source is lost, stays away, comes back, or has never been there."""

import time

import pytest
from support.rtmp_client import AUDIO, VIDEO
from support.rtsp_server import RtspServer
from support.wait import wait_until
from support.worker import DELAYS, NOTICED_SECONDS, RUN_ENDS_SECONDS, assert_delays, assert_rising, gaps


def test_a_source_that_stays_away_is_asked_three_times_and_the_run_ends_well(start, source, target, pump):
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 10)
    source.status["DESCRIBE"] = 404
    lost_at = time.monotonic()
    source.drop()
    assert worker.wait(RUN_ENDS_SECONDS) == 0
    assert_delays([lost_at, *source.times("DESCRIBE")[1:]])
    logged = [r["msg"] for r in worker.records("input.reconnecting")]
    assert logged == [f"reconnection {n} of 3 in {d * 1000} ms" for n, d in enumerate(DELAYS, 1)]
    assert len(target.connections) == 1 and target.commands[-2:] == ["FCUnpublish", "deleteStream"]
    assert "the source has ended" in worker.records("worker.ended")[0]["msg"]


def test_a_source_that_returns_goes_on_in_the_same_output(start, source, target, pump):
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 10)
    for losses in (1, 2):
        before = len(target.units(VIDEO))
        source.drop()
        worker.wait_event("input.lost", losses)
        target.wait_units(VIDEO, before + 40)
    assert len(target.connections) == 1 and not target.ended
    for kind in (VIDEO, AUDIO):
        assert_rising(target.units(kind))
    # The gap remains in the output: about a second, not nothing and not a minute.
    assert 900 < max(gaps([m.stamp for m in target.units(VIDEO)])) < 4000
    # Because media has flowed in between, each loss begins with the first delay again.
    assert [r["msg"] for r in worker.records("input.reconnecting")] == ["reconnection 1 of 3 in 1000 ms"] * 2


@pytest.mark.parametrize("speaks", [False, True])
def test_a_source_that_goes_silent_is_noticed(start, source, target, pump, speaks):
    """The connection stays open. With `speaks`, reports still come; these are not media."""
    worker = start(source.url(), target.url())
    target.wait_units(VIDEO, 10)
    pump.paused.set()
    silent_at = time.monotonic()
    while not worker.records("input.lost"):
        assert time.monotonic() - silent_at < NOTICED_SECONDS, worker.log()
        if speaks:
            source.send_report(0, 0)
        time.sleep(0.1)
    pump.paused.clear()
    before = len(target.units(VIDEO))
    target.wait_units(VIDEO, before + 5)
    assert len(target.connections) == 1


def test_an_output_without_media_shows_signs_of_life(start, source, target, pump):
    start(source.url(), target.url())
    target.wait_units(VIDEO, 10)
    acknowledgement = 3
    before = len([m for m in target.messages if m.kind == acknowledgement])
    pump.paused.set()
    wait_until(lambda: len([m for m in target.messages if m.kind == acknowledgement]) >= before + 2,
               "acknowledgements while no media flows")


def test_a_path_that_does_not_exist_is_asked_three_times(start, target):
    server = RtspServer(status={"DESCRIBE": 404})
    worker = start(server.url(), target.url())
    assert worker.wait(RUN_ENDS_SECONDS) == 20
    assert_delays(server.times("DESCRIBE"))
    assert len(worker.records("input.reconnecting")) == 3
    assert not target.connections
    assert "404" in worker.records("worker.ended")[0]["msg"] or "Refused" in worker.records("worker.ended")[0]["msg"]
    server.close()


def test_a_path_that_appears_late_is_relayed(start, source, target, pump):
    source.status["DESCRIBE"] = 404
    worker = start(source.url(), target.url())
    worker.wait_event("input.reconnecting", 2)
    source.status.clear()
    target.wait_units(VIDEO, 5)
