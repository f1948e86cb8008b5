"""What a home page is made of: a sentence, counts that open lists, things to do, and what stands beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.english import said
from casework.deadlines.models import Deadline
from casework.deadlines.rules import Rule
from casework.deadlines.selectors import DeadlineFacts as Facts
from casework.deadlines.selectors import calendar_for, facts_of, for_user, with_stops
from casework.deadlines.web.words import chip
from casework.ledger.refs import resolve_many
from casework.ledger.services.erasures import erasures_for
from casework.web.deadline_words import DeadlineFacts
from casework.web.vocabulary import Text

#: A number of the strip is counted no further.
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True)
class Count:
    """A number of the strip on top; it opens the list it counts."""

    number: int
    label: Text
    icon: str
    url: str
    hot: bool = False

    @property
    def said(self) -> str:
        """The number in words."""
        return f"{self.number:,}" if self.number <= MOST_COUNTED else _("超过 %(n)s") % {"n": f"{MOST_COUNTED:,}"}


@dataclass(frozen=True)
class Todo:
    """One thing that waits for the reader."""

    title: Text
    url: str
    second: Text = ""
    basis: Text = ""
    verb: Text = ""
    deadline: Facts | None = None
    late: bool = False
    today: bool = False
    returned: bool = False

    @property
    def chip(self) -> DeadlineFacts | None:
        """The deadline as the chip wants it."""
        return chip(self.deadline) if self.deadline else None


@dataclass(frozen=True)
class Line:
    """One row of a card at the side."""

    title: Text
    url: str = ""
    second: Text = ""
    note: Text = ""
    status: tuple[str, str] | None = None  # group and value of the vocabulary


@dataclass(frozen=True)
class Card:
    """A card at the side: a list with a place where all of it is."""

    title: Text
    lines: Sequence[Line]
    url: str = ""
    all_of: Text = ""
    empty: Text = ""
    count: int | None = None


@dataclass
class Board:
    """A home page."""

    counts: list[Count] = field(default_factory=list)
    todos: list[Todo] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    heading: Text = ""
    nothing: Text = ""
    new: tuple[Text, str, str] | None = None  # label, address and icon of the act that begins something
    find: bool = False
    #: So many of the things to do are shown; the rest stands in the list behind ``more``.
    most: int = 15
    more: str = ""

    @property
    def groups(self) -> list[tuple[Text, list[Todo], int]]:
        """The things to do in the order in which they press: late, today, returned, later; with how many there are."""
        parts: list[tuple[Text, list[Todo]]] = [
            (_("已逾期"), [t for t in self.todos if t.late]),
            (_("今天到期"), [t for t in self.todos if t.today and not t.late]),
            (_("退回给我"), [t for t in self.todos if t.returned and not t.late and not t.today]),
            (_("本周和以后"), [t for t in self.todos if not (t.late or t.today or t.returned)]),
        ]
        shown: list[tuple[Text, list[Todo], int]] = []
        left = self.most
        for label, rows in parts:
            if rows and left > 0:
                shown.append((label, rows[:left], len(rows)))
                left -= len(rows)
        return shown

    @property
    def hidden(self) -> int:
        """How many things to do are not shown."""
        return max(len(self.todos) - self.most, 0)

    @property
    def sentence(self) -> str:
        """The sentence of the day: how much is late and due, and what to do first."""
        late = sum(t.late for t in self.todos)
        today = sum(t.today and not t.late for t in self.todos)
        returned = sum(t.returned for t in self.todos)
        parts = []
        if late:
            parts.append(_("逾期 %(n)s 件") % {"n": late})
        if today:
            parts.append(_("今天到期 %(n)s 件") % {"n": today})
        if returned:
            parts.append(_("退回给您 %(n)s 件") % {"n": returned})
        if not parts:
            return _("今天没有到期的事。") if self.todos else ""
        first = self.groups[0][1][0]
        return _("%(parts)s。先办第一件：%(first)s。") % {"parts": _("，").join(parts), "first": first.title}


def erasure_todos(user: User) -> list[Todo]:
    """Return the erasures of personal values that wait for the reader's approval."""
    return [
        Todo(
            _("批准删除账本第 %(n)s 条里的个人信息") % {"n": f"{entry.pk:,}"},
            reverse("ledger:entry", args=[entry.pk]),
            second=row.reason,
            basis=row.basis,
            verb=_("去审批"),
        )
        for row, entry in erasures_for(user)
    ]


def deadline_todos(user: User, today: date, *, verb: Text = "", most: int = 60) -> list[Todo]:
    """Return the reader's running clocks as things to do, nearest first; what he may not open is left out."""
    rows: list[Deadline] = list(with_stops(for_user(user))[:most])
    facts = facts_of(rows, today, calendar_for(user))
    known = resolve_many((row.ref for row in rows), user)
    todos = []
    for row in rows:
        found = known.get(row.ref)
        if found is None:
            continue
        fact = facts[row.pk]
        todos.append(
            Todo(
                title=said(row.title),
                url=found.url,
                second=found.label if found.label != said(row.title) else "",
                basis=said(Rule.restore(row.rule).words),
                verb=verb or _("打开"),
                deadline=fact,
                late=fact.over,
                today=fact.state == "open" and fact.days_left == 0,
            )
        )
    return todos


def by_deadline(todos: Iterable[Todo]) -> list[Todo]:
    """Return the things to do by due date; those without one come last, in their order."""
    return sorted(todos, key=lambda todo: (todo.deadline is None, todo.deadline.due_on if todo.deadline else date.max))
