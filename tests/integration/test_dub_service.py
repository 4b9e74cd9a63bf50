"""Dubbing as media-service sees it: what a publisher may choose, what the worker is given, and what operators are told of the dub. The
workers report what the tests write (support/reporting_worker.py)."""

import json
import os
from pathlib import Path

import pytest
from support import http
from support.dubbed import FLAGS, REPORT, SERVICE, DubbedStack
from support.making import started
from support.wait import wait_until

TOKEN = "geheim-4711"
SECONDS = 60


@pytest.fixture(scope="module")
def dubbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dubbed")
    (folder / "token").write_text(TOKEN + "\n")
    with started(DubbedStack(folder, **{"--sts-token-file": str(folder / "token"), "--dub-delay": "12s", "--grace-period": "1s"})) as stack:
        yield stack
        assert TOKEN not in stack.service.log() + stack.router.log()


def happened(stack, stream, kind):
    """The data of the stream's events of this kind, oldest first."""
    reply = http.get(stack.service_url(f"/v1/streams/{stream}/history"))
    return [event["data"] for event in reply.json()["events"] if event["type"] == kind] if reply.status == 200 else []


def given_to_worker(stack, stream, query, publish):
    publish(stack.rtmp(stream, query=query))
    return wait_until(lambda: stack.started_with(stream), f"a worker of {stream}", SECONDS)


def test_a_publisher_chooses_a_language_and_nothing_else(dubbed, publish, stream):
    given = given_to_worker(dubbed, stream, "lang=PT-br&voice=evil&sts-url=ws://evil&dub-delay=1h", publish)
    assert sorted(given["arguments"]) == ["--dub-bed=off", "--dub-delay=12s", "--dub-format=m4a", "--dub-language=pt-BR",
                                          "--dub-max-fragment=6s", "--dub-min-fragment=2s", "--dub-source-language=en",
                                          "--dub-voice=rui", f"--sts-url={SERVICE}"]
    assert "lang=PT-br" in given["params"]
    assert dubbed.wait_dub(stream, language="pt-BR")["reason"] == "starting"


def test_the_token_is_in_the_environment_of_workers_that_dub_and_nowhere_else(dubbed, publish, stream):
    given = given_to_worker(dubbed, stream, "lang=es", publish)
    assert given["token"] == TOKEN and given["variables"] == ["STS_TOKEN"]
    assert TOKEN not in Path(f"/proc/{given['pid']}/cmdline").read_text()
    plain = given_to_worker(dubbed, f"{stream}-plain", "", publish)
    assert plain["token"] is None and plain["arguments"] == [] and plain["variables"] == []
    for path in ("/metrics", "/v1/streams", f"/v1/streams/{stream}", f"/v1/streams/{stream}/history", "/v1/events"):
        assert TOKEN not in http.get(dubbed.service_url(path)).text(), path


@pytest.mark.parametrize("query, language", [("lang=xx", "xx"), ("lang=en", "en"), ("lang=es%20fr", "es fr"), ("lang=ws://evil", "ws://evil")])
def test_a_language_that_is_not_offered_leaves_the_stream_undubbed_and_says_so(dubbed, publish, stream, query, language):
    given = given_to_worker(dubbed, stream, query, publish)
    assert given["arguments"] == [] and given["token"] is None
    dub = dubbed.wait_dub(stream, mode="original", reason="not-offered")
    assert dub["language"] == language and dub["detail"] == "the languages offered are es, fr, pt-BR"
    [event] = wait_until(lambda: happened(dubbed, stream, "dub-refused"), "an event", SECONDS)
    assert event["languages"] == [language]
    assert "dub.refused" in dubbed.service.log()
    wait_until(lambda: dubbed.is_live(stream, "out"), "the original comes out", SECONDS)


def test_without_a_language_and_with_an_empty_one_nothing_is_dubbed(dubbed, publish, stream):
    for number, query in enumerate(("", "lang=", "other=es")):
        given = given_to_worker(dubbed, f"{stream}-{number}", query, publish)
        assert given["arguments"] == []
        assert dubbed.show(f"{stream}-{number}")["dubs"] == [] and not happened(dubbed, f"{stream}-{number}", "dub-refused")


