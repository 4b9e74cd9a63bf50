"""Publishers that fight for a path, leave without a word, or come back after a gap, also while media-service is down."""

import itertools
import signal
import time

from support import http
from support.fleet import OneWorkerWatch
from support.wait import wait_until

GRACE_SECONDS = 30  # the default. A worker gives up its source earlier, after 7 s


def wait_state(fleet, stream, state, seconds=60):
    wait_until(lambda: fleet.show(stream).get("state") == state,
               lambda: f"{stream} {state}: {fleet.show(stream)}", seconds)


def test_streams_that_start_and_stop_while_the_service_is_down(make_pipeline):
    pipeline = make_pipeline(service_flags={"--grace-period": "2s"})
    stack, fleet, encoders = pipeline.stack, pipeline.fleet, pipeline.encoders
    for stream in ("stays", "goes", "returns"):
        encoders.start(stream)
    before = fleet.settled({"stays", "goes", "returns"})
    with OneWorkerWatch(fleet):
        stack.service.kill()
        encoders.stop("goes")
        encoders.stop("returns")
        encoders.start("returns", name="returns-2")
        encoders.start("comes")
        for stream in ("returns", "comes"):
            stack.wait_live(stream)
        stack.wait_gone("goes")
        stack.start_service()
        after = fleet.settled({"stays", "returns", "comes"})
    assert after["stays"] == before["stays"]
    stack.stop()


def test_two_publishers_that_fight_for_one_path(make_pipeline, long_form):
    pipeline = make_pipeline()
    fleet, encoders = pipeline.fleet, pipeline.encoders
    encoders.start("arena", name="one")
    first = fleet.settled({"arena"})
    encoders.start("bystander")
    bystander = fleet.settled({"arena", "bystander"})["bystander"]
    sources = set()

    def seen(count):
        sources.add(fleet.show("arena").get("sourceId"))
        return len(sources) >= count
    with OneWorkerWatch(fleet):
        encoders.start("arena", name="two")  # each one that is disconnected comes back, and so disconnects the other one
        wait_until(lambda: seen(20 if long_form else 6), lambda: f"changes of the source: {sources}", 120)
        assert fleet.workers()["arena"] == [first["arena"]], "the worker outlives the fight"
        encoders.stop("one")
        assert fleet.settled({"arena", "bystander"})["bystander"] == bystander
    assert fleet.show("arena")["restarts"] == 0
    pipeline.stack.stop()


def test_an_override_is_understood_in_every_order_of_its_hooks(make_pipeline, publish):
    """The hooks of an override, with the real source ids, come in all 24 orders. The worker must go on."""
    pipeline = make_pipeline()
    stack, fleet = pipeline.stack, pipeline.fleet
    publish(stack.rtmp("override"))
    fleet.settled({"override"})
    old = fleet.show("override")["sourceId"]
    publish(stack.rtmp("override"))
    wait_until(lambda: fleet.show("override").get("sourceId") not in (None, old), "the second source", 60)
    before = fleet.settled({"override"})
    run = fleet.show("override")["runId"]
    new = fleet.show("override")["sourceId"]

    def tell(kind, source):
        body = {"path": "live/override/in", "query": "", "sourceType": "rtmp", "sourceId": source}
        assert http.request("POST", stack.service_url(f"/v1/mediamtx/events/{kind}"), body).status == 200
    hooks = [("ready", old), ("ready", new), ("not-ready", old), ("not-ready", old)]
    with OneWorkerWatch(fleet):
        for order in itertools.permutations(hooks):
            for kind, source in order:
                tell(kind, source)
            assert fleet.show("override")["state"] == "running", order
        # A forged "not ready" hook of the source that is live. The next list corrects it.
        tell("not-ready", new)
        assert fleet.settled({"override"}) == before
    assert fleet.show("override")["runId"] == run
    assert fleet.metric("tidegate_stale_hints_total") >= 24
    stack.stop()


def test_a_publisher_that_is_cut_without_a_word(make_pipeline):
    pipeline = make_pipeline({"MTX_READTIMEOUT": "4s"}, {"--grace-period": "2s"})
    fleet, encoders = pipeline.fleet, pipeline.encoders
    encoders.start("cut")
    fleet.settled({"cut"})
    process = encoders.forget("cut")
    process.signal(signal.SIGSTOP)  # without FIN or RST: the connection just falls silent
    fleet.settled(set())
    process.kill()
    wait_state(fleet, "cut", "idle")
    encoders.start("cut")
    fleet.settled({"cut"})
    pipeline.stack.stop()


def test_gaps_within_the_grace_period_keep_the_run(make_pipeline, long_form):
    pipeline = make_pipeline()
    fleet, encoders = pipeline.fleet, pipeline.encoders
    gaps = {f"gap-{seconds}": seconds for seconds in ((1, 3, 8, 40) if long_form else (1, 3, 8))}
    for stream in gaps:
        encoders.start(stream)
    before = fleet.settled(set(gaps))
    runs = {stream: fleet.show(stream)["runId"] for stream in gaps}
    with OneWorkerWatch(fleet):
        started = time.monotonic()
        for stream in gaps:
            encoders.stop(stream)
        for stream, seconds in gaps.items():
            time.sleep(max(0.0, started + seconds - time.monotonic()))  # the gap itself is tested
            if seconds > GRACE_SECONDS:
                wait_state(fleet, stream, "idle")
            encoders.start(stream)
        after = fleet.settled(set(gaps))
    for stream, seconds in gaps.items():
        kept = fleet.show(stream)["runId"] == runs[stream]
        assert kept == (seconds < GRACE_SECONDS), f"{stream}: run kept: {kept}"
    assert after["gap-1"] == before["gap-1"], "the worker itself waits for its source for 7 s"
    pipeline.stack.stop()
