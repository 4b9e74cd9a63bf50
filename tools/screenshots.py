#!/usr/bin/python3
"""Renders the pictures of the dashboard that the documentation shows: real streams, real programs, a real browser. `make
screenshots` calls it. It starts a stack of its own and leaves nothing behind but docs/screenshots/*.png."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

from support import browser, http  # noqa: E402
from support.dashboard import Dashboard, failing_worker  # noqa: E402
from support.making import started  # noqa: E402
from support.recorded_page import RecordedPage  # noqa: E402
from support.sts_espeak import SpeechService  # noqa: E402
from support.process import Process  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.tokens import Tokens  # noqa: E402
from support.wait import wait_until  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
SIZE = (1440, 900)
GRAPH_SECONDS = 75  # so that the graphs have something to show
COLOURS = "256"
CLIP_SECONDS = "24"
ENCODER = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "50", "-threads", "1",
           "-b:v", "900k", "-c:a", "aac", "-b:a", "96k", "-f", "flv"]
# The streams of the wall, and what ffmpeg draws for each.
STREAMS = {
    "main-stage": "gradients=size=640x360:rate=25:c0=0x14304a:c1=0xd96c3f:c2=0xf3c98b:n=3:speed=0.012",
    "studio-a": "gradients=size=640x360:rate=25:c0=0x0b3d3a:c1=0x4fb3a5:c2=0xe8f1d4:n=3:speed=0.01",
    "studio-b": "mandelbrot=size=640x360:rate=25:start_scale=0.9:end_scale=0.4:end_pts=8000",
    "interview": "gradients=size=640x360:rate=25:c0=0x2b1d3f:c1=0x8a4b8f:c2=0xf0b7a4:n=3:speed=0.014",
    "relay-7": "testsrc2=size=640x360:rate=25",
}
DUBBED = "interview"  # by the demo speech service
RECORDED = "main-stage"
GAP_SECONDS = 12
FAILS = "relay"  # the workers of these streams fail
SAYS = """echo '{"ts":"'$(date -u +%FT%T.000000Z)'","level":"error","event":"stage.failed",\
"msg":"the model of the stage cannot be loaded: no such file"}'"""


def encode(name, source, folder):
    """Before the streams begin: two cores do not encode five streams and show them, too."""
    sound = "anoisesrc=color=pink:amplitude=0.25:sample_rate=48000,tremolo=f=0.8:d=0.8"
    file = folder / f"{name}.flv"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", sound, *ENCODER, "-t", CLIP_SECONDS, str(file)], check=True)
    return file


def publish(stack, name, file, folder):
    argv = ["ffmpeg", "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(file), "-c", "copy", "-f", "flv",
            stack.rtmp(name, query="lang=es" if name == DUBBED else "")]
    return Process(f"publisher of {name}", argv, folder / f"{name}.log")


def shoot(page, name, size=SIZE):
    """Renders what is shown, in both colours."""
    page.browser.resize(*size)
    for colours in ("light", "dark"):
        page.browser.prefer(prefers_color_scheme=colours)
        time.sleep(1.5)  # graphs are drawn anew, pictures fade in
        png = page.browser.driver.get_screenshot_as_png()
        palette = f"split[a][b];[a]palettegen=max_colors={COLOURS}[p];[b][p]paletteuse=dither=sierra2_4a"
        file = OUT / f"{name}-{colours}.png"
        subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-f", "png_pipe", "-i", "-", "-vf", palette, str(file)],
                       input=png, check=True)
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KiB")
    page.browser.resize(*SIZE)


def record(stack, name, verb):
    reply = http.request("POST", stack.service_url(f"/v1/streams/{name}/recordings/out/{verb}"), b"")
    assert reply.status == 200, reply


def shoot_recordings(page, panel):
    """The past is played, a clip is chosen, and there is a gap."""
    page.open(f"stream/{panel.stream}")
    panel.wait_drawn(2)
    panel.point(0.35, 0.8, span=0)
    panel.point(0.35, span=0)
    panel.wait_playing()
    page.wait_moving("in", "out")
    page.run("document.querySelector('.line').dispatchEvent(new PointerEvent('pointerleave'));")
    page.browser.resize(1440, 860)
    page.run("const top = document.querySelector('.recordings').closest('section').getBoundingClientRect().top; scrollBy(0, top - 75);")
    shoot(page, "recordings", (1440, 860))


def shoot_sign_in(browser_page, folder):
    tokens = Tokens(folder)
    tokens.make("ann", "operator")
    with started(Stack(folder, worker_mode="none", service_flags={"--tokens-file": str(tokens.file)})) as stack:
        page = Dashboard(browser_page, stack)
        page.open()
        page.wait_text(".sign-in h1", "Sign in")
        shoot(page, "sign-in", (1440, 700))


def shoot_all(page, stack, folder):
    page.open()
    page.wait_text("#link", "Live")
    page.wait_text(".empty h1", "Waiting")
    shoot(page, "empty")
    files = {name: encode(name, source, folder) for name, source in STREAMS.items()}
    publishers = [publish(stack, name, file, folder) for name, file in files.items()]
    try:
        wait_until(lambda: stack.is_live(RECORDED, "out"), "an output", 60)
        record(stack, RECORDED, "start")
        time.sleep(GRAPH_SECONDS / 2)
        record(stack, RECORDED, "stop")
        time.sleep(GAP_SECONDS)
        record(stack, RECORDED, "start")
        time.sleep(GRAPH_SECONDS / 2)
        moving = [name for name in STREAMS if not name.startswith(FAILS)]
        wait_until(lambda: all(page.frames(name) > 30 for name in moving), lambda: page.videos(), 60, 0.5)
        shoot(page, "wall")
        page.open("stream/main-stage")
        page.wait_moving("in", "out", more=100)
        shoot(page, "stream", (1440, 1330))
        shoot_recordings(page, RecordedPage(page, stack, RECORDED))
        page.open(f"stream/{DUBBED}")
        page.wait_moving("in", "out", more=50)
        page.wait_text(".dub .chip", "Dubbed")
        wait_until(lambda: page.run("return document.querySelectorAll('.captions li').length;") == 3, "three captions", 60, 0.5)
        shoot(page, "dubbed", (1440, 1080))
        page.open("stream/relay-7")
        page.wait_moving("in", more=50)
        shoot(page, "failed", (1440, 1240))
    finally:
        for publisher in publishers:
            publisher.kill()


def main():
    if why := browser.missing():
        sys.exit(f"screenshots: {why} (packages chromium, chromium-driver, python3-selenium)")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tidegate-screenshots-") as folder:
        folder = Path(folder)
        speech = SpeechService(folder)
        flags = {"--worker-command": str(failing_worker(folder, FAILS, SAYS)), "--sts-url": speech.url, "--dub-languages": "es,fr,de"}
        try:
            with started(Stack(folder, worker_mode="process", service_flags=flags)) as stack:
                opened = browser.Browser()
                try:
                    opened.resize(*SIZE)
                    (folder / "closed").mkdir()
                    shoot_sign_in(opened, folder / "closed")
                    shoot_all(Dashboard(opened, stack), stack, folder)
                finally:
                    opened.close()
        finally:
            speech.kill()


if __name__ == "__main__":
    main()
