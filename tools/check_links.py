#!/usr/bin/python3
"""Checks that each relative link in the project's Markdown files leads to an existing file, and to an existing heading."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def anchors(text):
    for heading in re.findall(r"^#+ +(.+)$", FENCE.sub("", text), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def problems():
    for path in sorted(ROOT.rglob("*.md")):
        if {"build", ".git", ".run"} & set(path.relative_to(ROOT).parts):
            continue
        for link in LINK.findall(FENCE.sub("", path.read_text())):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            file = (path.parent / target) if target else path
            if not file.exists():
                yield f"{path.relative_to(ROOT)}: {link} does not exist"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
                yield f"{path.relative_to(ROOT)}: {link} has no such heading"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
