"""The document with the results of a run. It is written to disk after each measurement, so an interrupted run loses nothing."""

import datetime
import json
import os

from . import machine, verdict


class Record:
    def __init__(self, path, document):
        self.path, self.document = path, document

    @classmethod
    def begin(cls, path, form):
        return cls(path, {"form": form, "machine": machine.describe(), "versions": {}, "points": [], "parts": {},
                          "date": datetime.date.today().isoformat()})

    @classmethod
    def resume(cls, path, form):
        """Continues with the results in the file. If there is no file, begins a new document."""
        if not path.exists():
            return cls.begin(path, form)
        return cls(path, json.loads(path.read_text()))

    def go_on(self):
        """Refuses to add results of another machine, because they cannot be compared. Notes when the commit is another one."""
        here, there = machine.describe(), self.document["machine"]
        if any(here[key] != there[key] for key in ("cpu", "cores", "kernel")):
            raise SystemExit(f"bench: {self.path} is of another machine ({there['cpu']}, Linux {there['kernel']})")
        if here["commit"] != there["commit"]:
            self.document["resumed"] = here["commit"]

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.document, indent=1) + "\n")
        os.replace(partial, self.path)

    def rows(self, point):
        """{name of the server: row} for a point, in the order of the point's servers."""
        entry = next((e for e in self.document["points"] if (e["scenario"], e["x"]) == (point.scenario, point.x)), None)
        if entry is None:
            entry = {"scenario": point.scenario, "x": point.x, "read": point.read, "rows": {}}
            self.document["points"].append(entry)
        entry["load"] = point.load
        order = [server.name for server in point.servers]
        entry["rows"] = {name: entry["rows"].get(name, {"results": []})
                         for name in [*order, *(name for name in entry["rows"] if name not in order)]}
        return entry["rows"]

    def add(self, point, server, result):
        row = self.rows(point)[server.name]
        row.pop("absent", None)
        results = [*row.get("results", []), result]
        row.clear()
        row.update({"results": results, **verdict.summary(results)})
        self.save()

    def absent(self, point, server, why):
        row = self.rows(point)[server.name]
        if not row.get("results"):
            row.clear()
            row["absent"] = why

    def forget(self, point, server, *, everything):
        """Removes the repetitions that have failed to run, or all of them."""
        row = self.rows(point)[server.name]
        kept = [] if everything else [r for r in row.get("results", []) if "error" not in r]
        row.clear()
        row.update({"results": kept, **(verdict.summary(kept) if kept else {})})

    def done(self, point, server):
        return len(self.rows(point)[server.name].get("results", []))

    def part(self, name):
        return self.document.setdefault("parts", {}).get(name)

    def add_part(self, name, value):
        self.document.setdefault("parts", {})[name] = value
        self.save()
