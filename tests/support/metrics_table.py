"""The tables of docs/metrics.md, and pages of metrics, in a form in which they can be compared."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
SECTIONS = {"media-service": "media-service", "stream-worker": "stream-worker",
            "A worker that dubs": "stream-worker-dub", "stream-forwarder": "stream-forwarder",
            "segment-archiver": "segment-archiver", "The media router": "media-router"}
SERIES = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)')
HISTOGRAM_ENDS = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Row:
    program: str
    name: str
    type: str
    labels: frozenset
    unit: str
    meaning: str
    example: str

    @property
    def ours_alone(self):
        """MediaMTX does not have it."""
        return "Only `media-router` has it" in self.meaning


def _cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def _code(cell):
    return re.findall(r"`([^`]+)`", cell)


def rows():
    """The rows of the programs' tables."""
    program, found = None, []
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            program = SECTIONS[line[3:]]
        cells = _cells(line)
        if program and line.startswith("| `") and len(cells) == 6:
            name, kind, labels, unit, meaning, example = cells
            found.append(Row(program, _code(name)[0], kind, frozenset(_code(labels)), unit, meaning, _code(example)[0]))
    return found


def old_names():
    """{old name: new name}, of the router."""
    return {names[0]: names[1] for line in PAGE.read_text().splitlines()
            if line.startswith("| `") and len(_cells(line)) == 2 and len(names := _code(line)) == 2}


def on_page(text):
    """What a page of metrics says: {name: (type or None, names of labels)}."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    found = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SERIES.fullmatch(line)
        assert match, line
        name = match[1]
        base = next((name.removesuffix(end) for end in HISTOGRAM_ENDS if types.get(name.removesuffix(end)) == "histogram"), name)
        labels = set(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', match[2] or ""))
        kind, known = found.get(base, (types.get(base), set()))
        found[base] = (kind, known | labels)
    return found
