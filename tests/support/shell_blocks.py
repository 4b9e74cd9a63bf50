"""The commands of a Markdown file's sh blocks, as a reader would type them, on the ports of a test."""

import re

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def commands(text):
    """One after the other; a line that ends in a backslash goes on in the next one."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s)#.*$", "", line).strip()
            if command:
                yield re.sub(r"\s+", " ", command)


def on_ports(command, ports):
    """localhost:8080 and the like become the test's own ports: {8080: 12345}."""
    return re.sub(r"localhost:(\d+)", lambda found: f"localhost:{ports[int(found.group(1))]}", command)
