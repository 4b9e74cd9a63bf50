"""The API server of this process, or the real one where its programs are."""

import pytest

from ..making import started
from . import api, fake_api


def api_servers(which, folder):
    """The body of a fixture: `yield from`. which: "fake" or "real"; without the programs of the real one, the test is skipped."""
    if which == "real" and (lacking := api.missing()):
        pytest.skip(lacking)
    with started(fake_api.FakeApiServer(folder) if which == "fake" else api.ApiServer(folder)) as running:
        yield running
