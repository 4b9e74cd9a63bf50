"""Makes the Markdown of a run: a table for each scenario, with ratios to the floors and to nginx-rtmp in the same run."""

from . import budget, parts
from .verdict import ratio

FLOOR = "floor, a write a unit"
# For each setting of the router: the floor that writes as often.
OWN_FLOOR = {"media-router": "floor, audio rides", "media-router merge 50 ms": "floor, merge 50 ms",
             "media-router merge 350 ms": "floor, merge 350 ms"}
REFERENCE = "nginx-rtmp"
COLUMNS = ["CPU s per GB", "spread", "× floor", "× its own floor", "× nginx-rtmp", "CPU %",
           "video delay p50 / p99 / max, ms", "audio p50 / p99", "start-up p50 / p99, ms", "slowest fps", "lost", "RSS MB",
           "switches/s"]


def markdown(document):
    lines = [_about(document), ""]
    for scenario in dict.fromkeys(point["scenario"] for point in document["points"]):
        lines += [f"### {scenario}", "", "| " + " | ".join(["", "", *COLUMNS]) + " |",
                  "|" + "---|" * (len(COLUMNS) + 2)]
        for point in document["points"]:
            if point["scenario"] == scenario:
                lines += _rows(point)
        lines.append("")
    return "\n".join(lines + budget.markdown(document) + parts.markdown(document))


def _about(document):
    machine = document["machine"]
    versions = "; ".join(f"{name}: {version}" for name, version in document["versions"].items())
    resumed = f", resumed at {document['resumed']}" if document.get("resumed") else ""
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, Linux {machine['kernel']}, "
            f"TCP {machine.get('tcp', '?')}; "
            f"{document['form']} form, {document['date']}, commit {machine['commit']}{resumed}, load average at the start "
            f"{machine['load_average']:.1f}{_others(document)}. {versions}.")


def _others(document):
    """How quiet the machine was: the CPU time that was used neither by the servers nor by the generator."""
    busy = [row["median"]["others_percent"] for point in document["points"] for row in point["rows"].values()
            if "others_percent" in row.get("median", {})]
    return f", other work took {sorted(busy)[len(busy) // 2]:.0f} % of a core (median of the rows)" if busy else ""


def _rows(point):
    rows = point["rows"]
    for name, row in rows.items():
        head = f"| {point['x']} | {name} |"
        if "absent" in row:
            yield f"{head} absent: {row['absent']} |" + " |" * (len(COLUMNS) - 1)
        elif "fault" in row:
            yield f"{head} {_fault(row)} |" + " |" * (len(COLUMNS) - 1)
        elif "median" in row:
            bases = [rows.get(base) for base in (FLOOR, OWN_FLOOR.get(name), REFERENCE)]
            yield f"{head} " + " | ".join(_cells(row, bases)) + " |"
        else:
            yield f"{head} not measured yet |" + " |" * (len(COLUMNS) - 1)


def _fault(row):
    text = f"refused: {row['fault']}".replace("|", "/")
    if refused := row.get("refused"):
        text += (f"; {refused['cpu_percent']:.0f} % of its core, {refused['mbps']:.0f} Mbit/s, "
                 f"{refused['cpu_per_gb']:.2f} s per GB")
    return text + f" ({row['clean']} of {row['repetitions']} clean)"


def _cells(row, bases):
    m = row["median"]
    return [f"{m['cpu_per_gb']:.2f}", f"{row['spread']['cpu_per_gb']:.2f}", *(_ratio(row, base) for base in bases),
            f"{m['cpu_percent']:.1f}", f"{m['video_p50']:.1f} / {m['video_p99']:.1f} / {m['video_max']:.1f}",
            f"{m['audio_p50']:.1f} / {m['audio_p99']:.1f}", f"{m['start_p50']:.0f} / {m['start_p99']:.0f}",
            f"{m['slowest_fps']:.1f}", f"{m['lost']:.0f}", f"{m['rss_mb']:.1f}", f"{m['switches_per_s']:.0f}"]


def _ratio(row, base):
    value = ratio(row, base)
    return "–" if value is None else f"{value:.2f}"
