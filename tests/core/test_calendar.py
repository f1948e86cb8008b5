"""The working-day calendar against a slow and obvious one."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.core.calendar import ONE_DAY, Calendar, Kind, add_days, add_months

#: A busy machine is no defect: examples are judged by their result, not by their time.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = st.dates(date(2019, 1, 1), date(2031, 12, 31))
HOLIDAYS = st.dictionaries(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(Kind), max_size=60)


def slow_working_day(day: date, holidays: dict[date, Kind]) -> bool:
    if day in holidays:
        return holidays[day] is Kind.WORKDAY
    return day.isoweekday() <= 5


def slow_add(day: date, count: int, holidays: dict[date, Kind]) -> date:
    step = ONE_DAY if count > 0 else -ONE_DAY
    for _ in range(abs(count)):
        day += step
        while not slow_working_day(day, holidays):
            day += step
    return day


@steady
@given(HOLIDAYS, DAYS, st.integers(-400, 400))
def test_adding_working_days_is_counting_them(holidays: dict[date, Kind], start: date, count: int) -> None:
    assert Calendar(holidays, ()).add_working_days(start, count) == slow_add(start, count, holidays)


@steady
@given(HOLIDAYS, DAYS, DAYS)
def test_working_days_between_is_counting_them(holidays: dict[date, Kind], first: date, last: date) -> None:
    low, high = sorted((first, last))
    days = [low + timedelta(days=n) for n in range(1, (high - low).days + 1)]
    expected = sum(slow_working_day(day, holidays) for day in days)

    found = Calendar(holidays, ()).working_days_between(first, last)

    assert found == (expected if first <= last else -expected)


@steady
@given(HOLIDAYS, DAYS)
def test_roll_gives_the_first_open_day(holidays: dict[date, Kind], day: date) -> None:
    calendar = Calendar(holidays, ())

    rolled = calendar.roll(day)

    assert calendar.is_working_day(rolled)
    assert all(not slow_working_day(day + timedelta(days=n), holidays) for n in range((rolled - day).days))


@steady
@given(HOLIDAYS, DAYS, st.integers(1, 300), st.integers(1, 300))
def test_counting_on_is_counting_at_once(holidays: dict[date, Kind], start: date, first: int, more: int) -> None:
    calendar = Calendar(holidays, ())

    assert calendar.add_working_days(calendar.add_working_days(start, first), more) == calendar.add_working_days(
        start, first + more
    )


def test_a_stretch_of_days_off_longer_than_any_guess() -> None:
    first = date(2026, 1, 1)
    holidays = {first + timedelta(days=n): Kind.HOLIDAY for n in range(501)}

    assert Calendar(holidays, ()).add_working_days(date(2025, 12, 31), 1) == date(2027, 5, 17)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 5, 20), 0, date(2026, 5, 20)),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_months_last(start: date, months: int, expected: date) -> None:
    assert add_months(start, months) == expected


def test_the_first_of_thirty_days_is_tomorrow() -> None:
    assert add_days(date(2026, 9, 1), 30) == date(2026, 10, 1)


def test_zero_working_days_stay_even_on_a_rest_day() -> None:
    saturday = date(2026, 11, 21)

    assert Calendar({}, ()).add_working_days(saturday, 0) == saturday


def test_a_month_boundary_adds_no_days() -> None:
    """A counter that subtracts days of the month finds 120 hours here instead of three days."""
    assert Calendar({}, ()).working_days_between(date(2026, 1, 29), date(2026, 2, 3)) == 3


def test_years_without_a_notice_are_not_known() -> None:
    calendar = Calendar({}, {2025, 2026})

    assert calendar.is_known(date(2026, 12, 31), date(2025, 1, 1))
    assert not calendar.is_known(date(2026, 12, 31), date(2027, 1, 1))


def test_exceptions_are_those_that_differ_from_the_plain_week() -> None:
    saturday, monday, sunday = date(2026, 10, 3), date(2026, 10, 5), date(2026, 10, 11)
    calendar = Calendar({saturday: Kind.HOLIDAY, monday: Kind.HOLIDAY, sunday: Kind.WORKDAY}, ())

    assert calendar.exceptions_between(date(2026, 10, 1), sunday) == [(monday, Kind.HOLIDAY), (sunday, Kind.WORKDAY)]
    assert calendar.exceptions_between(monday, sunday - ONE_DAY) == []
    assert calendar.kind(saturday) is Kind.HOLIDAY
