#!/usr/bin/python3
"""A small speech-to-speech service that really speaks, offline: python3 examples/sts-espeak [--listen 127.0.0.1:8765]

It needs Debian's python3-socketio, python3-aiohttp and espeak-ng, and for answers in AAC also ffmpeg. README.md says what it does.
"""

import argparse
import logging
import os
import sys

from aiohttp import web
from service import Service
from speech import Speaker


def parse_listen(text):
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r}: expected HOST:PORT, such as 127.0.0.1:8765")
    return host.strip("[]") or "127.0.0.1", int(port)


def main():
    parser = argparse.ArgumentParser(prog="sts-espeak", description="Answers each fragment of sound with a synthetic voice that says its "
                                     "number and the time. If the variable STS_TOKEN is set, clients must show this token.")
    parser.add_argument("--listen", type=parse_listen, default="127.0.0.1:8765", metavar="HOST:PORT",
                        help="where to listen; by default on this machine only (%(default)s)")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS",
                        help="how long to think about each fragment, as a real service does")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    for noisy in ("aiohttp.access", "engineio", "socketio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    host, port = options.listen
    service = Service(Speaker(), token=os.environ.get("STS_TOKEN", ""), delay=options.delay)
    web.run_app(service.application(), host=host, port=port, print=lambda *_: logging.info("listening on %s:%d", host, port),
                shutdown_timeout=2)


if __name__ == "__main__":
    main()
