"""Compares the results of a run with the budget: what was measured, what is allowed, and whether the budget is met."""

from dataclasses import dataclass

from .verdict import ratio

CROWD = 100  # the budget of fan-out begins here; with fewer readers, start-up and timers cost more than writes


@dataclass(frozen=True)
class Allowance:
    what: str
    scenario: str
    row: str
    base: str               # the row to compare with; "" means the figure itself
    at_most: float
    key: str = "cpu_per_gb"
    from_x: int = 0
    of_each: bool = True    # a figure itself is divided by x


ALLOWANCES = [
    Allowance("CPU per GB, × nginx-rtmp", "fan-out RTMP", "media-router", "nginx-rtmp", 0.5, from_x=CROWD),
    Allowance("video delay p99, × nginx-rtmp", "fan-out RTMP", "media-router", "nginx-rtmp", 1.0, "video_p99", CROWD),
    Allowance("CPU per GB, × the floor of a write a unit", "fan-out RTSP", "media-router", "floor, a write a unit", 0.5,
              from_x=CROWD),
    Allowance("CPU per GB, × MediaMTX", "fan-out RTSP", "media-router", "mediamtx", 1 / 6, from_x=CROWD),
    Allowance("plain: CPU per GB, × the floor of a write a unit", "fan-out RTMP", "media-router plain",
              "floor, a write a unit", 1.1, from_x=CROWD),
    Allowance("plain: CPU per GB, × the floor of a write a unit", "fan-out RTSP", "media-router plain",
              "floor, a write a unit", 1.1, from_x=CROWD),
    Allowance("merged for 50 ms: CPU per GB, × its floor", "fan-out RTMP", "media-router merge 50 ms",
              "floor, merge 50 ms", 1.1, from_x=CROWD),
    Allowance("merged for 350 ms: CPU per GB, × SRS's default", "fan-out RTMP", "media-router merge 350 ms",
              "srs throughput", 0.65, from_x=CROWD),
    Allowance("CPU, × nginx-rtmp", "ingest, 128-byte chunks", "media-router", "nginx-rtmp", 0.6, "cpu_percent"),
    Allowance("CPU per GB, × RTMP", "live.mp4, beside RTMP", "media-router live.mp4", "media-router", 1.1, from_x=CROWD),
    Allowance("RTMP: start-up p99, ms", "start-up RTMP", "media-router, GOP cache", "", 60, "start_p99", of_each=False),
    Allowance("live.mp4: start-up p99, ms", "start-up RTMP", "media-router live.mp4, GOP cache", "", 60, "start_p99",
              of_each=False),
    Allowance("RTSP: start-up p99, ms", "start-up RTSP", "media-router, GOP cache", "", 60, "start_p99", of_each=False),
    Allowance("RSS for each path, KB", "small streams", "media-router", "", 40, "rss_growth_kb"),
]


def verdicts(document):
    """[(allowance, point, measured or None)] for each point that was measured and has this row."""
    return [(allowance, point, _measured(allowance, point)) for allowance in ALLOWANCES for point in document["points"]
            if point["scenario"] == allowance.scenario and point["x"] >= allowance.from_x
            and allowance.row in point["rows"]]


def _measured(allowance, point):
    row = point["rows"][allowance.row]
    if allowance.base:
        return ratio(row, point["rows"].get(allowance.base), allowance.key)
    return None if "median" not in row or "fault" in row else row["median"][allowance.key] / (point["x"] if allowance.of_each else 1)


def markdown(document):
    rows = verdicts(document)
    if not rows:
        return []
    lines = ["### The budget", "", "| scenario | | measured | at most | |", "|---|---|---|---|---|"]
    for allowance, point, measured in rows:
        shown, met = ("–", "cannot be compared") if measured is None else (
            f"{measured:.2f}", "met" if measured <= allowance.at_most else "missed")
        lines.append(f"| {point['scenario']} {point['x']} | {allowance.what} | {shown} | {allowance.at_most:.2f} | {met} |")
    return [*lines, ""]
