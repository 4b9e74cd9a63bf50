"""A worker whose source goes keeps its output: it repeats the last picture with silence, or plays a slate, until the source
returns. Viewers of the output stay, and what they get can be decoded."""

import time

import pytest
from support import ffmpeg, http
from support.decoded_stream import DecodedStream, steps
from support.making import started
from support.stack import Stack
from support.wait import wait_until

SECONDS = 60
AWAY = 4  # seconds without a source: far longer than viewers wait without noticing


def assert_whole(viewer):
    """The sound has no gap, pictures come at least each half second, times rise, and all can be decoded."""
    sound, pictures = viewer.times("audio"), viewer.times("video")
    assert min(steps(sound)) > 0 and max(steps(sound)) < 0.35, (min(steps(sound)), max(steps(sound)))
    # ffmpeg rounds the times of pictures to its guess of their rate.
    assert min(steps(pictures)) >= 0 and max(steps(pictures)) < 0.8, (min(steps(pictures)), max(steps(pictures)))
    assert not viewer.errors()


@pytest.fixture
def pipeline(tmp_path):
    made = []

    def make(**flags):
        stack = Stack(tmp_path, {f"--{name.replace('_', '-')}": value for name, value in flags.items()}, worker_mode="process")
        context = started(stack)
        made.append(context)
        return context.__enter__()

    yield make
    for context in made:
        context.__exit__(None, None, None)


def wait_state(stack, stream, state):
    wait_until(lambda: stack.show(stream).get("state") == state, lambda: f"{state}: {stack.show(stream)}", SECONDS)
    return stack.show(stream)


def source_of(stack, stream):
    return stack.paths()[f"live/{stream}/out"]["source"]["id"]


@pytest.mark.parametrize(("clip", "worker_input"), [("av", "rtsp"), ("b-frames", "rtmp")])
def test_the_last_picture_is_held_and_viewers_stay(pipeline, publish, tmp_path, stream, clip, worker_input):
    stack = pipeline(on_source_lost="hold", worker_input=worker_input)
    publisher = publish(stack.rtmp(stream), clip)
    wait_until(lambda: stack.is_live(stream, "out"), "the output", SECONDS)
    wait_state(stack, stream, "running")
    out, pid = source_of(stack, stream), stack.show(stream)["worker"]["pid"]
    viewer = DecodedStream(stack.rtmp(stream, "out"), tmp_path, "viewer")
    wait_until(lambda: len(viewer.frames("video")) > 60, "pictures", SECONDS)
    for turn in range(2):
        publisher.kill()
        held = wait_state(stack, stream, "holding")
        assert held["worker"]["pid"] == pid and held["output"]["readable"]
        time.sleep(AWAY)  # the measurement: what a viewer gets meanwhile
        page = http.get(f"http://127.0.0.1:{stack.settings.service_port}/metrics").text()
        assert f'tidegate_stream_state{{state="holding",stream="{stream}"}} 1' in page
        publisher = publish(stack.rtmp(stream), clip)
        wait_state(stack, stream, "running")
        wait_until(lambda: stack.is_live(stream), "the source", SECONDS)
    begun = len(viewer.frames("video"))
    wait_until(lambda: len(viewer.frames("video")) > begun + 90, "pictures of the source", SECONDS)
    assert source_of(stack, stream) == out and stack.show(stream)["worker"]["pid"] == pid
    assert viewer.process.running()
    viewer.process.terminate()
    assert_whole(viewer)
    pictures = viewer.times("video")
    slow = [at for at, step in zip(pictures, steps(pictures)) if abs(step - 0.5) < 0.02]
    assert len(slow) >= 2 * (AWAY - 1) * 2 - 2, "half a second apart while the source was away"
    sums = [md5 for _, md5 in viewer.frames("audio")]
    silent = max(sums.count(md5) for md5 in set(sums))
    assert silent * 1024 / 44100 > 2 * (AWAY - 1), "the same samples again and again: silence"
    log = stack.service.log()
    assert log.count('"from":"running","to":"holding"') == 2 and '"event":"source.returned"' in log


def test_a_slate_is_played_and_the_sound_of_the_source_returns_in_place(pipeline, publish, clips, tmp_path, stream):
    """The slate has other parameter sets, and its own sound."""
    slate = clips.get("b-frames")
    stack = pipeline(on_source_lost="slate", slate_file=str(slate))
    publisher = publish(stack.rtmp(stream), "av")
    wait_until(lambda: stack.is_live(stream, "out"), "the output", SECONDS)
    out = source_of(stack, stream)
    viewer = DecodedStream(stack.rtsp(stream, "out"), tmp_path, "viewer")
    wait_until(lambda: len(viewer.frames("video")) > 60, "pictures", SECONDS)
    publisher.kill()
    wait_state(stack, stream, "holding")
    before = viewer.times("video")[-1]
    wait_until(lambda: viewer.times("video")[-1] > before + 8, "more than the slate once", SECONDS)
    publish(stack.rtmp(stream), "av")
    wait_state(stack, stream, "running")
    assert source_of(stack, stream) == out and viewer.process.running()
    viewer.process.terminate()
    shown = [at for at in viewer.times("video") if before + 1 < at < before + 7]
    assert 5 * 30 <= len(shown) <= 7 * 30, "30 pictures a second"
    sums = [md5 for at, md5 in viewer.frames("audio") if before + 1 < at < before + 5]
    assert len(set(sums)) > len(sums) / 2, "sound, not silence"
    assert not viewer.errors()


