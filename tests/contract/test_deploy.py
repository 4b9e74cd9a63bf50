"""deploy/ without a container engine: the files can be parsed, and agree with each other and with the contract."""

import base64
import fnmatch
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from devstack import compose as compose_command
from devstack import containers, secure
from devstack.settings import Settings
from support.compose_file import AUTHORITIES, DEPLOY, flags, installed, interpolated, packages_of_libraries, whole
from support.free_ports import free_ports
from support.own_flags import assert_serves_and_stops
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = sorted(DEPLOY.glob("*/Dockerfile"))
PROGRAMS = ("media-service", "stream-worker", "stream-worker-dub", "stream-forwarder")  # the programs in the image of media-service
WORKER_END_SECONDS = 5  # when media-service ends, it waits this long for its workers


def port_of(address):
    return address.rpartition(":")[2]


@pytest.fixture(scope="module")
def every_service():
    return whole()["services"]


@pytest.fixture(scope="module")
def compose(every_service):
    """The Compose file with its variables replaced, as `up` would start it."""
    return {**whole(), "services": {name: service for name, service in every_service.items() if "profiles" not in service}}


@pytest.fixture(scope="module")
def router_config():
    return yaml.safe_load((DEPLOY / "mediamtx" / "mediamtx.yml").read_text())


def test_the_secure_file_adds_to_services_of_the_first_and_mounts_what_it_names(every_service):
    added = yaml.safe_load((DEPLOY / "docker-compose.secure.yml").read_text())["services"]
    assert set(added) == {"mediamtx", "media-service", "prometheus"} <= set(every_service)
    for service in added.values():
        mounted = [volume.split(":")[-2] for volume in service["volumes"]]
        named = [value for value in service["environment"].values() if value.startswith("/")]
        assert named and all(any(value == path or value.startswith(f"{path}/") for path in mounted) for value in named)
    given = added["mediamtx"]["environment"]
    assert given.items() >= secure.tls_of_router("/tls").items(), "what `make dev SECURE=1` gives a router without a container"


@pytest.mark.parametrize("asked, embedded, mediamtx", [("", "rtsp", "rtmp"), ("rtsp", "rtsp", "rtsp"), ("rtmp", "rtmp", "rtmp")])
def test_with_mediamtx_workers_read_over_rtmp_unless_somebody_chooses(every_service, asked, embedded, mediamtx):
    settings = Settings(worker_input=asked)
    assert settings.workers_read_over("embedded") == embedded and settings.workers_read_over("/usr/bin/mediamtx") == mediamtx
    assert compose_command.environment(settings)["WORKER_INPUT"] == mediamtx
    assert flags(every_service["media-service"])["worker-input"] == "rtmp", "Compose without make"


def test_one_variable_makes_all_programs_speak_tls():
    urls = re.findall(r"(\S*)://(?:mediamtx|media-service):", (DEPLOY / "docker-compose.yml").read_text())
    assert len(urls) >= 4 and all(url.endswith("${SECURE_S:-}") for url in urls), urls
    assert secure.for_compose(Settings()) == {}, "it is not set without SECURE=1"


