"""Runs each command of the quickstart, and of the README's first stream, as it is written. It must succeed and print what it
should."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from support.free_ports import free_ports, free_udp_pair
from support.shell_blocks import commands, on_ports
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "specs" / "001-mediamtx-integration" / "quickstart.md"
FIRST_STREAM = re.compile(r"^## First stream\n(.*?```sh\n.*?^```)", re.M | re.S)  # the first sh block of this section
COMMAND_SECONDS = 60
ATTEMPT_SECONDS = 45  # a command is repeated until it prints what it should, because a reader would wait, too

PORTS = {"RTMP_PORT": 1935, "RTSP_PORT": 8554, "HLS_PORT": 8888, "PLAYBACK_PORT": 9996, "API_PORT": 9997, "METRICS_PORT": 9998,
         "SERVICE_PORT": 8080}
# What the output of a command must show. A new command needs a line here.
EXPECTED = [
    (r"make dev$", r"publish +rtmp://.*next: make publish STREAM=demo"),
    (r"curl -s localhost:\d+/v1/streams/demo( \| jq)?$", r'"state": ?"running".*"output": ?\{\s*"readable": ?true'),
    (r"make api$", r'"name": "live/demo/in".*"name": "live/demo/out"'),
    (r"curl -s localhost:\d+/v3/paths/list$", r'"name":"live/demo/in".*"name":"live/demo/out"'),
    (r"ffprobe .*/live/demo/(in|out)$", r"Video: h264.*1280x720.*Audio: aac|Audio: aac.*Video: h264.*1280x720"),
    (r"curl -s localhost:\d+/v1/events$", r'"type":"ready".*"path":"live/demo/in"'),
    (r"curl -s localhost:\d+/metrics$", r'paths\{name="live/demo/out",state="ready"\} 1|tidegate_\w+'),
    (r"make ps$", r"media-router.*healthy.*media-service.*healthy"),
    (r"make logs FOLLOW=0$", r"media-router *\|.*media-service *\|"),
    (r"curl -s -X POST .*/events/ready ", r'"status":"accepted","streamId":"other"'),
    (r"curl -s localhost:\d+/v1/streams/other$", r'"streamId":"other"'),
    (r"curl -s -X POST .*/v1/streams/demo/restart$", r'"streamId":"demo"'),
    (r"make play STREAM=demo$", r"codec_name=h264"),
    (r"make down$", r"stopped"),
]


@pytest.fixture
def environment(tmp_path):
    """The environment for a stack with free ports and its own run directory. It is stopped at the end in any case."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS)))))
    names = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "DISPLAY"))}
    made = {**names, **ports, "RTP_PORT": str(free_udp_pair()), "RUN_DIR": str(tmp_path / "run")}
    yield made
    subprocess.run(["make", "down"], cwd=ROOT, env=made, capture_output=True, timeout=COMMAND_SECONDS)


def expected(command):
    found = [output for pattern, output in EXPECTED if re.match(pattern, command)]
    assert found, f"say in EXPECTED what this command must show: {command}"
    return re.compile(found[0], re.S)


def run(command, environment):
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS)
    return done.returncode, done.stdout.decode(errors="replace")


def run_until_it_says(command, environment):
    wanted, last = expected(command), [None, ""]

    def attempt():
        last[:] = run(command, environment)
        return last[0] == 0 and wanted.search(last[1])

    wait_until(attempt, lambda: f"{command}\nexit code {last[0]}: {last[1][-2000:]}", ATTEMPT_SECONDS)


def run_all(text, environment):
    ports = {usual: int(environment[name]) for name, usual in PORTS.items()}
    background = []
    try:
        for command in (on_ports(command, ports) for command in commands(text)):
            if command.endswith("&"):
                background.append(subprocess.Popen(
                    command.removesuffix("&"), shell=True, cwd=ROOT, env=environment, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            else:
                run_until_it_says(command, environment)
    finally:
        for process in background:
            os.killpg(process.pid, signal.SIGTERM)  # its own process group: the command and what it has started
            process.wait(COMMAND_SECONDS)
    return len(background)


def test_the_quickstart_does_what_it_says(environment):
    assert run_all(QUICKSTART.read_text(), environment) == 1


def test_the_readmes_first_stream_does_what_it_says(environment):
    readme = (ROOT / "README.md").read_text()
    assert run_all(FIRST_STREAM.search(readme).group(1), environment) == 1
