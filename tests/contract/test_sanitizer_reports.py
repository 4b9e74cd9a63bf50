"""A report of a sanitizer fails the test, whichever program it is about."""

import os
import re
import subprocess

import pytest
from support.bare_router import ROOT, SANITIZED
from support.sanitizer_reports import SanitizerReports, sanitizer
from support.wait import wait_until

pytestmark = pytest.mark.skipif(not SANITIZED, reason="only in the build of a sanitizer")
WRONG = """
#include <pthread.h>
#include <unistd.h>
static int* shared;
static void* other(void*) { return ++*shared, nullptr; }
int main() {
    shared = new int{};
    pthread_t thread;
    pthread_create(&thread, nullptr, other, nullptr);
    ++*shared;  // a race
    pthread_join(thread, nullptr);
    delete shared;
    ++*shared;  // it is deleted
    pause();
}
"""


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """A program with faults, built as ours are."""
    cache = (ROOT / os.environ["BUILD_DIR"] / "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache, re.M)[1]
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "wrong.cpp").write_text(WRONG)
    subprocess.run([compiler, f"-fsanitize={sanitizer()}", "-g", folder / "wrong.cpp", "-o", folder / "wrong"], check=True, timeout=120)
    return folder / "wrong"


def test_a_child_of_a_program_is_heard_although_it_is_killed_and_its_output_is_lost(wrong):
    reports = SanitizerReports()
    reports.assert_none()
    parent = subprocess.Popen(["sh", "-c", f"{wrong} 2>/dev/null & echo $!; wait; true"], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **reports.wanted_by({})})
    child = int(parent.stdout.readline())
    wait_until(lambda: any("Sanitizer" in file.read_text() for file in reports.folder.iterdir()), "a report", 60)
    subprocess.run(["kill", "-9", str(child)])
    assert parent.wait(60) == 0
    with pytest.raises(AssertionError, match=r"(Address|Thread)Sanitizer"):
        reports.assert_none()
    reports.assert_none()
