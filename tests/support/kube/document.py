"""The commands of docs/kubernetes.md."""

import re

from ..shell_blocks import BLOCK
from . import programs

TEXT = (programs.ROOT / "docs" / "kubernetes.md").read_text()


def section(name):
    """Of a section: each block is a list of commands. A here-document is in one piece; a line that ends with a backslash continues."""
    text = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)[1]
    return [list(_split(block.replace("\\\n", " "))) for block in BLOCK.findall(text)]


def _split(block):
    waiting, end = [], None
    for line in block.splitlines():
        line = line if end else re.sub(r"\s+#.*$", "", line).strip()
        waiting.append(line)
        end = (re.search(r"<<'(\w+)'", line) or [None, None])[1] if not end else None if line == end else end
        if not end:
            yield "\n".join(waiting)
            waiting = []
