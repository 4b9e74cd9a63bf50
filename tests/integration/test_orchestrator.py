"""Each live stream has one worker, with real processes: it is started, replaced, adopted and stopped."""

import itertools
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support import ffmpeg, http
from support.cycles import Repeated
from support.making import started
from support.wait import wait_until

# A busy machine may need this long; usually it takes milliseconds.
SECONDS = 60


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    from support.stack import Stack
    with started(Stack(tmp_path_factory.mktemp("pipeline"), worker_mode="process")) as stack:
        yield stack
    assert workers(stack) == {}, "SIGTERM with --stop-workers-on-exit leaves none"


def workers(stack):
    """{pid: command line} of all worker processes whose lease is in the directory of this stack."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if words[0].endswith("stream-worker") and any(str(stack.work_dir) in word for word in words):
            found[int(entry.name)] = words
    return found


def workers_of(stack, stream):
    return {pid: words for pid, words in workers(stack).items() if stream in words}


def wait_running(stack, stream, but_not=None):
    def running():
        view = stack.show(stream)
        worker = view.get("worker") or {}
        return (view.get("state") == "running" and view["output"]["readable"] and worker["pid"] != but_not
                and worker["pid"])
    pid = wait_until(running, lambda: f"{stream} running: {stack.show(stream)}", SECONDS)
    assert list(workers_of(stack, stream)) == [pid], "exactly one worker"
    return pid


def test_a_published_stream_gets_one_worker_and_its_output(pipeline, publish, stream):
    publisher = publish(pipeline.rtmp(stream, query="lang=es&pass=geheim"))
    pipeline.wait_params(stream, {"lang": "es"})
    pid = wait_running(pipeline, stream)
    words = workers_of(pipeline, stream)[pid]
    assert words[words.index("--param") + 1] == "lang=es"
    assert not any("geheim" in word for word in words)
    for url in (pipeline.rtsp(stream, "out"), pipeline.rtmp(stream, "out")):
        tracks = ffmpeg.probe(url)
        assert tracks["video"]["codec_name"] == "h264" and tracks["audio"]["codec_name"] == "aac"
    view = pipeline.show(stream)
    assert view["live"] and view["sourceType"] == "rtmpConn"
    publisher.kill()
    wait_until(lambda: not pipeline.show(stream)["live"], "the end of the stream", SECONDS)
    wait_until(lambda: workers_of(pipeline, stream) == {}, "the end of its worker", SECONDS)


@pytest.mark.parametrize("kind", ["v", "a"])
def test_what_goes_in_comes_out(pipeline, publish, frame_sums, stream, kind):
    publish(pipeline.rtmp(stream))
    wait_running(pipeline, stream)
    source = frame_sums(pipeline.rtmp(stream), kind)
    result = frame_sums(pipeline.rtmp(stream, "out"), kind)

    def common():
        went_in, came_out = ([md5 for _, md5 in sums.lines()] for sums in (source, result))
        if not came_out or came_out[0] not in went_in:
            return 0
        start = went_in.index(came_out[0])
        shared = list(zip(went_in[start:], came_out))
        assert all(a == b for a, b in shared), "an access unit was lost, added or changed"
        return len(shared)
    wait_until(lambda: common() >= 60, lambda: f"60 equal units, {common()} so far", SECONDS)


def test_a_killed_worker_is_replaced(pipeline, publish, stream):
    publish(pipeline.rtmp(stream))
    pid = wait_running(pipeline, stream)
    os.kill(pid, signal.SIGKILL)
    wait_running(pipeline, stream, but_not=pid)
    view = pipeline.show(stream)
    assert view["restarts"] == 1 and view["lastExit"]["reason"] == "signal"


def test_a_second_publisher_overrides_and_keeps_one_worker(pipeline, publish, stream):
    publish(pipeline.rtmp(stream))
    wait_running(pipeline, stream)
    first = pipeline.show(stream)["sourceId"]
    publish(pipeline.rtmp(stream))
    wait_until(lambda: pipeline.show(stream).get("sourceId") not in (None, first), "the second source", SECONDS)
    wait_running(pipeline, stream)


def test_five_streams_have_five_workers(pipeline, publish):
    names = [f"five-{i}" for i in range(5)]
    for name in names:
        publish(pipeline.rtmp(name))
    assert len({wait_running(pipeline, name) for name in names}) == 5


def test_a_look_before_the_hook_costs_no_second_start(new_stack, publish, stream, tmp_path):
    stack = new_stack(worker_mode="process")
    hook = tmp_path / "mtx-hook"
    hook.write_text(f"#!/bin/sh\nsleep 0.1\nexec {stack.settings.bin_dir}/mtx-hook \"$@\"\n")
    hook.chmod(0o755)
    stack.start_router(PATH=f"{tmp_path}:{os.environ['PATH']}")
    stack.start_service()
    ghosts = itertools.count()

    def look():  # each hint is about another stream, so each makes media-service read the list
        event = {"path": f"live/ghost-{next(ghosts)}/in", "query": "", "sourceType": "rtmp", "sourceId": "ghost"}
        assert http.request("POST", stack.service_url("/v1/mediamtx/events/ready"), event).status == 200

    with Repeated(look):
        publish(stack.rtmp(stream, query="lang=es"))
        stack.wait_params(stream, {"lang": "es"})
    assert stack.service.log().count('"to":"starting"') == 1
    stack.stop()


def test_an_operator_stops_and_restarts(pipeline, publish, stream):
    publish(pipeline.rtmp(stream))
    pid = wait_running(pipeline, stream)
    post = lambda verb: http.request("POST", pipeline.service_url(f"/v1/streams/{stream}/{verb}"), b"")  # noqa: E731
    assert post("stop").status == 202
    wait_until(lambda: workers_of(pipeline, stream) == {}, "the end of the worker", SECONDS)
    assert pipeline.show(stream)["live"], "the stream itself goes on"
    assert post("restart").status == 202
    wait_running(pipeline, stream, but_not=pid)


def test_a_killed_service_adopts_its_workers(new_stack, publish, stream):
    stack = new_stack(worker_mode="process")
    stack.start()
    publish(stack.rtmp(stream))
    pid = wait_running(stack, stream)
    before = stack.show(stream)
    stack.service.kill()
    assert list(workers_of(stack, stream)) == [pid], "the worker goes on"
    stack.start_service()
    assert wait_running(stack, stream) == pid
    after = stack.show(stream)
    assert after["worker"]["adopted"] and not before["worker"]["adopted"]
    assert after["runId"] == before["runId"]
    starts = [datetime.fromisoformat(view["worker"]["started"].replace("Z", "+00:00")) for view in (before, after)]
    # The first is the time at which media-service decided the start, the second that of the process, in ticks of 10 ms.
    assert abs(starts[1] - starts[0]) < timedelta(seconds=0.5), starts
    assert after["worker"]["readySince"] > before["worker"]["readySince"], "known only since the adoption"
    stack.stop()
    assert workers(stack) == {}


def test_a_stream_that_starts_while_the_service_is_down_is_served(new_stack, publish, stream):
    stack = new_stack(worker_mode="process")
    stack.start_router()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    stack.start_service()
    wait_running(stack, stream)
    stack.stop()


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_a_stream_whose_hook_is_lost_has_its_publishers_settings(new_stack, publish, stream, tmp_path, protocol):
    lost = tmp_path / "mtx-hook"
    lost.write_text("#!/bin/sh\n")
    lost.chmod(0o755)
    stack = new_stack(worker_mode="process")
    stack.start_router(PATH=f"{tmp_path}:{os.environ['PATH']}")
    publish(getattr(stack, protocol)(stream, query="lang=es&pass=geheim"))
    stack.wait_live(stream)
    stack.start_service()
    stack.wait_params(stream, {"lang": "es"})
    assert "in" not in (stack.show(stream).get("hooks") or {}), "no hook has come"
    assert stack.service.log().count('"to":"starting"') == 1
    stack.stop()


def test_a_killed_router_heals(new_stack, publish, stream):
    stack = new_stack(worker_mode="process")
    stack.start()
    publish(stack.rtmp(stream))
    wait_running(stack, stream)
    stack.router.kill()
    stack.start_router()
    publish(stack.rtmp(stream))
    stack.wait_live(stream)
    wait_running(stack, stream)
    stack.stop()


def test_no_child_is_left_unreaped(pipeline):
    stat = [(p / "stat").read_text().rsplit(")", 1)[1].split() for p in Path("/proc").iterdir()
            if p.name.isdigit() and (p / "stat").exists()]
    zombies = [fields for fields in stat if fields[0] == "Z" and int(fields[1]) == pipeline.service.pid]
    assert zombies == []