def test_mediamtx_is_pinned():
    lines = (DEPLOY / "mediamtx" / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM ")][-1] == "FROM bluenviron/mediamtx:1.20.1"


def test_the_hook_is_found_by_the_name_in_the_configuration(router_config):
    dockerfile = (DEPLOY / "mediamtx" / "Dockerfile").read_text()
    folder = re.search(r"^ENV PATH=(.*)$", dockerfile, re.M).group(1)
    copied = re.search(r"^COPY --from=build \S+/bin/mtx-hook \S+/bin/mtx-hook-secure (\S+)$", dockerfile, re.M).group(1)
    for path in router_config["paths"].values():
        program = path["runOnAvailable"].split()[0]
        assert program == "mtx-hook" and folder == copied
        assert path["runOnAvailable"] == "mtx-hook ready" and path["runOnUnavailable"] == "mtx-hook not-ready"


def test_the_services_share_the_network_and_find_each_other(compose):
    assert set(compose["services"]) == {"mediamtx", "media-service"}
    assert interpolated(compose["networks"]["dubbing-network"]["name"]) == "dubbing-network"
    for service in compose["services"].values():
        assert service["networks"] == ["dubbing-network"]
        assert service["restart"] == "unless-stopped"
    assert interpolated(compose["services"]["mediamtx"]["environment"]["ORCHESTRATOR_URL"]) == "http://media-service:8080"


def test_media_service_finds_the_router_by_the_name_of_its_service(compose, router_config):
    given = flags(compose["services"]["media-service"])
    for flag, scheme, key in (("router-api", "http", "apiAddress"), ("router-rtsp", "rtsp", "rtspAddress"),
                              ("router-rtmp", "rtmp", "rtmpAddress")):
        assert given[flag] == f"{scheme}://mediamtx:{port_of(router_config[key])}"
    assert interpolated(compose["services"]["mediamtx"]["environment"]["ORCHESTRATOR_URL"]) == f"http://media-service{given['listen']}"


def test_the_published_ports_are_those_of_the_configuration(compose, router_config):
    inside = {re.sub(r"/udp$", "", interpolated(port)).rpartition(":")[2]
              for port in compose["services"]["mediamtx"]["ports"]}
    wanted = {port_of(router_config[key]) for key in (
        "rtmpAddress", "rtspAddress", "hlsAddress", "rtpAddress", "rtcpAddress", "apiAddress", "metricsAddress",
        "playbackAddress")}
    assert inside == wanted


def test_every_published_port_is_moved_by_its_variable_and_bound_as_told(compose, tmp_path):
    published = {port for service in compose["services"].values() for port in service["ports"]}
    variables = [variable for _, _, variable in Settings().tcp_ports()] + ["RTP_PORT", "RTCP_PORT"]
    for variable in variables:
        bind = "${BIND:-0.0.0.0}" if variable.startswith(("RTMP", "RTSP", "HLS", "RTP", "RTCP")) else "${ADMIN_BIND:-127.0.0.1}"
        found = [port for port in published if port.startswith(f"{bind}:${{{variable}:-")]
        assert len(found) == 1, variable
        published.remove(found[0])
    assert not published
    given = compose_command.environment(Settings(bind="10.0.0.1", rtp_port=9000, run_dir=str(tmp_path)))
    assert all(variable in given for variable in variables) and given["RTCP_PORT"] == "9001"
    assert (given["BIND"], given["ADMIN_BIND"]) == ("10.0.0.1", "127.0.0.1")
    # RTSP tells its ports to UDP clients; the dashboard asks the router for that of HLS.
    environment = compose["services"]["mediamtx"]["environment"]
    assert environment["MTX_HLSADDRESS"] == ":${HLS_PORT:-8888}"
    assert given["PAGE_ORIGINS"] == "http://127.0.0.1:8080,http://localhost:8080"
    assert environment["MTX_RTPADDRESS"] == ":${RTP_PORT:-8000}"
    assert environment["MTX_RTCPADDRESS"] == ":${RTCP_PORT:-8001}"


def test_the_demo_speech_service_starts_only_when_it_is_asked_for(every_service, tmp_path, monkeypatch):
    service, asked = every_service["sts-espeak"], every_service["media-service"]["environment"]
    assert service["profiles"] == [compose_command.DEMO_PROFILE] and compose_command.DEMO_PROFILE in compose_command.PROFILES.split(",")
    assert all(asked[name] == f"${{{name}:-}}" for name in ("STS_URL", "DUB_LANGUAGES")), "by default nothing is dubbed"
    monkeypatch.setenv("COMPOSE_PROFILES", "observability")
    plain = compose_command.environment(Settings(run_dir=str(tmp_path)))
    demo = compose_command.environment(Settings(run_dir=str(tmp_path), dub="demo", sts_port=9765))
    assert "STS_URL" not in plain and plain["COMPOSE_PROFILES"] == "observability"
    assert demo["COMPOSE_PROFILES"] == "observability,dub-demo" and demo["STS_PORT"] == "9765"
    assert demo["STS_URL"] == f"ws://sts-espeak:{port_of(service['command'][0])}" and demo["DUB_LANGUAGES"] == "es,fr,de"
    assert service["ports"] == ["${ADMIN_BIND:-127.0.0.1}:${STS_PORT:-8765}:8765"]
    names = [program.name for program in containers._programs(Settings(dub="demo"))]
    assert names == ["media-service", "mediamtx", "sts-espeak"]


def test_the_image_of_the_demo_speech_service_has_its_files_and_packages():
    folder = DEPLOY / whole()["services"]["sts-espeak"]["build"]["context"]
    dockerfile = (folder / "Dockerfile").read_text()
    assert set(re.search(r"^COPY (.+) /opt/sts-espeak/$", dockerfile, re.M).group(1).split()) == {file.name for file in folder.glob("*.py")}
    wanted = re.search(r"^demo (.+)$", (ROOT / "tools" / "debian-packages.txt").read_text(), re.M).group(1).split()
    assert set(wanted) <= set(re.search(r"--no-install-recommends (.+) \\$", dockerfile, re.M).group(1).split())
    assert "USER 10001:10001" in dockerfile


@pytest.mark.parametrize("command", [["docker", "compose"], ["docker-compose"]], ids=" ".join)
def test_compose_itself_accepts_the_file(command, tmp_path):
    if not shutil.which(command[0]) or subprocess.run([*command, "version"], capture_output=True).returncode != 0:
        pytest.skip(f"no {' '.join(command)} here")
    settings = Settings(rtmp_port=2935, compose_project="other", run_dir=str(tmp_path))
    done = subprocess.run(compose_command.argv(command, settings, "config"), capture_output=True, text=True,
                          env=compose_command.environment(settings))
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)
    assert shown["networks"]["dubbing-network"]["name"] == "other_dubbing-network"
    assert "2935" in str(shown["services"]["mediamtx"]["ports"])
    assert "127.0.0.1" in str(shown["services"]["mediamtx"]["ports"])


