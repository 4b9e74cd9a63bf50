#!/usr/bin/python3
"""Checks that files include only files of lower layers, and that the pure folders use no socket, clock or log.

The table of the layers is here and nowhere else."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# From the bottom up. A folder may include its own files, and those of folders in the lines above it.
LAYERS = [
    ["base", "dashboard"],
    ["media"],
    ["flv", "rtp", "mp4", "ts", "dub", "kubernetes/core"],
    ["rtmp/core", "rtsp/core", "hls/core", "sts/core", "orchestrator/core", "archive/core", "archive/spool", "filler"],
    ["net", "log", "metrics", "config", "config/yaml"],
    ["recording"],
    ["http", "program", "rtmp/io", "rtsp/io", "orchestrator/io", "config/mediamtx", "codec"],
    ["metrics/io", "endpoint", "kubernetes/io"],
    ["sts/io", "archive/io"],
    ["router/model", "orchestrator/io/process", "orchestrator/io/kubernetes", "worker", "forwarder"],
    ["router/hooks", "router/auth", "orchestrator/io/router", "worker/stages/dub"],
    ["router/stream", "orchestrator/io/http"],
    ["router/paths"],
    ["router/api", "router/session"],
    ["router/rtmp", "router/rtsp", "router/hls", "router/record", "router/forward", "router/app"],
    ["router/app/modules"],
]
# These never include one another: they talk over RTMP, RTSP and HTTP.
STRANGERS = ["router", "orchestrator", "worker", "forwarder", "archive"]
# Worker backends: the control plane sees the interface in orchestrator/core; only a program (or a test) chooses one.
BACKENDS = ["orchestrator/io/process", "orchestrator/io/kubernetes"]
# Pure folders: bytes go in, messages come out. They use no sockets, clock or log; the time is an argument.
PURE = ["base", "media", "flv", "rtp", "mp4", "ts", "dub", "rtmp/core", "rtsp/core", "hls/core", "sts/core",
        "orchestrator/core", "archive/core", "filler", "kubernetes/core"]
IMPURE = re.compile(r'#include <(boost/(asio|beast)|sys/socket|netinet|sys/epoll|thread|iostream)')
CLOCK = re.compile(r'(clock|Clock)::now\b|\b(clock_gettime|gettimeofday)\b')
# Only these files of base may read the clock. All others get the time as an argument.
CLOCK_ALLOWED = {"src/base/time.hpp", "src/base/time.cpp", "src/base/uuid.cpp"}

RANK = {folder: rank for rank, layer in enumerate(LAYERS) for folder in layer}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"')
YAML = re.compile(r'#include [<"]yaml-cpp')


def folder_of(path):
    """The folder of LAYERS that a path below src/ belongs to. None if it belongs to none of them."""
    parts = path.split("/")
    return next((f for f in ("/".join(parts[:depth]) for depth in (3, 2, 1)) if f in RANK), None)


def family(folder):
    return folder.split("/")[0]


def may_include(user, used):
    if user == used:
        return True
    if family(user) in STRANGERS and family(used) in STRANGERS and family(user) != family(used):
        return False
    return RANK[used] < RANK[user]


def problems_of_line(name, folder, line):
    found = INCLUDE.match(line)
    used = folder_of(found.group(1)) if found else None
    if used and folder and not may_include(folder, used):
        yield f"{folder} must not include {used}: {line.strip()}"
    if used in BACKENDS and folder not in (None, used) and not name.endswith("_test.cpp"):
        yield f"{folder} must not know a backend ({used}): {line.strip()}"
    if YAML.search(line) and folder != "config/yaml":
        yield "yaml-cpp is used in src/config/yaml only"
    code = line.split("//")[0]
    if folder in PURE and (IMPURE.search(code) or (CLOCK.search(code) and name not in CLOCK_ALLOWED)):
        yield f"{folder} is pure (no sockets, clocks, threads, log): {line.strip()}"


def problems(root=ROOT):
    for top in ("src", "apps", "fuzz", "bench"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            name = str(path.relative_to(root))
            folder = folder_of(str(path.relative_to(root / top))) if top == "src" else None
            if top == "src" and folder is None:
                yield f"{name}: this folder has no place in the layers (tools/check_layers.py)"
                continue
            # Tests may use threads and files. What they may include is the same.
            is_test = name.endswith("_test.cpp")
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                for problem in problems_of_line(name, folder, line):
                    if not (is_test and "is pure" in problem):
                        yield f"{name}:{number}: {problem}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
