"""Fixtures shared by all tests."""

from pathlib import Path

import pytest

from tests.cast import Cast, make_cast
from tests.played import _in_played_database, played, played_campaign

__all__ = ["_in_played_database", "cast", "played", "played_campaign"]


#: Folders whose tests start real processes and wait for them: one test at a time, all in one process.
_PROCESSES = {"local", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of real processes together when several processes share a run."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in _PROCESSES:
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, fresh for each test."""
    return make_cast()
