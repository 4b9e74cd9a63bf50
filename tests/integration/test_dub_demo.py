"""`make dev DUB=demo`, as a newcomer uses it: the stream comes out dubbed by a service that really speaks; that service is killed, and
the original goes on; it comes back, and so does the dub."""

import itertools
import os
import signal
import subprocess

import pytest
from support import http, sts_espeak
from support.dev_stack import DevStack
from support.free_ports import free_ports
from support.wait import wait_until

if sts_espeak.missing():
    pytest.skip(f"the demo speech service: {sts_espeak.missing()}", allow_module_level=True)

SECONDS = 90
QUICK = {"DUB": "demo", "DUB_DELAY": "4s", "ENGINE": "native"}  # the delay of 10 s would make the test longer


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    [port] = free_ports(1)
    stack = DevStack(tmp_path_factory.mktemp("dev"), STS_PORT=str(port), **QUICK)
    code, text = stack.run("up")
    try:
        assert code == 0, text
        assert "dubbing      es, fr or de" in text and "make publish STREAM=demo QUERY=lang=es" in text
        yield stack
    finally:
        stack.run("down")


def dub_of(dev, stream):
    return next(iter(dev.show(stream).get("dubs", [])), {})


def wait_dub(dev, stream, **wanted):
    return wait_until(lambda: wanted.items() <= (dub := dub_of(dev, stream)).items() and dub, lambda: f"{wanted}: {dev.show(stream)}", SECONDS, 0.1)


def modes(dev, stream):
    reply = http.get(dev.settings.url("http", dev.settings.service_port, f"/v1/streams/{stream}/history"))
    told = [event["data"]["mode"] for event in reply.json()["events"] if event["type"] == "dub"]
    return [mode for mode, _ in itertools.groupby(told)]  # another reason is an event, too


def pictures(url, seconds):
    """The picture's times of a reader of `out`, which reads for so long."""
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v", "-show_entries", "packet=pts_time",
                           "-of", "csv=p=0", "-read_intervals", f"%+{seconds}", url], capture_output=True, text=True, timeout=SECONDS)
    return [float(line.strip(",")) for line in done.stdout.split() if line.strip(",") not in ("", "N/A")]


def test_a_newcomer_hears_the_dub_and_what_happens_when_the_service_is_killed(dev, publish, stream):
    assert {"media-service", "sts-espeak"} < set(dev.processes())
    publish(dev.rtmp(stream) + "?lang=es")
    dub = wait_dub(dev, stream, mode="dubbed")
    assert dub["language"] == "es" and dub["dubbed"] >= 1 and dub["roundTripP50Ms"] > 0 and dub["delayMs"] == 4000
    said = http.get(dev.settings.url("http", dev.settings.service_port, f"/v1/streams/{stream}/transcript?format=vtt")).text()
    assert "Fragmento 0." in said
    view = dub_of(dev, stream)
    assert not {"too-short", "too-long", "failed", "empty"} & {reason for reason, count in view["fallbacks"].items() if count}, view

    # The supervisor starts it again. Stopped, it answers nobody, and nobody starts it.
    service = dev.processes()["sts-espeak"][0]
    os.kill(service, signal.SIGSTOP)
    try:
        wait_dub(dev, stream, mode="original")
        times = pictures(dev.rtsp(stream), 3)
        assert len(times) > 30 and max(b - a for a, b in zip(sorted(times), sorted(times)[1:])) < 0.5, "the picture goes on"
    finally:
        os.kill(service, signal.SIGKILL)
    wait_dub(dev, stream, mode="dubbed")
    assert modes(dev, stream) == ["dubbed", "original", "dubbed"]
    assert dev.wait_healthy()["sts-espeak"][2] == 1
    view = dev.show(stream)
    assert view["restarts"] == 0, "it is the same worker"
    # It ends when it is told to, and another one takes its place.
    os.kill(view["worker"]["pid"], signal.SIGTERM)
    wait_until(lambda: dev.show(stream)["restarts"] == 1, lambda: dev.show(stream), SECONDS, 0.1)
    assert dev.show(stream)["lastExit"]["reason"] == "stopped"


def test_a_dub_goes_on_while_media_service_is_killed(dev, publish, stream):
    publish(dev.rtmp(stream) + "?lang=fr")
    wait_dub(dev, stream, mode="dubbed")
    worker = dev.show(stream)["worker"]["pid"]
    dev.kill("media-service")
    dub = wait_dub(dev, stream, mode="dubbed")  # as the same worker tells the new service
    view = dev.show(stream)
    assert view["worker"]["pid"] == worker and view["worker"]["adopted"] and dub["language"] == "fr"


def test_a_language_that_the_demo_does_not_offer_is_not_dubbed(dev, publish, stream):
    publish(dev.rtmp(stream) + "?lang=xx")
    dub = wait_dub(dev, stream, mode="original", reason="not-offered")
    assert dub["detail"] == "the languages offered are es, fr, de"
    dev.wait_served(stream)


def test_a_port_in_use_is_one_line(dev, tmp_path):
    other = DevStack(tmp_path, STS_PORT=dev.variables["STS_PORT"], **QUICK)
    code, text = other.run("up")
    assert code == 1 and text.count("\n") == 1
    assert text.startswith(f"error: port {dev.variables['STS_PORT']} (demo speech service) is already in use")
    code, text = other.run("up", DUB="nonsense")
    assert code == 1 and text.startswith("error: DUB=nonsense: expected demo")


def test_down_ends_the_service_too(dev):
    pid = dev.processes()["sts-espeak"][0]
    assert "sts-espeak" in dev.run("logs", FOLLOW="0")[1]
    assert dev.run("down")[1].strip() == "stopped"
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the service")
