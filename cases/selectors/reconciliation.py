"""Adding up dues over a campaign, or over all that the reader may know of: by unit, by person, by coin.

Every sum is made by the database from the same rows, so the three ways must agree; the receipts must add up to what is
paid. Where they do not, the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from cases.models import Recovery, RecoveryPayment
from casework.accounts.models import User
from units.models import Campaign

ZERO: Final = Decimal(0)
BY: Final = ("unit", "person", "coin")
_MONEY: Final = DecimalField(max_digits=24, decimal_places=2)


@dataclass(frozen=True)
class Line:
    """One unit, person or coin: how many dues, yuan of value, due, paid, and what is owed after its day."""

    key: str
    label: str
    note: str
    count: int
    value: Decimal
    due: Decimal
    paid: Decimal
    late: Decimal
    quantity: Decimal | None = None

    @property
    def rest(self) -> Decimal:
        """What is still to be paid, yuan."""
        return self.due - self.paid


@dataclass(frozen=True)
class Total:
    """The sums of all rows, with what the receipts add up to."""

    count: int
    value: Decimal
    due: Decimal
    paid: Decimal
    late: Decimal
    receipts: Decimal

    @property
    def rest(self) -> Decimal:
        """What is still to be paid, yuan."""
        return self.due - self.paid

    @property
    def receipts_agree(self) -> bool:
        """Whether the receipts add up to what is noted as paid."""
        return self.receipts == self.paid


def dues(user: User, campaign: Campaign | None = None) -> QuerySet[Any]:
    """Return the dues that the reader may know of, of one campaign or of all, each with its unit ``of_unit``."""
    rows: QuerySet[Any] = Recovery.objects.visible_to(user)
    if campaign is not None:
        rows = rows.filter(case__lead__campaign=campaign)
    found: QuerySet[Any] = rows.annotate(of_unit=Coalesce("unit", "suspect__unit", "case__unit"))
    return found


def late(day: date) -> Q:
    """Return the condition of a due whose last day is over and that is not paid in full."""
    return Q(due_on__lt=day, amount_due__gt=F("amount_paid"))


def _sums(day: date) -> dict[str, Any]:
    owed = Case(When(late(day), then=F("amount_due") - F("amount_paid")), default=Value(ZERO), output_field=_MONEY)
    return {
        "rows": Count("pk"),
        "all_quantity": Sum("quantity"),
        "all_value": Coalesce(Sum("value"), ZERO, output_field=_MONEY),
        "due": Coalesce(Sum("amount_due"), ZERO, output_field=_MONEY),
        "paid": Coalesce(Sum("amount_paid"), ZERO, output_field=_MONEY),
        "late": Coalesce(Sum(owed), ZERO, output_field=_MONEY),
    }


_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "unit": ("of_unit",),
    "person": ("suspect", "suspect__name", "case__number", "case_id"),
    "coin": ("coin", "basis"),
}


def groups(rows: QuerySet[Any], by: str, day: date) -> QuerySet[Any]:
    """Return the groups as rows of values, the largest remainder first; bounded by the caller."""
    keys = _KEYS[by]
    found: QuerySet[Any] = (
        rows.order_by()
        .values(*keys)
        .annotate(**_sums(day))
        .annotate(rest=F("due") - F("paid"))
        .order_by("-late", "-rest", *keys)
    )
    return found


def lines(found: Sequence[dict[str, Any]], by: str, names: dict[int, str], words: dict[str, str]) -> list[Line]:
    """Return the groups as lines; ``names`` are units by key, ``words`` the price bases."""
    made = []
    for row in found:
        if by == "unit":
            key = str(row["of_unit"] or "")
            label, note = names.get(row["of_unit"], ""), ""
        elif by == "person":
            key, label, note = str(row["suspect"] or ""), row["suspect__name"] or "", row["case__number"]
        else:
            key, label, note = f"{row['coin']}:{row['basis']}", row["coin"], words[row["basis"]]
        made.append(
            Line(
                key,
                label,
                note,
                row["rows"],
                row["all_value"],
                row["due"],
                row["paid"],
                row["late"],
                row["all_quantity"] if by == "coin" and row["coin"] else None,
            )
        )
    return made


def total(rows: QuerySet[Any], day: date) -> Total:
    """Return the sums over all rows and over their receipts, in two statements."""
    found = rows.order_by().aggregate(**_sums(day))
    receipts = RecoveryPayment.objects.filter(recovery__in=rows.order_by().values("pk")).aggregate(
        sum=Coalesce(Sum("amount"), ZERO, output_field=_MONEY)
    )["sum"]
    return Total(found["rows"], found["all_value"], found["due"], found["paid"], found["late"], receipts)
