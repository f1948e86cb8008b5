"""How text is normalised before it is compared: one place for import, search and look-up."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return text with full-width forms folded, spaces squeezed and ends trimmed (NFKC)."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
