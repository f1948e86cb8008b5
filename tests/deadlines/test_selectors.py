"""What is read of clocks, and by whom."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from casework.deadlines import selectors
from casework.deadlines.models import Deadline
from casework.deadlines.rules import rules
from casework.deadlines.services.changes import suspend_deadline
from casework.deadlines.services.lifecycle import meet_deadline
from tests.build import a_compartment, a_user, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("today", "days", "working"),
    [("2026-09-01", 7, 5), ("2026-09-07", 1, 1), ("2026-09-08", 0, 0), ("2026-09-09", -1, -1), ("2026-09-13", -5, -3)],
)
def test_days_left(today: str, days: int, working: int) -> None:
    facts = selectors.deadline_facts(a_deadline(), date.fromisoformat(today))

    assert (facts.days_left, facts.working_days_left, facts.over) == (days, working, days < 0)


def test_facts_of_a_stopped_clock(cast: Cast) -> None:
    deadline = a_deadline("case:1", "H01")
    suspend_deadline(
        deadline, approver="分管领导甲", actor=cast.officer, at=moment("2026-09-10 09:00"), reason="补充调查"
    )
    deadline.refresh_from_db()

    facts = selectors.deadline_facts(deadline, date(2026, 9, 19))

    assert (facts.state, facts.stopped_days, facts.over) == ("stopped", 9, False)
    assert [(bar.from_on, bar.until, bar.days, bar.reason) for bar in facts.stops] == [
        (date(2026, 9, 10), None, 9, "补充调查")
    ]


def test_facts_of_a_met_clock_come_from_the_verdict() -> None:
    met = meet_deadline(a_deadline(), actor=None, at=moment("2026-09-11 09:00"))

    facts = selectors.deadline_facts(met, date(2027, 1, 1))

    assert (facts.in_time, facts.late_days, facts.late_working_days, facts.over) == (False, 3, 3, False)


def test_many_facts_cost_the_same_queries(django_assert_num_queries: object) -> None:
    for count in (1, 3):
        a_deadline(f"report:{count}")
        with django_assert_num_queries(4):  # type: ignore[operator]
            selectors.facts_of(selectors.with_bars(Deadline.objects.all()), date(2026, 9, 2))


def test_each_sees_what_he_may_know(cast: Cast) -> None:
    inside = a_compartment(cast.officer, cast.approver)
    of_the_case = a_deadline("case:1", "H01", compartment=inside, holder=cast.officer)
    of_the_unit = a_deadline("selfinspection:1", holder=cast.unit_leader, compartment=inside)
    of_nobody = a_deadline("report:9")

    seen = {name: set(Deadline.objects.visible_to(user)) for name, user in cast.everyone().items()}

    assert seen.pop("auditor") == {of_the_case, of_the_unit, of_nobody}
    assert seen.pop("officer") == seen.pop("approver") == {of_the_case, of_the_unit}
    assert seen.pop("unit_leader") == {of_the_unit}
    assert set().union(*seen.values()) == set()


def test_a_holder_put_out_of_the_compartment_loses_the_clock(cast: Cast) -> None:
    inside = a_compartment(cast.officer)
    a_deadline("case:1", "H01", compartment=inside, holder=cast.officer)
    assert selectors.for_user(cast.officer).count() == 1

    inside.grants.all().delete()

    assert selectors.for_user(cast.officer).count() == 0


def test_lists_are_of_live_clocks_the_nearest_first(cast: Cast) -> None:
    later = a_deadline("report:1", "L06", holder=cast.officer)
    sooner = a_deadline("report:2", holder=cast.officer)
    met = a_deadline("report:3", holder=cast.officer)
    meet_deadline(met, actor=None, at=moment("2026-09-02 09:00"))
    a_deadline("report:4", holder=cast.outsider)

    assert list(selectors.for_user(cast.officer)) == [sooner, later]
    assert [one.ref for one in selectors.overdue(date(2026, 9, 9))] == ["report:2", "report:4"]
    assert [one.ref for one in selectors.due_within(date(2026, 9, 8), 30)] == ["report:2", "report:4", "report:1"]
    assert [facts.ref for facts in selectors.facts_for_ref("report:2", cast.officer, date(2026, 9, 2))] == ["report:2"]
    assert selectors.facts_for_ref("report:4", cast.officer, date(2026, 9, 2)) == []


def test_the_count_day_by_day_ends_on_the_due_date() -> None:
    deadline = a_deadline("report:1", "L06", start_on=date(2026, 9, 24))

    rows = selectors.counted_days(deadline, selectors.current_calendar())

    assert rows[-1].on == deadline.due_on
    assert [row.number for row in rows if row.number] == list(range(1, 16))
    assert {row.why for row in rows if row.number is None} == {"中秋节放假", "国庆节放假", "周末"}
    assert [row.why for row in rows if row.on == date(2026, 10, 10)] == ["调休上班"]


def explain(*arguments: str) -> str:
    out = StringIO()
    call_command("deadline", "explain", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("rule_id", rules())
def test_the_command_explains_every_rule(rule_id: str) -> None:
    text = explain(rule_id, "--start", "2026-09-01")

    assert text.startswith(f"1. 规则 {rule_id}（第 2 版）：{rules()[rule_id].label}")
    assert "2. " in text


def test_the_command_explains_a_running_clock_by_either_name() -> None:
    deadline = a_deadline("selfinspection:12", holder=a_user())

    assert explain("selfinspection:12") == explain(f"deadline:{deadline.pk}")
    assert "到期日：2026年9月8日" in explain("selfinspection:12")


@pytest.mark.parametrize(
    "arguments", [("nothing:1",), ("deadline:x",), ("L01", "--start", "2026-02-30"), ("L01", "--start", "soon")]
)
def test_the_command_refuses_with_a_sentence(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"规则|例如"):
        explain(*arguments)
