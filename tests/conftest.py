"""Fixtures shared by all tests."""

import pytest

from tests.cast import Cast, make_cast
from tests.played import _in_played_database, played, played_campaign

__all__ = ["_in_played_database", "cast", "played", "played_campaign"]


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, fresh for each test."""
    return make_cast()
