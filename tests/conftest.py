"""Fixtures shared by all tests."""

import pytest

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, fresh for each test."""
    return make_cast()
