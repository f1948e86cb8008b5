"""The ladder of reminders."""

from datetime import date
from itertools import pairwise

import pytest

from casework.deadlines.ladder import LADDERS, LIBERTY, USUAL, Rung, ladder, pending_on, reached, schedule, upcoming_on
from casework.deadlines.rules import rules
from tests.build_deadlines import seeded_calendar

CALENDAR = seeded_calendar()
START, DUE = date(2026, 9, 1), date(2026, 10, 9)


def names(planned: list[tuple[date, Rung]]) -> list[tuple[str, str]]:
    return [(on.isoformat(), rung.name) for on, rung in planned]


@pytest.mark.parametrize("rule_id", rules())
def test_every_ladder_climbs_and_tells_ever_more_people(rule_id: str) -> None:
    rungs = ladder(rule_id, rules()[rule_id].unit)

    assert [rung.days for rung in rungs] == sorted({rung.days for rung in rungs})
    assert 0 in [rung.days for rung in rungs]
    assert all(set(lower.to) <= set(higher.to) for lower, higher in pairwise(rungs))


def test_ladders_are_of_rules_that_exist() -> None:
    assert LADDERS.keys() <= rules().keys()
    assert ladder("M04", "month") is LIBERTY
    assert ladder("S02", "named") is USUAL


def test_rungs_are_counted_in_working_days() -> None:
    assert names(schedule(USUAL, START, DUE, CALENDAR)) == [
        ("2026-09-24", "T-5"),
        ("2026-09-29", "T-3"),
        ("2026-10-08", "T-1"),
        ("2026-10-09", "T"),
        ("2026-10-10", "T+1"),
        ("2026-10-13", "T+3"),
        ("2026-10-19", "T+7"),
    ]


def test_rungs_before_the_clock_starts_are_left_out() -> None:
    planned = schedule(USUAL, date(2026, 9, 30), DUE, CALENDAR)

    assert [name for _on, name in names(planned)] == ["T-1", "T", "T+1", "T+3", "T+7"]


@pytest.mark.parametrize(
    ("today", "pending", "upcoming", "name"),
    [
        ("2026-09-23", "2026-09-24", "2026-09-24", None),
        ("2026-09-24", "2026-09-24", "2026-09-29", "T-5"),
        ("2026-10-03", "2026-09-29", "2026-10-08", "T-3"),
        ("2026-10-09", "2026-10-09", "2026-10-10", "T"),
        ("2026-10-18", "2026-10-13", "2026-10-19", "T+3"),
        ("2027-03-01", "2026-10-19", None, "T+7"),
    ],
)
def test_the_latest_rung_reached_is_owed(today: str, pending: str, upcoming: str | None, name: str | None) -> None:
    planned, day = schedule(USUAL, START, DUE, CALENDAR), date.fromisoformat(today)

    rung = reached(planned, day)

    assert pending_on(planned, day) == date.fromisoformat(pending)
    assert upcoming_on(planned, day) == (date.fromisoformat(upcoming) if upcoming else None)
    assert (rung.name if rung else None) == name
