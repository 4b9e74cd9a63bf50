"""For fixtures: ends what they have started."""

import contextlib


@contextlib.contextmanager
def started(programs):
    """Starts a Stack or a router. At the end it is stopped, which must succeed; after an error it is killed."""
    try:
        yield programs.start()
        programs.stop()
    finally:
        programs.kill()


def making(make, end=lambda made: made.kill()):
    """Yields a function that makes things, and ends them all at the end. `yield from making(start)` is the body of a fixture."""
    things = []

    def start(*arguments, **options):
        things.append(make(*arguments, **options))
        return things[-1]

    yield start
    for thing in things:
        end(thing)