def test_several_languages_are_dubbed_and_one_that_is_not_offered_is_refused(dubbed, publish, stream):
    given = given_to_worker(dubbed, stream, "lang=xx,fr,es", publish)
    assert "--dub-language=fr,es" in given["arguments"] and "--dub-voice=default,anna" in given["arguments"]
    assert given["output"] == dubbed.rtsp(stream, "out")
    wait_until(lambda: [(dub["language"], dub["reason"]) for dub in dubbed.show(stream)["dubs"]] ==
               [("fr", "starting"), ("es", "starting"), ("xx", "not-offered")], lambda: dubbed.show(stream), SECONDS)
    assert happened(dubbed, stream, "dub-refused")[0]["languages"] == ["xx"]


def test_another_language_restarts_the_worker(dubbed, publish, stream):
    first = given_to_worker(dubbed, stream, "lang=es", publish)
    publish(dubbed.rtmp(stream, query="lang=fr"))
    second = wait_until(lambda: (given := dubbed.started_with(stream)) and given["pid"] != first["pid"] and given, "another worker", SECONDS)
    assert "--dub-language=fr" in second["arguments"] and "--dub-voice=anna" not in second["arguments"]


def test_what_the_worker_says_is_in_the_api_the_metrics_and_the_events(dubbed, publish, stream):
    given_to_worker(dubbed, stream, "lang=es", publish)
    dubbed.report(stream, REPORT, {"language": "fr", "mode": "dubbed"})  # nobody has asked for fr
    dub = dubbed.wait_dub(stream, mode="dubbed")
    assert dub == {"language": "es", "mode": "dubbed", "reason": "", "detail": "", "sent": 120, "dubbed": 115, "inFlight": 2,
                   "fallbacks": {"late": 3, "silent": 4, "timed-out": 2}, "roundTripP50Ms": 812.5, "roundTripP95Ms": 1430.0, "breaker": "closed",
                   "delayMs": 10000.0, "stretch": 1.04, "loudnessDb": -1.5, "reconnections": 1, "backpressure": 2}
    assert len(dubbed.show(stream)["dubs"]) == 1
    [listed] = [item for item in http.get(dubbed.service_url("/v1/streams")).json()["items"] if item["streamId"] == stream]
    assert listed["dubs"] == [{"language": "es", "mode": "dubbed", "reason": "", "detail": ""}]
    label = f'language="es",stream="{stream}"'
    page = http.get(dubbed.service_url("/metrics")).text()
    for line in (f"tidegate_stream_dubbed{{{label}}} 1", f"tidegate_stream_dub_fragments_total{{{label}}} 115",
                 f'tidegate_stream_dub_fallbacks_total{{language="es",reason="late",stream="{stream}"}} 3',
                 f"tidegate_stream_dub_breaker_state{{{label}}} 0"):
        assert line in page, line

    # A change of mode is an event and a line in the log; a change of counts is none.
    dubbed.report(stream, {**REPORT, "sent": 121})
    dubbed.wait_dub(stream, sent=121)
    dubbed.report(stream, {**REPORT, "mode": "original", "reason": "service-down", "detail": "connection refused", "breaker": "open"})
    dubbed.wait_dub(stream, reason="service-down", breaker="open")
    dubbed.report(stream, REPORT)
    dubbed.wait_dub(stream, mode="dubbed")
    modes = [(event["mode"], event["reason"], event["detail"]) for event in happened(dubbed, stream, "dub")]
    assert modes == [("dubbed", "", ""), ("original", "service-down", "connection refused"), ("dubbed", "", "")]
    page = http.get(dubbed.service_url("/metrics")).text()
    assert 'tidegate_dub_mode_changes_total{mode="original"}' in page
    lines = [json.loads(line) for line in dubbed.service.log().splitlines() if '"dub.mode"' in line and stream in line]
    assert [line["level"] for line in lines] == ["info", "warn", "info"]


