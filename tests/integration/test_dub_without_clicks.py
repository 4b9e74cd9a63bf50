"""A dubbed stream to the sample: whatever the speech service sends, whether it is killed or stopped, and whatever the publisher changes, the
sound of `out` goes on without a gap and without a click, and the pictures are those of the source."""

import array
import signal
import subprocess

import pytest
from support import dubbing, ffmpeg
from support import video_forms as forms
from support.av_sync import MediaTimes
from support.bare_router import ONLY_EMBEDDED, BareRouter
from support.clips import H264, SPEECH, SYNC_VIDEO
from support.dubbing import SENTENCE, Dubbed
from support.making import started
from support.process import Process
from support.rtmp_client import AUDIO, flv_tags, write_flv
from support.wait import wait_until

SECONDS = 90          # for a busy machine
MOST_MS = 10
RATE = 48_000
# A voice of 300 Hz at 0.2 of full scale moves by 0.008 from sample to sample, in a cross-fade of two of them by 0.011, and the encoder
# adds some noise. A cut between two of them would be up to 0.4.
MOST_STEP = 0.03
# What sts-echo does to the answers, which are the fragments themselves.
SERVICES = {
    "late, lost and out of order": ["--jitter-ms=900", "--loss=20", "--reorder=30", "--seed=1"],
    "longer and shorter, and disconnected": ["--duration-variance=25", "--disconnect-every=4", "--seed=2"],
    "garbage": ["--answer=garbage"],
    "errors": ["--error-rule=nth_fragment=2:MODEL_ERROR", "--jitter-ms=200", "--seed=3"],
}
# It answers well, until something happens while the dub is heard.
KILLED, STOPPED, WORKER_KILLED = "killed and started again", "stopped and continued", "worker killed"
DISTURBED = [KILLED, STOPPED, WORKER_KILLED]
CLIP_SECONDS = 7      # of each part of the publication that changes
CHANGES = [(48_000, 1), (44_100, 2), (32_000, 1)]


class Recording:
    """All tracks of `out`."""

    def __init__(self, url, folder):
        self.file = folder / "whole.mkv"
        argv = ["ffmpeg", *ffmpeg.QUIET, *ffmpeg.input_options(url), "-map", "0", "-c", "copy", "-flush_packets", "1", str(self.file)]
        self.process = Process("recorder", argv, folder / "whole.log")