def test_nobody_is_a_user_whose_password_was_not_made(router_config):
    """With an empty password everybody could log in. With a hash that no password has, nobody can."""
    by_name = {user["user"]: user for user in router_config["authInternalUsers"]}
    for name in ("media-service", "worker"):
        kind, _, digest = by_name[name]["pass"].partition(":")
        assert kind == "sha256" and base64.b64decode(digest) == bytes(32)


def test_who_may_do_what(router_config):
    def may(action, **wanted):
        return [(user["user"], permission.get("path", "")) for user in router_config["authInternalUsers"]
                for permission in user["permissions"] if permission["action"] == action
                and all(user.get(key) == value for key, value in wanted.items())]

    out = "~^live/[a-zA-Z0-9_-]{1,128}/out$"
    assert may("publish") == [("worker", out), ("any", out.replace("/out", "/in"))]
    assert may("api") == [("media-service", ""), ("any", "")]
    assert may("api", user="any", ips=["127.0.0.1", "::1"]) == [("any", "")]
    last = router_config["authInternalUsers"][-1]
    assert [item["action"] for item in last["permissions"]] == ["api", "metrics"], "make dev ROUTER=mediamtx counts on it"
    assert all(router_config[f"{server}AllowOrigins"] == [] for server in ("api", "metrics"))
    page = ["http://localhost:8080", "http://127.0.0.1:8080"]
    assert all(router_config[f"{server}AllowOrigins"] == page for server in ("hls", "playback")), "the dashboard, and nobody else"
    assert all(router_config[f"{server}Address"].startswith("127.0.0.1:") for server in ("api", "metrics", "playback"))


def test_every_file_that_compose_names_exists(compose):
    for service in compose["services"].values():
        context = (DEPLOY / service["build"]["context"]).resolve()
        assert context == ROOT
        assert (context / service["build"]["dockerfile"]).is_file()
        for volume in service.get("volumes", []):
            source = interpolated(volume).split(":")[0]
            assert source in compose["volumes"] or source == "/dev/null" or (DEPLOY / source).is_file()


def test_the_project_has_its_name_in_compose_s_own_file_too():
    assert f"COMPOSE_PROJECT_NAME={Settings().compose_project}" in (DEPLOY / ".env").read_text().splitlines()
    assert Settings().compose_project == compose_command.DEFAULT_PROJECT


