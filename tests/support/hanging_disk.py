"""A disk that hangs for one program: hanging_disk.c."""

import shutil
import subprocess
from pathlib import Path

import pytest

from .bare_router import SANITIZED

SOURCE = Path(__file__).resolve().parent / "hanging_disk.c"


class HangingDisk:
    """A disk whose writes hang while the file `writes` exists, whose reads hang while `reads` exists, and on which no written part
    gets its name while `names` exists."""

    def __init__(self, folder):
        if SANITIZED:
            pytest.skip("a sanitizer wants to be the first library")
        library, self.writes, self.reads, self.names = (folder / name for name in ("hanging.so", "writes-hang", "reads-hang", "names-hang"))
        compiler = next(filter(shutil.which, ("clang-19", "cc", "gcc")))
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "HANGING_DISK": str(self.writes), "HANGING_READS": str(self.reads),
                            "HANGING_NAMES": str(self.names)}
