"""Runs the other measurements (parts), which are separate programs that write JSON, and makes tables of their results.

The JSON is a tree of named values. When all entries of a level have the same columns, the level becomes one table.
"""

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .server import child, end
from .signals import uninterrupted

PART_SECONDS = 1800  # the longest one is the full form of the control plane
STOP_SECONDS = 60    # long, because a part first ends its own child processes


@dataclass(frozen=True)
class Part:
    name: str
    argv: tuple             # writes JSON into the file that follows --json
    seconds: float          # the estimated time
    environment: dict = field(default_factory=dict)


def run(part, environment):
    """Runs a part. Returns its JSON, or {"error": …} with the end of its output."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-part-") as folder:
        out, log = Path(folder) / "out.json", Path(folder) / "log"
        code = _run_to_end([*part.argv, "--json", str(out)], log, {**environment, **part.environment})
        try:
            return json.loads(out.read_text())
        except (OSError, ValueError):
            last = (log.read_text(errors="replace").strip().splitlines() or [""])[-1]
            return {"error": f"ended with {code}: {last[-300:]}"}


def _run_to_end(argv, log, environment):
    process = None
    try:
        with open(log, "wb") as file, uninterrupted():
            process = child(argv, stdout=file, stderr=file, env=environment)
        return process.wait(PART_SECONDS)
    except subprocess.TimeoutExpired:
        return "no end"
    finally:
        if process:
            end(process, STOP_SECONDS)


def run_all(wanted, record, progress, environment):
    for part in wanted:
        progress.begin(part.name)
        value = run(part, environment)
        record.add_part(part.name, value)
        progress.end(value.get("error", "done"), part.seconds)


def markdown(document):
    lines = []
    for name, value in document.get("parts", {}).items():
        lines += [f"### {name}", "", *_tree("", value)]
    return lines


def _tree(title, value):
    plain = {key: inner for key, inner in value.items() if not isinstance(inner, dict)}
    deep = {key: inner for key, inner in value.items() if isinstance(inner, dict)}
    lines = _table(title, ["value"], {key: {"value": inner} for key, inner in plain.items()}) if plain else []
    while deep:
        alike = _first_alike(deep)
        if len(alike) > 1 or (alike and "p50" in deep[alike[0]]):
            columns = list(deep[alike[0]])
            lines += _table(title, columns, {key: deep.pop(key) for key in alike})
        else:
            key = next(iter(deep))
            lines += _tree(f"{title}, {key}" if title else key, deep.pop(key))
    return lines


def _first_alike(deep):
    """The names of the first entries that have the same columns. Empty if the first entry is a tree itself."""
    first = next(iter(deep.values()))
    if not first or any(isinstance(inner, dict) for inner in first.values()):
        return []
    return [key for key, inner in deep.items() if inner.keys() == first.keys()]


def _table(title, columns, rows):
    lines = [f"| {title} | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 1)]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(_cell(row.get(column)) for column in columns) + " |")
    return [*lines, ""]


def _cell(value):
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return str(value).replace("|", "/").replace("\n", " ")
