"""The README's commands that publish a stream of one's own, and that play the result, as they are written: only the ports are those
of the test, and players need no display."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from support.process import Process
from support.shell_blocks import BLOCK, commands
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
SECTION = re.search(r"^## First stream\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)[1]
PUBLISH, PLAY = (list(commands(f"```sh\n{block}```")) for block in BLOCK.findall(SECTION)[1:3])
STREAM = "demo"


def on_this_stack(command, stack, stream):
    settings = stack.settings
    for scheme, port in (("rtmp", settings.rtmp_port), ("rtsp", settings.rtsp_port), ("http", settings.hls_port)):
        command = re.sub(rf"{scheme}://localhost(:\d+)?/", f"{scheme}://{settings.host}:{port}/", command)
    assert f"/live/{STREAM}/" in command and "localhost" not in command
    return command.replace(f"/live/{STREAM}/", f"/live/{stream}/")


# What a player prints once it shows pictures with sound.
PLAYING = {"ffplay": r"\d A-V: *-?\d", "gst-launch-1.0": "Got EOS from element"}


def without_display(command):
    """The same player, which shows its pictures to nobody. GStreamer ends after ten of them."""
    return command.replace("autovideosink", "fakesink num-buffers=10")


@pytest.mark.parametrize("command", PUBLISH)
def test_a_command_publishes(command, stack, clips, stream, tmp_path):
    if not shutil.which(command.split()[0]):
        pytest.skip(f"no {command.split()[0]} here")
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", clips.get("av"), "-c", "copy", tmp_path / "file.mp4"], timeout=SECONDS)
    assert done.returncode == 0
    log = tmp_path / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(on_this_stack(command, stack, stream), shell=True, cwd=tmp_path, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_until(lambda: stack.is_live(stream, "out"), lambda: f"the output; {log.read_text()[-2000:]}", SECONDS)
        said = dict(re.findall(r"\?(\w+)=(\w+)'", command))
        stack.wait_params(stream, said)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(SECONDS)


@pytest.mark.parametrize("command", PLAY)
def test_a_command_plays(command, stack, publish, stream, tmp_path):
    if not shutil.which(command.split()[0]):
        pytest.skip(f"no {command.split()[0]} here")
    publish(stack.rtmp(stream))
    wait_until(lambda: stack.is_live(stream, "out"), "the output", SECONDS)
    argv = shlex.split(without_display(on_this_stack(command, stack, stream)))
    player = Process("player", argv, tmp_path / "player.log", {**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"})
    try:
        wait_until(lambda: re.search(PLAYING[argv[0]], player.log()) or not player.running(),
                   lambda: f"pictures: {player.log()[-2000:]}", SECONDS)
        # What is judged is how it plays. rtspsrc may report an error of its own when it leaves (support/gstreamer.py).
        played = re.search(PLAYING[argv[0]], player.log())
        assert played and "ERROR" not in player.log()[:played.start()], player.log()[-2000:]
    finally:
        player.kill()


def test_the_commands_are_found():
    assert len(PUBLISH) >= 3 and len(PLAY) >= 3
