"""Encoders that behave like those of people: they publish until they are stopped, and connect again when they are disconnected."""

import threading

from . import ffmpeg

RECONNECT_SECONDS = 0.5  # OBS waits 2 s; a shorter time finds more defects


class Encoders:
    def __init__(self, stack, clip, work_dir):
        self.stack, self.clip, self.work_dir = stack, clip, work_dir
        self._running = {}  # name -> (stream, process)
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._count = 0
        self._thread = threading.Thread(target=self._reconnect, daemon=True)
        self._thread.start()

    def start(self, stream, name=None):
        """name: the name of the encoder; by default, the name of the stream."""
        with self._lock:
            self._running[name or stream] = (stream, self._publish(stream))

    def stop(self, name):
        """Kills the process. The kernel then closes its connection."""
        with self._lock:
            _, process = self._running.pop(name)
        process.kill()

    def forget(self, name):
        """The encoder is no longer started again. Its process now belongs to the caller."""
        with self._lock:
            return self._running.pop(name)[1]

    def close(self):
        self._end.set()
        self._thread.join()
        for name in list(self._running):
            self.stop(name)

    def _publish(self, stream):
        self._count += 1
        return ffmpeg.publish(self.clip, self.stack.rtmp(stream), self.work_dir / f"encoder{self._count}.log")

    def _reconnect(self):
        while not self._end.wait(RECONNECT_SECONDS):
            with self._lock:
                for name, (stream, process) in self._running.items():
                    if not process.running():
                        self._running[name] = (stream, self._publish(stream))
