"""The Grafana dashboard: its panels, and their queries as Prometheus can answer them."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana"
# What Grafana replaces before it asks. The live test scrapes once a second, so its rates look back over a few seconds.
VARIABLES = {"$stream": ".+", "$__rate_interval": "10s", "$__range": "1h"}


def dashboard():
    return json.loads((FOLDER / "dashboards" / "tidegate.json").read_text())


def panels():
    """All panels but the rows, also those of collapsed rows."""
    for panel in dashboard()["panels"]:
        yield from panel.get("panels", []) if panel["type"] == "row" else [panel]


def queries(kind="prometheus"):
    """(title of the panel, query as it stands there) of each query to this kind of data source."""
    return [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]
            if target["datasource"]["type"] == kind]


def filled_in(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression
