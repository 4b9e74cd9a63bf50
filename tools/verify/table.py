"""Prints the rows as a table for people, or as JSON."""

import json
from dataclasses import asdict


def figure(value, unit):
    if value is None:
        return "–"
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def as_text(rows, about):
    cells = [("", "criterion", "plan", "ours", "measured", "")]
    for row in rows:
        verdict = "pass" if row.passed else "FAIL"
        cells.append((row.id, row.title, figure(row.plan, row.unit), figure(row.ours, row.unit),
                      figure(row.measured, row.unit), verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
    lines[1:1] = ["  ".join("-" * width for width in widths[:-1]) + "  ----"]
    notes = [f"{row.id}: {row.note}" for row in rows if row.note]
    for row in rows:
        for name, used in row.detail.get("usage", {}).items():
            notes.append(f"{row.id}: {name}: {used['processes']} process(es), {used['cpu_percent']} % of a core, "
                         f"{used['rss_mb']} MB")
    failed = sum(not row.passed for row in rows)
    return "\n".join([about, "", *lines, "", *notes, f"{len(rows) - failed} passed, {failed} failed"])


def as_json(rows, about):
    items = [{**asdict(row), "passed": row.passed} for row in rows]
    return json.dumps({"about": about, "passed": all(row.passed for row in rows), "criteria": items}, indent=2,
                      ensure_ascii=False)
