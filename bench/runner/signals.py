"""When the bench is interrupted by Ctrl-C, by kill or by a closed terminal, it first ends its child processes in order."""

import contextlib
import signal

_held = 0
_pending = False


def end_in_order():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


@contextlib.contextmanager
def uninterrupted():
    """Delays KeyboardInterrupt: while a child process starts, until it has been stored, and while it ends."""
    global _held, _pending
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _pending and not _held:
            _pending = False
            raise KeyboardInterrupt


def _interrupt(*_):
    global _pending
    if not _held:
        raise KeyboardInterrupt
    _pending = True
