"""The Grafana dashboard and its provisioning, by the rules of Grafana's dashboard schema. tests/integration asks its queries."""

import re

import pytest
import yaml
from support import grafana, metrics_table

COLUMNS = 24
# The panels that we use, and the options that Grafana needs to show them.
OPTIONS = {"timeseries": {"legend", "tooltip"}, "stat": {"reduceOptions", "colorMode"}, "table": {"showHeader"},
           "logs": {"showTime", "sortOrder"}}
UNITS = {"short", "none", "bps", "cps", "pps", "s", "percentunit"}
PANELS = [pytest.param(panel, id=panel["title"]) for panel in grafana.panels()]


def provisioned(folder):
    return yaml.safe_load((grafana.FOLDER / "provisioning" / folder / "tidegate.yml").read_text())


def test_the_dashboard_is_found_by_its_uid_and_can_be_loaded():
    dashboard = grafana.dashboard()
    assert dashboard["uid"] == "tidegate" and dashboard["title"] == "Tidegate" and dashboard["schemaVersion"] >= 36
    assert "id" not in dashboard, "a number would collide with that of another dashboard"
    assert dashboard["editable"] is False and "__inputs" not in dashboard


def test_ids_and_titles_are_unique():
    every = [*grafana.dashboard()["panels"], *grafana.panels()]
    for key in ("id", "title"):
        values = {id(panel): panel[key] for panel in every if panel["type"] != "row" or key == "id"}
        unique = {(panel["id"], panel["title"]) for panel in every}
        assert len({one[0] for one in unique}) == len(unique) and values


def test_panels_fill_the_grid_and_do_not_overlap():
    taken = {}
    for panel in grafana.dashboard()["panels"]:
        at = panel["gridPos"]
        assert at["w"] > 0 and at["h"] > 0 and at["x"] >= 0 and at["x"] + at["w"] <= COLUMNS, panel["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} is over {taken.get(cell)}"
            taken[cell] = panel["title"]
    height = max(y for _, y in taken) + 1
    assert len(taken) == COLUMNS * height, "there is a hole"


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_says_what_it_shows_and_in_which_unit(panel):
    assert panel["title"].strip() and len(panel["description"]) > 15 and panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert OPTIONS[panel["type"]] <= set(panel["options"])


@pytest.mark.parametrize("panel", PANELS)
def test_every_query_has_a_data_source_and_a_name(panel):
    known = {(source["type"], source["uid"]) for source in provisioned("datasources")["datasources"]}
    references = [target["refId"] for target in panel["targets"]]
    assert references and len(set(references)) == len(references)
    for target in panel["targets"]:
        assert (target["datasource"]["type"], target["datasource"]["uid"]) in known and target["expr"].strip()
        if panel["type"] == "timeseries":
            assert target["legendFormat"], "the legend would show the whole query"


@pytest.mark.parametrize("panel", PANELS)
def test_a_legend_uses_labels_that_its_query_keeps(panel):
    for target in panel["targets"]:
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert re.search(rf"by \([^)]*\b{label}\b[^)]*\)|node_", target["expr"]), f"{label} in {target['expr']}"


def test_every_variable_is_declared():
    declared = {f"${variable['name']}" for variable in grafana.dashboard()["templating"]["list"]}
    used = {name for _, expression in grafana.queries() for name in re.findall(r"\$\w+", expression)}
    assert declared == {"$stream"} and used == set(grafana.VARIABLES)
    for variable in grafana.dashboard()["templating"]["list"]:
        assert variable["allValue"] == ".+" and variable["includeAll"]


def test_the_queries_use_metrics_that_exist():
    known = {row.name for row in metrics_table.rows()}
    others = ("node_", "ALERTS")  # of the node exporter and of Prometheus
    for title, expression in grafana.queries():
        names = re.findall(r"\b((?:tidegate|paths|rtmp|rtsp|hls|recorders|playback|node)_?\w*|ALERTS)\s*[{\[ )*]", expression)
        names = [re.sub(r"_(bucket|sum|count)$", "", name) for name in names]
        assert names, title
        assert [name for name in names if name not in known and not name.startswith(others)] == [], title


def test_what_a_state_is_called_is_said_by_a_colour_and_by_words():
    [router] = [panel for panel in grafana.panels() if panel["title"] == "Router"]
    [mapping] = router["fieldConfig"]["defaults"]["mappings"]
    assert {value["text"] for value in mapping["options"].values()} == {"reachable", "unreachable"}


def test_grafana_is_told_where_the_dashboard_is():
    [provider] = provisioned("dashboards")["providers"]
    assert provider["type"] == "file" and provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "/etc/tidegate/dashboards"
