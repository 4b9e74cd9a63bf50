"""Reads the syntax of Grafana Alloy, and sends log lines through a loki.process pipeline as Alloy's documentation says.

Debian has no Alloy. This reader knows the stages that deploy/loki uses, and refuses everything else.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime

TOKEN = re.compile(r'\s+|//[^\n]*|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<number>-?\d+)|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>[{}\[\](),=])')
LINE_FILTER = re.compile(r'\{(?P<labels>.*?)\}(?: (?P<operator>\|~|\|=|!~|!=) (?P<text>".*"|`.*`))?$')
LABEL = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')


@dataclass
class Block:
    name: str
    label: str
    body: list  # of (name, value) and of Blocks

    def attribute(self, name, default=None):
        return next((item[1] for item in self.body if isinstance(item, tuple) and item[0] == name), default)

    def blocks(self):
        return [item for item in self.body if isinstance(item, Block)]


@dataclass
class Reference:
    """A name of something else: loki.write.loki.receiver. With arguments it is a call."""
    name: str
    arguments: list = None


@dataclass
class Entry:
    line: str
    time: datetime = None
    labels: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)
    extracted: dict = field(default_factory=dict)


class _Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            assert match, f"unexpected: {text[at:at + 40]!r}"
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match[0]))
            at = match.end()
        self.tokens.append(("end", ""))

    def next(self, wanted=None):
        kind, text = self.tokens.pop(0)
        assert wanted in (None, kind, text), f"{text!r} instead of {wanted}"
        return text

    def body(self, end):
        items = []
        while self.tokens[0][1] != end:
            name = self.next("word")
            if self.tokens[0][1] == "=":
                self.next()
                items.append((name, self.value()))
            else:
                label = _string(self.next()) if self.tokens[0][0] == "string" else ""
                self.next("{")
                items.append(Block(name, label, self.body("}")))
        self.next()
        return items

    def value(self):
        kind, text = self.tokens[0]
        self.next()
        if kind == "string":
            return _string(text)
        if kind == "number":
            return int(text)
        if text in ("true", "false"):
            return text == "true"
        if text == "[":
            return self.several("]", self.value)
        if text == "{":
            return dict(self.several("}", self.pair))
        assert kind == "word", text
        if self.tokens[0][1] == "(":
            self.next()
            return Reference(text, self.several(")", self.value))
        return Reference(text)

    def pair(self):
        key = self.next()
        self.next("=")
        return (_string(key) if key[0] in '"`' else key), self.value()

    def several(self, end, read):
        found = []
        while self.tokens[0][1] != end:
            found.append(read())
            if self.tokens[0][1] != end:
                self.next(",")
        self.next()
        return found


def _string(text):
    return text[1:-1] if text[0] == "`" else json.loads(text)


def read(*files):
    """The components of these files, {"loki.process.tidegate": Block}. Alloy reads all files of a folder like this."""
    found = {}
    for file in files:
        for block in _Reader(file.read_text()).body(""):
            name = f"{block.name}.{block.label}"
            assert name not in found, f"{name} twice"
            found[name] = block
    return found


def references(block):
    """All names that a block uses."""
    def of(value):
        if isinstance(value, Reference):
            yield value
            yield from (name for argument in value.arguments or [] for name in of(argument))
        elif isinstance(value, list):
            yield from (name for item in value for name in of(item))
        elif isinstance(value, dict):
            yield from (name for item in value.values() for name in of(item))
    for item in block.body:
        yield from references(item) if isinstance(item, Block) else of(item[1])


# The stages

def process(block, entry):
    """Sends an entry through the stages. Returns it, or None if it is dropped."""
    for stage in block.blocks():
        if entry is None:
            return None
        entry = STAGES[stage.name](stage, entry)
    return entry


def _match(stage, entry):
    if not selects(stage.attribute("selector"), entry):
        return entry
    if stage.attribute("action", "keep") == "drop":
        return None
    return process(stage, entry)


def selects(selector, entry):
    match = LINE_FILTER.fullmatch(selector)
    assert match, selector
    labels = LABEL.findall(match["labels"])
    assert LABEL.sub("", match["labels"]).strip(", ") == "", selector
    good = all(_compare(operator, entry.labels.get(name, ""), json.loads(f'"{value}"')) for name, operator, value in labels)
    if not good or not match["operator"]:
        return good
    text = _string(match["text"])
    found = re.search(text, entry.line) if "~" in match["operator"] else text in entry.line
    return bool(found) != match["operator"].startswith("!")


def _compare(operator, value, wanted):
    equal = bool(re.fullmatch(wanted, value)) if "~" in operator else value == wanted
    return equal != operator.startswith("!")


def _json(stage, entry):
    text = entry.extracted.get(stage.attribute("source")) if stage.attribute("source") else entry.line
    try:
        values = json.loads(text)
    except ValueError:
        return entry
    for name, path in stage.attribute("expressions").items():
        found = values
        for key in (path or name).split("."):
            found = found.get(key) if isinstance(found, dict) else None
        entry.extracted[name] = found
    return entry


def _regex(stage, entry):
    text = entry.extracted.get(stage.attribute("source")) if stage.attribute("source") else entry.line
    match = re.search(stage.attribute("expression"), text or "")
    entry.extracted.update(match.groupdict() if match else {})
    return entry


def _timestamp(stage, entry):
    assert stage.attribute("format") == "RFC3339Nano"
    value = entry.extracted.get(stage.attribute("source"))
    if value:
        entry.time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return entry


def _take(stage, entry, target):
    for name, source in stage.attribute("values").items():
        value = entry.extracted.get(source or name)
        if value not in (None, ""):
            target[name] = str(value)
    return entry


def _docker(stage, entry):
    line = json.loads(entry.line)
    entry.labels["stream"], entry.line = line["stream"], line["log"]  # its end of line stays
    entry.time = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", line["time"]))
    return entry


def _static_labels(stage, entry):
    entry.labels.update(stage.attribute("values"))
    return entry


def _label_drop(stage, entry):
    for name in stage.attribute("values"):
        entry.labels.pop(name, None)
    return entry


STAGES = {"stage.match": _match, "stage.json": _json, "stage.regex": _regex, "stage.timestamp": _timestamp, "stage.docker": _docker,
          "stage.labels": lambda stage, entry: _take(stage, entry, entry.labels), "stage.static_labels": _static_labels,
          "stage.structured_metadata": lambda stage, entry: _take(stage, entry, entry.metadata), "stage.label_drop": _label_drop}
