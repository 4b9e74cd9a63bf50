"""The dashboard's panel "Dub" and the marks on the wall, in every state of a dub. The workers report what the tests write."""

import time

import pytest
from support import browser
from support.dashboard import SECONDS, Dashboard
from support.dubbed import REPORT, DubbedStack
from support.making import started
from support.wait import wait_until

MARK = """const mark = document.querySelector(`.tile[data-id="${given[0]}"] .mark`);
return mark && {text: mark.textContent, colour: mark.dataset.colour, title: mark.title};"""
CAPTIONS = "return [...document.querySelectorAll('.captions .said')].map(said => said.textContent);"

# (what the worker reports, chip, colour, why)
STATES = [
    ({}, "Dubbed", "good", ""),
    ({"mode": "original", "reason": "starting"}, "Original voice", "new", "The first fragment is on its way."),
    ({"mode": "original", "reason": "service-down", "detail": "connection refused"}, "Original voice", "warn", "cannot be reached: connection refused."),
    ({"mode": "original", "reason": "refused"}, "Original voice", "bad", "refuses the token"),
    ({"mode": "original", "reason": "breaker-open", "breaker": "open"}, "Original voice", "warn", "The last fragments failed"),
    ({"mode": "original", "reason": "paused"}, "Original voice", "warn", "cannot take more"),
    ({"mode": "original", "reason": "late"}, "Original voice", "warn", "too late"),
    ({"mode": "original", "reason": "no-sound"}, "Original voice", "calm", "sends no sound"),
    ({"mode": "original", "reason": "something-new"}, "Original voice", "warn", "The reason is: something-new."),
]


@pytest.fixture(scope="module")
def opened():
    one = browser.Browser()
    one.resize(1440, 1000)
    yield one
    one.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(DubbedStack(tmp_path_factory.mktemp("dubbed"), **{"--grace-period": "1s"})) as running:
        yield running


@pytest.fixture
def page(opened, stack):
    opened.console()
    yield Dashboard(opened, stack)
    opened.open("about:blank")
    lines = [line for line in opened.console().splitlines() if "Failed to load resource" not in line]
    assert not lines, lines  # nor anything that the Content-Security-Policy forbids


def test_the_panel_says_what_is_heard_and_why(page, publish, stack, stream):
    publish(stack.rtmp(stream, query="lang=es"))
    page.open(f"stream/{stream}")
    page.wait_text(".dub .chip", "Original voice")
    page.wait_text(".dub .why", "The first fragment is on its way.")
    for change, word, colour, why in STATES:
        stack.report(stream, {**REPORT, **change})
        page.wait_text(".dub .chip", word)
        page.wait_text(".dub .why", why)
        state = "const dub = document.querySelector('.dub'); return [dub.dataset.colour, dub.querySelector('.why').textContent];"
        wait_until(lambda: page.run(state)[0] == colour and (why or not page.run(state)[1]), lambda: (change, page.run(state)), SECONDS)
    assert page.text(".dub h3") == "Spanish" and page.text(".dub .tag") == "es"
    for fact in ("115 of 120 dubbed", "813 ms · p95 1.43 s", "10 s", "1.04 ×", "−1.5 dB", "3 late, 4 silent, 2 timed out", "1 reconnection"):
        page.wait_text(".dub-facts", fact)
    page.wait_text(".timeline", "The dub is heard (es)")
    page.wait_text(".timeline", "service down: connection refused")


