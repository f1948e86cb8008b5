"""What a list is declared with: columns, filters, acts on many rows. The list itself is drawn by lists.py."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.web.vocabulary import Text

UNIT: Text = _("条")
NOTHING: Text = _("这里还没有内容")
FIND: Text = _("在清单里找")

Choices = Iterable[tuple[Any, Text]]


#: Stand in an address where the key of a row comes.
_KEYS: Final[dict[type, Any]] = {int: 987_654_321, UUID: UUID(int=987_654_321)}


def address_of(url_name: str) -> Callable[[Any], str]:
    """Return what gives the address of a row by its key, for ``row_url``: it is found once, not for every row."""

    @cache
    def parts(kind: type, _prefix: str) -> list[str]:
        return reverse(url_name, args=[_KEYS[kind]]).split(str(_KEYS[kind]))

    def address(row: Any) -> str:
        kind: Any = type(row.pk)
        start, end = parts(kind, get_script_prefix())
        return f"{start}{row.pk}{end}"

    return address


@dataclass(frozen=True)
class Column:
    """One column. ``value`` is a callable on the row, a dotted path, or a template name (gets ``row``).

    ``align="num"`` aligns right; ``sort`` is the order_by field behind the head; ``link`` makes the value the row's
    link; ``export`` gives the plain value for files where the shown one is markup. A ``filed`` column stands in files
    whether or not the screen shows it: paper and sheets have more room than a screen.
    """

    key: str
    label: Text
    value: Callable[[Any], Any] | str
    align: str = ""
    sort: str = ""
    mono: bool = False
    default: bool = True
    link: bool = False
    export: Callable[[Any], Any] | None = None
    nowrap: bool = False
    filed: bool = False

    @cached_property
    def path(self) -> list[str]:
        """The attributes that lead from the row to the value; [] where that is a function."""
        return [] if callable(self.value) else self.value.replace("__", ".").split(".")

    @cached_property
    def css(self) -> str:
        """The classes of its cells."""
        return " ".join(
            word for word in (self.align, "mono" if self.mono else "", "nowrap" if self.nowrap else "") if word
        )


@dataclass(frozen=True)
class Filter:
    """One condition. ``lookup`` is an ORM path (to-many paths are safe) or a callable from value to ``Q``.

    Kinds: ``choice`` (with counts in the panel), ``bool``, ``text`` (contains), ``date`` (from–to days).
    ``label`` of a choice may be lazy; choices may depend on the reader.
    """

    key: str
    label: Text
    lookup: str | Callable[[str], Q]
    choices: Choices | Callable[[User], Choices] = ()
    kind: str = "choice"
    facet: bool = True

    def options(self, user: User) -> list[tuple[str, Text]]:
        """Return (value, label) of a choice or bool filter for this reader."""
        if self.kind == "bool":
            return [("1", _("是")), ("0", _("否"))]
        found = self.choices(user) if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in found]


@dataclass(frozen=True)
class Bulk:
    """An act on many rows: ``handler(request, queryset)`` does it by services and returns the toast's sentence.

    ``act`` names a row of the policy table; a reader without it does not see the button. ``confirm`` gets the count and
    returns the question ("把 26 条线索分给第三室？"); ``confirm_verb`` is the button ("分给第三室").
    ``form`` is an optional form class whose cleaned data the handler gets as a third argument.
    """

    key: str
    label: Text
    handler: Callable[..., str]
    act: str = ""
    confirm: Callable[[int], Text] | None = None
    confirm_text: Text = ""
    confirm_verb: Text = ""
    icon: str = ""
    undo_url: str = ""


@dataclass(frozen=True)
class ListPage:
    """A list page. ``queryset(user)`` holds only what the reader may see; ``order`` ends in ``pk``."""

    title: Text
    queryset: Callable[[User], QuerySet[Any]]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    #: Choices of several filters that depend on the reader, read together: filter key → choices.
    choices: Callable[[User], Mapping[str, Choices]] | None = None
    search: Sequence[str] = ()
    #: The condition for one word of the search box along an index, in place of ``search`` (casework.search.lists).
    find: Callable[[User, str], Q] | None = None
    order: Sequence[str] = ("pk",)
    row_url: Callable[[Any], str] | None = None
    key: str = ""
    unit: Text = UNIT
    export_name: str = ""  # the name of the file; the title when empty
    on_export: Callable[[User, int], None] | None = None  # writes the ledger entry; without it the list itself does
    exported: bool = True
    empty_text: Text = NOTHING
    empty_why: Text = ""
    facets: bool = True
    bulk: Sequence[Bulk] = ()
    group: Callable[[Any], Text] | None = None
    page_size: int = 50
    search_hint: Text = FIND
    prepare: Callable[[HttpRequest, list[Any]], None] | None = None
    default_query: str = ""  # conditions of the first visit, e.g. "status=open"; 清空 removes them
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def searched(self) -> bool:
        """Whether the list has a search box."""
        return bool(self.search) or self.find is not None

    @property
    def size(self) -> int:
        """How many rows a page shows."""
        return self.page_size

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)
