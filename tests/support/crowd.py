"""Many live streams and many events at once, without the cost of many encoders.

Crowd: RTMP publishers that send just enough for the router to list them, and then stay silent. The router needs a long
MTX_READTIMEOUT. EventFlood: hook events of one stream at a steady rate, over one pipelined connection.
"""

import json
import multiprocessing
import socket
import threading
import time

from .live_publisher import first_tags, publish_once

BATCHES_PER_SECOND = 100
MARK = b"HTTP/1.1 200 "


class Crowd:
    def __init__(self, settings, clip, names):
        self.settings = settings
        self.names = names
        self.tags = first_tags(clip)
        self.clients = []

    def join(self):
        for name in self.names:
            self.clients.append(publish_once(self.settings, self.tags, name))

    def leave(self):
        for client in self.clients:
            client.close()


class EventFlood:
    """Runs in its own process, so that it does not slow the test that measures."""

    def __init__(self, settings, stream, per_second):
        body = json.dumps({"path": f"live/{stream}/in", "query": "", "sourceType": "rtmp", "sourceId": "flood"})
        request = ("POST /v1/mediamtx/events/ready HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        self.address = settings.host, settings.service_port
        self.batch = request * (per_second // BATCHES_PER_SECOND)
        context = multiprocessing.get_context("fork")
        self._answered = context.Value("Q", 0)
        self._process = context.Process(target=self._run, daemon=True)
        self.rate = 0.0

    @property
    def answered(self):
        return self._answered.value

    def __enter__(self):
        self.started = time.monotonic()
        self._process.start()
        return self

    def __exit__(self, *_):
        self.rate = self.answered / (time.monotonic() - self.started)
        self._process.kill()
        self._process.join()

    def _run(self):
        peer = socket.create_connection(self.address, 30)
        threading.Thread(target=self._read, args=(peer,), daemon=True).start()
        due = time.monotonic()
        while True:  # keeps the rate; if media-service is slower, the sender has to wait
            peer.sendall(self.batch)
            due += 1 / BATCHES_PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))

    def _read(self, peer):
        rest = b""
        while data := peer.recv(1 << 20):
            data = rest + data
            self._answered.value += data.count(MARK)
            rest = data[-(len(MARK) - 1):]
            if MARK in rest:
                rest = b""