def test_captions_come_when_they_are_heard_and_are_text(page, publish, stack, stream):
    publish(stack.rtmp(stream, query="lang=es"))
    stack.report(stream, REPORT)
    stack.say(stream, {"fragment": 0, "transcript": "one", "translation": "uno"}, {"fragment": 1, "transcript": "two", "translation": "dos"})
    stack.wait_dub(stream, mode="dubbed")
    page.open(f"stream/{stream}")
    wait_until(lambda: page.run(CAPTIONS) == ["uno", "dos"], lambda: page.run(CAPTIONS), SECONDS)  # those of before come from the transcript
    soon = time.time() + 5
    stack.say(stream, {"fragment": 2, "at": int(soon * 1000), "transcript": "later", "translation": "luego"},
              {"fragment": 3, "transcript": "<img src=x onerror=alert(1)>", "translation": "<b>tres</b>"})
    wait_until(lambda: page.run(CAPTIONS)[-1] == "<b>tres</b>", lambda: page.run(CAPTIONS), SECONDS)
    wait_until(lambda: page.run(CAPTIONS) == ["dos", "<b>tres</b>", "luego"], lambda: page.run(CAPTIONS), SECONDS)
    assert time.time() >= soon - 0.1
    assert page.run("return document.querySelectorAll('.captions b, .captions img').length;") == 0


def test_the_wall_marks_the_language_and_a_stream_without_a_dub_has_nothing(page, publish, stack, stream):
    for name, query in ((stream, "lang=pt-BR"), (f"{stream}-not", "lang=xx"), (f"{stream}-plain", "")):
        publish(stack.rtmp(name, query=query))
    stack.report(stream, {**REPORT, "language": "pt-BR"})
    page.open()
    for name, colour in ((stream, "good"), (f"{stream}-not", "warn")):
        wait_until(lambda: (page.run(MARK, name) or {}).get("colour") == colour, lambda: page.run(MARK, name), SECONDS)
    assert page.run(MARK, stream)["text"] == "pt-BR" and page.run(MARK, stream)["title"] == "Brazilian Portuguese: Dubbed."
    assert page.run(MARK, f"{stream}-not")["title"].startswith("xx: Original voice. This language is not offered")
    page.wait_state(f"{stream}-plain", "running")
    assert page.run(MARK, f"{stream}-plain") is None
    page.open(f"stream/{stream}-plain")
    page.wait_text(".chip", "Running")
    hidden = "return document.querySelector('[aria-label=Dub]').hidden;"
    assert page.run(hidden)
    page.open(f"stream/{stream}-not")
    page.wait_text(".dub .why", "the languages offered are es, fr, pt-BR")
    page.wait_text(".timeline", "a language that is not offered")
    assert page.run("return document.querySelector('.dub-facts').hidden;")


def test_the_panel_fits_narrow_screens(page, publish, stack):
    publish(stack.rtmp("wide", query="lang=es"))
    stack.report("wide", {**REPORT, "mode": "original", "reason": "service-down", "detail": "x" * 300})
    stack.say("wide", {"fragment": 0, "transcript": "y" * 200, "translation": "z" * 200})
    page.open("stream/wide")
    page.wait_text(".captions", "zzz")
    try:
        for width in (360, 820, 1440):
            page.browser.resize(width, 900)
            over = wait_until(lambda: page.run("""await new Promise(requestAnimationFrame);
                return innerWidth === given[0] && {over: [...document.querySelectorAll('.dubs *')].filter(element =>
                  element.getBoundingClientRect().right > innerWidth + 1).map(element => element.className), page: document.documentElement.scrollWidth};""", width), "the size")
            assert over["page"] <= width and not over["over"], (width, over)
    finally:
        page.browser.resize(1440, 1000)


OVERLAY = """const overlay = document.querySelector('[data-side=out] .caption');
return {text: overlay.hidden ? '' : overlay.textContent, lang: overlay.firstChild.lang, tags: overlay.firstChild.children.length};"""
MENUS = """const texts = label => [...(document.querySelector(`select[aria-label="${label} of what viewers get"]`)?.options ?? [])].map(option => option.textContent);
return {captions: texts('Captions'), sounds: texts('Language')};"""


def choose_captions(page, value):
    page.run("""const select = document.querySelector('select[aria-label="Captions of what viewers get"]');
        select.value = given[0];
        select.dispatchEvent(new Event('change'));""", value)


def lag(page):
    """Seconds behind the live edge, as the page says; None while it does not play."""
    words = page.text("[data-side=out] .lag").partition("·")[2].split()
    return float(words[0]) * (1 if words[1] == "s" else 0.001) if words else None


