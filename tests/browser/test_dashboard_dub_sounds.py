"""A stream that is really dubbed into two languages, in the dashboard: the menu of sounds offers each language and the original, and choosing
another one does not break the picture."""

import pytest
from support import browser, dubbing
from support.dashboard import SECONDS, Dashboard
from support.free_ports import free_ports
from support.making import started
from support.stack import Stack
from support.wait import wait_until

MENU = """const select = document.querySelector('select[aria-label="Language of what viewers get"]');
return select.hidden ? [] : [...select.options].map(option => option.textContent);"""
CHOOSE = """const select = document.querySelector('select[aria-label="Language of what viewers get"]');
select.selectedIndex = given[0];
select.dispatchEvent(new Event('change'));"""
CHOSEN = """return document.querySelector('select[aria-label="Language of what viewers get"]').selectedOptions[0].textContent;"""
# Bytes of sound that were decoded, and whether it is still the element that played before.
PLAYED = """const video = document.querySelector('[data-side=out] video');
return {sound: video.webkitAudioDecodedByteCount, error: video.error?.message ?? '', same: video === window.first};"""
# What the player fetches is remembered from here on.
WATCH = """window.first = document.querySelector('[data-side=out] video');
const fetched = window.fetch;
window.fetched = [];
window.fetch = (url, ...more) => (window.fetched.push(String(url)), fetched(url, ...more));"""
FETCHED = "return window.fetched.filter(url => url.includes('/out/live.mp4')).at(-1) ?? '';"
SOUNDS = ["Spanish", "French"]


@pytest.fixture(scope="module")
def opened():
    one = browser.Browser()
    one.resize(1440, 1000)
    yield one
    one.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder, [port] = tmp_path_factory.mktemp("sounds"), free_ports(1)
    service = dubbing.Service(folder, port)
    flags = {"--sts-url": f"ws://127.0.0.1:{port}", "--dub-languages": "es,fr", "--dub-delay": "2s"}
    try:
        with started(Stack(folder, worker_mode="process", service_flags=flags)) as running:
            yield running
    finally:
        service.kill()


def dubbed(stack, stream):
    return [dub["language"] for dub in stack.show(stream).get("dubs", []) if dub["mode"] == "dubbed"]


def test_each_language_and_the_original_can_be_chosen(opened, publish, stack, stream):
    publish(stack.rtmp(stream, query="lang=es,fr"), "time-code")
    wait_until(lambda: dubbed(stack, stream) == ["es", "fr"], lambda: stack.show(stream), SECONDS)
    page = Dashboard(opened, stack)
    page.open(f"stream/{stream}")
    page.wait_moving("out")
    # MediaMTX does not tell the language of the original.
    sounds = [*SOUNDS, "original · English" if stack.embedded else "original"]
    wait_until(lambda: page.run(MENU) == sounds, lambda: page.run(MENU), SECONDS)
    page.run(WATCH)
    for number in (1, 2, 0, 2):
        before = page.run(PLAYED)["sound"]
        page.run(CHOOSE, number)
        page.wait_moving("out", more=50)
        wait_until(lambda: page.run(PLAYED)["sound"] != before, lambda: page.run(PLAYED), SECONDS)
        wait_until(lambda: page.run(CHOSEN) == sounds[number], lambda: page.run(CHOSEN), SECONDS)
        if stack.embedded:  # which plays live.mp4; with MediaMTX it is HLS
            wait_until(lambda: page.run(FETCHED).endswith(f"?audio={number + 1}"), lambda: page.run(FETCHED), SECONDS)
        assert page.run(PLAYED)["same"] and not page.run(PLAYED)["error"]
        assert page.run(MENU) == sounds
    opened.open("about:blank")
