"""The side bar: apps register their pages, each reader sees those of the roles held. Hidden is absent."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _

from casework.access.models import circles_of
from casework.accounts.models import User
from casework.core import clock
from casework.web.counting import Standing, statement_of
from casework.web.vocabulary import Text

TOP: Final = ""
MONITORING: Final = "monitoring"
CAMPAIGN: Final = "campaign"
CASES: Final = "cases"
RECORDS: Final = "records"
ADMINISTRATION: Final = "administration"

#: The side bar counts no further.
COUNT_CAP: Final = 999
#: The rows that a reader has before him behind a place; several querysets are counted together.
Rows = Callable[[User], QuerySet[Any] | Sequence[QuerySet[Any]]]

SECTIONS: Final[dict[str, Text]] = {
    TOP: "",
    MONITORING: _("监测"),
    CAMPAIGN: _("专项行动"),
    CASES: _("办案"),
    RECORDS: _("记录"),
    ADMINISTRATION: _("管理"),
}


@dataclass(frozen=True)
class Entry:
    """One place in the side bar; ``tab`` > 0 also puts it into the phone's bottom bar, in that order."""

    section: str
    label: Text
    icon: str
    url_name: str
    roles: frozenset[str]
    known: Rows | None
    waiting: Rows | None
    order: int
    hot: bool
    tab: int
    short: Text
    key: str
    mark: int  # another one for every registration

    def open_to(self, user: User) -> bool:
        """A page is for those who hold one of its roles (none: everybody)."""
        return not self.roles or not user.roles.isdisjoint(self.roles)


@dataclass(frozen=True)
class Place:
    """An entry as one reader sees it."""

    label: Text
    short: Text
    icon: str
    url: str
    count: int | None
    hot: bool
    current: bool
    tab: int
    key: str
    mark: int = 0

    @property
    def drawn_from(self) -> tuple[int, str, bool]:
        """All that it is drawn from, but the language: what was registered, its count, and whether the page lies there."""
        return self.mark, self.said, self.current

    @property
    def said(self) -> str:
        """The count in words; beyond the cap nobody counts."""
        return "" if not self.count else f"{self.count:,}" if self.count <= COUNT_CAP else f"{COUNT_CAP:,}+"


_entries: dict[str, Entry] = {}
_marks: Final = itertools.count(1)


def register(
    section: str,
    label: Text,
    icon: str,
    url_name: str,
    *,
    roles: Iterable[str] = (),
    known: Rows | None = None,
    waiting: Rows | None = None,
    order: int = 100,
    hot: bool = False,
    tab: int = 0,
    short: Text = "",
    key: str = "",
) -> None:
    """Add a page.

    The place shows how many rows are ``waiting`` for the reader, in red when ``hot``. With ``known`` it is there only for
    those who know of at least one such row: hidden is absent. ``key`` is the letter after ``g`` that goes there.
    """
    if section not in SECTIONS:
        raise ValueError(f"unknown section {section!r}")
    _entries[url_name] = Entry(
        section,
        label,
        icon,
        url_name,
        frozenset(roles),
        known,
        waiting,
        order,
        hot,
        tab,
        short or label,
        key,
        next(_marks),
    )


def entries() -> list[Entry]:
    """Return all registered pages in the order of the side bar."""
    sections = list(SECTIONS)
    return sorted(_entries.values(), key=lambda entry: (sections.index(entry.section), entry.order))


def _current(path: str, urls: Iterable[str]) -> str:
    """Return the longest of the addresses that the path lies under."""
    under = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(under, key=len, default="")


def _rows(rows: Rows, user: User) -> Sequence[QuerySet[Any]]:
    found = rows(user)
    return (found,) if isinstance(found, QuerySet) else found


def counts(user: User, **others: Rows) -> dict[str, int]:
    """Return the counts of all of the reader's places, and of ``others``, by one query; what stands twice is asked once."""
    named: dict[str, Rows] = dict(others)
    for entry in _entries.values():
        if entry.open_to(user):
            if entry.known:
                named[f"known {entry.url_name}"] = entry.known
            if entry.waiting:
                named[f"waiting {entry.url_name}"] = entry.waiting
    first: dict[Rows, str] = {}
    for key, rows in named.items():
        first.setdefault(rows, key)
    found = _counted(user, first)
    return {key: found[first[rows]] for key, rows in named.items()}


#: Statements of side bars as they were made last, and which of their values are the moment: what they were made from
#: is their key.
_made: dict[Any, tuple[Standing, frozenset[int]]] = {}
MOST_MADE: Final = 500


def _counted(user: User, first: Mapping[Rows, str]) -> dict[str, int]:
    """Return the counts of the reader's side bar.

    The statement is made anew when his roles, his circles, the places or the minute change. Whatever was compared with
    the moment at which it was made is compared with now: rights end to the second, for whoever belongs to too many
    circles to name them as well.
    """
    circles = circles_of(user)
    named = tuple(circles) if isinstance(circles, list) else None
    key = (user.pk, user.organisation_id, user.roles, named, tuple(first.items()), _minute())
    made = _made.get(key)
    if made is None:
        began = clock.now()
        statement = statement_of({key: _rows(rows, user) for rows, key in first.items()}, COUNT_CAP).standing()
        ended = clock.now()
        if len(_made) >= MOST_MADE:
            _made.clear()
        made = _made[key] = (
            statement,
            frozenset(
                place
                for place, value in enumerate(statement.values)
                if isinstance(value, datetime) and began <= value <= ended
            ),
        )
    statement, moments = made
    now = clock.now()
    return statement.put([now if place in moments else value for place, value in enumerate(statement.values)])


@cache
def _address(url_name: str, _prefix: str) -> str:
    return reverse(url_name)


def _minute() -> int:
    return int(clock.now().timestamp() // 60)


def places(user: User, path: str, counted: Mapping[str, int]) -> list[tuple[Text, list[Place]]]:
    """Return the reader's side bar as (section label, places) with its ``counts``; empty sections are left out."""
    shown = [
        (entry, _address(entry.url_name, get_script_prefix()))
        for entry in entries()
        if entry.open_to(user) and counted.get(f"known {entry.url_name}", 1)
    ]
    here = _current(path, (url for _entry, url in shown))
    # Two places of different readers may have one letter; for whoever sees both it goes to the first.
    first: dict[str, str] = {}
    for entry, url in shown:
        first.setdefault(entry.key, url)
    result: list[tuple[Text, list[Place]]] = []
    for section, label in SECTIONS.items():
        found = [
            Place(
                entry.label, entry.short, entry.icon, url, counted.get(f"waiting {entry.url_name}"),
                entry.hot, url == here, entry.tab, entry.key if first[entry.key] == url else "", entry.mark,
            )
            for entry, url in shown
            if entry.section == section
        ]  # fmt: skip
        if found:
            result.append((label, found))
    return result
