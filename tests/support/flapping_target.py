"""An RTMP target on one port that fails in every way: one failure after the other, each for one connection or one moment."""

import itertools
import socket
import struct
import threading
import time

from .rtmp_server import RtmpServer

MOST_KEPT = 2000  # messages; a long test must not fill the memory


class FlappingTarget(RtmpServer):
    """failures: what to do, for ever in this order, or once. `pause` is how long a stream goes well in between."""

    # Those that take little time.
    SHORT = ("reset_all", "nobody_listens", "close_all", "bad_name", "hang_up", "slow", "never_reads")
    FAILURES = ("nobody_listens", "reset_all", "close_all", "never_reads", "bad_name", "hang_up", "no_answer", "slow", "silent")

    def __init__(self, failures=FAILURES, pause=1.0, stall=13.0, once=False, **options):
        super().__init__(receive_buffer=16_384, **options)
        self.pause, self.stall = pause, stall
        self.failed = []       # the names of the failures so far
        self.over = threading.Event()
        self.failures = iter(failures) if once else itertools.cycle(failures)
        self.thread = threading.Thread(target=self._flap, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def close(self):
        self.over.set()
        self.reads.set()
        super().close()

    def _flap(self):
        for name in self.failures:
            if self.over.wait(self.pause):
                return
            getattr(self, name)()
            self.failed.append(name)
            if len(self.messages) > MOST_KEPT:
                del self.messages[:-MOST_KEPT // 2]

    def _end_all(self, reset=False):
        for connection in self.connections:
            try:
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            except OSError:
                pass
        self.connections.clear()

    # The failures

    def nobody_listens(self):
        """Nobody listens for a moment."""
        address = self.listener.getsockname()
        # shutdown wakes the thread that accepts; close alone would leave it in accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._end_all()
        self.over.wait(1.0)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self.listener.bind(address)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset_all(self):
        self._end_all(reset=True)

    def close_all(self):
        self._end_all()

    def never_reads(self):
        self.reads.clear()
        self.over.wait(self.stall)
        self.reads.set()
        self._end_all()

    def bad_name(self):
        """The name is still in use, as after a connection that the target has not yet noticed to be gone."""
        self._answering(refuse=("NetStream.Publish.BadName", "already publishing"))

    def hang_up(self):
        """The connection is closed instead of an answer."""
        self._answering(close_on="publish")

    def no_answer(self):
        self._answering(mute="publish")

    def slow(self):
        """It reads in short bursts."""
        ends = time.monotonic() + 2
        while time.monotonic() < ends and not self.over.is_set():
            self.reads.clear()
            self.over.wait(0.2)
            self.reads.set()
            self.over.wait(0.02)

    def silent(self):
        """Connections are accepted, and nothing is said."""
        self._answering(mute="connect")

    def _answering(self, **how):
        for key, value in how.items():
            setattr(self, key, value)
        self._end_all()
        self.over.wait(1.5)
        for key in how:
            setattr(self, key, None)
        self._end_all()
