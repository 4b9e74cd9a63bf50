"""Every query of the Grafana dashboard and of docs/metrics.md, asked of a real Prometheus that scrapes the real programs."""

import math
import os
import signal

import pytest
from support import grafana, http, metrics_table
from support.archiver import Archiver
from support.free_ports import free_ports
from support.observed import STREAM, ObservedStack
from support.process import Process
from support.prometheus import SECONDS, Prometheus, program
from support.wait import wait_until

# While all is well these have no result.
EMPTY_WHEN_WELL = {"Alerts"}
QUERIES = [pytest.param(expression, id=f"{title} {number}") for number, (title, expression) in enumerate(grafana.queries())
           if title not in EMPTY_WHEN_WELL]
# This stack does not run it. test_dubbing.py compares the names.
OTHER_PROGRAMS = {"stream-worker-dub"}
ROWS = [pytest.param(row, id=row.name) for row in metrics_table.rows()]


@pytest.fixture(scope="module")
def stack(clips, tmp_path_factory):
    """The programs. Nobody uses them yet."""
    program("prometheus")  # skips before anything is started
    stack = ObservedStack(tmp_path_factory.mktemp("observed"), clips.get("av"))
    stack.start_router()
    stack.start_service()
    stack.record()
    try:
        yield stack
        stack.stop()
    finally:
        stack.kill()


@pytest.fixture(scope="module")
def exporter(tmp_path_factory):
    """host:port of a node exporter of this machine."""
    folder, [port] = tmp_path_factory.mktemp("exporter"), free_ports(1)
    argv = [program("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults",
            "--collector.cpu", "--collector.meminfo", "--collector.filesystem", "--collector.filesystem.fs-types-exclude=^$"]
    process = Process("node-exporter", argv, folder / "exporter.log", dict(os.environ))
    yield f"127.0.0.1:{port}"
    process.kill()


@pytest.fixture(scope="module")
def archiver(tmp_path_factory):
    """host:port of a segment-archiver that has nothing to do."""
    process = Archiver(tmp_path_factory.mktemp("archiver"), "http://127.0.0.1:1").started()
    yield f"127.0.0.1:{process.port}"
    process.kill()


@pytest.fixture(scope="module")
def prometheus(stack, exporter, archiver, tmp_path_factory):
    targets = {**stack.targets(), "machine": exporter, "segment-archiver": archiver}
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), targets).start()
    try:
        # Only what grows between two scrapes has a rate. So the stream begins when all counters have been seen at 0.
        # The worker and the forwarder run only while there is a stream.
        wait_until(lambda: set(targets) - {"stream-worker", "stream-forwarder"} <= scraped_twice(server), "two scrapes", SECONDS, poll=0.2)
        stack.use()
        server.wait_scraped()
        yield server
    finally:
        server.kill()


def scraped_twice(server):
    """The jobs whose targets have answered twice."""
    return {labels["job"] for labels, times in server.query("sum_over_time(up[1h])") if times > 1}


def numbers(result):
    """A quantile of nothing is NaN, which Grafana shows as no data."""
    return [(labels, value) for labels, value in result if not math.isnan(value)]


def assert_has_numbers(prometheus, stack, query):
    if not stack.embedded and any(row.ours_alone and row.name in query for row in metrics_table.rows()):
        assert prometheus.query(query) == []
        return
    wait_until(lambda: numbers(prometheus.query(query)), lambda: f"a number for {query}: {prometheus.query(query)}", SECONDS, poll=0.2)


@pytest.mark.parametrize("expression", QUERIES)
def test_a_panel_has_something_to_show(prometheus, stack, expression):
    assert_has_numbers(prometheus, stack, grafana.filled_in(expression))


@pytest.mark.parametrize("row", ROWS)
def test_an_example_of_the_table_has_a_result(prometheus, stack, row):
    if row.program in OTHER_PROGRAMS:
        assert prometheus.query(row.example) == [], "Prometheus can read it"
        return
    assert_has_numbers(prometheus, stack, row.example)


