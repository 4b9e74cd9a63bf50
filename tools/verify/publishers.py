"""Publishers in their own process: many streams of one clip, or one stream with time codes.

The clip has been encoded before. Here its bytes are only sent, so a hundred publishers cost less than one encoder would.
"""

import multiprocessing
import socket
import struct
import time

from support.rtmp_client import RtmpClient

from .feed import Feed
from .target import tls_context

SLICE_SECONDS = 0.004  # groups of streams send this far apart: real encoders do not send at the same moment
START_SECONDS = 120    # for a thousand streams on a loaded machine
SEND_SECONDS = 10      # when the router takes nothing for this long, it has failed
KEEP_SECONDS = 2       # well below the router's readTimeout, after which it disconnects a publisher that sends no media
_spawn = multiprocessing.get_context("spawn")


def connect(server, path, tls=None):
    """Connects a publisher, up to the answer to `publish`: the next bytes are media. For `server`, see Target.rtmp."""
    client = RtmpClient(server.host, server.port, SEND_SECONDS, tls=tls or tls_context(server.secure))
    application, _, key = path.partition("/")
    # Only a worker may publish `out`.
    if query := server.worker_query if key.endswith("/out") else server.publisher_query:
        key += f"?{query}"
    url = f"rtmp{'s' if server.secure else ''}://{server.host}:{server.port}/{application}"
    assert client.publish(url, key), f"publishing {path} was refused"
    return client


class Publishers:
    """Streams that are published until stop(), or until the end of the with block."""

    def __init__(self, target, paths, clip, keyframes_only=False):
        self._run(_send_many, target, (list(paths), clip, keyframes_only))

    def _run(self, work, target, arguments):
        self._pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=work, daemon=True,
                                       args=(theirs, target.rtmp, *arguments))
        self._process.start()
        theirs.close()
        assert self._pipe.poll(START_SECONDS), "the publishers did not start in time"
        self._pipe.recv()  # raises EOFError if the process has ended; it has printed the reason

    def add(self, path):
        """Publishes another stream. It begins at the next key frame of the clip."""
        self._pipe.send(path)

    def stop(self):
        """Ends the process and returns its report. None if it has failed."""
        said = None
        try:
            self._pipe.send(None)
            said = self._pipe.recv() if self._pipe.poll(SEND_SECONDS) else None
        except (OSError, EOFError):
            pass
        self._process.join(SEND_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        return said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class TimeCoded(Publishers):
    """Publishes one stream with time codes. The code of each unit is also sent to the reader directly. From the difference, the
    reader sees what delay the router has added."""

    def __init__(self, target, path, clip, direct_port):
        self._run(_send_time_codes, target, (path, clip, direct_port))


def _send_many(pipe, server, paths, clip, keyframes_only):
    feed = Feed(clip, keyframes_only)
    running, waiting, n = _connect_all(server, paths, feed)
    started, late, said = time.monotonic() - n * feed.period, 0.0, False
    while True:
        if pipe.poll():
            path = pipe.recv()
            if path is None:
                break
            waiting.append(connect(server, path))
        waiting = _begin(feed, n, running, waiting)
        if not waiting and not said:
            pipe.send("started")
            said = True
        late = max(late, _send_tick(feed, n, running, started))
        n += 1
    pipe.send({"ticks": n, "latest_ms": round(late * 1000, 1)})
    for client in running + waiting:
        client.close()


def _connect_all(server, paths, feed):
    """A thousand connections over TLS take longer than the router waits for media. So those that are there already send some meanwhile.
    Returns those that send, those that wait for a key frame, and the number of the next tick."""
    tls = tls_context(server.secure)
    running, waiting, n, sent = [], [], 0, time.monotonic()
    for path in paths:
        waiting.append(connect(server, path, tls))
        while time.monotonic() - sent > KEEP_SECONDS:
            waiting = _begin(feed, n, running, waiting)
            for client in running:
                client.socket.sendall(feed.tick(n))
            n += 1
            if not waiting:
                sent = time.monotonic()
    return running, waiting, n


def _begin(feed, n, running, waiting):
    """At a key frame, those that wait join those that run. Returns who waits still."""
    if not feed.starts_here(n):
        return waiting
    for client in waiting:
        client.socket.sendall(feed.headers(n))
    running += waiting
    return []


def _send_tick(feed, n, clients, started):
    data = feed.tick(n)
    late, slices = 0.0, max(1, round(feed.period / SLICE_SECONDS))
    for part in range(slices):
        due = started + (n + part / slices) * feed.period
        delay = due - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        late = max(late, -delay)
        for client in clients[part::slices]:
            client.socket.sendall(data)
    return late


def _send_time_codes(pipe, server, path, clip, direct_port):
    feed = Feed(clip)
    client = connect(server, path)
    direct = socket.create_connection(("127.0.0.1", direct_port), SEND_SECONDS)
    direct.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.socket.sendall(feed.headers(0))
    pipe.send("started")
    started, n = time.monotonic(), 0
    while not pipe.poll():
        time.sleep(max(0.0, started + n * feed.period - time.monotonic()))
        code = time.monotonic_ns()
        direct.sendall(struct.pack(">Q", code))
        client.socket.sendall(feed.tick(n, code))
        n += 1
    pipe.send({"ticks": n})
    client.close()
    direct.close()
