"""A dubbed stream, whatever the speech service does: pictures as they were, sound without a gap, each dub in its place."""

import signal
import statistics
import threading
from dataclasses import dataclass

import pytest
from support import dubbing, http, metrics_table
from support.av_sync import MediaTimes
from support.bare_router import BareRouter
from support.dubbing import DELAY, SENTENCE, VOICE, Dubbed
from support.free_ports import free_ports
from support.making import started
from support.wait import wait_until

MOST_MS = 10             # viewers notice ten times as much
EDGE = 0.03              # of a tone: cross-fade (20 ms) and the codec's filters
SEEN = 2                 # pictures that a reader may miss at the end
JOINED = 300             # and at the beginning: worker and reader each begin with the next key frame, on a busy machine later
FLAPS = 5                # times that a service is killed and started again, about once a second
RATES = {"speech": 48_000, "speech-mp3": 44_100}
WHOLE_SECONDS = 90       # for a busy machine


@dataclass
class Result:
    dubbed: object
    clip: object          # MediaTimes.times() of the file that was published
    clip_sound: object
    rate: int

    def __post_init__(self):
        self.sound = dubbing.sound_of(self.dubbed.file)
        self.output = self.dubbed.output.times()["video"]
        self.begin = float(min(times[0] for times in self.output.values()))  # of the pictures that were seen

    def shift(self):
        """How much later than in the clip pictures are in the output."""
        clip = self.clip["video"]
        return statistics.median(float(times[0] - clip[md5][0]) for md5, times in self.output.items() if md5 in clip)

    def modes(self):
        return self.dubbed.modes()

    def originals(self):
        """The seconds of the clip whose sentence is heard as it was, with the time in the output at which it begins."""
        shift = self.shift()
        for second in range(20):
            begin = second + shift
            if begin < self.begin + 1 or begin + 1 > self.sound.end:
                continue
            if self.sound.share(VOICE, begin + SENTENCE[0] + 0.1, begin + SENTENCE[1] - 0.1) > 0.9:
                yield second, begin


class Scenario:
    def __init__(self, run, stream, *flags, clip="speech", **options):
        self.clip = clip
        self.dubbed = Dubbed(run.router, run.folder / stream, stream, run.clips.get(clip), *flags, **options)

    def begin(self, router):
        wait_until(lambda: router.is_live(self.dubbed.stream), f"{self.dubbed.stream} live", WHOLE_SECONDS)
        self.worker = self.dubbed.start_worker()

    def record(self, router):
        wait_until(lambda: router.is_live(self.dubbed.stream, "out"), self.worker.log, WHOLE_SECONDS)
        self.dubbed.record()

    def restart(self):
        """The worker is killed in the middle of a fragment."""
        self.dubbed.wait_mode("the dub")
        self.worker.kill()
        self.worker = self.dubbed.start_worker()
        self.worker.wait_event("output.accepted", seconds=WHOLE_SECONDS)

    def flap(self):
        for _ in range(FLAPS):
            self.dubbed.services[-1].kill()
            self.dubbed.start_service()

    def wait_all_out(self, clip):
        """The last picture has gone out; the sound of its time is with it."""
        last = list(clip["video"])[-1]
        wait_until(lambda: last in self.dubbed.output.times()["video"], "the last picture", WHOLE_SECONDS)
        self.dubbed.recorder.terminate()


class Run:
    """All scenarios at the same time: a clip of 20 s is published once to each."""

    def __init__(self, router, folder, clips):
        self.router, self.folder, self.clips = router, folder, clips
        self.published = {clip: MediaTimes(clips.get(clip), folder / f"{clip}.log", folder / f"{clip}.framemd5",
                                           decode=False).wait() for clip in RATES}
        self.published_sounds = {clip: dubbing.sound_of(clips.get(clip)) for clip in RATES}
        self.metrics = free_ports(1)[0]
        self.scenarios = {
            "served": Scenario(self, "served", "--metrics-listen", f"127.0.0.1:{self.metrics}"),
            "samples": Scenario(self, "samples", "--dub-format", "pcm_s16le", "--dub-bed", "-18dB", clip="speech-mp3"),
            "absent": Scenario(self, "absent", service=False),
            "stopped": Scenario(self, "stopped"),
            "killed": Scenario(self, "killed"),
            "flapping": Scenario(self, "flapping"),
            "restarted": Scenario(self, "restarted"),
        }

    def play(self):
        for scenario in self.scenarios.values():
            scenario.dubbed.publish()
        for scenario in self.scenarios.values():
            scenario.begin(self.router)
        flapping = threading.Thread(target=self.scenarios["flapping"].flap)
        flapping.start()
        self.scenarios["restarted"].restart()
        for scenario in self.scenarios.values():
            scenario.record(self.router)
        self.disturb()
        flapping.join()
        self.page = http.get(f"http://127.0.0.1:{self.metrics}/metrics").text()
        for scenario in self.scenarios.values():
            wait_until(lambda dubbed=scenario.dubbed: not dubbed.publisher.running(), "the publisher's end", WHOLE_SECONDS)
        for scenario in self.scenarios.values():
            scenario.wait_all_out(self.published[scenario.clip])

    def disturb(self):
        """What happens to the services, once the dub is heard."""
        stopped, killed = (self.scenarios[name].dubbed for name in ("stopped", "killed"))
        for dubbed in (stopped, killed):
            dubbed.wait_mode("the dub")
        stopped.services[0].signal(signal.SIGSTOP)
        killed.services[0].kill()
        for dubbed in (stopped, killed):
            dubbed.wait_mode("the original")
        killed.start_service()
        stopped.services[0].signal(signal.SIGCONT)
        for dubbed in (stopped, killed):
            dubbed.wait_mode("the dub")

    def result(self, name):
        scenario = self.scenarios[name]
        return Result(scenario.dubbed, self.published[scenario.clip], self.published_sounds[scenario.clip], RATES[scenario.clip])

    def close(self):
        for scenario in self.scenarios.values():
            scenario.dubbed.close()


