"""A row for a criterion: what was promised, what was measured, and whether the criterion holds."""

from dataclasses import dataclass, field

# MediaMTX analyses a new RTMP stream for up to two seconds before the stream is ready. Our router does not need to.
MEDIAMTX_ANALYSIS_MS = 2000.0


@dataclass
class Row:
    id: str
    title: str
    unit: str            # ms, s, MB, ...
    plan: float | None   # the limit in the plan; None if the plan has no limit
    ours: float          # our own, stricter limit
    measured: float | None = None   # None if it could not be measured; then `detail` says why
    judged: str = "ours"            # which of the two limits was applied
    limit: float = 0.0
    detail: dict = field(default_factory=dict)
    note: str = ""

    @property
    def passed(self):
        return self.measured is not None and self.measured <= self.limit


@dataclass(frozen=True)
class Place:
    """What is measured: the router, "embedded" or "mediamtx", and whether its node is shared with the programs of a cluster."""
    router: str
    is_cluster: bool = False


def judge(row, place, analysis=0.0, pod_start=0.0):
    """Applies our limit to our router. To another router, and on a cluster, it applies the plan's limit, if there is one, plus what these
    are known to add."""
    row.judged, row.limit = "ours", row.ours
    if row.plan is None:
        return row
    reasons, added = [], 0.0
    if place.router == "mediamtx":
        reasons.append(f"MediaMTX: the plan's figure{f' and its {analysis:g} {row.unit} of analysis' if analysis else ''}")
        added += analysis
    if place.is_cluster:
        reasons.append(f"on a cluster: the plan's figure{f' and {pod_start:g} {row.unit} for the start of a Pod' if pod_start else ''}")
        added += pod_start
    if reasons:
        row.judged, row.limit = "plan", row.plan + added
        row.note = "; ".join(filter(None, [*reasons, row.note]))
    return row


def not_measured(row, why):
    row.note = why
    row.limit = row.ours
    return row
