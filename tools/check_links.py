#!/usr/bin/python3
"""Checks what the project's Markdown files point to.

- Each relative link leads to an existing file, and to an existing heading in it.
- Each file or folder of the project that is named in `code` exists: `tools/build.sh`, `rtp/receiver`, `net/write_queue.hpp`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
NAME = re.compile(r"`((?:\w[\w.-]*/)+[\w.*-]*)`")
# What a build or a run makes is named, too.
MADE = ("build/", "bench/results/")


def anchors(text):
    for heading in re.findall(r"^#+ +(.+)$", FENCE.sub("", text), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def pages(root):
    for path in sorted(root.rglob("*.md")):
        if not {"build", ".git", ".run"} & set(path.relative_to(root).parts):
            yield path, FENCE.sub("", path.read_text())


def links(path, text):
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target) if target else path
        if not file.exists():
            yield f"{link} does not exist"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            yield f"{link} has no such heading"


def names(root, path, text):
    """Names are relative to the root, to src/, to a folder below src/ (`core/fleet`), or to the page. The suffix may be missing."""
    places = [root, path.parent, *(root / "src" / folder for folder in ("", *sub_folders(root)))]
    for name in NAME.findall(text):
        first = name.split("/")[0]
        if name.startswith(MADE) or not any((place / first).is_dir() for place in places):
            continue  # not a name of a file
        pattern = name.rstrip("/")
        if not any(next(place.glob(pattern + end), None) for place in places if place.is_dir() for end in ("", ".*")):
            yield f"`{name}` does not exist"


def sub_folders(root):
    return [folder.name for folder in (root / "src").glob("*/") if folder.is_dir()]


def problems(root=ROOT):
    for path, text in pages(root):
        for problem in [*links(path, text), *names(root, path, text)]:
            yield f"{path.relative_to(root)}: {problem}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
