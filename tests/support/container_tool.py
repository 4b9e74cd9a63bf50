"""Our MP4 and MPEG-TS code, through the program that only tests run (tests/programs/container_tool.cpp)."""

import os
import subprocess
from pathlib import Path

from . import ffmpeg

TOOL = Path(__file__).resolve().parents[2] / os.environ.get("BUILD_DIR", "build/dev") / "tests" / "container-tool"
SECONDS = 60


def run(*arguments):
    """What the program prints."""
    return run_tool(TOOL, *arguments)


def run_tool(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_mp4(clip, file, *flags):
    """Has ffmpeg write a clip into an MP4 file, or with flags into another form of it. Returns the file."""
    subprocess.run(["ffmpeg", *ffmpeg.QUIET, "-i", clip, "-c", "copy", *flags, file], check=True)
    return file
