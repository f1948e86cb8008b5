"""Readable names and addresses for the text references of entries and notices (``"case:42"``).

The ledger knows no app above it; each app registers how its references are shown and found, and to whom.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from casework.accounts.models import User


@dataclass(frozen=True)
class Resolved:
    """How a reference is shown to one reader; ``trail`` is False for whoever may know the thing, not what was done."""

    label: str
    url: str
    trail: bool = True


Resolver = Callable[[int, User], Resolved | None]
#: The same for many things of one kind at once; those that the reader may not know of are left out.
Many = Callable[[Collection[int], User], Mapping[int, Resolved]]
_resolvers: dict[str, Resolver] = {}
_many: dict[str, Many] = {}
#: Returns references whose number or name is the text, as far as the reader may know of them.
Finder = Callable[[str, User], Iterable[str]]
_finders: list[Finder] = []
#: What things without a page of their own are called.
_nouns: dict[str, str | Promise] = {}


#: How a reference is written, for addresses that carry one as well: a noun and a key that fits the column.
SHAPE: Final = r"[a-z_]{1,40}:[0-9]{1,18}"
_SHAPE: Final = re.compile(SHAPE)


def is_ref(text: str) -> bool:
    """Tell whether the text is a reference, e.g. ``site:1``, and not somebody's words."""
    return _SHAPE.fullmatch(text) is not None


def register_ref(noun: str, resolver: Resolver) -> None:
    """Let ``resolver(pk, user)`` answer for ``noun:pk``; it returns None when the reader may not know of it."""
    _resolvers[noun] = resolver


def register_refs(noun: str, many: Many) -> None:
    """Let ``many(pks, user)`` answer for ``noun:pk``, for one and for a whole list with the same few queries."""
    _many[noun] = many
    _resolvers[noun] = lambda pk, user: many([pk], user).get(pk)


def by_rows(
    rows: Callable[[User], "QuerySet[Any]"], url: Callable[[Any], str], label: Callable[[Any], str] = str
) -> Many:
    """Return what resolves references to the ``rows`` of a reader: one query, however many are asked for."""

    def resolve(pks: Collection[int], user: User) -> dict[int, Resolved]:
        return {row.pk: Resolved(label(row), url(row)) for row in rows(user).filter(pk__in=pks)}

    return resolve


def resolve_many(refs: Iterable[str], user: User) -> dict[str, Resolved]:
    """Return label and address of each reference that this reader may know of; one look per kind where it can."""
    wanted: dict[str, list[int]] = {}
    found: dict[str, Resolved] = {}
    for ref in dict.fromkeys(refs):
        noun, _colon, pk = ref.partition(":")
        if noun in _many and pk.isdecimal():
            wanted.setdefault(noun, []).append(int(pk))
        elif known := resolve(ref, user):
            found[ref] = known
    for noun, pks in wanted.items():
        found.update({f"{noun}:{pk}": known for pk, known in _many[noun](pks, user).items()})
    return found


def resolve(ref: str, user: User) -> Resolved | None:
    """Return label and address of the reference for this reader, or None."""
    noun, _colon, pk = ref.partition(":")
    resolver = _resolvers.get(noun)
    if resolver is None or not pk.isdecimal():
        return None
    return resolver(int(pk), user)


def register_nouns(nouns: Mapping[str, str | Promise]) -> None:
    """Name things that have no page of their own, e.g. ``{"tariff": _("差别电价")}``."""
    _nouns.update(nouns)


def called(ref: str) -> str:
    """Return how a reference is shown that does not resolve; "" for what was done to many at once, which has no number."""
    noun, _colon, key = ref.partition(":")
    if key == "0":
        return ""
    return _("%(noun)s %(key)s 号") % {"noun": _nouns[noun], "key": key} if noun in _nouns else ref


def register_finder(finder: Finder) -> None:
    """Let ``finder(text, user)`` name the references that people call by the text, e.g. a case by its number."""
    if finder not in _finders:
        _finders.append(finder)


def find(text: str, user: User) -> list[str]:
    """Return the references that the text means to this reader, each once, in the order of registration."""
    text = text.strip()
    found = [text] if resolve(text, user) else []
    if text:
        for finder in _finders:
            found += finder(text, user)
    return list(dict.fromkeys(found))