def test_captions_are_over_the_picture_while_they_are_heard_in_the_chosen_language(page, publish, stack, stream):
    publish(stack.rtmp(stream, query="lang=es,fr"))
    stack.report(stream, {**REPORT, "delayMs": 0}, {**REPORT, "language": "fr", "delayMs": 0})
    stack.wait_dub(stream, mode="dubbed")
    page.open(f"stream/{stream}")
    page.wait_moving("out")
    wait_until(lambda: page.run(MENUS)["captions"] == ["No captions", "Spanish", "French", "As spoken"], lambda: page.run(MENUS), SECONDS)
    wait_until(lambda: lag(page), "its distance from the live edge", SECONDS)
    begin = time.time() + 6
    at = int(begin * 1000)
    hostile = "<b>tres</b> --> \u202eabc & <img src=x onerror=alert(1)>"
    stack.say(stream, {"fragment": 0, "at": at, "durationMs": 20000, "transcript": "three", "translation": hostile},
              {"fragment": 0, "at": at, "durationMs": 20000, "transcript": "three", "translation": "trois", "language": "fr"})
    page.wait_text(".captions", "")
    assert page.run(OVERLAY)["text"] == ""  # nobody has asked for captions
    choose_captions(page, "es")
    shown = wait_until(lambda: (now := page.run(OVERLAY))["text"] and now, lambda: page.run(OVERLAY), SECONDS, 0.02)
    late = time.time() - begin
    assert shown == {"text": hostile, "lang": "es", "tags": 0}
    # When what is on the screen left the worker: the player's distance from live after that.
    assert -0.2 < late - (lag(page) or 0) < 3, late
    for value, text, language in (("fr", "trois", "fr"), ("spoken", "three", ""), ("", "", ""), ("es", hostile, "es")):
        choose_captions(page, value)
        wait_until(lambda: page.run(OVERLAY)["text"] == text and page.run(OVERLAY)["lang"] == language, lambda: (value, page.run(OVERLAY)), SECONDS, 0.05)
    page.open(f"stream/{stream}")  # the browser remembers the choice, and what was said comes from the transcript
    wait_until(lambda: page.run(OVERLAY)["text"] == hostile or time.time() > begin + 18, lambda: page.run(OVERLAY), SECONDS, 0.05)
    wait_until(lambda: time.time() > begin + 20 and page.run(OVERLAY)["text"] == "", lambda: page.run(OVERLAY), SECONDS)
    choose_captions(page, "")


PIECES = "const {pieces} = await import('/captions.js'); return pieces(given[0]).map(({text, from, until}) => [text, from, until]);"


def test_long_captions_come_in_pieces_that_can_be_read(page):
    page.open()
    assert page.run(PIECES, "") == [] and page.run(PIECES, " \n ") == []
    assert page.run(PIECES, "uno dos") == [["uno dos", 0, 1]]
    for text in ("palabra " * 100, "x" * 1000, "漢" * 300, "😀" * 250, "שלום " * 150):
        found = page.run(PIECES, text)
        assert len(found) > 1 and "".join(piece for piece, _, _ in found).replace(" ", "") == text.replace(" ", "")
        assert found[0][1] == 0 and found[-1][2] == 1
        assert all(len(piece) <= 84 and before[2] == begin for before, (piece, begin, _) in zip(found, found[1:]))


def test_the_sounds_are_named_by_their_languages(page, publish, stack, stream):
    publish(stack.rtmp(stream, query="lang=es"))
    stack.report(stream, REPORT)
    stack.wait_dub(stream, mode="dubbed")
    page.open(f"stream/{stream}")
    page.wait_text("[data-station=out]", "· Spanish")
    assert "Spanish" not in page.text("[data-station=in]")
    tracks = stack.show(stream)["media"]["out"]["tracks"]
    assert [track.get("language") for track in tracks] == [None, "es"], tracks