def largest_step(file, track):
    """Between two samples that follow each other, in parts of full scale. The first and the last 100 ms are the reader's."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(file), "-map", f"0:a:{track}", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
                          capture_output=True, timeout=60, check=True)
    samples = array.array("f", done.stdout[:len(done.stdout) // 4 * 4])[RATE // 10:-RATE // 10]
    return max(abs(later - earlier) for earlier, later in zip(samples, samples[1:]))


def assert_without_gap(file, track, rate, most=0.0015, seconds=8):
    """By default timestamps are whole milliseconds."""
    times = [at for at, _ in dubbing.packets(file, f"a:{track}")]
    steps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert max(abs(step - 1024 / rate) for step in steps) <= most
    assert times[-1] - times[0] > seconds


class Scenario:
    def __init__(self, router, folder, stream, clip, *flags, echo=None):
        self.router, self.stream = router, stream
        self.dubbed = Dubbed(router, folder / stream, stream, clip, *flags, service=False)
        self.echo_flags = echo
        if echo is not None:
            self.start_service()

    def start_service(self):
        argv = [str(self.router.settings.bin_dir / "sts-echo"), f"--port={self.dubbed.sts_port}", *self.echo_flags]
        self.service = self.dubbed._keep(Process("sts-echo", argv, self.dubbed.folder / "echo.log"))

    def begin(self, source, output):
        self.dubbed.publish()
        wait_until(lambda: self.router.is_live(self.stream), "live", SECONDS)
        self.ends = {"source": source(self.stream), "output": output(self.stream, "out")}
        self.worker = self.dubbed.start_worker(**self.ends)

    def replace_worker(self):
        """It is killed in the middle of a fragment, and another one takes its place."""
        self.dubbed.wait_mode("the dub", SECONDS)
        self.worker.kill()
        self.worker = self.dubbed.start_worker(**self.ends)
        self.worker.wait_event("output.accepted", seconds=SECONDS)

    def record(self, read):
        wait_until(lambda: self.router.is_live(self.stream, "out"), self.worker.log, SECONDS)
        self.recording = Recording(read(self.stream, "out"), self.dubbed.folder)
        self.dubbed._keep(self.recording.process)

    def wait(self):
        wait_until(lambda: not self.dubbed.publisher.running(), "the publisher's end", SECONDS)
        wait_until(lambda: not self.recording.process.running(), "the output's end", SECONDS)

    def pictures(self):
        times = MediaTimes(self.recording.file, self.dubbed.folder / "out.log", self.dubbed.folder / "out.framemd5", decode=False).wait()
        return times["video"]


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """(file, seconds at which sentences begin) of a publication whose sound changes its rate and its channels twice."""
    folder, parts = tmp_path_factory.mktemp("changing"), []
    for number, (rate, channels) in enumerate(CHANGES):
        file = folder / f"{rate}-{channels}.flv"
        tint = ["-vf", f"hue=h={90 * number}"]  # no two pictures of the publication are equal
        subprocess.run(["ffmpeg", *ffmpeg.QUIET, *SYNC_VIDEO, *SPEECH, *tint, *H264, "-c:a", "aac", "-b:a", "96k", "-ar", str(rate), "-ac",
                        str(channels), "-t", str(CLIP_SECONDS), str(file)], check=True, timeout=60)
        parts.append(flv_tags(file))
    tags, sentences, part = list(forms.one_after_the_other(*parts)), [], -1
    for kind, time, body in tags:
        if kind != AUDIO:
            continue
        if body[1] == 0:
            part, begun = part + 1, False
        elif not begun:  # the encoder's priming comes before what was encoded
            begun = True
            begin = time / 1000 + 1024 / CHANGES[part][0] + SENTENCE[0]
            sentences += [begin + second for second in range(CLIP_SECONDS)]
    return write_flv(folder / "changing.flv", tags), sentences


def disturb(killed, stopped):
    """What happens to the services, once the dub is heard."""
    both = (killed, stopped)
    for scenario in both:
        scenario.dubbed.wait_mode("the dub", SECONDS)
    killed.service.kill()
    stopped.service.signal(signal.SIGSTOP)
    for scenario in both:
        scenario.dubbed.wait_mode("the original", SECONDS)
    killed.start_service()
    stopped.service.signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def run(tmp_path_factory, clips, changing):
    """All scenarios, at the same time."""
    folder, (changing_clip, _) = tmp_path_factory.mktemp("run"), changing
    with started(BareRouter(folder)) as router:
        found = {name: Scenario(router, folder, f"s{i}", clips.get("speech"), echo=flags) for i, (name, flags) in enumerate(SERVICES.items())}
        found |= {name: Scenario(router, folder, f"d{i}", clips.get("speech"), echo=[]) for i, name in enumerate(DISTURBED)}
        if router.embedded:  # MediaMTX tells readers nothing of a change
            found["rtmp"] = Scenario(router, folder, "one", changing_clip)
            found["rtsp"] = Scenario(router, folder, "two", changing_clip, "--dub-language", "es,fr")
        try:
            for name, scenario in found.items():
                scenario.begin(router.rtmp, router.rtsp if name == "rtsp" else router.rtmp)
            found[WORKER_KILLED].replace_worker()
            for name, scenario in found.items():
                scenario.record(router.rtsp if name == "rtsp" else router.rtmp)
            disturb(found[KILLED], found[STOPPED])
            for scenario in found.values():
                scenario.wait()
            yield found
        finally:
            for scenario in found.values():
                scenario.dubbed.close()


@pytest.mark.parametrize("name", [*SERVICES, *DISTURBED])
def test_nothing_that_a_service_does_makes_a_click_or_a_gap(run, clips, tmp_path, name):
    scenario = run[name]
    source = MediaTimes(clips.get("speech"), tmp_path / "clip.log", tmp_path / "clip.framemd5", decode=False).wait()["video"]
    late = name == WORKER_KILLED  # the second one begins when much of the clip has gone by
    assert_without_gap(scenario.recording.file, 0, RATE, seconds=2 if late else 8)
    assert largest_step(scenario.recording.file, 0) < MOST_STEP
    heard = [mode.split(" is heard")[0] for mode in scenario.dubbed.modes()]
    assert late or "the original" in heard[heard.index("the dub") if name in DISTURBED else 0:], heard
    source, output = list(source), list(scenario.pictures())
    first = source.index(output[0])
    assert output == source[first:first + len(output)] and len(output) > (30 if late else 200)


@ONLY_EMBEDDED
@pytest.mark.parametrize("output,tracks", [("rtmp", 1), ("rtsp", 3)])
def test_a_change_of_rate_and_channels_in_mid_stream_is_not_heard(run, changing, output, tracks):
    scenario = run[output]
    assert len(scenario.worker.records("output.accepted")) == 1, "it is published once"
    pictures = sorted(at for at, _ in dubbing.packets(scenario.recording.file, "v"))
    steps = [later - earlier for earlier, later in zip(pictures[1:], pictures[2:])]  # FFmpeg gives the first one a time of its own
    assert max(steps) < 0.1
    assert pictures[-1] - pictures[0] > 2 * CLIP_SECONDS, "beyond the second change"
    for track in range(tracks):
        # FFmpeg moves the tracks of RTSP by some milliseconds when their sender reports come.
        assert_without_gap(scenario.recording.file, track, CHANGES[0][0], most=0.0015 if output == "rtmp" else 0.006)
        found = distances(scenario.recording.file, track, changing[1])
        assert len(found) >= 2 * CLIP_SECONDS and max(found) - min(found) <= 2 * MOST_MS, (track, found)


def distances(file, track, sentences):
    """Milliseconds from the time of each sentence in the publication to that in the output. A sentence begins after 200 ms of silence. The
    first one is left out: the worker may have come in its middle."""
    sound, heard, at = dubbing.sound_of(file, track), [], 0.0
    for step in range(int((sound.end - sound.begin) * 100) - 20):
        at = sound.begin + step / 100
        if heard and at < heard[-1] + 0.5:
            continue
        if max(map(abs, sound.part(at, at + 0.2))) < 0.01 and (onset := sound.onset(at + 0.2, at + 0.23)) is not None:
            heard.append(onset)
    # The publication began some seconds before the reader: the last sentences belong together.
    return [1000 * (out - published) for out, published in zip(reversed(heard[1:]), reversed(sentences))]
