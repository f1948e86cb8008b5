"""Document and case numbers (文号) without gaps or duplicates."""

import re
from typing import Final

from django.db import connection

from casework.core.models import NumberSeries
from casework.core.text import normalise

_SPACES: Final = re.compile(r"\s+")
_BRACKETS: Final = str.maketrans("([【)]】", "〔〔〔〕〕〕")


def next_serial(series: str, year: int) -> int:
    """Return the next serial of the series in that year.

    The row stays locked until the caller's transaction ends, so a rolled-back act gives its number back
    and two acts never share one. Must run inside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("next_serial needs the transaction of the act that uses the number")
    NumberSeries.objects.bulk_create([NumberSeries(series=series, year=year)], ignore_conflicts=True)
    row = NumberSeries.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last


def take_serials(series: str, year: int, count: int) -> int:
    """Take the next ``count`` serials of the series at once and return the first; see ``next_serial``."""
    if not connection.in_atomic_block:
        raise RuntimeError("take_serials needs the transaction of the act that uses the numbers")
    NumberSeries.objects.bulk_create([NumberSeries(series=series, year=year)], ignore_conflicts=True)
    row = NumberSeries.objects.select_for_update().get(series=series, year=year)
    row.last += count
    row.save(update_fields=["last"])
    return row.last - count + 1


def next_number(series: str, year: int) -> str:
    """Return the next number in the usual form, e.g. ``浙纪立〔2021〕17号``."""
    return f"{series}〔{year}〕{next_serial(series, year)}号"


def as_written(text: str) -> str:
    """Return a number as it is registered, however it was typed: few keyboards have the brackets 〔〕 at hand."""
    return _SPACES.sub("", normalise(text)).translate(_BRACKETS)
