"""What a figure is: words, unit, source, the rows it counts, and for whom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from casework.accounts.models import User
from casework.web.vocabulary import Text
from units.models import Campaign

Value = int | Decimal | str | list[str]


@dataclass(frozen=True)
class Scope:
    """For which campaign, as of which day, and for which reader (None: the whole record, for the command line)."""

    campaign: Campaign
    as_of: date
    reader: User | None

    def seen(self, rows: Any) -> "QuerySet[Any]":
        """Return the rows that the reader may know of."""
        found: QuerySet[Any] = rows if self.reader is None else rows.visible_to(self.reader)
        return found


Rows = Callable[[Scope], "QuerySet[Any]"]


@dataclass(frozen=True)
class Definition:
    """One figure. ``value`` is the count of the rows unless said otherwise; ``whole`` hides it with its subject."""

    key: str
    label: Text
    words: Text
    unit: Text
    source: Text
    rows: Rows
    value: Callable[[Scope, "QuerySet[Any]"], Value] | None = None
    subject: Rows | None = None

    def compute(self, scope: Scope) -> Value:
        """Return the figure's value."""
        rows = self.rows(scope)
        return self.value(scope, rows) if self.value else rows.count()

    def known(self, scope: Scope) -> bool:
        """Tell whether the reader may know of the subject at all; a figure about nothing known is absent."""
        return self.subject is None or self.subject(scope).exists()
