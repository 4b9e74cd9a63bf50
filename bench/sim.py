#!/usr/bin/python3
"""A simulated day of many streams on many routers: bench/sim.py [--streams N] [--seed N] [--hours N] [--plots FOLDER] [--json FILE]

tidegate-sim runs the core of media-service in simulated time. It ends with 1 if a stream was lost, had two workers, or kept a worker
without a source. --plots writes day.svg for docs/scale.md.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 920, 150, 52, 64, 16, 34
INK, GRID = "#52606d", "#d9dee4"
STYLE = """<style>text{font:12px system-ui,sans-serif;fill:%s}.t{font-weight:600;font-size:13px}path{fill:none;stroke-width:1.4}
@media(prefers-color-scheme:dark){text{fill:#c5ced8}.g{stroke:#39434d}}</style>""" % INK


def ticks(top):
    """About four round steps up to `top`."""
    raw = max(top, 1) / 4
    size = 10 ** (len(str(int(raw))) - 1)
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    return [step * n for n in range(int(top / step) + 1)]


def number(value):
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def share(value, top, logarithmic):
    """The place of a value between 0 and top."""
    return math.log10(value + 1) / math.log10(top + 1) if logarithmic else value / top


def path(values, top, y, colour, logarithmic=False):
    """A line through the values, at most two for each pixel: the least and the greatest of its stretch."""
    height = lambda v: share(v, top, logarithmic) * PANEL
    width = WIDTH - LEFT - RIGHT
    points = []
    for pixel in range(width):
        part = values[pixel * len(values) // width: max((pixel + 1) * len(values) // width, pixel * len(values) // width + 1)]
        points += [(LEFT + pixel, y + PANEL - height(v)) for v in dict.fromkeys((min(part), max(part)))]
    return f'<path stroke="{colour}" d="M' + "L".join(f"{x:.1f} {v:.1f}" for x, v in points) + '"/>'


def panel(title, lines, y, hours, logarithmic=False):
    """lines: [(name, values, colour)]."""
    top = max(1, *(max(values) for _, values, _ in lines)) * 1.05
    parts = [f'<text class="t" x="{LEFT}" y="{y - 10}">{title}</text>']
    if logarithmic:
        top = 10 ** len(str(int(top)))
        marks = [0, *(10 ** n for n in range(1, len(str(int(top)))))]
    else:
        marks = ticks(top)
    for mark in marks:
        at = y + PANEL - share(mark, top, logarithmic) * PANEL
        parts.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>'
                     f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{number(mark)}</text>')
    for hour in range(0, hours + 1, max(1, hours // 8)):
        x = LEFT + (WIDTH - LEFT - RIGHT) * hour / hours
        parts.append(f'<text x="{x:.1f}" y="{y + PANEL + 16}" text-anchor="middle">{hour:02d}:00</text>')
    x = WIDTH - RIGHT
    for name, _, colour in reversed(lines):
        x -= 7 * len(name) + 26
        parts.append(f'<rect x="{x}" y="{y - 19}" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="{y - 10}">{name}</text>')
    parts += [path(values, top, y, colour, logarithmic) for _, values, colour in lines]
    return "".join(parts)


def plot(report, file):
    minutes = report["minutes"]
    of = lambda key: [minute[key] for minute in minutes]
    ten = lambda key: [max(part) for part in (of(key)[n:n + 10] for n in range(0, len(minutes), 10))]
    panels = [
        ("Streams", [("live", of("live"), "#2f81c4"), ("workers", of("workers"), "#e08a2e")], False),
        ("Each minute", [("publishers that come", [m["arrivals"] + m["flaps"] for m in minutes], "#2f81c4"),
                         ("workers started", of("starts"), "#e08a2e"), ("worker crashes", of("crashes"), "#c23b4e")], True),
        ("From a publisher's coming until its worker is asked for, ms (of each minute)",
         [("p50", of("askedP50"), "#3b9a5f"), ("p99", of("askedP99"), "#c23b4e")], True),
        ("Streams without a worker for 10 s and longer; routers that do not answer",
         [("streams", of("unserved"), "#c23b4e"), ("routers", of("badRouters"), "#7b61b8")], True),
    ]
    height = TOP + len(panels) * (PANEL + GAP)
    body = "".join(panel(title, lines, TOP + n * (PANEL + GAP), report["hours"], logarithmic) for n, (title, lines, logarithmic) in enumerate(panels))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">{STYLE}{body}</svg>\n')


def summary(report):
    costs = {name: {"calls": cost["calls"], "us a call": round(cost["ns"] / max(cost["calls"], 1) / 1000, 2),
                    "us a thing": round(cost["ns"] / max(cost["things"], 1) / 1000, 3)} for name, cost in report["costs"].items()}
    return {**{key: value for key, value in report.items() if key not in ("minutes", "costs")},
            "simulated seconds a second": round(report["hours"] * 3600 / report["wallSeconds"]), "costs": costs,
            "arrivals": sum(m["arrivals"] for m in report["minutes"]), "flaps": sum(m["flaps"] for m in report["minutes"]),
            "moves": sum(m["moves"] for m in report["minutes"]), "conflicts": sum(m["conflicts"] for m in report["minutes"]),
            "starts": sum(m["starts"] for m in report["minutes"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--routers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--list-seconds", type=int, default=15)
    parser.add_argument("--plots", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    program = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "bench" / "tidegate-sim"
    done = subprocess.run([program, *(f"--{name}={getattr(options, name.replace('-', '_'))}" for name in
                                      ("streams", "routers", "seed", "hours", "list-seconds"))], stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    if options.json:
        options.json.write_text(done.stdout)
    if options.plots:
        plot(report, options.plots / "day.svg")
    print(json.dumps(summary(report), indent=1))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
