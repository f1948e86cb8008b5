"""Documents are drawn with the fonts of the machine; without any Chinese font there is nothing to measure."""

import pytest

from casework.core.errors import Refused
from casework.documents.fonts import fonts
from casework.documents.registry import Subject
from tests.cast import Cast
from tests.documents.build import subject


@pytest.fixture(autouse=True)
def _chinese_font() -> None:
    try:
        fonts()
    except Refused:
        pytest.skip("no Chinese font on this machine: install one, or name a folder in CASEWORK_FONT_DIR")


@pytest.fixture
def case(cast: Cast) -> Subject:
    """The case of the cast, open."""
    return subject(cast)