def test_the_list_of_alerts_can_be_asked_for(prometheus):
    [expression] = [expression for title, expression in grafana.queries() if title in EMPTY_WHEN_WELL]
    prometheus.query(expression)  # an error would be raised


def test_the_variable_lists_the_streams(prometheus):
    [variable] = grafana.dashboard()["templating"]["list"]
    names = {labels["name"] for labels, _ in prometheus.query('paths{name=~"live/.+/in"}')}
    assert variable["query"]["query"] == 'label_values(paths{name=~"live/.+/in"}, name)' and names == {f"live/{STREAM}/in"}


def test_values_are_those_of_the_stream(prometheus):
    """A query may have a result and still mean something else."""
    def value(title):
        [expression] = [expression for name, expression in grafana.queries() if name == title][:1]
        return prometheus.wait_for(grafana.filled_in(expression))
    assert [number for _, number in value("Running")] == [1]
    assert [number for _, number in value("Router")] == [1]
    assert [number for _, number in value("Viewers")] == [4], "one over each protocol, and the forwarder"
    [(labels, bits)] = value("Bitrate of the inputs")
    assert labels == {"name": f"live/{STREAM}/in"} and 20_000 < bits < 2_000_000
    assert {labels["stream_id"] for labels, _ in value("From input to output")} == {STREAM}
    for title in ("Picture against sound", "Delay of the workers"):
        [(labels, seconds)] = value(title)
        assert labels == {"stream": STREAM} and abs(seconds) < 0.5, title
    assert {labels["state"] for labels, _ in value("Every stream")} == {"running"}
    pictures = {labels["direction"]: number for labels, number in value("Pictures a second")}
    assert set(pictures) == {"in", "out"} and all(10 < number < 60 for number in pictures.values()), "the clip has 30"
    assert {labels["track"] for labels, _ in value("Units a second")} == {"0", "1"}
    assert all(0 < number < 0.5 for _, number in value("From input to output"))


def test_no_alert_fires_while_all_is_well(prometheus):
    found = [labels for labels, _ in prometheus.query('ALERTS{alertname!~"TidegateDisk.*"}')]
    assert found == []


# The stack is not whole after these two. So they are the last ones.

def test_a_worker_that_dies_again_and_again_is_named(prometheus, stack):
    killed = set()

    def failed():
        view = stack.show(STREAM)
        pid = (view["worker"] or {}).get("pid")
        if pid and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return view["state"] == "failed"

    wait_until(failed, lambda: f"{STREAM} failed: {stack.show(STREAM)}", 2 * SECONDS)
    assert len(killed) > 3
    [(labels, _)] = prometheus.wait_for('ALERTS{alertname="TidegateWorkerFlapping",alertstate="firing"}')
    assert labels["stream"] == STREAM and labels["severity"] == "warning"
    for name in ("TidegateStreamFailed", "TidegateOutputMissing"):
        [(labels, _)] = prometheus.wait_for(f'ALERTS{{alertname="{name}"}}')
        assert labels["stream"] == STREAM and labels["severity"] == "critical"
    [panel] = [expression for title, expression in grafana.queries() if title == "Alerts"]
    assert {"alertname", "severity", "stream"} <= set(prometheus.wait_for(panel)[0][0])
    assert http.request("POST", stack.service_url(f"/v1/streams/{STREAM}/reset")).status in (200, 202)
    wait_until(lambda: not prometheus.query('ALERTS{alertname=~"TidegateStreamFailed|TidegateOutputMissing"}'), "both are over",
               SECONDS, poll=0.2)


def test_a_killed_router_is_noticed(prometheus, stack):
    stack.router.kill()
    prometheus.wait_for('ALERTS{alertname="TidegateRouterDown"}')
    prometheus.wait_for('ALERTS{alertname="TidegateRouterUnreachable"}')
    stack.start_router()
    prometheus.wait_for('up{job="media-router"} == 1')
    wait_until(lambda: not prometheus.query('ALERTS{alertname=~"TidegateRouter.*"}'), "the alerts are over", 60, poll=0.2)
