"""For fixtures: what they start ends with them."""

import contextlib


@contextlib.contextmanager
def started(programs):
    """A Stack or a router, started; stopped at the end, which is checked, and killed whatever happens."""
    try:
        yield programs.start()
        programs.stop()
    finally:
        programs.kill()


def making(make, end=lambda made: made.kill()):
    """Yields make, and ends all that it has made: `yield from making(start)` is a fixture's body."""
    things = []

    def start(*arguments, **options):
        things.append(make(*arguments, **options))
        return things[-1]

    yield start
    for thing in things:
        end(thing)
