"""The longest queries that the router accepts: their hooks are accepted, and the settings in them reach the worker."""

import pytest
from support.making import making
from support.rtmp_script import Publisher

MAX_HALF = 4 * 1024  # bytes of tcUrl, and of the key: together their queries may have 8 KiB


@pytest.fixture
def publish_halves(clips):
    """Publishes with exactly this tcUrl and key. The connection ends with the test."""
    def start(stack, tc_url, key):
        return Publisher(stack.settings.host, stack.settings.rtmp_port, clips.get("av"), halves=(tc_url, key))

    yield from making(start, Publisher.close)


def filled(text, filler):
    """The text, filled up to half of the longest query. The filler is one byte, in the form of Python's surrogateescape."""
    return text + filler * ((MAX_HALF - len(text.encode())) // len(filler.encode(errors="surrogateescape")))


# A byte that stays one byte; one that JSON escapes with six; one that is not UTF-8, which becomes three (percent-encoded).
# A URL cannot contain control characters. So the error does not even repeat the name of such a setting.
@pytest.mark.parametrize("filler,refused", [("x", ["pad", "pad2"]), ("\x01", ["", ""]), ("\udcff", ["pad", "pad2"])],
                         ids=["plain", "control", "not-utf-8"])
def test_the_longest_query_reaches_the_worker(stack, publish_halves, stream, filler, refused):
    publish_halves(stack, filled(f"{stack.rtmp(stream, side='').rstrip('/')}?lang=es&pad=", filler),
                   filled("in?voice=a&pad2=", filler))
    event = stack.wait_event(stream, "ready")
    assert event["query"].startswith("lang=es&pad=")
    view = stack.wait_params(stream, {"lang": "es", "voice": "a"})
    assert [param["key"] for param in view["rejectedParams"]] == refused
    assert view["hooks"]["in"]["query"].startswith("lang=es&pad=") and view["hooks"]["in"]["query"].endswith("…")
    assert "hook.refused" not in stack.service.log() and "hook.failed" not in stack.router.log()


def test_such_a_stream_is_served_without_its_hook_too_because_the_router_tells_its_query(new_stack, publish_halves, stream):
    stack = new_stack(worker_mode="process")
    stack.start_router()
    publish_halves(stack, stack.rtmp(stream, side="").rstrip("/"), filled("in?lang=es&pad=", "x"))
    stack.wait_live(stream)
    stack.start_service()
    assert stack.wait_params(stream, {"lang": "es"})["live"]
    stack.stop()