def test_the_output_ends_with_the_grace_period(pipeline, publish, stream):
    stack = pipeline(on_source_lost="hold", grace_period="6s")
    publisher = publish(stack.rtmp(stream))
    wait_until(lambda: stack.is_live(stream, "out"), "the output", SECONDS)
    wait_until(lambda: stack.paths()[f"live/{stream}/out"]["bytesReceived"] > 50_000, "media", SECONDS)
    publisher.kill()
    wait_state(stack, stream, "holding")
    began = time.monotonic()
    wait_until(lambda: not stack.is_live(stream, "out"), "the end", SECONDS)
    assert time.monotonic() - began > 3
    wait_state(stack, stream, "idle")
    assert "0" in str(stack.show(stream)["lastExit"]), stack.show(stream)


@pytest.mark.parametrize(("clip", "protocol"), [("h265-opus", "rtsp"), ("mp3", "rtmp"), ("audio-only", "rtmp"), ("video-only", "rtsp")])
def test_other_codecs_and_outputs(shared_stack, publish, frame_sums, start, stream, clip, protocol):
    by_rtsp = clip == "h265-opus"
    publisher = publish(shared_stack.rtsp(stream) if by_rtsp else shared_stack.rtmp(stream), clip)
    shared_stack.wait_live(stream)
    worker = start(getattr(shared_stack, protocol)(stream), getattr(shared_stack, protocol)(stream, "out"), "--on-source-lost=hold",
                   stream=stream, environment=shared_stack.worker_environment())
    wait_until(lambda: shared_stack.is_live(stream, "out"), lambda: f"the output; {worker.log()}", SECONDS)
    tracks = ffmpeg.probe(shared_stack.rtsp(stream, "out"))
    codec = tracks.get("video", {}).get("codec_name", "h264")
    readers = {kind: frame_sums(shared_stack.rtsp(stream, "out"), kind[0], codec) for kind in tracks}
    for kind, reader in readers.items():
        wait_until(lambda reader=reader: len(reader.lines()) > 20, kind, SECONDS)
    publisher.kill()
    worker.wait_event("source.held", seconds=SECONDS)
    counts = {kind: len(reader.lines()) for kind, reader in readers.items()}
    for kind, reader in readers.items():
        more = 4 if kind == "video" else 60
        wait_until(lambda kind=kind, reader=reader, more=more: len(reader.lines()) >= counts[kind] + more, kind, SECONDS)
    if "video" in readers:
        assert len({md5 for _, md5 in readers["video"].lines()[-3:]}) <= 2, "the same picture"
    publish(shared_stack.rtsp(stream) if by_rtsp else shared_stack.rtmp(stream), clip)
    worker.wait_event("source.returned", seconds=SECONDS)
    assert all(reader.process.running() for reader in readers.values())
    assert len(worker.records("output.accepted")) == 1
    assert worker.terminate() == 0


def test_a_dub_goes_on_with_silence_when_its_delay_is_over(shared_stack, publish, start, tmp_path, stream):
    """The speech service is not there, so the original is heard; all goes the way of a dub."""
    delay = 4
    publisher = publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    worker = start(shared_stack.rtsp(stream), shared_stack.rtmp(stream, "out"), "--on-source-lost=hold", "--sts-url=ws://127.0.0.1:9",
                   "--dub-language=es", f"--dub-delay={delay}s", stream=stream, environment=shared_stack.worker_environment())
    wait_until(lambda: shared_stack.is_live(stream, "out"), lambda: f"the output; {worker.log()}", SECONDS)
    viewer = DecodedStream(shared_stack.rtmp(stream, "out"), tmp_path, "viewer")
    wait_until(lambda: len(viewer.frames("video")) > 60, "pictures", SECONDS)
    publisher.kill()
    worker.wait_event("source.held", seconds=SECONDS)
    lost = viewer.times("audio")[-1]
    wait_until(lambda: viewer.times("audio")[-1] > lost + delay + 4, "sound long after the source", SECONDS)
    publish(shared_stack.rtmp(stream))
    worker.wait_event("source.returned", seconds=SECONDS)
    back = viewer.times("video")[-1]
    wait_until(lambda: len([at for at in viewer.times("video") if at > back + delay]) > 60, "pictures of the source", SECONDS)
    assert viewer.process.running() and len(worker.records("output.accepted")) == 1
    viewer.process.terminate()
    assert max(steps(viewer.times("audio"))) < 0.35 and not viewer.errors()
    silent = [md5 for at, md5 in viewer.frames("audio") if lost + delay + 1 < at < lost + delay + 3]
    assert len(set(silent)) == 1, "silence"


def test_a_slate_that_cannot_be_used_is_refused_in_words(start, source, target, tmp_path, clips):
    nonsense = tmp_path / "nonsense.mp4"
    nonsense.write_text("this is no film")
    for arguments, words in ((["--on-source-lost=slate"], "expected --slate-file with it"),
                             ([f"--slate-file={nonsense}"], "expected --on-source-lost slate with it"),
                             (["--on-source-lost=slate", f"--slate-file={nonsense}"], "nonsense.mp4"),
                             (["--on-source-lost=slate", "--slate-file=/nowhere.mp4"], "No such file")):
        worker = start(source.url(), target.url(), *arguments)
        assert worker.wait(20) == 10
        assert words in worker.log(), worker.log()
    worker = start(source.url(), target.url(), "--on-source-lost=slate", f"--slate-file={clips.get('h265-b-frames')}")
    refused = worker.wait_event("slate.refused")
    assert "H264" in refused["msg"] and "held instead" in refused["msg"]
