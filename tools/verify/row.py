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


def judge(row, router, allowance=0.0, through_router=True):
    """Applies our limit to our router. To another router it applies the plan's limit, plus what this router is known to add."""
    if router == "mediamtx" and through_router and row.plan is not None:
        row.judged, row.limit = "plan", row.plan + allowance
        reason = f"MediaMTX: the plan's figure{f' and its {allowance:g} {row.unit} of analysis' if allowance else ''}"
        row.note = f"{reason}; {row.note}" if row.note else reason
    else:
        row.judged, row.limit = "ours", row.ours
    return row


def not_measured(row, why):
    row.note = why
    row.limit = row.ours
    return row