def copied(dockerfile):
    """The files that the build stage copies from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", dockerfile.read_text(), re.M)
    return {source for line in lines for source in line.split()[:-1]}


def test_every_copied_source_exists_and_is_sent_to_the_engine():
    for dockerfile in DOCKERFILES:
        for source in copied(dockerfile):
            assert (ROOT / source).exists() and is_sent(source)


def test_what_cmake_reads_is_sent_and_copied():
    folders = re.findall(r"^add_subdirectory\((\S+)\)", (ROOT / "CMakeLists.txt").read_text(), re.M)
    assert {"src", "apps"} < set(folders)
    lists = [path.relative_to(ROOT) for name in folders for path in (ROOT / name).rglob("CMakeLists.txt")]
    named = re.findall(r"PROJECT_SOURCE_DIR\}/([\w./-]+)", "".join((ROOT / path).read_text() for path in lists))
    assert "specs/001-mediamtx-integration/contracts/openapi.json" in named
    modules = [path.relative_to(ROOT) for path in (ROOT / "cmake").glob("*.cmake")]
    for path in ["CMakeLists.txt", "CMakePresets.json", *map(str, modules), *map(str, lists), *named]:
        assert is_sent(path), path
        for dockerfile in DOCKERFILES:
            assert any(Path(path).is_relative_to(source) for source in copied(dockerfile)), path
    assert not any(map(is_sent, (".git", "build", ".run", "docs", "tests", "Makefile", "tools/devstack")))


def is_sent(path):
    """Whether Docker gets this path. In .dockerignore, the last pattern that matches the path or a folder above it decides."""
    parents = [path, *map(str, Path(path).parents)][:-1]
    sent = True
    for pattern in (ROOT / ".dockerignore").read_text().splitlines():
        rule = pattern.lstrip("!")
        if rule and not rule.startswith("#") and any(fnmatch.fnmatchcase(part, rule) for part in parents):
            sent = pattern.startswith("!")
    return sent


def test_all_images_share_one_build_stage():
    stages = {re.search(r"^FROM .*? AS build\n(.*?)\n\n", path.read_text(), re.M | re.S).group(1)
              for path in DOCKERFILES}
    assert len(stages) == 1, "an engine would build the programs twice"
    assert set(re.search(r"--target (.+)$", stages.pop(), re.M).group(1).split()) == {*PROGRAMS, "media-router", "mtx-hook", "segment-archiver"}


def test_the_image_of_media_service_holds_the_worker_and_just_the_libraries_of_all(bin_dir):
    dockerfile = (DEPLOY / "media-service" / "Dockerfile").read_text()
    copied = re.search(r"^COPY --from=build (.+?) /usr/local/bin/$", dockerfile, re.M | re.S).group(1).replace("\\", " ").split()
    assert copied == [f"/src/build/release/bin/{name}" for name in PROGRAMS]
    assert installed("media-service") == packages_of_libraries(*(bin_dir / name for name in PROGRAMS)) | AUTHORITIES


# The images of Kubernetes. mtx-hook is static.
@pytest.mark.parametrize("image, programs", [("media-router", ["media-router"]), ("stream-worker", ["stream-worker", "stream-worker-dub"])])
def test_an_image_holds_just_the_libraries_of_its_programs(bin_dir, image, programs):
    copied = re.search(r"^COPY --from=build (.+?) /usr/local/bin/$", (DEPLOY / image / "Dockerfile").read_text(), re.M).group(1).split()
    assert [Path(path).name for path in copied if "mtx-hook" not in path] == programs
    assert installed(image) == packages_of_libraries(*(bin_dir / name for name in programs)) | AUTHORITIES


@pytest.mark.parametrize("program", ["mtx-hook", "mtx-hook-secure"])
def test_mtx_hook_is_static_because_its_image_has_no_libc(bin_dir, program):
    if "-fsanitize" in (bin_dir.parent / "build.ninja").read_text():
        pytest.skip("the sanitizers' runtimes need a dynamic libc")
    linked = subprocess.run(["ldd", str(bin_dir / program)], capture_output=True, text=True)
    assert linked.returncode != 0 and "not a dynamic executable" in linked.stderr


def test_the_publisher_of_the_test_stream_starts_only_when_it_is_asked_for(every_service):
    [publisher] = [service for service in every_service.values() if service.get("profiles") == ["publish"]]
    mediamtx = (DEPLOY / "mediamtx" / "Dockerfile").read_text()
    assert f"FROM {publisher['image'].removesuffix('-ffmpeg')}\n" in mediamtx and publisher["image"].endswith("-ffmpeg")
    assert publisher["networks"] == ["dubbing-network"] and publisher["environment"]["RTMP_HOST"] in every_service
    assert publisher["read_only"] and publisher["cap_drop"] == ["ALL"] and publisher["user"] == "10001:10001"
    [mount] = publisher["volumes"]
    script, inside, mode = mount.split(":")
    assert os.access(DEPLOY / script, os.X_OK) and inside in publisher["entrypoint"] and mode == "ro"


def test_nothing_runs_as_root_or_writes_outside_its_state(compose):
    for dockerfile in DOCKERFILES:
        assert re.findall(r"^USER (.+)$", dockerfile.read_text(), re.M) == ["10001:10001"]
    for service in compose["services"].values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    service = compose["services"]["media-service"]
    [mount] = service["tmpfs"]
    folder, _, options = mount.partition(":")
    assert flags(service)["state-dir"] == folder
    assert {"uid=10001", "gid=10001", "mode=0700"} <= set(options.split(","))


def test_workers_end_before_their_container_and_leave_nothing_unreaped(compose):
    service = compose["services"]["media-service"]
    assert service["init"] and "stop-workers-on-exit" in flags(service)
    assert int(service["stop_grace_period"].rstrip("s")) > WORKER_END_SECONDS


def test_media_service_accepts_the_command_line_of_the_compose_file(compose, bin_dir, tmp_path):
    [port] = free_ports(1)
    given = flags(compose["services"]["media-service"])
    ours = {"listen": f"127.0.0.1:{port}", "state-dir": str(tmp_path / "state"),
            **{flag: re.sub("//.*:.*", f"//127.0.0.1:{port}", value)  # because the host `mediamtx` does not exist here
               for flag, value in given.items() if flag.startswith("router-")}}
    argv = [f"--{flag}={value}" if value else f"--{flag}" for flag, value in {**given, **ours}.items()]
    assert shutil.which(given["worker-command"], path=str(bin_dir))
    assert_serves_and_stops([str(bin_dir / "media-service"), *argv], port, tmp_path,
                            {**os.environ, "PATH": f"{bin_dir}:{os.environ['PATH']}"})


def test_the_health_check_tells_a_good_answer_from_a_bad_one(compose, new_stack):
    command = compose["services"]["media-service"]["healthcheck"]["test"]
    assert command[:3] == ["CMD", "bash", "-c"]
    stack = new_stack()
    stack.start_service()
    script = command[3].replace("$$", "$").replace("/8080", f"/{stack.settings.service_port}")
    assert subprocess.run(["bash", "-c", script], timeout=10).returncode != 0  # the router does not run yet
    stack.start_router()
    wait_until(lambda: subprocess.run(["bash", "-c", script], timeout=10).returncode == 0, "a good answer")
    stack.stop()


def test_every_key_of_the_configuration_says_why(router_config):
    lines = (DEPLOY / "mediamtx" / "mediamtx.yml").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^(  )?[a-zA-Z]+:|^    (runOn\w+):", line) and not line.rstrip().endswith(":"):
            assert "#" in line or lines[number - 1].lstrip().startswith("#"), line


def test_recording_is_off_and_what_the_pipeline_needs_is_on(router_config):
    assert all(router_config[key] is True for key in ("rtmp", "rtsp", "api", "metrics", "playback"))
    assert router_config["rtspTransports"][0] == "tcp"
    assert router_config["pathDefaults"] == {"source": "publisher", "overridePublisher": True, "record": False, "recordDeleteAfter": "1d"}