def test_the_transcript_is_json_or_web_vtt(dubbed, publish, stream):
    given_to_worker(dubbed, stream, "lang=es", publish)
    url = dubbed.service_url(f"/v1/streams/{stream}/transcript")
    assert http.get(url).json()["items"] == []
    dubbed.say(stream, {"fragment": 0, "at": 1760000000000, "transcript": "good <b>evening</b>", "translation": "buenas <noches> --> ñ"},
               {"fragment": 1, "at": 1760000003000, "transcript": "", "translation": ""},
               {"fragment": 2, "at": 1760000006500, "transcript": "bye", "translation": "adiós", "dubbed": False})
    items = wait_until(lambda: len(found := http.get(url).json()["items"]) == 3 and found, "three captions", SECONDS)
    assert items[0] == {"language": "es", "fragment": 0, "at": "2025-10-09T08:53:20.000000Z", "durationMs": 3000, "dubbed": True,
                        "transcript": "good <b>evening</b>", "translation": "buenas <noches> --> ñ"}
    for reply in (http.get(url + "?format=vtt"), http.get(url, headers={"Accept": "text/vtt"})):
        assert reply.headers["Content-Type"] == "text/vtt; charset=utf-8"
        assert reply.text().startswith("WEBVTT\n\nNOTE ")
        assert "\n00:00:00.000 --> 00:00:03.000\nbuenas &lt;noches&gt; --&gt; ñ\n" in reply.text()
        assert reply.text().endswith("\n00:00:06.500 --> 00:00:09.500\nadiós\n") and reply.text().count(" --> ") == 2
    assert "good &lt;b&gt;evening" in http.get(url + "?format=vtt&text=transcript").text()
    assert http.get(url + "?lang=fr").json()["items"] == []
    assert http.get(url + "?format=srt").status == 400 and http.get(url + "?lang=../x").status == 400
    assert http.get(dubbed.service_url("/v1/streams/nobody/transcript")).status == 404


def test_without_a_service_a_language_is_a_setting_like_any_other(new_stack, publish, stream):
    stack = new_stack(worker_mode="process", service_flags={"--grace-period": "1s"})
    os.environ.pop("STS_URL", None)
    stack.start()
    publish(stack.rtmp(stream, query="lang=es"))
    view = stack.wait_params(stream, {"lang": "es"})
    assert view["dubs"] == []
    stack.stop()


@pytest.mark.parametrize("flags, accepted", [
    ({"--sts-url": "http://user:pass@host"}, "ws://"), ({"--sts-url": "ftp://host"}, "ws://"), ({"--sts-url": ""}, "--sts-url"),
    ({"--dub-languages": "es,,fr"}, "separated by commas"), ({"--dub-languages": "spanish please"}, "separated by commas"),
    ({"--dub-voices": "es"}, "LANGUAGE=VOICE"), ({"--dub-voices": "de=x"}, "languages of --dub-languages"),
    ({"--dub-source-language": "x"}, "such as en"), ({"--dub-delay": "1s"}, "2s"), ({"--dub-delay": "61s"}, "1m0s"),
    ({"--dub-bed": "-18"}, "off, or a level"), ({"--dub-bed": "3dB"}, "off, or a level"), ({"--dub-bed": "-90dB"}, "off, or a level"),
    ({"--dub-format": "mp3"}, "m4a|pcm_s16le"), ({"--dub-min-fragment": "6s"}, "100ms less"), ({"--dub-max-fragment": "11s"}, "10s"),
    ({"--sts-ca-file": "/nowhere/ca.pem"}, "a readable file"), ({"--sts-token-file": "/nowhere/token"}, "a readable file")], ids=str)
def test_nonsense_is_named_with_what_is_accepted(bin_dir, flags, accepted):
    import subprocess
    words = [f"{name}={value}" for name, value in {**FLAGS, **flags}.items()]
    done = subprocess.run([bin_dir / "media-service", "--state-dir=/nowhere", "--worker-command=true", *words],
                          capture_output=True, text=True, timeout=20, env={})
    assert done.returncode == 2 and accepted in done.stderr and "pass@" not in done.stderr, done.stderr
