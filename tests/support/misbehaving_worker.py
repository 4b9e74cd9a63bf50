#!/usr/bin/python3
"""A worker that misbehaves as the id of its stream says: <mode>-<anything>. media-service gets it by --worker-command.

exits         exits with code 1 at once
config        exits with code 10 at once
hangs         never sends READY; obeys SIGTERM
silent        sends READY, and nothing after it
stubborn      sends READY and WATCHDOG; ignores SIGTERM
flood         writes a gigabyte without a line feed, then sends READY and WATCHDOG
babble        sends READY and WATCHDOG; prints lines as fast as it can, for ever
"""

import os
import signal
import socket
import sys
import time

FLOOD_BYTES = 1 << 30
BLOCK = b"x" * 65536
LINES = b"a line of a worker that talks too much\n" * 1000


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        try:
            peer.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
        except OSError:
            pass  # media-service does not listen at the moment


def pause():
    time.sleep(int(os.environ.get("WATCHDOG_USEC", "2000000")) / 2e6)


def stay_alive():
    notify("READY=1\nSTATUS=pretends to work")
    while True:
        notify("WATCHDOG=1")
        pause()


def flood():
    for _ in range(FLOOD_BYTES // len(BLOCK)):
        os.write(1, BLOCK)
    stay_alive()


def babble():
    notify("READY=1")
    said = time.monotonic()
    while True:
        os.write(1, LINES)
        if time.monotonic() - said > 0.3:
            said = time.monotonic()
            notify("WATCHDOG=1")


def wait_for_ever():
    while True:
        signal.pause()


def main():
    mode = sys.argv[sys.argv.index("--stream-id") + 1].split("-")[0]
    if mode == "exits":
        return 1
    if mode == "config":
        print("this worker refuses its configuration", file=sys.stderr)
        return 10
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stay_alive()
    if mode == "silent":
        notify("READY=1")
        wait_for_ever()
    {"hangs": wait_for_ever, "flood": flood, "babble": babble}[mode]()


if __name__ == "__main__":
    sys.exit(main())
