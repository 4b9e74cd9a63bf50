"""The demo speech service: it speaks in the language asked for, for exactly as long as the fragment, in order, and survives
clients that send nonsense. The client is python3-socketio, a stranger's implementation of the protocol."""

import array
import base64
import math
import subprocess

import pytest
from support import http, sts_espeak
from support.making import making
from support.sts_espeak import SpeechClient, SpeechService

if sts_espeak.missing():
    pytest.skip(f"the demo speech service: {sts_espeak.missing()}", allow_module_level=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    started = SpeechService(tmp_path_factory.mktemp("sts"))
    yield started
    assert started.terminate() == 0, started.log()
    assert "Traceback" not in started.log(), started.log()


@pytest.fixture
def connect(service):
    yield from making(lambda to=service, **options: SpeechClient(to, **options), SpeechClient.close)


def samples_of(audio):
    """(samples of the first channel, rate, channels), decoded by ffmpeg if it is AAC."""
    data = base64.b64decode(audio["data_base64"])
    if audio["format"] == "m4a":
        data = subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "aac", "-i", "pipe:0", "-f", "s16le", "pipe:1"],
                              input=data, stdout=subprocess.PIPE, check=True).stdout
    samples = array.array("h", data)[::audio["channels"]]
    return samples, audio["sample_rate_hz"], audio["channels"]


def loudness(samples):
    return math.sqrt(sum(sample * sample for sample in samples) / max(len(samples), 1))


def test_a_session_as_a_worker_has_it(connect):
    client = connect()
    client.init()
    ready = client.wait("stream:ready")
    assert ready["stream_id"] == "s" and ready["session_id"] and ready["max_inflight"] == 3
    for number in range(3):
        client.fragment(number, 2000 + 1000 * number)
    client.client.emit("stream:end", {"stream_id": "s", "reason": "source ended"})  # what is under way is answered first
    complete = client.wait("stream:complete")
    answers = client.all("fragment:processed")
    assert [answer["sequence_number"] for answer in answers] == [0, 1, 2]
    assert [ack["status"] for ack in client.all("fragment:ack")] == ["queued"] * 3
    assert complete["total_fragments"] == 3 and complete["total_duration_ms"] == 9000
    assert complete["statistics"]["success_count"] == 3 and complete["statistics"]["p95_processing_time_ms"] >= 0
    for number, answer in enumerate(answers):
        assert answer["status"] == "success" and answer["processing_time_ms"] >= 0
        assert answer["translated_text"].startswith(f"Fragmento {number}.")
    assert " Son las " in answers[-1]["translated_text"]
    kinds = [kind for kind, _ in client.seen]
    assert kinds.index("stream:complete") > max(i for i, kind in enumerate(kinds) if kind == "fragment:processed")


