"""The 91 limits and the function that turns one into a date."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.core.calendar import Calendar
from casework.core.errors import Invalid
from casework.deadlines.enums import Unit
from casework.deadlines.rules import Facts, More, Rule, Stop, due, merge_stops, rule, rules
from tests.build import moment
from tests.build_deadlines import seeded_calendar

#: A busy machine is no defect: examples are judged by their result, not by their time.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CALENDAR = seeded_calendar()
STARTS = st.dates(date(2021, 1, 4), date(2026, 11, 21))


def facts_for(found: Rule, start: date) -> Facts:
    start_at = moment(f"{start} 09:30") if found.unit == Unit.HOUR else None
    return Facts(start, start_at, named_on=start + timedelta(days=40) if found.unit == Unit.NAMED else None)


def on(rule_id: str, start: str, **more: object) -> date:
    facts = Facts(date.fromisoformat(start), **more)  # type: ignore[arg-type]
    return due(rule(rule_id), facts, CALENDAR).due_on


def test_all_91_published_limits_are_there() -> None:
    groups = {"L": 9, "Q": 5, "C": 8, "M": 13, "P": 9, "H": 6, "X": 10, "R": 22, "S": 4, "D": 5}
    published = {f"{group}{number:02}" for group, last in groups.items() for number in range(1, last + 1)}

    assert len(published) == 91
    assert published <= rules().keys()
    assert all(rules()[extra].basis == "policy" for extra in rules().keys() - published)


@pytest.mark.parametrize("rule_id", rules())
def test_every_limit_explains_itself(rule_id: str) -> None:
    found = rule(rule_id)
    facts = facts_for(found, date(2026, 8, 31))

    result = due(found, facts, CALENDAR)

    assert len(result.steps) >= 3
    assert found.label in result.steps[0]
    assert found.citation in result.steps[0]
    assert ("依据待核" in result.steps[0]) == (found.confidence in {"C", "M"})
    assert f"{result.due_on.month}月{result.due_on.day}日" in "".join(result.steps)
    assert (result.due_on < facts.start) == found.back
    assert (result.due_at is not None) == (found.unit == Unit.HOUR)


@pytest.mark.parametrize("rule_id", rules())
def test_a_limit_survives_its_snapshot(rule_id: str) -> None:
    assert Rule.restore(rule(rule_id).snapshot()) == rule(rule_id)


@pytest.mark.parametrize("rule_id", [one.id for one in rules().values() if not one.roll and one.unit != Unit.HOUR])
def test_limits_that_never_roll_ignore_holidays(rule_id: str) -> None:
    found = rule(rule_id)
    for offset in range(20):
        facts = facts_for(found, date(2026, 6, 20) + timedelta(days=offset))
        if found.unit != Unit.WORKING_DAY:
            assert due(found, facts, CALENDAR).due_on == due(found, facts, Calendar({}, ())).due_on


@pytest.mark.parametrize("rule_id", [one.id for one in rules().values() if one.roll])
def test_limits_that_roll_end_on_working_days(rule_id: str) -> None:
    found = rule(rule_id)
    for offset in range(60):
        facts = facts_for(found, date(2026, 8, 10) + timedelta(days=offset))
        assert CALENDAR.is_working_day(due(found, facts, CALENDAR).due_on)


# Dates counted by hand from the notices of the State Council.
@pytest.mark.parametrize(
    ("rule_id", "start", "expected"),
    [
        ("L01", "2026-09-01", "2026-10-08"),  # one month ends in the National Day week
        ("L06", "2026-09-24", "2026-10-22"),  # fifteen working days over Mid-Autumn, National Day and 10 October worked
        ("M04", "2026-07-03", "2026-10-03"),  # retention ends on the day, a holiday or not
        ("L06", "2026-12-20", "2027-01-08"),
        ("L02", "2026-09-01", "2026-09-08"),
        ("L02", "2026-09-18", "2026-09-24"),  # Sunday 20 September is worked
        ("L02", "2026-09-24", "2026-10-09"),
        ("L02", "2026-02-11", "2026-02-25"),  # Spring Festival 15–23 February, Saturday 14 February worked
        ("L02", "2026-02-13", "2026-02-27"),
        ("L02", "2021-09-17", "2021-09-26"),  # 18 and 26 September worked, 19–21 off
        ("L02", "2021-09-29", "2021-10-12"),  # 1–7 October off, Saturday 9 October worked
        ("L02", "2022-01-28", "2022-02-09"),  # both weekend days 29–30 January worked
        ("L02", "2023-09-28", "2023-10-11"),  # eight days off, 7 and 8 October worked
        ("L02", "2024-05-05", "2024-05-10"),
        ("C07", "2024-04-30", "2024-05-13"),  # Saturday 11 May worked is the sixth day
        ("L02", "2025-01-24", "2025-02-07"),  # Sunday 26 January worked, 28 January – 4 February off
        ("L02", "2025-09-26", "2025-10-10"),  # Sunday 28 September worked, 1–8 October off
        ("L01", "2026-01-31", "2026-02-28"),  # no 31 February; Saturday 28 February is worked
        ("L01", "2024-01-31", "2024-02-29"),
        ("L01", "2025-01-31", "2025-02-28"),
        ("L01", "2026-08-31", "2026-09-30"),
        ("L01", "2026-04-01", "2026-05-06"),  # 1 May rolls over the Labour Day week
        ("L01", "2025-12-01", "2026-01-04"),  # 1 January rolls to a worked Sunday
        ("L01", "2026-01-15", "2026-02-24"),  # 15 February is in the Spring Festival
        ("L01", "2026-05-19", "2026-06-22"),  # 19 June is the Dragon Boat Festival, a Friday
        ("C03", "2025-10-03", "2026-10-08"),  # one year, last day in the National Day week
        ("C03", "2024-02-29", "2025-02-28"),
        ("C04", "2025-08-08", "2026-08-10"),  # Saturday
        ("P03", "2026-09-16", "2026-10-08"),  # fifteen natural days end on 1 October
        ("P04", "2026-09-01", "2026-10-08"),
        ("P01", "2026-09-30", "2026-10-03"),  # three days to release property: never longer for a holiday
        ("P07", "2026-04-03", "2026-10-03"),
        ("P06", "2025-12-31", "2026-02-02"),  # 31 January 2026 is a Saturday
        ("M03", "2026-09-25", "2026-10-01"),  # seven days from the announcement, its day counted
        ("M02", "2025-10-05", "2026-10-05"),
        ("M12", "2026-09-25", "2026-10-02"),
        ("C08", "2026-10-09", "2026-09-22"),  # seven working days before; 20 September is too early
        ("H03", "2026-10-21", "2026-10-01"),
        ("R05", "2026-07-02", "2026-10-08"),
        ("R10", "2026-09-17", "2026-10-08"),
        ("R12", "2026-08-04", "2026-10-08"),
        ("S01", "2026-09-02", "2026-10-08"),
        ("S03", "2026-09-25", "2026-10-02"),
        ("X03", "2026-03-31", "2026-09-30"),
        ("D05", "2026-10-01", "2029-10-01"),
    ],
)
def test_hand_counted_dates(rule_id: str, start: str, expected: str) -> None:
    assert on(rule_id, start) == date.fromisoformat(expected)


def test_a_year_without_a_notice_is_provisional_and_says_so() -> None:
    result = due(rule("L06"), Facts(date(2026, 12, 20)), CALENDAR)

    assert result.provisional
    assert "2027 年的放假安排还没有公布" in result.steps[-1]


@pytest.mark.parametrize(
    ("rule_id", "start"), [("M04", "2026-11-20"), ("P07", "2026-11-20"), ("L06", "2026-11-20"), ("L01", "2026-11-20")]
)
def test_dates_that_need_no_unknown_notice_are_final(rule_id: str, start: str) -> None:
    assert not due(rule(rule_id), Facts(date.fromisoformat(start)), CALENDAR).provisional


def test_a_month_that_ends_in_an_unknown_year_is_provisional() -> None:
    assert due(rule("L01"), Facts(date(2026, 12, 1)), CALENDAR).provisional


def test_hours_run_from_the_moment_and_never_roll() -> None:
    result = due(rule("C06"), Facts(date(2026, 9, 30), moment("2026-09-30 22:15")), CALENDAR)

    assert result.due_at == moment("2026-10-01 22:15")
    assert result.due_on == date(2026, 10, 1)


def test_a_plan_names_the_day_and_a_rest_day_moves() -> None:
    friday, saturday = date(2021, 10, 15), date(2021, 10, 16)

    assert due(rule("S02"), Facts(date(2021, 9, 7), named_on=friday), CALENDAR).due_on == friday
    assert due(rule("S02"), Facts(date(2021, 9, 7), named_on=saturday), CALENDAR).due_on == date(2021, 10, 18)


def test_stopped_days_do_not_count_in_months() -> None:
    stop = Stop(date(2026, 9, 10), date(2026, 9, 14), "补充调查", "王某", "审〔2026〕1号")

    result = due(rule("H01"), Facts(date(2026, 8, 3), stops=(stop,)), CALENDAR)
    moved = due(rule("H01"), Facts(date(2026, 8, 20), stops=(stop,)), CALENDAR)

    assert result.due_on == date(2026, 9, 3)  # it had ended before the stop began
    assert moved.due_on == date(2026, 9, 24)
    assert moved.first_due_on == date(2026, 9, 20)  # a Sunday, but worked
    assert any("停 4 天（补充调查，王某批准，审〔2026〕1号）" in step for step in moved.steps)


def test_stopped_days_do_not_count_in_working_days() -> None:
    stop = Stop(date(2026, 9, 3), date(2026, 9, 9))

    result = due(rule("L02"), Facts(date(2026, 9, 1), stops=(stop,)), CALENDAR)

    assert result.due_on == date(2026, 9, 14)  # 2 | 9 10 11 14 September
    assert result.first_due_on == date(2026, 9, 8)


def test_a_stop_after_the_end_moved_off_a_holiday_still_counts() -> None:
    stop = Stop(date(2026, 10, 8), date(2026, 10, 12))

    result = due(rule("L01"), Facts(date(2026, 9, 1), stops=(stop,)), CALENDAR)

    assert result.due_on == date(2026, 10, 12)
    assert result.first_due_on == date(2026, 10, 8)


def test_an_open_stop_keeps_the_date_and_says_stopped() -> None:
    result = due(rule("L02"), Facts(date(2026, 9, 1), stops=(Stop(date(2026, 9, 3)),)), CALENDAR)

    assert result.stopped
    assert result.due_on == date(2026, 9, 8)


def test_extensions_run_on_from_the_unmoved_end() -> None:
    facts = Facts(date(2026, 9, 1), extensions=(More(1, "month"),))

    assert due(rule("H01"), facts, CALENDAR).due_on == date(
        2026, 11, 2
    )  # two months from 1 September, 1 November is a Sunday


def test_months_are_added_before_they_clamp() -> None:
    facts = Facts(date(2026, 1, 31), extensions=(More(1, "month"),))

    assert due(rule("H01"), facts, CALENDAR).due_on == date(2026, 3, 31)


def test_an_extension_in_another_unit_runs_on() -> None:
    facts = Facts(date(2026, 8, 3), extensions=(More(10, "working_day"),))

    assert due(rule("H01"), facts, CALENDAR).due_on == date(2026, 9, 17)


@steady
@given(STARTS, st.lists(st.tuples(STARTS, st.integers(0, 30)), max_size=4))
def test_stops_never_shorten_and_their_order_is_nothing(start: date, gaps: list[tuple[date, int]]) -> None:
    stops = tuple(Stop(begin, begin + timedelta(days=days)) for begin, days in gaps)
    for rule_id in ("L06", "H01", "R09"):
        plain = due(rule(rule_id), Facts(start), CALENDAR)
        stopped = due(rule(rule_id), Facts(start, stops=stops), CALENDAR)

        assert stopped.due_on >= plain.due_on == stopped.first_due_on
        assert stopped.due_on == due(rule(rule_id), Facts(start, stops=stops[::-1]), CALENDAR).due_on


@steady
@given(STARTS, st.integers(1, 20), st.integers(1, 25))
def test_a_stop_within_the_count_costs_exactly_its_working_days(start: date, after: int, days: int) -> None:
    begin = start + timedelta(days=after)
    stop = Stop(begin, begin + timedelta(days=days))
    plain = due(rule("L06"), Facts(start), CALENDAR).due_on
    lost = [begin + timedelta(days=n) for n in range(days)]

    stopped = due(rule("L06"), Facts(start, stops=(stop,)), CALENDAR).due_on

    counted = CALENDAR.working_days_between(start, stopped) - sum(
        CALENDAR.is_working_day(day) for day in lost if start < day <= stopped
    )
    assert counted == 15
    assert (stopped == plain) == (begin > plain or not any(CALENDAR.is_working_day(day) for day in lost))


def test_stops_that_touch_are_one() -> None:
    stops = [Stop(date(2026, 1, 5), date(2026, 1, 8)), Stop(date(2026, 1, 1), date(2026, 1, 5)), Stop(date(2026, 2, 1))]

    assert merge_stops(stops) == ((date(2026, 1, 1), date(2026, 1, 8)), (date(2026, 2, 1), None))


@pytest.mark.parametrize(
    ("rule_id", "facts", "sentence"),
    [
        ("C06", Facts(date(2026, 9, 1)), "按小时计算，需要起算的时刻"),
        ("S02", Facts(date(2026, 9, 1)), "日期由方案指定"),
        ("S02", Facts(date(2026, 9, 1), named_on=date(2026, 8, 1)), "早于起算日"),
        ("L01", Facts(date(2026, 9, 1), amount=0), "期限长度“0”不能用"),
        ("L01", Facts(date(2026, 9, 1), amount=10_000), "期限长度“10000”不能用"),
        ("C08", Facts(date(2026, 9, 1), stops=(Stop(date(2026, 9, 2)),)), "倒计，没有中止的规定"),
        ("C08", Facts(date(2026, 9, 1), extensions=(More(1, "day"),)), "从届满日倒计"),
        ("M01", Facts(date(2026, 9, 1), moment("2026-09-01 10:00"), extensions=(More(1, "day"),)), "延长也按小时填写"),
        ("L01", Facts(date(2026, 9, 1), stops=(Stop(date(2026, 9, 9), date(2026, 9, 2)),)), "早于暂停的日期"),
    ],
)
def test_facts_that_cannot_be_are_refused(rule_id: str, facts: Facts, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        due(rule(rule_id), facts, CALENDAR)

    assert sentence in refused.value.message


def test_an_unknown_rule_names_known_ones() -> None:
    with pytest.raises(Invalid, match="L01"):
        rule("Z99")
