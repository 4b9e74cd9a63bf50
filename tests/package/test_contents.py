"""The contents of the package, checked by Debian's rules."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("media-router", "media-service", "stream-worker", "stream-forwarder", "sts-echo", "mtx-hook", "segment-archiver")


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(folder)], check=True)
    return folder


def field(tree, name):
    return re.search(rf"^{name}: (.*)$", (tree / "DEBIAN" / "control").read_text(), re.M).group(1)


def test_lintian_finds_nothing(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", str(package)],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


def test_its_version_is_the_project_s(tree):
    project = re.search(r"project\(tidegate VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert field(tree, "Version") == project


def test_the_libraries_that_the_programs_link_are_its_dependencies(tree):
    depends = field(tree, "Depends")
    files = [*(tree / "usr/bin" / name for name in PROGRAMS), *(tree / "usr/lib/tidegate" / name for name in ("stream-worker-dub", "segment-archiver-run",
                                                                                              "mtx-hook-secure"))]
    needed = subprocess.run(["objdump", "-p", *map(str, files)], capture_output=True, text=True, check=True).stdout
    for library, package in (("libboost_json.so", "libboost-json1.81.0"), ("libyaml-cpp.so", "libyaml-cpp0.7"),
                             ("libcrypto.so", "libssl3"), ("libre2.so", "libre2-9"), ("libstdc++.so", "libstdc++6"),
                             ("libavcodec.so", "libavcodec59"), ("librubberband.so", "librubberband2"),
                             ("libcurl.so", "libcurl4"), ("libpugixml.so", "libpugixml1v5")):
        assert (library in needed) == (package in depends), library
    assert not re.search(r"-dev\b|\b(gcc|g\+\+|clang|cmake|ffmpeg)", depends)


def test_only_the_program_that_dubs_needs_the_codecs(tree):
    for name in PROGRAMS:
        needed = subprocess.run(["objdump", "-p", str(tree / "usr/bin" / name)], capture_output=True, text=True, check=True).stdout
        assert "libavcodec" not in needed and "librubberband" not in needed, name


def test_a_worker_that_is_to_dub_finds_the_program_that_dubs(tree):
    argv = [str(tree / "usr/bin/stream-worker"), "--stream-id", "x", "--input", "rtsp://127.0.0.1:1/x", "--output",
            "rtmp://127.0.0.1:1/y", "--sts-url", "ws://127.0.0.1:1", "--dub-language", "es"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 20, done.stdout + done.stderr  # the input is not there; without the other program it is 10


def test_every_program_has_a_page_with_all_its_flags(tree):
    for name in PROGRAMS:
        page = subprocess.run(["man", "--warnings", "-l", str(tree / f"usr/share/man/man1/{name}.1.gz")],
                              capture_output=True, text=True, env={"MANWIDTH": "80", "PATH": "/usr/bin:/bin"})
        assert page.returncode == 0 and not page.stderr, page.stderr
        flags = re.findall(r"^ +(?:-h,)?(--[\w-]+)", help_of(tree, name), re.M)
        shown = page.stdout.replace("\u2010\n", "-").replace("\u2010", "-")
        assert flags and [flag for flag in flags if flag not in re.sub(r"-\s*\n\s+", "-", shown)] == []
        assert len(re.findall(rf"^ +{name} - \w+", page.stdout, re.M)) == 1


def help_of(tree, name):
    return subprocess.run([tree / "usr/bin" / name, "--help"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("typed, wanted", [
    ("media-router --th", "--threads"),
    ("media-service --worker-mode ", "process kubernetes none"),
    ("media-service --log-level=w", "warn"),
    ("stream-worker --log-f", "--log-format"),
    ("stream-worker --log-format t", "text"),
    ("sts-echo --answer ", "echo tone silence garbage"),
    ("mtx-hook ", "ready not-ready"),
    ("segment-archiver ", "add run"),
    ("mtx-hook --v", "--version"),
])
def test_bash_completes_flags_and_their_words(tree, typed, wanted):
    name, *rest = typed.split(" ")
    # As readline splits them: "=" is a separate word.
    words = [name, *(part for word in rest for part in re.split("(=)", word))]
    file = tree / "usr/share/bash-completion/completions" / name
    script = (f'. /usr/share/bash-completion/bash_completion; . "{file}"; COMP_WORDS=({" ".join(map(repr, words))}); '
              f'COMP_CWORD={len(words) - 1}; COMP_LINE="{typed}"; COMP_POINT=${{#COMP_LINE}}; '
              f'_tidegate {name}; printf "%s\\n" "${{COMPREPLY[@]}}"')
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True,
                          env={"PATH": f"{tree / 'usr/bin'}:/usr/bin:/bin"})
    assert set(done.stdout.split()) == set(wanted.split()), done.stderr
