"""docs/metrics.md has all metrics of the running programs, with their types and labels, and no others."""

import subprocess

import pytest
from devstack import settings
from support import http, metrics_table
from support.making import started
from support.observed import ObservedStack
from support.prometheus import program

PROGRAMS = sorted(set(metrics_table.SECTIONS.values()) - {"stream-worker-dub", "segment-archiver"})  # see test_dubbing.py, test_archiver.py
UNITS = {"_bytes": "bytes", "_bytes_total": "bytes", "_seconds": "seconds"}  # what a name's end says about its unit


@pytest.fixture(scope="module")
def pages(clips, tmp_path_factory):
    """{program: the pages that it showed}"""
    with started(ObservedStack(tmp_path_factory.mktemp("observed"), clips.get("av"))) as stack:
        return {program: [page] for program, page in stack.pages().items()}


@pytest.fixture(scope="module")
def idle_page(shared_stack):
    return http.get(shared_stack.metrics()).text()


def shown(pages, program):
    found = {}
    for page in pages[program]:
        for name, (kind, labels) in metrics_table.on_page(page).items():
            found[name] = (kind, found.get(name, (None, set()))[1] | labels)
    return found


def written(program):
    """{name: row}, without those that the router under test (ROUTER) does not have."""
    embedded = settings.from_environment().router == "embedded"
    return {row.name: row for row in metrics_table.rows() if row.program == program and (embedded or not row.ours_alone)}


def named(program):
    """The current names, and for the router the old ones too."""
    return set(written(program)) | (set(metrics_table.old_names()) if program == "media-router" else set())


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_page_and_the_table_name_the_same_metrics(pages, program):
    assert set(shown(pages, program)) == named(program)


def test_a_router_without_clients_shows_no_other_names(idle_page):
    assert set(metrics_table.on_page(idle_page)) <= named("media-router")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_labels_are_those_of_the_table(pages, program):
    labels = {name: found for name, (_, found) in shown(pages, program).items()}
    assert {name: labels[name] for name in written(program)} == {name: set(row.labels) for name, row in written(program).items()}


def test_old_names_have_the_labels_of_the_new_ones(pages):
    found = shown(pages, "media-router")
    for old, new in metrics_table.old_names().items():
        assert found[old][1] == found[new][1], old


@pytest.mark.parametrize("program", ["media-service", "stream-worker"])
def test_the_types_are_those_of_the_table(pages, program):
    kinds = {name: kind for name, (kind, _) in shown(pages, program).items()}
    assert kinds == {name: row.type for name, row in written(program).items()}


@pytest.mark.parametrize("program", ["media-service", "stream-worker"])
def test_names_say_their_unit_and_whether_they_count(program):
    for name, row in written(program).items():
        assert name.startswith("tidegate_")
        assert name.endswith("_total") == (row.type == "counter"), name
        for end, unit in UNITS.items():
            assert not name.endswith(end) or row.unit == unit, name
        assert (row.unit in UNITS.values()) == any(name.endswith(end) for end in UNITS), name


def test_every_row_is_complete():
    for row in metrics_table.rows():
        assert row.type in ("counter", "gauge", "histogram") and row.unit and row.meaning, row
        assert row.name in row.example, row


@pytest.mark.parametrize("name", ["media-service", "stream-worker"])
def test_promtool_has_nothing_to_say_about_our_pages(pages, name):
    for page in pages[name]:
        done = subprocess.run([program("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_comparison_can_fail():
    page = '# TYPE a_seconds histogram\na_seconds_bucket{le="1"} 2\na_seconds_sum 1\na_seconds_count 2\nb{x="}\\"",y="2"} 1\n'
    assert metrics_table.on_page(page) == {"a_seconds": ("histogram", {"le"}), "b": (None, {"x", "y"})}
