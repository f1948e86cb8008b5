"""The holiday table and what follows when it changes."""

from datetime import date, timedelta

import pytest

from casework.accounts.enums import Role
from casework.core.calendar import Kind
from casework.core.errors import Invalid, NotAllowed
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.selectors import current_calendar
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows, seed_holidays, seed_rows
from casework.deadlines.services.lifecycle import meet_deadline
from casework.deadlines.services.recount import recompute
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db

AT = moment("2026-12-22 10:00")


def notice_of_2027() -> list[HolidayRow]:
    """An invented notice with all fixed days."""
    off = [(1, 1), (1, 2), (1, 3), (2, 6), (5, 1), (10, 1), (10, 2), (10, 3)]
    return [HolidayRow(date(2027, month, day), Kind.HOLIDAY, "放假", "国办发明电〔2026〕9号") for month, day in off]


def test_the_table_is_seeded_and_known_to_2026() -> None:
    calendar = current_calendar()

    assert calendar.years_known == {2021, 2022, 2023, 2024, 2025, 2026}
    assert Holiday.objects.count() == len({row.on for row in seed_rows()})
    assert not calendar.is_working_day(date(2026, 10, 7))
    assert calendar.is_working_day(date(2026, 10, 10))
    assert Holiday.objects.get(date=date(2023, 9, 29)).name == "中秋节、国庆节"


@pytest.mark.parametrize(
    ("year", "working_days"), [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_working_days_of_a_year(year: int, working_days: int) -> None:
    found = current_calendar().working_days_between(date(year - 1, 12, 31), date(year, 12, 31))

    assert found == working_days


def test_seeding_leaves_a_kept_table_alone() -> None:
    Holiday.objects.filter(date=date(2026, 10, 7)).delete()

    assert seed_holidays() == 0
    assert not Holiday.objects.filter(date=date(2026, 10, 7)).exists()


def test_a_new_notice_settles_provisional_dates() -> None:
    waiting, bystander = a_deadline("report:1", "L06", start_on=date(2026, 12, 20)), a_deadline("report:2")
    assert (waiting.due_on, waiting.provisional) == (date(2027, 1, 8), True)
    officer = a_user("专项行动办甲", Role.CAMPAIGN_OFFICER)

    applied = apply_holiday_rows(notice_of_2027(), actor=officer, at=AT)

    assert (applied.created, applied.updated, applied.unchanged, applied.moved, applied.incomplete) == (8, 0, 0, 1, {})
    waiting.refresh_from_db()
    assert (waiting.due_on, waiting.provisional, waiting.version) == (date(2027, 1, 11), False, 2)
    assert "暂定" not in "".join(waiting.explanation)
    (entry,) = [entry for entry in Entry.objects.of("holidays:0") if entry.kind == "deadlines.recomputed"]
    assert entry.payload["data"]["moved"] == [
        {"deadline": waiting.pk, "of": "report:1", "due_before": "2027-01-08", "due_on": "2027-01-11"}
    ]
    bystander.refresh_from_db()
    assert bystander.version == 1


def test_the_same_notice_again_changes_nothing() -> None:
    apply_holiday_rows(notice_of_2027(), actor=None, at=AT)
    before = Entry.objects.of("holidays:0").count()

    again = apply_holiday_rows(notice_of_2027(), actor=None, at=AT)

    assert (again.created, again.updated, again.unchanged, again.moved) == (0, 0, 8, 0)
    assert Entry.objects.of("holidays:0").count() == before


def test_a_notice_with_a_missing_day_keeps_the_year_provisional_and_names_the_day() -> None:
    rows = [row for row in notice_of_2027() if row.on != date(2027, 10, 2)]

    applied = apply_holiday_rows(rows, actor=None, at=AT)

    assert applied.incomplete == {2027: (date(2027, 10, 2),)}
    assert 2027 not in current_calendar().years_known


def test_a_day_both_closed_and_worked_is_refused_whole() -> None:
    rows = [*notice_of_2027(), HolidayRow(date(2027, 1, 1), Kind.WORKDAY)]

    with pytest.raises(Invalid, match="2027-01-01"):
        apply_holiday_rows(rows, actor=None, at=AT)

    assert not Holiday.objects.filter(date__year=2027).exists()


def test_a_corrected_day_moves_running_clocks() -> None:
    deadline = a_deadline("report:1", "L02", start_on=date(2026, 9, 18))
    assert deadline.due_on == date(2026, 9, 24)

    applied = apply_holiday_rows([HolidayRow(date(2026, 9, 20), Kind.HOLIDAY, "更正")], actor=None, at=AT)

    assert (applied.updated, applied.moved) == (1, 1)
    deadline.refresh_from_db()
    assert deadline.due_on == date(2026, 9, 28)


def test_a_verdict_survives_the_calendar() -> None:
    deadline = a_deadline("report:1", "L06", start_on=date(2026, 12, 20))
    met = meet_deadline(deadline, actor=None, at=moment("2027-01-11 09:00"))
    assert met.verdict is not None
    assert not met.verdict["in_time"]

    apply_holiday_rows(notice_of_2027(), actor=None, at=AT)

    deadline.refresh_from_db()
    assert (deadline.verdict, deadline.due_on) == (met.verdict, date(2027, 1, 8))


def test_recomputing_without_a_change_touches_nothing() -> None:
    a_deadline("report:1", "L06", start_on=date(2026, 12, 20))
    before = list(Deadline.objects.values_list("pk", "version", "due_on"))

    assert recompute(actor=None, at=AT) == 0
    assert list(Deadline.objects.values_list("pk", "version", "due_on")) == before


def test_recomputing_many_is_a_few_statements(django_assert_max_num_queries: object) -> None:
    for number in range(30):
        a_deadline(f"report:{number}", "L06", start_on=date(2026, 12, 1) + timedelta(days=number))
    calendar = current_calendar()

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        recompute(actor=None, at=AT, calendar=calendar)


@pytest.mark.parametrize(
    "name", ["officer", "approver", "auditor", "unit_leader", "security_admin", "audit_admin", "liaison"]
)
def test_the_table_is_not_everybodys(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        apply_holiday_rows(notice_of_2027(), actor=cast.everyone()[name], at=AT)

    assert not Holiday.objects.filter(date__year=2027).exists()
