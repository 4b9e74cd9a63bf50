"""tools/build_progress.py with the real ninja: what it prints on a terminal, into a log, and when a step fails."""

import contextlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import build_progress
import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = "rule ok\n  command = true\nrule bad\n  command = echo compiler says no >&2; exit 3\n"
# As CMake writes it for folders whose files are globbed: they are looked at in every build, before build.ninja is read.
GLOBS = ("rule again\n  command = true\n  restat = 1\n  generator = 1\n"
         "build never: phony\nbuild globs: again | never\nbuild build.ninja: again | globs\n")


@pytest.fixture
def project(tmp_path):
    """Writes a build folder of so many steps; the names in bad are steps that fail."""
    def write(steps, bad=()):
        edges = [f"build step{n}: {'bad' if n in bad else 'ok'}\n" for n in range(steps)]
        (tmp_path / "globs").touch()
        (tmp_path / "build.ninja").write_text(RULES + GLOBS + "".join(edges) + "default " +
                                              " ".join(f"step{n}" for n in range(steps)) + "\n")
        return tmp_path
    return write


def run(folder, *targets):
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "build_progress.py"), str(folder), *targets],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_long_build_says_beforehand_how_long_and_a_short_one_nothing(project):
    cores = len(os.sched_getaffinity(0))
    code, text = run(project(200 * cores))
    assert code == 0
    assert text.startswith(f"building {200 * cores} files: about 11 min on {cores} core") and text.count("\n") == 1
    assert run(project(3)) == (0, "")
    assert run(project(200 * cores), "step1") == (0, ""), "only what was asked for counts"


def test_a_step_that_fails_is_shown_whole_and_the_exit_code_tells(project):
    code, text = run(project(3, bad=[1]))
    assert code != 0
    assert "FAILED: step1" in text and "\ncompiler says no\n" in text and "ninja: build stopped" in text


def test_on_a_terminal_one_line_is_rewritten_in_place(project):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as out:
        assert build_progress.build(str(project(10)), [], out) == 0
    shown = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:  # its end is an error
        while data := terminal.read(4096):
            shown += data
    states = shown.decode().split("\r\033[K")
    assert states[1] == "[1/10]" and states[-2:] == ["[10/10]", ""] and b"\n" not in shown


def test_in_a_log_a_line_comes_every_twenty_seconds_also_within_a_long_step():
    now, out = [100.0], io.StringIO()
    progress = build_progress.Progress(out, in_place=False, clock=lambda: now[0])
    progress.line("[1/9] CXX a.o")
    assert out.getvalue() == "" and progress.seconds_to_next() == 20
    now[0] += 19.5
    progress.line("[3/9] CXX c.o")
    assert out.getvalue() == ""
    now[0] += 0.5
    progress.show()  # nothing came meanwhile
    assert out.getvalue() == "[3/9] about 40 s left\n"
    now[0] += 10
    progress.line("a.cpp:1: warning: odd")
    assert out.getvalue().endswith("left\na.cpp:1: warning: odd\n"), "what a compiler says does not wait"


def test_building_a_preset_goes_through_it():
    assert "tools/build_progress.py" in (ROOT / "tools" / "build.sh").read_text()
