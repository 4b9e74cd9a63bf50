"""Draws an SVG for each scenario: CPU seconds per GB and video delay p99, over the number of readers. With one number, as bars."""

import re

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator  # noqa: E402

# So that the same results give the same file.
matplotlib.rcParams.update({"svg.hashsalt": "tidegate", "font.size": 10})

# Each program has a colour, by the beginning of its rows' names. Each setting has a line style.
COLOURS = {"media-router": "#c0392b", "nginx-rtmp": "#2471a3", "mediamtx": "#d68910", "srs": "#1e8449", "floor": "#7b7d7d"}
STYLES = ("-", "--", ":", "-.", (0, (1, 3)), (0, (5, 1, 1, 1, 1, 1)))
MARKERS = "osv^DP"
PANELS = (("cpu_per_gb", "CPU s per GB delivered"), ("video_p99", "video delay p99, ms"))
WIDTH, HEIGHT, BAR_HEIGHT = 13, 5.2, 0.32  # inches


def write(document, folder):
    """Writes a file for each scenario that has figures. Returns the names of the files."""
    names = []
    for scenario in dict.fromkeys(point["scenario"] for point in document["points"]):
        points = [point for point in document["points"] if point["scenario"] == scenario]
        name = f"{document['form']}-" + re.sub(r"[^a-z0-9]+", "-", scenario.lower()).strip("-") + ".svg"
        if _draw(points, scenario, folder / name):
            names.append(name)
    return names


def _draw(points, scenario, path):
    bars = len({point["x"] for point in points}) == 1
    shown = [name for name in dict.fromkeys(n for point in points for n in point["rows"])
             if any(_value(point["rows"].get(name, {}), PANELS[0][0]) is not None for point in points)]
    if not shown:
        return False
    height = max(2.2, 1.2 + BAR_HEIGHT * len(shown)) if bars else HEIGHT
    figure, axes = pyplot.subplots(1, 2, figsize=(WIDTH, height), sharey=bars)
    for axis, (key, label) in zip(axes, PANELS):
        (_bars if bars else _lines)(axis, points, shown, key, label)
    if not bars:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="center left", bbox_to_anchor=(0.8, 0.5), fontsize="small", frameon=False)
    figure.suptitle(f"{scenario}: {points[0]['x']}" if bars else scenario)
    figure.tight_layout(rect=(0, 0, 1 if bars else 0.8, 1))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True


def _value(row, key):
    return None if "fault" in row or "median" not in row else row["median"][key]


def _colour(name):
    return next((colour for family, colour in COLOURS.items() if name.startswith(family)), "black")


def _variant(name, names):
    """The number of this row among the rows of its program."""
    family = next((family for family in COLOURS if name.startswith(family)), "")
    return [other for other in names if other.startswith(family)].index(name)


def _bars(axis, points, names, key, label):
    values = [_value(points[0]["rows"][name], key) for name in names]
    axis.barh(names, [value or 0 for value in values], color=[_colour(name) for name in names], height=0.7)
    for number, value in enumerate(values):
        if value is not None:
            axis.text(value, number, f" {value:.2f}" if value < 10 else f" {value:.0f}", va="center", fontsize="small")
    if not axis.yaxis_inverted():
        axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.set_xlabel(label)
    axis.grid(axis="x", alpha=0.3)


def _lines(axis, points, names, key, label):
    for name in names:
        shown = [(point["x"], _value(point["rows"].get(name, {}), key)) for point in points]
        shown = sorted((x, y) for x, y in shown if y is not None and y > 0)
        variant = _variant(name, names)
        axis.plot([x for x, _ in shown], [y for _, y in shown], label=name, color=_colour(name), linewidth=1.6,
                  linestyle=STYLES[variant % len(STYLES)], marker=MARKERS[variant % len(MARKERS)], markersize=5)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.xaxis.set_major_locator(FixedLocator(sorted({point["x"] for point in points})))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low, high = axis.get_ylim()
    axis.yaxis.set_minor_formatter(NullFormatter() if high / low > 100 else FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xlabel("readers" if "fan-out" in points[0]["scenario"] else "publishers")
    axis.set_ylabel(label)
    axis.grid(alpha=0.3, which="both")
