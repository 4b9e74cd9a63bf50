"""The wall with more streams than a page can show: it shows pages of them, and counts all."""

import contextlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import browser
from support.dashboard import SECONDS, Dashboard
from support.free_ports import free_ports
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))
import plane  # noqa: E402

STREAMS, ROUTERS, TILES = 700, 7, 60
BUILD = ROOT / os.environ.get("BUILD_DIR", "build/dev")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """media-service with routers that have many streams, and none of them a worker."""
    port, api_port = free_ports(2)
    options = SimpleNamespace(routers=ROUTERS, streams=STREAMS, rate=0, port=port, api_port=api_port)
    with contextlib.ExitStack() as ends:
        routers = plane.Plane(BUILD, options)
        ends.callback(routers.close)
        service = plane.Service(BUILD, tmp_path_factory.mktemp("many"), [plane.address_of(n, api_port) for n in range(ROUTERS)], port)
        ends.callback(service.close)

        def all_known():
            with contextlib.suppress(OSError):
                return service.streams() == STREAMS
        wait_until(all_known, "all streams", SECONDS)
        yield SimpleNamespace(service_url=lambda path: f"http://127.0.0.1:{port}{path}")


@pytest.fixture(scope="module")
def page(many):
    opened = browser.Browser()
    opened.resize(1440, 900)
    shown = Dashboard(opened, many)
    shown.open()
    yield shown
    opened.close()


def tiles(page):
    return page.run("return [...document.querySelectorAll('.tile:not([hidden])')].map(tile => tile.dataset.id);")


def wait_page(page, number, first):
    wait_until(lambda: page.text(".turn span") == f"Page {number}" and tiles(page)[:1] == [first],
               lambda: f"page {number} from {first}: {page.text('.turn')}, {tiles(page)[:2]}", SECONDS)


def test_the_wall_shows_pages_and_counts_all(page):
    wait_page(page, 1, "stream-1000000")
    assert len(tiles(page)) == TILES
    assert f"{STREAMS} in trouble" in page.text("#summary"), "workers are switched off, so all of them wait"
    assert page.text("[data-filter=all] .count") == str(STREAMS)
    assert "at 127.1.0." in page.text(".tile .reason") or "switched off" in page.text(".tile .reason")
    page.click(".turn button:last-child")
    wait_page(page, 2, "stream-1000060")
    page.click(".turn button:first-child")
    wait_page(page, 1, "stream-1000000")


def test_filters_and_the_search_are_asked_of_media_service(page):
    page.click("[data-filter=trouble]")
    wait_until(lambda: len(tiles(page)) == TILES, lambda: str(tiles(page)), SECONDS)
    page.click("[data-filter=running]")
    wait_until(lambda: tiles(page) == [] and page.text(".none") == "No stream matches.", lambda: str(tiles(page)), SECONDS)
    page.click("[data-filter=all]")
    page.run("const field = document.querySelector('input[type=search]'); field.value = 'stream-100069'; field.dispatchEvent(new Event('input'));")
    wanted = [f"stream-{1_000_690 + n}" for n in range(10)]
    wait_until(lambda: tiles(page) == wanted, lambda: str(tiles(page)), SECONDS)
    assert page.run("return document.querySelector('.turn').hidden;"), "it fits on one page"
    page.run("const field = document.querySelector('input[type=search]'); field.value = ''; field.dispatchEvent(new Event('input'));")
    wait_page(page, 1, "stream-1000000")


def test_the_page_of_a_stream_is_told_of_it(page):
    page.open("stream/stream-1000345")
    page.wait_text(".why", "switched off")
    page.wait_text(".way", "live/stream-1000345/in")
    wait_until(lambda: "Mbit/s" in page.text(".way"), lambda: page.text(".way"), SECONDS)
