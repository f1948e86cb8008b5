"""The words in which the kinds of entries are shown; each app registers its own."""

from collections.abc import Mapping

_words: dict[str, str] = {}


def register_words(words: Mapping[str, str]) -> None:
    """Add words for kinds, e.g. ``{"case.filed": _("立案")}``; values may be lazy translations."""
    _words.update(words)


def word(kind: str) -> str:
    """Return the words for the kind, or the kind itself."""
    return str(_words.get(kind, kind))
