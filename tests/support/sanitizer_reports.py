"""The reports of the sanitizers (make asan, make tsan). Every program that the tests start writes its report into a file of one
folder, and so does every program that such a program starts: workers, forwarders, hooks. So a report counts although nobody reads
the output of its program, and although the program is killed. conftest.py looks after each test.
"""

import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")


def sanitizer():
    """That of the programs under test: "address", "thread" or nothing."""
    cache = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "CMakeCache.txt"
    found = re.search(r"^TIDEGATE_SANITIZER:\w+=(.*)$", cache.read_text() if cache.exists() else "", re.M)
    return found[1] if found else ""


class SanitizerReports:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="tidegate-reports-")
        self.folder = Path(self.temporary.name)
        self.folder.chmod(0o1777)  # some tests run programs as another user

    def wanted_by(self, environment):
        """The variables that make the sanitizers write into the folder. They keep the other options of the environment."""
        return {name: ":".join(filter(None, (environment.get(name), f"log_path={self.folder}/report"))) for name in OPTIONS}

    def assert_none(self):
        """Fails with the reports since the last call."""
        found = [(file, text) for file in sorted(self.folder.iterdir()) if (text := file.read_text(errors="replace"))]
        for file, _ in found:
            file.unlink(missing_ok=True)
        assert not found, "\n".join(f"--- {file.name}\n{text}" for file, text in found)


def in_this_run():
    """For the tests of a sanitizer's build: programs inherit the variables from this process."""
    reports = SanitizerReports()
    os.environ.update(reports.wanted_by(os.environ))
    return reports
