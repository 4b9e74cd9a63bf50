"""A worker whose reports about its dub are written by a test. It runs a real stream-worker, which relays the stream, and passes on what
that reports; to it, it adds the lines of <folder>/<stream>.dub (X_DUB=) and of <folder>/<stream>.captions (X_DUB_CAPTION=, each once).

    python3 reporting_worker.py <folder> <stream-worker> [argument...]

So a test can show every state of a dub, also those that a real service rarely brings about. The arguments for dubbing, and the names of
the secrets in the environment, go to <folder>/<stream>.started.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

DUB_FLAGS = ("--sts-", "--dub-")
POLL_SECONDS = 0.1
CAPTIONS = 5  # in one datagram


def main(folder, program, *arguments):
    stream = arguments[arguments.index("--stream-id") + 1]
    dub = [word for word in arguments if word.startswith(DUB_FLAGS)]
    (folder / f"{stream}.started").write_text(json.dumps({
        "pid": os.getpid(), "arguments": dub, "output": arguments[arguments.index("--output") + 1],
        "params": [b for a, b in zip(arguments, arguments[1:]) if a == "--param"],
        "token": os.environ.get("STS_TOKEN"), "variables": sorted(name for name in os.environ if name.startswith(("STS_", "DUB_")))}))
    upper = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    upper.connect(os.environ["NOTIFY_SOCKET"])
    own = folder / f"{os.getpid()}.sock"
    lower = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    lower.bind(str(own))
    signal.signal(signal.SIGTERM, lambda *_: None)  # the whole process group gets it; the child ends, and then this program
    child = subprocess.Popen([program, *(word for word in arguments if word not in dub)],
                             env={**{k: v for k, v in os.environ.items() if k != "STS_TOKEN"}, "NOTIFY_SOCKET": str(own)})
    files = {"X_DUB=": folder / f"{stream}.dub", "X_DUB_CAPTION=": folder / f"{stream}.captions"}
    status, told, captions = None, None, 0
    while child.poll() is None:
        message = lower.recv(65536).decode() if select.select([lower], [], [], POLL_SECONDS)[0] else ""
        status = next((line for line in message.splitlines() if line.startswith("STATUS=")), status)
        reports = lines_of(files["X_DUB="])
        if status and (message.startswith("STATUS=") or reports != told):
            message = "\n".join([message or status, *(f"X_DUB={line}" for line in reports)])
            told = reports
        said = lines_of(files["X_DUB_CAPTION="])[captions:captions + CAPTIONS]
        if said and status:
            message = "\n".join([*([message] if message else []), *(f"X_DUB_CAPTION={line}" for line in said)])
            captions += len(said)
        if message:
            try:
                upper.send(message.encode())
            except OSError:
                pass  # media-service is away
    own.unlink()
    return child.returncode


def lines_of(file):
    try:
        return file.read_text().splitlines()
    except FileNotFoundError:
        return []


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
