"""What a hook was called with: a command that writes its arguments and environment down, and the reader of it.

A record is one file, named by the time of the call, written aside and then moved: seen whole or not at all.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from .wait import wait_until

# Ends on SIGINT after saying so, or stays (`hold`) until then; env's output ends each value with a zero byte.
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
        """What the router added, without the server's own environment."""
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
        """A hook command that notes a call of this name; it ends with the code `end`, or holds ("hold")."""
        return " ".join(["/bin/sh", shlex.quote(str(self.script)), shlex.quote(str(self.folder)), end, name, *arguments])

    def calls(self, name=None, path=None):
        """The calls so far in the order of their start."""
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
        """The count-th call of this name."""
        wait_until(lambda: len(self.calls(name, path)) >= count,
                   lambda: f"{count} call(s) of {name} for {path}: "
                           f"{[(c.name, c.variables()) for c in self.calls()]}", seconds)
        return self.calls(name, path)[count - 1]
