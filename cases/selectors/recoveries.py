"""Adding up gains and payments; prices of different source are never added silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from cases.catalogue import catalogue
from cases.models import Recovery
from casework.accounts.models import User

ZERO = Decimal(0)


@dataclass(frozen=True)
class PriceLine:
    """All gains of one coin at one price basis: quantity, the prices that stand behind it, yuan, due and paid."""

    coin: str
    basis: str
    count: int
    quantity: Decimal | None
    value: Decimal
    due: Decimal
    paid: Decimal
    prices: tuple[Decimal, ...]

    @property
    def remainder(self) -> Decimal:
        """What is still to be paid, yuan."""
        return self.due - self.paid


@dataclass(frozen=True)
class Reconciliation:
    """The sums of a set of gains by coin and price basis, and over all."""

    lines: tuple[PriceLine, ...]

    @property
    def due(self) -> Decimal:
        """All that is due, yuan."""
        return sum((line.due for line in self.lines), ZERO)

    @property
    def paid(self) -> Decimal:
        """All that was paid, yuan."""
        return sum((line.paid for line in self.lines), ZERO)

    @property
    def remainder(self) -> Decimal:
        """All that is still to be paid, yuan."""
        return self.due - self.paid

    @property
    def mixed(self) -> tuple[str, ...]:
        """The coins whose yuan rest on more than one price."""
        prices: dict[str, set[Decimal]] = {}
        for line in self.lines:
            if line.coin:
                prices.setdefault(line.coin, set()).update(line.prices)
        return tuple(coin for coin, found in prices.items() if len(found) > 1)


def reconciliation(rows: QuerySet[Any]) -> Reconciliation:
    """Return the sums of the gains in two statements, whatever their number."""
    found = (
        rows.order_by()
        .values("coin", "basis")
        .annotate(
            rows=Count("pk"),
            all_quantity=Sum("quantity"),
            all_value=Sum("value"),
            due=Sum("amount_due"),
            paid=Sum("amount_paid"),
        )
        .order_by("coin", "basis")
    )
    prices = _prices(rows)
    return Reconciliation(
        tuple(
            PriceLine(
                row["coin"],
                row["basis"],
                row["rows"],
                row["all_quantity"],
                row["all_value"],
                row["due"],
                row["paid"],
                tuple(sorted(prices.get((row["coin"], row["basis"]), ()))),
            )
            for row in found
        )
    )


def _prices(rows: QuerySet[Any]) -> dict[tuple[str, str], set[Decimal]]:
    found: dict[tuple[str, str], set[Decimal]] = {}
    priced = rows.order_by().filter(~Q(coin="")).values_list("coin", "basis", "price", "value", "quantity").distinct()
    for coin, basis, price, value, quantity in priced:
        each = price if price is not None else (value / quantity).quantize(Decimal("0.01"))
        found.setdefault((coin, basis), set()).add(each)
    return found


def coins_in(user: User) -> Iterable[tuple[str, str]]:
    """Return the coins of the gains that the reader may see, with their names."""
    codes = (
        Recovery.objects.visible_to(user).exclude(coin="").order_by("coin").values_list("coin", flat=True).distinct()
    )
    known = catalogue().coins
    return [(code, f"{known[code].name} {code}" if code in known else code) for code in codes]
