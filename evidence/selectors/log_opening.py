"""Where the timeline opens: on the stretch that holds nearly all events, where that is short against the whole."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import DateTimeField, ExpressionWrapper, F, Max, Min, Q, Sum, Value
from django.db.models.functions import TruncDay

from evidence.models.logs import ClockOffset, LogFinding, LogHour, LogRun
from evidence.selectors.logs import EARLIEST, by_shift

#: The stretch holds so many of a hundred events, and is at most one of so many parts of the whole.
MOST_OF: Final = 95
SHORT: Final = 10


@dataclass(frozen=True)
class Dense:
    """Whole days that hold nearly all events, and what lies outside: events before and after, and what matters whatever its number."""

    since: datetime
    until: datetime
    before: int
    after: int
    marked: int
    gaps: int


@dataclass(frozen=True)
class Early:
    """Events of clocks that stood at their beginning: the picture is not stretched to them."""

    since: datetime
    until: datetime
    events: int


def dense_part(runs: list[LogRun], offsets: dict[int, ClockOffset], span: tuple[datetime, datetime]) -> Dense | None:
    """Return the shortest stretch that holds nearly all events; None where it is no small part of the whole."""
    days, marked = _days(runs, offsets)
    total, first = sum(days.values()), 0
    ordered = sorted(days)
    best: tuple[timedelta, int, int] | None = None
    held = 0
    for last, day in enumerate(ordered):
        held += days[day]
        while (held - days[ordered[first]]) * 100 >= total * MOST_OF:
            held -= days[ordered[first]]
            first += 1
        if held * 100 >= total * MOST_OF and (best is None or day - ordered[first] < best[0]):
            best = (day - ordered[first], first, last)
    if best is None or (best[0] + timedelta(days=1)) * SHORT > span[1] - span[0]:
        return None
    _length, first, last = best
    before, after = ordered[:first], ordered[last + 1 :]
    since, until = ordered[first], ordered[last] + timedelta(days=1)
    gaps = LogFinding.objects.filter(Q(after_at__lt=since) | Q(before_at__gte=until), run__in=runs, gap=True)
    return Dense(
        since,
        until,
        sum(days[day] for day in before),
        sum(days[day] for day in after),
        sum(marked[day] for day in (*before, *after)),
        gaps.count(),
    )


def _days(runs: list[LogRun], offsets: dict[int, ClockOffset]) -> tuple[Counter[datetime], Counter[datetime]]:
    """Count the events and the suspicious ones of each day in true time; by whole hours, as these are kept."""
    days: Counter[datetime] = Counter()
    suspicious: Counter[datetime] = Counter()
    for shift, keys in by_shift(runs, offsets).items():
        true_hour = ExpressionWrapper(F("hour") - Value(shift), output_field=DateTimeField())
        rows = LogHour.objects.filter(run__in=keys, hour__gte=EARLIEST).annotate(day=TruncDay(true_hour))
        for day, events, marked in rows.values_list("day").annotate(n=Sum("events"), m=Sum("marked")):
            days[day] += events
            suspicious[day] += marked
    return days, suspicious


def early_events(runs: list[LogRun]) -> Early | None:
    """Return what the picture leaves out because of its time; None where there is nothing."""
    found = LogHour.objects.filter(run__in=runs, hour__lt=EARLIEST).aggregate(
        first=Min("hour"), last=Max("hour"), n=Sum("events")
    )
    if found["first"] is None:
        return None
    return Early(found["first"], found["last"] + timedelta(hours=1), found["n"])
