"""deploy/loki: what becomes of the log lines that the programs really write."""

import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from support import alloy, ffmpeg, grafana
from support.stack import Stack
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "loki"
SOURCES = ("containers", "journal")
LEVELS = {"debug", "info", "warn", "error"}
COMPONENTS = {"media-service", "stream-worker", "mtx-hook", "media-router"}


def components(source):
    return alloy.read(FOLDER / "alloy" / "pipeline.alloy", FOLDER / "alloy" / f"{source}.alloy")


def through(lines, at=None):
    """The entries that Loki gets for these lines."""
    pipeline = components("journal")["loki.process.tidegate"]
    return [alloy.process(pipeline, alloy.Entry(line, at, {"job": "loki.source.journal.tidegate"})) for line in lines]


def of_component(entries, name):
    return [entry for entry in entries if entry.labels.get("component") == name]


@pytest.fixture(scope="module")
def lines(clips, tmp_path_factory):
    """{log: lines} of programs that have had a stream with a worker, and a hook that found nobody."""
    folder = tmp_path_factory.mktemp("stack")
    stack = Stack(folder, worker_mode="process")
    found, publisher = {}, None
    try:
        for name, settings in (("text", {}), ("structured", {"MTX_LOGSTRUCTURED": "yes"})):
            stack.start_router(**settings)
            publisher = ffmpeg.publish(clips.get("av"), stack.rtmp(name), folder / f"{name}.log", True)
            stack.wait_live(name)  # media-service does not run yet, so the hook fails
            wait_until(lambda: '"component":"mtx-hook"' in stack.router.log(), lambda: stack.router.log())
            stack.start_service()
            wait_until(lambda: stack.is_live(name, "out"), "the output")
            publisher.kill()
            stack.wait_gone(name)
            stack.stop()
            found[f"router, {name}"] = stack.router.log().splitlines()
            found[f"service, {name}"] = stack.service.log().splitlines()
            for process in (stack.router, stack.service):
                process.log_path.unlink()
    finally:
        stack.kill()
        if publisher:
            publisher.kill()
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_everything_that_a_component_names_exists(source):
    found = components(source)
    for name, block in found.items():
        for reference in alloy.references(block):
            if reference.arguments is None:
                owner, _, _ = reference.name.rpartition(".")
                assert owner in found, f"{name} names {reference.name}"
            else:
                assert reference.name in ("coalesce", "sys.env")
    assert found["loki.write.loki"].blocks()[0].name == "endpoint"


@pytest.mark.parametrize("source", SOURCES)
def test_the_lines_of_a_source_come_to_the_pipeline(source):
    found = components(source)
    targets = [block.attribute("forward_to")[0].name for name, block in found.items() if name.startswith("loki.source.")]
    assert len(targets) == 1
    name = targets[0].removesuffix(".receiver")
    while name != "loki.write.loki":
        assert name in found
        last, name = name, found[name].attribute("forward_to")[0].name.removesuffix(".receiver")
    assert last == "loki.process.tidegate"


