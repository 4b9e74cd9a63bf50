"""Where the two routers differ on purpose: both expectations in one place, and the row that announces it."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


def rows():
    """The first cells of the tables in docs/compatibility.md."""
    return [line.split("|")[1].strip() for line in PAGE.read_text().splitlines()
            if line.startswith("|") and not re.match(r"\|-+\|", line)]


def differs(router, row, mediamtx, embedded):
    """What is expected of this router. `row` is a row's first cell; every test run checks that it exists."""
    assert row in rows(), f"docs/compatibility.md has no row {row!r}"
    return embedded if router.embedded else mediamtx
