"""The side bar: apps register their pages, each reader sees those of the roles held. Hidden is absent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.web.vocabulary import Text

TOP: Final = ""
MONITORING: Final = "monitoring"
CAMPAIGN: Final = "campaign"
CASES: Final = "cases"
RECORDS: Final = "records"
ADMINISTRATION: Final = "administration"

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
    allowed: Callable[[User], bool] | None
    count: Callable[[User], int] | None
    order: int
    hot: bool
    tab: int
    short: Text
    key: str

    def shown_to(self, user: User) -> bool:
        """A page is shown when its roles (none: everybody) and its condition allow it."""
        if self.roles and user.roles.isdisjoint(self.roles):
            return False
        return self.allowed is None or self.allowed(user)


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


_entries: dict[str, Entry] = {}


def register(
    section: str,
    label: Text,
    icon: str,
    url_name: str,
    *,
    roles: Iterable[str] = (),
    allowed: Callable[[User], bool] | None = None,
    count: Callable[[User], int] | None = None,
    order: int = 100,
    hot: bool = False,
    tab: int = 0,
    short: Text = "",
    key: str = "",
) -> None:
    """Add a page. ``hot`` draws the count in red; ``key`` is the letter after ``g`` that goes there."""
    if section not in SECTIONS:
        raise ValueError(f"unknown section {section!r}")
    _entries[url_name] = Entry(
        section, label, icon, url_name, frozenset(roles), allowed, count, order, hot, tab, short or label, key
    )


def entries() -> list[Entry]:
    """Return all registered pages in the order of the side bar."""
    sections = list(SECTIONS)
    return sorted(_entries.values(), key=lambda entry: (sections.index(entry.section), entry.order))


def _current(path: str, urls: Iterable[str]) -> str:
    """Return the longest of the addresses that the path lies under."""
    under = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(under, key=len, default="")


def places(user: User, path: str) -> list[tuple[Text, list[Place]]]:
    """Return the reader's side bar as (section label, places); sections without places are left out."""
    shown = [(entry, reverse(entry.url_name)) for entry in entries() if entry.shown_to(user)]
    here = _current(path, (url for _entry, url in shown))
    result: list[tuple[Text, list[Place]]] = []
    for section, label in SECTIONS.items():
        found = [
            Place(
                entry.label, entry.short, entry.icon, url, entry.count(user) if entry.count else None,
                entry.hot, url == here, entry.tab, entry.key,
            )
            for entry, url in shown
            if entry.section == section
        ]  # fmt: skip
        if found:
            result.append((label, found))
    return result
