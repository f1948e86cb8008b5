"""The surcharge on power that was used for mining (差别电价): the dated table and what a meter comes to. Pure.

No Django, no database, no clock. It counts from the first day of mining, never before the notice, to the last; a part of a
metered period counts as its daily average times the days (川发改价格规〔2022〕186号).
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final

from casework.core.data import read_yaml

_FILE: Final = Path(__file__).resolve().parent / "data" / "surcharges.yaml"
CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Tariff:
    """One row of the table; ``rate`` is yuan for one kWh, ``until`` None = still in force, ``draft`` never applies."""

    prefix: str
    province: str
    rate: Decimal
    from_on: date
    until: date | None
    notice: str
    whole: bool
    draft: bool
    confidence: str


@dataclass(frozen=True)
class Surcharge:
    """What is owed: the kWh that count, the days they were used on, the rate, and yuan rounded to fen."""

    tariff: Tariff
    kwh: Decimal
    from_on: date
    until: date
    value: Decimal

    @property
    def days(self) -> int:
        """How many days count, first and last included."""
        return (self.until - self.from_on).days + 1


@cache
def tariffs() -> tuple[Tariff, ...]:
    """Return the table, the earliest notice first."""
    rows = [
        Tariff(
            row["prefix"], row["province"], Decimal(row["rate"]), row["from"], row.get("until"), row["notice"],
            row["whole"], row.get("draft", False), row["confidence"],
        )
        for row in read_yaml(_FILE)["rows"]
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.from_on, row.prefix)))


def tariff_of(region: str) -> Tariff | None:
    """Return the row for a region by its GB/T 2260 code, drafts included, or None where none is known."""
    return next((row for row in tariffs() if region.startswith(row.prefix)), None)


def surcharge_of(
    tariff: Tariff, *, kwh: Decimal, metered: tuple[date, date], used: tuple[date, date]
) -> Surcharge | None:
    """Return what the meter comes to, or None when no day of mining lies within the period and the notice's time.

    ``kwh`` is what the meter counted in ``metered``; ``used`` are the days of mining. All days are included.
    """
    first = max(metered[0], used[0], tariff.from_on)
    last = min(metered[1], used[1], tariff.until or used[1])
    if tariff.draft or last < first:
        return None
    whole = (metered[1] - metered[0]).days + 1
    counted = (kwh * ((last - first).days + 1) / whole).quantize(CENT, ROUND_HALF_UP)
    value = (counted * tariff.rate).quantize(CENT, ROUND_HALF_UP)
    return Surcharge(tariff, counted, first, last, value) if value > 0 else None
