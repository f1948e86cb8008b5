"""What the shell around every page shows: the reader's places, unread notices, theme and secrecy mark."""

from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.web.nav import Place, Rows, counts, places
from casework.web.vocabulary import Text

THEME_COOKIE: Final = "casework_theme"
THEMES: Final = ("light", "dark")
MARKS: Final[dict[str, Text]] = {"internal": _("内部"), "work_secret": _("内部 · 工作秘密")}


_bell: dict[str, Rows] = {}


def register_unread(rows: Rows) -> None:
    """Let the app of notices, which stands above, say which a reader has not signed for."""
    _bell["unread"] = rows


class Shell:
    """The shell of one request; every part is worked out when a template asks for it, and once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) or getattr(user, "is_authenticated", False) else None

    @cached_property
    def nav(self) -> list[tuple[Text, list[Place]]]:
        return places(self.user, self.request.path, self._counts) if self.user else []

    @cached_property
    def _counts(self) -> dict[str, int]:
        return counts(self.user, **_bell) if self.user else {}

    @cached_property
    def tabs(self) -> list[Place]:
        """The bottom bar of phones: at most four places."""
        tabs = [place for _label, group in self.nav for place in group if place.tab]
        return sorted(tabs, key=lambda place: place.tab)[:4]

    @cached_property
    def drawn_from(self) -> tuple[Any, ...]:
        """All that the side bar, the keys and the bottom bar are drawn from, but the language."""
        office = self.user.organisation.name if self.user else None
        return (office, *(place.drawn_from for _label, group in self.nav for place in group))

    @cached_property
    def here(self) -> Text:
        """The label of the place where the page belongs."""
        return next((place.label for _label, group in self.nav for place in group if place.current), "")

    @cached_property
    def unread(self) -> int:
        return self._counts.get("unread", 0)

    @cached_property
    def can_search(self) -> bool:
        """Only those who work on content have something to find."""
        return self.user is not None and self.user.is_commission

    @cached_property
    def can_save(self) -> bool:
        """Whoever only reads keeps no filters of his own."""
        return self.can_search and self.user is not None and bool(self.user.roles - {Role.AUDITOR})

    @cached_property
    def is_portal(self) -> bool:
        """Leaders of units have no side bar and no search: one column with their own duties."""
        user = self.user
        return (
            user is not None
            and user.has_role(Role.UNIT_LEADER)
            and not user.is_commission
            and not user.is_administrator
        )

    @cached_property
    def theme(self) -> str:
        theme = self.request.COOKIES.get(THEME_COOKIE, "")
        return theme if theme in THEMES else "light"

    @property
    def other_theme(self) -> str:
        return "dark" if self.theme == "light" else "light"

    #: Where the shell's search field and bell lead; the pages belong to casework.search and casework.notices.
    search_url = "/search/"
    notices_url = "/notices/"

    @property
    def mark(self) -> Text:
        return MARKS.get(settings.CASEWORK_DEPLOYMENT_LEVEL, "")

    @property
    def now(self) -> datetime:
        """The moment of the page, for the foot of its print."""
        return clock.now()

    @property
    def request_id(self) -> str:
        return getattr(self.request, "request_id", "")


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: ``shell`` in every template."""
    return {"shell": Shell(request)}
