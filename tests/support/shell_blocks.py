"""Reads the commands from the sh blocks of a Markdown file, and replaces their ports by those of a test."""

import re

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def commands(text):
    """The commands in their order. A line that ends with a backslash continues in the next line."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s)#.*$", "", line).strip()
            if command:
                yield re.sub(r"\s+", " ", command)


def on_ports(command, ports):
    """Replaces ports such as localhost:8080 by those of the test: {8080: 12345}."""
    return re.sub(r"localhost:(\d+)", lambda found: f"localhost:{ports[int(found.group(1))]}", command)
