"""What is not code, but must be right nevertheless: the package list, the check tools, ignored files, and the help of make."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_layers  # noqa: E402
import check_links  # noqa: E402

# The Debian package for each find_package or pkg-config module.
PACKAGES = {"Boost": "libboost1.81-dev", "yaml-cpp": "libyaml-cpp-dev", "CLI11": "libcli11-dev",
            "fmt": "libfmt-dev", "OpenSSL": "libssl-dev", "GTest": "libgtest-dev",
            "prometheus-cpp": "prometheus-cpp-dev", "benchmark": "libbenchmark-dev", "re2": "libre2-dev",
            "rubberband": "librubberband-dev", "libebur128": "libebur128-dev",
            "libavcodec": "libavcodec-dev", "libavutil": "libavutil-dev", "libswresample": "libswresample-dev",
            "libcurl": "libcurl4-openssl-dev", "pugixml": "libpugixml-dev",
            "Threads": None, "PkgConfig": "pkg-config"}


def listed_packages():
    lines = (ROOT / "tools" / "debian-packages.txt").read_text().splitlines()
    return {word for line in lines if line and not line.startswith("#") for word in line.split()[1:]}


def test_what_cmake_looks_for_is_in_the_package_list():
    files = [ROOT / "CMakeLists.txt", *ROOT.glob("cmake/*.cmake"), *ROOT.glob("src/**/CMakeLists.txt"),
             *ROOT.glob("apps/**/CMakeLists.txt"), *ROOT.glob("bench/**/*.cmake"), *ROOT.glob("fuzz/*.cmake")]
    text = "\n".join(file.read_text() for file in files)
    wanted = set(re.findall(r"find_package\((\S+)", text))
    wanted |= {m for line in re.findall(r"pkg_check_modules\(\S+ ([^)]+)\)", text) for m in line.split()
               if m not in ("REQUIRED", "IMPORTED_TARGET", "GLOBAL", "QUIET")}
    unknown = wanted - set(PACKAGES)
    assert not unknown, f"add {unknown} to tools/debian-packages.txt and to this test"
    missing = {PACKAGES[name] for name in wanted if PACKAGES[name]} - listed_packages()
    assert not missing


def test_layers_point_downwards():
    assert check_layers.may_include("router/model", "media")
    assert check_layers.may_include("rtmp/io", "rtmp/core")
    assert not check_layers.may_include("media", "flv")
    assert not check_layers.may_include("rtmp/core", "rtsp/core")
    assert not check_layers.may_include("router/app", "orchestrator/core")
    assert not check_layers.may_include("worker", "router/model")
    assert not check_layers.may_include("router/rtmp", "router/rtsp")
    assert not check_layers.may_include("router/app", "router/rtsp"), "the protocols are named in app/modules only"
    assert not check_layers.may_include("router/api", "router/rtsp")
    assert check_layers.may_include("router/app/modules", "router/rtsp")
    assert not check_layers.may_include("router/stream", "router/paths")
    assert check_layers.may_include("orchestrator/io/process", "orchestrator/core")
    assert check_layers.may_include("orchestrator/io/http", "orchestrator/io/router")
    assert not check_layers.may_include("orchestrator/io/router", "orchestrator/io/http")
    assert check_layers.folder_of("orchestrator/io/process/notify_socket.hpp") == "orchestrator/io/process"


def test_a_wrong_include_is_found(tmp_path):
    for name, text in {"src/media/a.cpp": '#include "router/paths/paths.hpp"\n',
                       "src/flv/b.cpp": "#include <boost/asio.hpp>\n",
                       "src/rtp/c.cpp": "auto now = std::chrono::steady_clock::now();\n",
                       "src/net/d.cpp": "#include <yaml-cpp/yaml.h>\n",
                       "src/unknown/e.cpp": "\n",
                       "src/orchestrator/io/router/g.cpp": '#include "orchestrator/io/process/h.hpp"\n',
                       "src/orchestrator/io/router/g_test.cpp": '#include "orchestrator/io/process/h.hpp"\n',
                       "src/router/app/f.cpp": '#include "media/track.hpp"\n'}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = "\n".join(check_layers.problems(tmp_path))
    assert [name for name in ("media/a", "flv/b", "rtp/c", "net/d", "unknown/e", "router/g.cpp") if name not in found] == []
    assert "router/app/f" not in found
    assert "router/g_test" not in found, "a test may use a backend"


def test_what_a_page_names_must_exist(tmp_path):
    (tmp_path / "src" / "rtmp" / "core").mkdir(parents=True)
    (tmp_path / "src" / "rtmp" / "core" / "reader.hpp").touch()
    page = tmp_path / "page.md"
    page.write_text("# Here\n[here](#here) `rtmp/core/reader` `core/reader.hpp` `src/rtmp/` `core/read*.hpp` `live/demo/in`")
    assert list(check_links.problems(tmp_path)) == []
    page.write_text("[there](#there) [gone](gone.md) `rtmp/core/writer` `core/writer.hpp` `rtmp/io/`")
    found = "\n".join(check_links.problems(tmp_path))
    assert [name for name in ("#there", "gone.md", "rtmp/core/writer", "core/writer.hpp", "rtmp/io/") if name not in found] == []


def test_every_make_target_is_in_its_help():
    text = (ROOT / "Makefile").read_text()
    phony = {t for line in re.findall(r"^\.PHONY: (.+)$", text, re.M) for t in line.split()}
    help_text = subprocess.run(["make", "-s", "-C", str(ROOT), "help"], capture_output=True, text=True).stdout
    assert phony == {word for line in help_text.splitlines() for word in line[:15].split()}


def test_the_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / "README.md").read_text()
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert [c for c in commands if "make" in c] == ["exec make test"]


def test_a_group_with_an_unknown_name_is_refused():
    done = subprocess.run([str(ROOT / "tools" / "deps.sh"), "--check", "nonsense"], capture_output=True, text=True)
    assert done.returncode == 2 and "nonsense" in done.stderr


def test_no_private_key_is_committed():
    """Some programs write private keys into the folder in which somebody has started them."""
    found = subprocess.run(["git", "grep", "-lE", "BEGIN [A-Z ]*PRIVATE KEY"], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.split() == [] and found.returncode == 1, found.stderr