@pytest.fixture(scope="module")
def results(tmp_path_factory, clips):
    folder = tmp_path_factory.mktemp("dubbing")
    with started(BareRouter(folder)) as router:
        run = Run(router, folder, clips)
        try:
            run.play()
            yield {name: run.result(name) for name in run.scenarios} | {"page": run.page}
        finally:
            run.close()


NAMES = ["served", "samples", "absent", "stopped", "killed", "flapping", "restarted"]


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_are_those_of_the_source_and_later_by_the_delay(results, name):
    result = results[name]
    source, output = list(result.clip["video"]), list(result.output)
    first = source.index(output[0])
    assert first <= JOINED
    assert output == source[first:first + len(output)] and len(output) >= len(source) - first - SEEN
    apart = [float(result.output[md5][0] - result.clip["video"][md5][0]) for md5 in output]
    assert max(apart) - min(apart) < 0.0035, "the distance between pictures changes by more than timestamps are rounded"


@pytest.mark.parametrize("name", NAMES)
def test_the_sound_has_no_gap(results, name):
    times = [at for at, _ in dubbing.packets(results[name].dubbed.file, "a")]
    steps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert max(abs(step - 1024 / results[name].rate) for step in steps) <= 0.0015, "timestamps are whole milliseconds"
    assert times[-1] - times[0] > 8


@pytest.mark.parametrize("name", NAMES)
def test_the_sound_is_in_sync_with_the_pictures(results, name):
    result = results[name]
    found = []
    for second, begin in result.originals():
        expected = result.clip_sound.onset(second + 0.05, second + 0.4) - second
        heard = result.sound.onset(begin + 0.05, begin + 0.4)
        if heard is not None:
            found.append(1000 * (heard - begin - expected))
    assert found or name in ("served", "samples", "restarted")
    assert all(abs(ms) <= MOST_MS for ms in found), found


@pytest.mark.parametrize("name", ["served", "samples", "killed", "stopped", "restarted"])
def test_each_dub_is_heard_in_its_place(results, name):
    result, found = results[name], 0
    bed = name == "samples"
    for fragment in result.dubbed.fragments():
        begin = fragment["pts"] + DELAY
        end = begin + fragment["seconds"]
        if begin < result.sound.begin + 0.2 or end > result.sound.end:
            continue
        if result.sound.share(fragment["hertz"], begin + EDGE, end - EDGE) < (0.8 if bed else 0.95):
            continue
        found += 1
        at = result.sound.tone_begins(fragment["hertz"], begin)
        assert at is not None and abs(at - begin - 0.01) * 1000 <= MOST_MS, (fragment, at)
    assert found >= (8 if name in ("served", "samples") else 2), (found, result.modes())
    formats = {fragment["format"] for fragment in result.dubbed.fragments()}
    assert formats == {"pcm_s16le" if name == "samples" else "m4a"}


def test_without_a_service_the_original_is_heard_from_the_beginning(results):
    result = results["absent"]
    assert len(list(result.originals())) >= 10
    assert "the original is heard: service-down" in result.modes()
    assert not any(mode.startswith("the dub") for mode in result.modes())


@pytest.mark.parametrize("name", ["killed", "stopped"])
def test_the_original_goes_on_when_the_service_does_not(results, name):
    result = results[name]
    assert len(list(result.originals())) >= 1, result.modes()
    heard = [mode.split(" is heard")[0] for mode in result.modes()]
    dub = heard.index("the dub")
    assert heard[dub:dub + 3] == ["the dub", "the original", "the dub"], "it comes back with the service"


def test_the_metrics_say_what_is_heard(results):
    page = results["page"]
    assert 'worker_dub_active{language="es"} 1' in page
    assert 'worker_dub_delay_seconds{language="es"} 2' in page
    assert 'worker_sts_breaker_state{language="es"} 0' in page
    assert 'tidegate_worker_degraded{reason=""} 0' in page


def test_the_metrics_are_those_of_the_table(results):
    shown = {name: kind for name, (kind, _) in metrics_table.on_page(results["page"]).items()}
    written = {row.name: row.type for row in metrics_table.rows() if row.program in ("stream-worker", "stream-worker-dub")}
    assert shown == written
    labels = {name: found for name, (_, found) in metrics_table.on_page(results["page"]).items()}
    for row in metrics_table.rows():
        if row.program == "stream-worker-dub":
            assert labels[row.name] == set(row.labels), row.name
