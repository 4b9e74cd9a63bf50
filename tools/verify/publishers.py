"""Publishers in their own process: many streams of one clip, or one stream with time codes.

The clip has been encoded before. Here its bytes are only sent, so a hundred publishers cost less than one encoder would.
"""

import contextlib
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
STARTED = "started"    # what the process sends first; later, or instead, it sends the reason of its failure
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
        self.pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_tell_failure, daemon=True,
                                       args=(work, theirs, target.rtmp, *arguments))
        self._process.start()
        theirs.close()
        assert self.pipe.poll(START_SECONDS), "the publishers did not start in time"
        said = self.pipe.recv()
        assert said == STARTED, f"the publishers have failed: {said}"

    def add(self, path):
        """Publishes another stream. It begins at the next key frame of the clip."""
        self.pipe.send(path)

    def stop(self):
        """Ends the process. Raises AssertionError if it had failed before."""
        reason = self.pipe.recv() if self.pipe.poll() else None
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self._process.join(SEND_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        assert reason is None, f"the publishers have failed: {reason}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class TimeCoded(Publishers):
    """Publishes one stream with time codes. The code of each unit is also sent to the reader directly. From the difference, the
    reader sees what delay the router has added."""

    def __init__(self, target, path, clip, direct_port):
        self._run(_send_time_codes, target, (path, clip, direct_port))


def _tell_failure(work, pipe, server, *arguments):
    """Runs in the process of the publishers. If the work fails, the other side gets the reason."""
    try:
        work(pipe, server, *arguments)
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        raise


def _send_many(pipe, server, paths, clip, keyframes_only):
    feed = Feed(clip, keyframes_only)
    running, waiting, n = _connect_all(server, paths, feed)
    started, said = time.monotonic() - n * feed.period, False
    while True:
        if pipe.poll():
            path = pipe.recv()
            if path is None:
                break
            waiting.append(connect(server, path))
        waiting = _begin(feed, n, running, waiting)
        if not waiting and not said:
            pipe.send(STARTED)
            said = True
        _send_tick(feed, n, running, started)
        n += 1
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
    slices = max(1, round(feed.period / SLICE_SECONDS))
    for part in range(slices):
        due = started + (n + part / slices) * feed.period
        delay = due - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        for client in clients[part::slices]:
            client.socket.sendall(data)


def _send_time_codes(pipe, server, path, clip, direct_port):
    feed = Feed(clip)
    client = connect(server, path)
    direct = socket.create_connection(("127.0.0.1", direct_port), SEND_SECONDS)
    direct.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.socket.sendall(feed.headers(0))
    pipe.send(STARTED)
    started, n = time.monotonic(), 0
    while not pipe.poll():
        time.sleep(max(0.0, started + n * feed.period - time.monotonic()))
        code = time.monotonic_ns()
        direct.sendall(struct.pack(">Q", code))
        client.socket.sendall(feed.tick(n, code))
        n += 1
    client.close()
    direct.close()
