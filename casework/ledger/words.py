"""The words in which the kinds of entries are shown; each app registers its own."""

from collections.abc import Mapping

from django.utils.functional import Promise

_words: dict[str, str | Promise] = {}


def register_words(words: Mapping[str, str | Promise]) -> None:
    """Add words for kinds, e.g. ``{"case.filed": _("立案")}``; values may be lazy translations."""
    _words.update(words)


def word(kind: str) -> str:
    """Return the words for the kind, or the kind itself."""
    return str(_words.get(kind, kind))
