"""Records with which arguments and environment a hook was called: the command that writes the record, and its reader.

Each record is a file, whose name is the time of the call. It is written elsewhere and then moved, so nobody reads an
incomplete one.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from .wait import wait_until

# With `hold` the command stays until SIGINT, and records this. In the output of env each value ends with a zero byte.
SCRIPT = """#!/bin/sh
now=$(date +%s%N)
note() { { printf '%s\\0' "$@"; printf '\\0'; env -0; } > "$folder/.$now.$$.$1" && \\
    mv "$folder/.$now.$$.$1" "$folder/$now.$$.$1"; }
folder=$1; shift
hold=$1; shift
case $hold in
    hold) sleep 1000 &
          trap 'kill $!; now=$(date +%s%N); note "stopped-$1"; exit 0' INT
          note "$@"
          wait ;;
    *) note "$@"; exit "$hold" ;;
esac
"""


@dataclass
class Call:
    name: str
    arguments: list
    environment: dict
    seconds: float = 0  # since the epoch

    def variables(self):
        """The variables that the router has added to its own environment."""
        return {k: v for k, v in self.environment.items()
                if k in ("MTX_PATH", "MTX_QUERY", "RTSP_PATH", "RTSP_PORT") or k[:1] == "G" and k[1:].isdigit()
                or k.startswith(("MTX_SOURCE_", "MTX_READER_", "MTX_CONN_", "MTX_SEGMENT_"))}


class HookRecord:
    def __init__(self, folder: Path):
        self.folder = folder / "hooks"
        self.folder.mkdir()
        self.script = folder / "hook.sh"
        self.script.write_text(SCRIPT)

    def command(self, name, *arguments, end="0"):
        """A hook command that records a call with this name. It exits with the code `end`, or stays (end="hold")."""
        return " ".join(["/bin/sh", shlex.quote(str(self.script)), shlex.quote(str(self.folder)), end, name, *arguments])

    def calls(self, name=None, path=None):
        """The calls so far, in the order in which they began."""
        found = []
        for file in sorted(self.folder.glob("[0-9]*"), key=lambda f: int(f.name.split(".")[0])):
            arguments, _, environment = file.read_bytes().partition(b"\0\0")
            words = arguments.decode().split("\0")
            pairs = dict(line.split("=", 1) for line in environment.decode().split("\0") if "=" in line)
            call = Call(words[0], words[1:], pairs, int(file.name.split(".")[0]) / 1e9)
            if name in (None, call.name) and path in (None, pairs.get("MTX_PATH")):
                found.append(call)
        return found

    def wait(self, name, path=None, count=1, seconds=20):
        """Waits for the call number `count` with this name."""
        wait_until(lambda: len(self.calls(name, path)) >= count,
                   lambda: f"{count} call(s) of {name} for {path}: "
                           f"{[(c.name, c.variables()) for c in self.calls()]}", seconds)
        return self.calls(name, path)[count - 1]