def test_alloy_itself_accepts_the_files(tmp_path):
    if not shutil.which("alloy"):
        pytest.skip("no alloy here")
    for file in (FOLDER / "alloy").glob("*.alloy"):
        done = subprocess.run(["alloy", "fmt", "--test", str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_every_line_gets_its_labels(lines):
    for name, log in lines.items():
        for line, entry in zip(log, through(log), strict=True):
            # Banners, and the lines of other programs that a hook has started, have no level.
            known = line.startswith("{") or line[:2] == "20"
            assert entry.labels["service"] == "tidegate" and entry.line == line
            assert not known or (entry.labels.get("level") in LEVELS and entry.labels.get("component") in COMPONENTS), (name, line)
            assert set(entry.labels) <= {"service", "level", "component"}, "other labels would make many streams"


def test_most_lines_are_known(lines):
    for name, log in lines.items():
        known = [entry for entry in through(log) if "level" in entry.labels]
        assert len(known) >= 0.9 * len(log) > 0, name


def test_lines_of_every_program_are_found_by_their_stream(lines):
    entries = [entry for log in lines.values() for entry in through(log)]
    for component in COMPONENTS:
        streams = {entry.metadata.get("streamId") for entry in of_component(entries, component)}
        assert {"text", "structured"} <= streams, component
    for entry in of_component(entries, "media-service") + of_component(entries, "stream-worker"):
        assert entry.metadata["event"] == json.loads(entry.line)["event"]
    assert all(entry.metadata["runId"] for entry in of_component(entries, "stream-worker"))


def test_levels_are_those_of_the_lines(lines):
    short = {"DEB": "debug", "INF": "info", "WAR": "warn", "ERR": "error"}
    for log in lines.values():
        for line, entry in zip(log, through(log), strict=True):
            if line.startswith("{"):
                written = json.loads(line)["level"]
                assert entry.labels["level"] == short.get(written, written)
            elif line[:2] == "20":
                assert entry.labels["level"] == short[line.split()[2]]
    levels = {entry.labels.get("level") for log in lines.values() for entry in through(log)}
    assert {"info", "error"} <= levels, "nothing has been compared"


def test_times_are_those_of_the_lines(lines):
    """Only the router's plain lines have no exact time of their own. They keep that of their arrival."""
    arrival = datetime(2000, 1, 1, tzinfo=timezone.utc)
    now = datetime.now(timezone.utc)
    for log in lines.values():
        for line, entry in zip(log, through(log, arrival), strict=True):
            if line.startswith("{"):
                assert timedelta(0) <= now - entry.time < timedelta(minutes=30), line
            else:
                assert entry.time == arrival


def test_no_password_is_sent_to_loki(lines):
    assert not any("pass=" in line and "pass=***" not in line for log in lines.values() for line in log)


def as_docker_keeps_it(line, tag):
    attributes = {"attrs": {"tag": tag}} if tag else {}
    return json.dumps({"log": line + "\n", "stream": "stdout", **attributes, "time": "2026-01-02T03:04:05.123456789Z"})


def test_lines_of_containers_are_unpacked_and_others_are_dropped(lines):
    found = components("containers")
    compose = yaml.safe_load((ROOT / "deploy" / "docker-compose.yml").read_text())
    tag = compose["services"]["mediamtx"]["logging"]["options"]["tag"].replace("{{.Name}}", "tidegate-mediamtx-1")

    def unpacked(line, tag):
        """The entry that Loki gets for this line of a container with this tag."""
        entry = alloy.Entry(as_docker_keeps_it(line, tag), labels={"filename": "/x"})
        between = alloy.process(found["loki.process.containers"], entry)
        return between and alloy.process(found["loki.process.tidegate"], alloy.Entry(between.line, between.time, between.labels))

    for inside in (lines["router, text"][-1], lines["service, text"][0]):
        entry, [direct] = unpacked(inside, tag), through([inside])
        assert entry.line == inside + "\n" and entry.labels == direct.labels and entry.metadata == direct.metadata
        assert direct.labels["level"] == "info"
    assert unpacked(lines["router, text"][-1], tag).time.microsecond == 123456, "Docker's, which is exact"
    assert unpacked("a secret of somebody else", "other/web") is None and unpacked("without a tag", None) is None


def test_loki_keeps_what_the_pipeline_sends():
    settings = yaml.safe_load((FOLDER / "loki.yml").read_text())
    assert settings["schema_config"]["configs"][-1]["schema"] == "v13", "structured metadata needs it"
    assert settings["limits_config"]["allow_structured_metadata"] is True
    assert settings["compactor"]["retention_enabled"] is True and settings["limits_config"]["retention_period"] == "168h"
    [endpoint] = components("containers")["loki.write.loki"].blocks()
    default = endpoint.attribute("url").arguments[-1]
    assert default == f"http://loki:{settings['server']['http_listen_port']}/loki/api/v1/push"


def test_the_reader_knows_the_syntax_and_refuses_what_it_does_not_know(tmp_path):
    file = tmp_path / "a.alloy"
    file.write_text('// c\na.b "x" {\n  n = [1, true, `r"\\`, {"k" = "v\\n", w = other.y.z}]\n  inner { }\n}\n')
    [(name, block)] = alloy.read(file).items()
    assert name == "a.b.x" and block.attribute("n") == [1, True, 'r"\\', {"k": "v\n", "w": alloy.Reference("other.y.z")}]
    assert [inner.name for inner in block.blocks()] == ["inner"]
    for wrong in ("a {", "a = ", "a ? b", 'a "x" = 1', "a { b = [1 2] }"):
        file.write_text(wrong)
        with pytest.raises(AssertionError):
            alloy.read(file)
    with pytest.raises(KeyError):
        alloy.process(alloy.Block("p", "", [alloy.Block("stage.unknown", "", [])]), alloy.Entry("x"))


@pytest.mark.parametrize("selector, wanted", [
    ('{a="1"}', True), ('{a="2"}', False), ('{a=~"1|2"}', True), ('{a!~".+"}', False), ('{b!~"x.*"}', True), ('{a="1"} |~ "^l"', True),
    ('{a="1"} |~ "^x"', False), ('{a="1", b=""} |= "in"', True), ('{a="1"} != "in"', False)])
def test_selectors(selector, wanted):
    assert alloy.selects(selector, alloy.Entry("line", labels={"a": "1"})) is wanted


def test_the_dashboard_asks_for_what_the_pipeline_sends(lines):
    """Its queries, which Loki cannot be asked here, choose the lines that they should."""
    entries = [entry for log in lines.values() for entry in through(log)]
    chosen = {}
    for title, query in grafana.queries("loki"):
        selector, _, metadata = query.partition(" | ")
        found = [entry for entry in entries if alloy.selects(selector, entry)]
        if metadata:
            name, pattern = re.fullmatch(r'(\w+)=~"(.+)"', metadata.replace("$stream", "structured")).groups()
            found = [entry for entry in found if re.fullmatch(pattern, entry.metadata.get(name, ""))]
        chosen[title] = found
    assert {entry.labels["level"] for entry in chosen["Warnings and errors"]} <= {"warn", "error"}
    assert "error" in {entry.labels["level"] for entry in chosen["Warnings and errors"]}
    assert {entry.labels["component"] for entry in chosen["Log of the chosen streams"]} == COMPONENTS
    assert not any("live/text/" in entry.line for entry in chosen["Log of the chosen streams"])
