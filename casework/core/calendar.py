"""Working days, natural days and months. Plain Python: no Django, no clock, no network.

Sources: 监察法实施条例（2025）第三百二十七条 and 民法典 第二百零一至二百零三条. The day on which a period begins is
not counted; a period in months ends on the corresponding day, or on the month's last day where there is none; a period
that ends on a rest day ends on the next working day, except for measures against a person's liberty, which never grow
by a holiday.

The State Council's yearly notice names the days off and the weekends that are worked (调休). A year without a notice
counts Monday to Friday, and whatever rests on it is provisional (暂定).

All counting is arithmetic on sorted exceptions: no function walks from day to day.
"""

import calendar as month_lengths
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate

ONE_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What a notice says of a date."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


def _weekdays_before(ordinal: int) -> int:
    """Return the number of Mondays to Fridays with an ordinal of 1 … ``ordinal`` - 1; ordinal 1 is a Monday."""
    weeks, rest = divmod(ordinal - 1, 7)
    return weeks * 5 + min(rest, 5)


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


def add_months(start: date, months: int) -> date:
    """Return the corresponding day ``months`` later (or earlier), clamped to the month's end (民法典第二百零二条).

    The clamping starts from ``start`` each time, so one month and then another are not the same as two at once:
    add the months first, then call this once.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, month_lengths.monthrange(year, month + 1)[1]))


def add_days(start: date, days: int) -> date:
    """Return the last of ``days`` natural days, the first of which is the day after ``start`` (民法典第二百零一条)."""
    return start + timedelta(days=days)


class Calendar:
    """The working days of China as far as notices are known.

    ``holidays`` maps a date to what its notice says; ``years_known`` are the years whose notice is in it.
    Immutable, so one object may serve many threads.
    """

    __slots__ = ("_exceptions", "_kinds", "_sums", "years_known")

    def __init__(self, holidays: Mapping[date, Kind], years_known: Collection[int]) -> None:
        self.years_known = frozenset(years_known)
        self._kinds = dict(holidays)
        # Only dates that differ from the plain week matter for counting: +1 a worked weekend, -1 a weekday off.
        steps = sorted(
            (day.toordinal(), 1 if kind == Kind.WORKDAY else -1)
            for day, kind in holidays.items()
            if _is_weekday(day) != (kind == Kind.WORKDAY)
        )
        self._exceptions = [ordinal for ordinal, _step in steps]
        self._sums = [0, *accumulate(step for _ordinal, step in steps)]

    def kind(self, day: date) -> Kind | None:
        """Return what the notice says of ``day``, or None when the plain week holds."""
        return self._kinds.get(day)

    def is_working_day(self, day: date) -> bool:
        """Say whether offices are open on ``day``; without a notice, Monday to Friday."""
        kind = self._kinds.get(day)
        return _is_weekday(day) if kind is None else kind == Kind.WORKDAY

    def is_known(self, first: date, last: date) -> bool:
        """Say whether every year from ``first`` to ``last`` (either order) has a notice."""
        low, high = sorted((first.year, last.year))
        return all(year in self.years_known for year in range(low, high + 1))

    def _before(self, ordinal: int) -> int:
        """Return the number of working days with an ordinal below ``ordinal``."""
        return _weekdays_before(ordinal) + self._sums[bisect_left(self._exceptions, ordinal)]

    def _nth(self, count: int) -> date:
        """Return the working day number ``count``, counted from the first day of year 1."""
        # The exceptions shift the n-th weekday by as many weekdays at most.
        guess = count * 7 // 5
        slack = 2 * len(self._exceptions) + 9
        low, high = max(1, guess - slack), guess + slack
        while low < high:
            middle = (low + high) // 2
            if self._before(middle + 1) >= count:
                high = middle
            else:
                low = middle + 1
        return date.fromordinal(low)

    def working_days_between(self, first: date, last: date) -> int:
        """Return the working days after ``first`` up to and including ``last``; negative when ``last`` lies before."""
        return self._before(last.toordinal() + 1) - self._before(first.toordinal() + 1)

    def add_working_days(self, start: date, days: int) -> date:
        """Return the ``days``-th working day after ``start``, which is not counted (监察法实施条例第三百二十七条).

        A negative number counts back from ``start``, again without it. Zero returns ``start``, working day or not.
        """
        if days == 0:
            return start
        if days > 0:
            return self._nth(self._before(start.toordinal() + 1) + days)
        return self._nth(self._before(start.toordinal()) + 1 + days)

    def roll(self, day: date) -> date:
        """Return ``day``, or the first working day after it when offices are closed on it (民法典第二百零三条)."""
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def exceptions_between(self, first: date, last: date) -> list[tuple[date, Kind]]:
        """Return the dates after ``first`` up to ``last`` on which the notice departs from the plain week, in order."""
        low = bisect_right(self._exceptions, first.toordinal())
        high = bisect_right(self._exceptions, last.toordinal())
        days = [date.fromordinal(ordinal) for ordinal in self._exceptions[low:high]]
        return [(day, self._kinds[day]) for day in days]
