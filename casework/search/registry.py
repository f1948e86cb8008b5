"""What can be found: each app registers its kinds. Every search starts from what the reader may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from casework.accounts.models import User
from casework.core.text import normalise
from casework.web.vocabulary import Text

#: A count stops here: "超过 1,000".
COUNT_CAP = 1000
WORDS = 6


@dataclass(frozen=True)
class Searchable:
    """One kind: ``queryset(user)`` holds only visible rows, ``fields`` are lookups such as ``name__icontains``."""

    label: Text
    queryset: Callable[[User], QuerySet[Any]]
    fields: Sequence[str]
    row_label: Callable[[Any], str]
    url: Callable[[Any], str]
    second: Callable[[Any], str]
    list_url: str
    order: Sequence[str]


@dataclass(frozen=True)
class Hit:
    """One found row as the page shows it."""

    label: str
    url: str
    second: str


@dataclass(frozen=True)
class Group:
    """The rows of one kind: how many there are, and the first of them."""

    label: Text
    count: int
    more: bool
    hits: list[Hit]
    list_url: str


_kinds: list[Searchable] = []


def register_search(
    kind_label: Text,
    queryset: Callable[[User], QuerySet[Any]],
    fields: Sequence[str],
    row_label: Callable[[Any], str],
    url: Callable[[Any], str],
    *,
    second: Callable[[Any], str] = lambda _row: "",
    list_url: str = "",
    order: Sequence[str] = ("-pk",),
) -> None:
    """Add a kind; called when an app loads. ``list_url`` is where all hits are shown, e.g. ``/units/?q=``."""
    _kinds.append(Searchable(kind_label, queryset, tuple(fields), row_label, url, second, list_url, tuple(order)))


def search(user: User, text: str, *, shown: int = 8) -> list[Group]:
    """Return what the reader may see and where every word occurs, by kind; kinds without hits are left out."""
    words = normalise(text.replace("\x00", "")).split()[:WORDS]
    if not words:
        return []
    groups = []
    for kind in _kinds:
        where = Q()
        for word in words:
            one = Q()
            for field in kind.fields:
                one |= Q(**{field: word})
            where &= one
        base = kind.queryset(user)
        rows = base.filter(pk__in=base.filter(where).order_by().values("pk"))
        count = rows.order_by().values("pk")[: COUNT_CAP + 1].count()
        if count:
            hits = [
                Hit(kind.row_label(row), kind.url(row), kind.second(row)) for row in rows.order_by(*kind.order)[:shown]
            ]
            groups.append(Group(kind.label, min(count, COUNT_CAP), count > COUNT_CAP, hits, kind.list_url))
    return groups
