"""A worker that publishes over RTSP, with both routers: everything arrives whole and in its place, and it ends like one that
publishes over RTMP."""

import signal

import pytest
from support import av_sync
from support.router import find_mediamtx
from support.stack import Stack
from support.wait import wait_until

# MediaMTX goes by when the first packets come, which a busy machine delays.
MOST_MS = {"embedded": 5.0, "mediamtx": 25.0}
SECONDS = 5


@pytest.fixture(scope="module", params=["embedded", "mediamtx"])
def routers(request, tmp_path_factory):
    """A stack without media-service."""
    if request.param == "mediamtx" and not find_mediamtx():
        pytest.skip("no MediaMTX: name one with ROUTER=/path/to/mediamtx")
    stack = Stack(tmp_path_factory.mktemp("rtsp-output"),
                  router="embedded" if request.param == "embedded" else find_mediamtx())
    # Then MediaMTX believes the sender reports, and its readers over RTSP have picture and sound together (docs/routers.md).
    believe = {} if stack.embedded else {"MTX_PATHDEFAULTS_USEABSOLUTETIMESTAMP": "yes"}
    stack.start_router(**believe)
    yield stack
    stack.kill()


@pytest.fixture
def relayed(routers, start, stream):
    """relayed(source URL): a worker that publishes it over RTSP to `out`, which is there when this returns."""
    def run(source, **environment):
        worker = start(source, routers.rtsp(stream, "out"), stream=stream,
                       environment={**routers.worker_environment(), **environment})
        wait_until(lambda: routers.is_live(stream, "out"), lambda: f"the output; {worker.log()}")
        return worker
    return run


def read(source, folder, name, decode=True):
    return av_sync.MediaTimes(source, folder / f"{name}.log", folder / f"{name}.framemd5", decode)


@pytest.mark.parametrize("clip", ["sync", "sync-b-frames"])
def test_picture_and_sound_are_as_far_apart_as_they_were_published(routers, publish, relayed, stream, clips, tmp_path, clip):
    source = read(clips.get(clip), tmp_path, "source").wait()
    publish(routers.rtmp(stream), clip, loop=False)
    routers.wait_live(stream)
    worker = relayed(routers.rtmp(stream))
    readers = [read(getattr(routers, protocol)(stream, "out"), tmp_path, protocol) for protocol in ("rtmp", "rtsp")]
    for reader in readers:
        def found():
            offset = av_sync.offset(reader.times(), source)
            return offset and offset.matches["video"] >= 30 * SECONDS and offset
        try:
            offset = wait_until(found, lambda: f"{av_sync.offset(reader.times(), source)} {worker.log()}", 60, poll=0.5)
        finally:
            reader.process.kill()
        print(reader.source, offset)
        assert abs(offset.milliseconds) <= MOST_MS["embedded" if routers.embedded else "mediamtx"], offset
        assert offset.spread <= MOST_MS["embedded"], f"a step: {offset}"
    assert worker.terminate() == 0


def test_every_sound_reaches_readers_whole(routers, publish, relayed, stream, clips, frame_sums):
    publish(routers.rtsp(stream), "two-sounds", options=["-map", "0"])
    routers.wait_live(stream)
    worker = relayed(routers.rtsp(stream))
    path = routers.paths()[f"live/{stream}/out"]
    assert path["tracks"] == ["H264", "MPEG-4 Audio", "MPEG-4 Audio"]
    sent = {kind: frame_sums(clips.get("two-sounds"), kind).finish() for kind in ("a:0", "a:1")}
    assert len(set(sent["a:0"]) & set(sent["a:1"])) <= 2  # an encoder's first frames are silent
    readers = {kind: frame_sums(routers.rtsp(stream, "out"), kind) for kind in sent}
    for kind, reader in readers.items():
        wait_until(lambda: len(reader.lines()) >= 100, lambda: f"100 units of {kind}; {worker.log()}", 40)
        came = [md5 for _, md5 in reader.lines()][:100]
        assert " ".join(came) in " ".join(sent[kind] * 2), kind


def test_a_wrong_password_is_a_refusal(routers, publish, start, stream):
    publish(routers.rtmp(stream))
    routers.wait_live(stream)
    worker = start(routers.rtmp(stream), routers.rtsp(stream, "out"), stream=stream,
                   environment={**routers.worker_environment(), "OUTPUT_PASSWORD": "no-such-password"})
    assert worker.wait() == 30
    assert "ANNOUNCE: Unauthorized" in worker.records("worker.ended")[0]["msg"]
    assert "no-such-password" not in worker.log()


def test_a_router_that_goes_away_is_transient(routers, publish, relayed, start, source, pump, stream):
    worker = relayed(source.url())
    routers.router.kill()
    assert worker.wait() == 40
    routers.start_router()
    again = start(source.url(), routers.rtsp(stream, "out"), stream=stream, environment=routers.worker_environment())
    wait_until(lambda: routers.is_live(stream, "out"), lambda: f"the output; {again.log()}")
    again.signal(signal.SIGTERM)
    assert again.wait() == 0
    routers.wait_gone(f"{stream}")


def test_an_output_whose_source_is_away_is_kept(routers, relayed, source, pump, stream):
    """Routers close a publisher from which nothing comes for 10 s."""
    worker = relayed(source.url())
    before = routers.paths()[f"live/{stream}/out"]["source"]["id"]
    source.status["DESCRIBE"] = 404
    source.drop()
    worker.wait_event("input.reconnecting", 3)
    source.status.clear()
    worker.wait_event("input.playing", 2)
    assert routers.paths()[f"live/{stream}/out"]["source"]["id"] == before
