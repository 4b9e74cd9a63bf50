#!/usr/bin/python3
"""Builds targets with ninja and shows how far it is: tools/build_progress.py <build folder> [target...]

On a terminal one line is rewritten in place; in a log a line is written every 20 seconds. What a compiler says, and
the steps that fail, are printed as ninja prints them.
"""

import os
import re
import select
import subprocess
import sys
import time

# From scratch and without a compiler cache, on a machine that does nothing else: 2.9 and 3.8 for the programs, on two days.
CORE_SECONDS_A_STEP = 3.3
WORTH_SAYING_SECONDS = 20  # a build that is expected to be shorter needs no announcement
LOG_SECONDS = 20           # between two lines of progress in a log
STEP = re.compile(r"\[(\d+)/(\d+)\] ")
NOISE = ("ninja: Entering directory", "ninja: no work to do.")


def minutes(seconds):
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def announcement(steps, cores):
    """What is said before a build of so many steps, or None when it will be short."""
    seconds = steps * CORE_SECONDS_A_STEP / cores
    if seconds <= WORTH_SAYING_SECONDS:
        return None
    return (f"building {steps} files: about {minutes(seconds)} on {cores} core{'s' if cores > 1 else ''} the first time; "
            "later builds compile only what has changed")


class Progress:
    """Prints the lines of ninja that matter, and the state of the build in between."""

    def __init__(self, out, in_place, clock=time.monotonic):
        self.out, self.in_place, self.clock = out, in_place, clock
        self.started = self.shown = clock()
        self.done = self.total = 0
        self.drawn = False

    def line(self, text):
        step = STEP.match(text)
        if step:
            self.done, self.total = int(step[1]), int(step[2])
        elif not text.startswith(NOISE):
            self.clear()
            self.out.write(text + "\n")
        self.show()

    def seconds_to_next(self):
        """How long show() has nothing new to say, however long a step takes."""
        return max(0.0, self.shown + LOG_SECONDS - self.clock())

    def show(self):
        if self.in_place and self.total:
            self.out.write(f"\r\033[K{self.state()}")
            self.drawn = True
        elif not self.in_place and self.clock() - self.shown >= LOG_SECONDS:
            self.out.write(self.state() + "\n")
            self.shown = self.clock()
        self.out.flush()

    def state(self):
        elapsed = self.clock() - self.started
        if not self.done or self.done == self.total or elapsed < 1:
            return f"[{self.done}/{self.total}]"
        return f"[{self.done}/{self.total}] about {minutes(elapsed / self.done * (self.total - self.done))} left"

    def clear(self):
        if self.drawn:
            self.out.write("\r\033[K")
            self.drawn = False


def lines_of(pipe, progress):
    """The lines of a process as they come; progress is shown while none comes."""
    rest = b""
    while True:
        if not select.select([pipe], [], [], progress.seconds_to_next())[0]:
            progress.show()
            continue
        data = os.read(pipe.fileno(), 65536)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
    if rest:
        yield rest


def count(ninja, targets):
    """How many steps ninja would run now."""
    shown = subprocess.run([*ninja, "-n", *targets], capture_output=True, text=True, errors="replace",
                           env={**os.environ, "NINJA_STATUS": "[%f/%t] "})
    found = [int(step[2]) for step in map(STEP.match, shown.stdout.splitlines()) if step]
    return found[-1] if found else 0


def build(build_dir, targets, out=sys.stdout):
    # First CMake's own files, when they are older than a CMakeLists.txt: only then is the number of steps known.
    regenerated = subprocess.run(["ninja", "-C", build_dir, "--quiet", "build.ninja"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if regenerated.returncode != 0:
        out.write(regenerated.stdout.decode(errors="replace"))
        return regenerated.returncode
    # No rule makes build.ninja under its whole path. A dry run would otherwise end with CMake's own files.
    ninja = ["ninja", "-C", build_dir, "-f", os.path.abspath(os.path.join(build_dir, "build.ninja"))]
    said = announcement(count(ninja, targets), len(os.sched_getaffinity(0)))
    if said:
        print(said, file=out, flush=True)
    progress = Progress(out, out.isatty())
    running = subprocess.Popen([*ninja, *targets], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={**os.environ, "NINJA_STATUS": "[%f/%t] "})
    try:
        for line in lines_of(running.stdout, progress):
            progress.line(line.decode(errors="replace"))
    finally:
        progress.clear()
        out.flush()
        code = running.wait()  # also after Ctrl-C, which ninja gets as well
    return code


if __name__ == "__main__":
    try:
        sys.exit(build(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