@pytest.mark.parametrize("milliseconds", [2000, 3217, 6000])
@pytest.mark.parametrize("format", ["pcm_s16le", "m4a"])
def test_it_speaks_for_as_long_as_the_fragment(connect, format, milliseconds):
    client = connect()
    client.init()
    client.fragment(0, milliseconds, format)
    audio = client.wait("fragment:processed")["dubbed_audio"]
    assert audio["format"] == format and audio["duration_ms"] == milliseconds
    samples, rate, channels = samples_of(audio)
    assert (rate, channels) == ((48000, 2) if format == "m4a" else (22050, 1))
    slack = 3 * 1024 if format == "m4a" else 1  # an AAC encoder begins and ends with padding
    assert abs(len(samples) - rate * milliseconds / 1000) <= slack
    assert loudness(samples[: rate * 3 // 2]) > 500, "a voice"


def spoken_until(samples, rate):
    """Seconds from the beginning to the last sound, and the longest silence before it."""
    step = rate // 100
    loud = [at for at in range(0, len(samples), step) if max(map(abs, samples[at:at + step])) > 200]
    silent = max((later - earlier for earlier, later in zip([0, *loud], loud)), default=0)
    return (loud[-1] + step) / rate, silent / rate


@pytest.mark.parametrize("language", ["es", "fr", "de", "en", "it", "pt"])
def test_the_voice_speaks_up_to_the_end_of_the_fragment(connect, language):
    """A worker stretches what is too short, and refuses what it would have to stretch by more than a third (docs/dubbing.md)."""
    client = connect()
    client.init(language)
    lengths = [600, 1000, 1500, 2000, 2400, 2900, 3300, 4000, 4700, 5400, 6000, 6000, 10000]
    for sequence, milliseconds in enumerate(lengths):
        client.fragment(sequence, milliseconds, "pcm_s16le")
        samples, rate, _ = samples_of(client.wait("fragment:processed", sequence + 1)["dubbed_audio"])
        until, silent = spoken_until(samples, rate)
        assert milliseconds / 1000 - 0.25 <= until <= milliseconds / 1000 + 0.01, (milliseconds, until)
        assert silent <= max(1.3, milliseconds / 4000), (milliseconds, silent)


def test_each_language_has_its_own_words_and_sound(connect):
    said, heard = {}, {}
    for language in ("es", "fr", "de", "pt-BR", "ja"):
        client = connect()
        client.init(language)
        client.fragment(0, 4000, "pcm_s16le")
        answer = client.wait("fragment:processed")
        said[language] = answer["translated_text"]
        heard[language] = answer["dubbed_audio"]["data_base64"]
    assert said["fr"].startswith("Fragment 0. Il est ") and said["de"].startswith("Fragment 0. Es ist ")
    assert said["pt-BR"].startswith("Fragmento 0. São ") and said["ja"].startswith("0. ")
    assert len(set(heard.values())) == len(heard)


@pytest.mark.parametrize("change, code", [
    ({"config": None}, "INVALID_CONFIG"), ({"config": {"target_language": "xx"}}, "UNSUPPORTED_LANGUAGE"),
    ({"config": {"target_language": "--help"}}, "UNSUPPORTED_LANGUAGE"), ({"config": {"format": "mp3"}}, "INVALID_CONFIG"),
    ({"stream_id": ""}, "INVALID_CONFIG"), ({"max_inflight": 11}, "INVALID_CONFIG"), ({"max_inflight": "3"}, "INVALID_CONFIG")])
def test_a_bad_beginning_is_refused(connect, change, code):
    client = connect()
    client.init(**change)
    error = client.wait("error")
    assert error["code"] == code and error["severity"] == "error" and not error["retryable"] and error["message"]
    client.init()
    client.wait("stream:ready")


def test_null_means_absent_and_whole_numbers_may_have_a_point(connect):
    client = connect()
    client.init(max_inflight=None, timeout_ms=None, unknown={"x": [1]})
    assert client.wait("stream:ready")["max_inflight"] == 3
    client.fragment(0.0, 2000.0)
    assert client.wait("fragment:processed")["status"] == "success"


@pytest.mark.parametrize("change, code", [
    ({"sequence_number": 1}, "INVALID_SEQUENCE"), ({"sequence_number": -1}, "INVALID_CONFIG"), ({"audio": None}, "INVALID_AUDIO_FORMAT"),
    ({"audio": {"format": "m4a", "data_base64": "***"}}, "INVALID_AUDIO_FORMAT"), ({"fragment_id": None}, "INVALID_CONFIG"),
    ({"audio": {"format": "m4a", "data_base64": "", "sample_rate_hz": 1, "channels": 2, "duration_ms": 1}}, "INVALID_CONFIG"),
    ({"audio": {"format": "m4a", "data_base64": "", "sample_rate_hz": 48000, "channels": 2, "duration_ms": 10**9}}, "INVALID_CONFIG")])
def test_a_bad_fragment_is_refused_and_the_next_good_one_answered(connect, change, code):
    client = connect()
    client.init()
    client.fragment(**{"sequence": 0, **change})
    assert client.wait("error")["code"] == code
    client.fragment(0)
    assert client.wait("fragment:processed")["sequence_number"] == 0


def test_duplicates_and_gaps_are_refused(connect):
    client = connect()
    client.init()
    for sequence in (0, 0, 2, 1):
        client.fragment(sequence)
    client.wait("fragment:processed", 2)
    assert [answer["sequence_number"] for answer in client.all("fragment:processed")] == [0, 1]
    assert [error["code"] for error in client.all("error")] == ["INVALID_SEQUENCE"] * 2


def test_before_the_beginning_and_while_paused_nothing_is_taken(connect):
    client = connect()
    client.fragment(0)
    assert client.wait("error")["code"] == "STREAM_NOT_FOUND"
    client.init()
    client.wait("stream:ready")
    client.client.emit("stream:pause", {"stream_id": "s"})
    client.fragment(0)
    assert client.wait("error", 2)["code"] == "STREAM_PAUSED"
    client.client.emit("stream:resume", {"stream_id": "s"})
    client.fragment(0)
    client.wait("fragment:processed")


def test_a_client_that_sends_too_many_is_told_and_one_that_sends_too_much_is_dropped(connect, service):
    client = connect()
    client.init()
    for sequence in range(200):
        client.fragment(sequence, data=b"")
    assert "QUEUE_FULL" in {error["code"] for error in client.wait("error") and client.all("error")}
    large = connect()
    large.init()
    large.wait("stream:ready")
    large.fragment(0, data=b"\0" * (8 << 20))
    large.wait("disconnect")
    assert service.is_healthy()
    again = connect()
    again.init()
    again.wait("stream:ready")


def test_nonsense_hurts_nobody(connect):
    client = connect()
    for event in ("stream:init", "fragment:data", "fragment:ack", "stream:pause", "stream:end"):
        for data in (None, 7, "x", [], {}, {"stream_id": {}}):
            client.client.emit(event, data)
    client.init()
    client.fragment(0)
    assert client.wait("fragment:processed")["status"] == "success"


def test_with_a_token_it_wants_the_token(tmp_path):
    closed = SpeechService(tmp_path, STS_TOKEN="geheim")
    try:
        for options in ({}, {"auth": {"token": "falsch"}}, {"headers": {"Authorization": "Bearer x"}}, {"auth": {"token": None}}):
            assert not SpeechClient(closed, **options).accepted, options
        for options in ({"auth": {"token": "geheim"}}, {"headers": {"Authorization": "Bearer geheim"}}):
            client = SpeechClient(closed, **options)
            client.init()
            client.wait("stream:ready")
            client.close()
        assert "geheim" not in closed.log()
    finally:
        closed.kill()


def test_a_page_of_another_origin_and_long_polling_are_refused(service):
    base = f"http://127.0.0.1:{service.port}/socket.io/?EIO=4&transport="
    assert http.get(base + "polling").status == 400
    reply = http.get(base + "websocket", headers={"Origin": "http://evil.example", "Connection": "Upgrade", "Upgrade": "websocket",
                                                  "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert reply.status == 400
