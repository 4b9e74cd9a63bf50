"""Real pages in a real browser, with the real programs."""

import pytest
from support import browser
from support.web_page import web_page

HOSTS = {"evil.example": "127.0.0.1", "rebound.example": "127.0.0.1", "evil.localhost": "127.0.0.1"}


def pytest_collection_modifyitems(items):
    why = browser.missing()
    for item in items if why else []:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=f"no browser: {why} (packages chromium, chromium-driver, python3-selenium)"))


@pytest.fixture(scope="session")
def chromium():
    opened = browser.Browser(HOSTS)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def foreign_port():
    """The port of a web server that does not belong to the pipeline."""
    with web_page() as port:
        yield port
