"""Deliberate differences between the two routers: a test names both expectations, and the row of the page that announces it."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


def rows():
    """The first cells of the tables in docs/compatibility.md."""
    return [line.split("|")[1].strip() for line in PAGE.read_text().splitlines()
            if line.startswith("|") and not re.match(r"\|-+\|", line)]


def differs(router, row, mediamtx, embedded):
    """Returns what is expected of this router. `row` is the first cell of a row; each test run checks that the row exists."""
    assert row in rows(), f"docs/compatibility.md has no row {row!r}"
    return embedded if router.embedded else mediamtx
