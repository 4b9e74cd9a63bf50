"""A criterion's row: what was promised, what was measured, and whether it holds."""

from dataclasses import dataclass, field

# MediaMTX looks at a new RTMP stream for up to two seconds before it calls it ready; ours need not.
MEDIAMTX_ANALYSIS_MS = 2000.0


@dataclass
class Row:
    id: str
    title: str
    unit: str            # ms, s, MB, ...
    plan: float | None   # the plan's figure; None: the plan has none
    ours: float          # our own, stricter one
    measured: float | None = None   # None: could not be measured, detail says why
    judged: str = "ours"            # which of the two was applied
    limit: float = 0.0
    detail: dict = field(default_factory=dict)
    note: str = ""

    @property
    def passed(self):
        return self.measured is not None and self.measured <= self.limit


def judge(row, router, allowance=0.0, through_router=True):
    """Our figure for our router. Another router cannot be held to it: the plan's, plus what is known of it."""
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
