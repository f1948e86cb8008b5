"""Opening, meeting and voiding clocks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from casework.core.errors import Invalid, Refused
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import Opening, cancel_deadline, meet_deadline, open_deadline, open_deadlines
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline

pytestmark = pytest.mark.django_db

AT = moment("2026-09-07 10:00")


def entries(deadline: Deadline) -> list[str]:
    return [entry.kind for entry in Entry.objects.of(f"deadline:{deadline.pk}")]


def test_opening_computes_the_date_and_writes_the_ledger() -> None:
    holder = a_user()

    deadline = a_deadline(holder=holder)

    deadline.refresh_from_db()
    assert (deadline.due_on, deadline.first_due_on, deadline.provisional) == (date(2026, 9, 8), date(2026, 9, 8), False)
    assert deadline.next_on == date(2026, 9, 3)  # T-3; T-5 would be the first day itself
    assert deadline.title == "转送不属本级管辖的报案、举报"
    assert deadline.rule_version == 2
    (entry,) = Entry.objects.of(f"deadline:{deadline.pk}")
    assert entry.payload["data"] == {
        "of": "report:1",
        "rule": "L02",
        "rule_version": 2,
        "start_on": "2026-09-01",
        "due_on": "2026-09-08",
        "provisional": False,
        "holder": holder.pk,
    }


def test_one_thing_has_one_running_clock_of_a_kind() -> None:
    first = a_deadline()

    with pytest.raises(Refused, match="已在计时"):
        a_deadline()
    a_deadline(kind="L06")
    cancel_deadline(first, actor=None, at=AT, reason="重复登记")
    a_deadline()

    assert Deadline.objects.filter(ref="report:1").count() == 3


def test_a_superseded_limit_starts_no_clock() -> None:
    with pytest.raises(Refused, match="已经废止"):
        a_deadline(kind="C05")

    assert not Deadline.objects.exists()


def test_many_clocks_are_one_act_and_all_or_none() -> None:
    openings = [Opening(f"selfinspection:{n}", "S02", date(2021, 9, 7), named_on=date(2021, 10, 15)) for n in range(78)]

    deadlines = open_deadlines(openings, batch_ref="stage:2", actor=None, at=AT)
    another = Opening("selfinspection:99", "S02", date(2021, 9, 7), named_on=date(2021, 10, 15))
    with pytest.raises(Refused):
        open_deadlines([another, openings[0]], batch_ref="stage:2", actor=None, at=AT)

    assert Deadline.objects.count() == len(deadlines) == 78
    (entry,) = Entry.objects.of("stage:2")
    assert entry.payload["data"]["count"] == 78


def test_meeting_in_time_freezes_the_verdict() -> None:
    deadline, bystander = a_deadline(), a_deadline("report:2")

    met = meet_deadline(deadline, actor=None, at=AT)

    assert (met.state, met.met_on, met.next_on) == (State.MET, date(2026, 9, 7), None)
    assert met.verdict is not None
    assert {key: met.verdict[key] for key in ("in_time", "late_days", "late_working_days", "early_working_days")} == {
        "in_time": True,
        "late_days": 0,
        "late_working_days": 0,
        "early_working_days": 1,
    }
    assert entries(met) == ["deadline.opened", "deadline.met"]
    bystander.refresh_from_db()
    assert bystander.state == State.OPEN


@pytest.mark.parametrize(
    ("met_at", "in_time", "late_days", "late_working_days"),
    [
        ("2026-09-08 23:59", True, 0, 0),
        ("2026-09-09 00:01", False, 1, 1),
        ("2026-09-11 09:00", False, 3, 3),
        ("2026-09-13 09:00", False, 5, 3),
        ("2026-09-30 09:00", False, 22, 16),
    ],
)
def test_verdicts(met_at: str, in_time: bool, late_days: int, late_working_days: int) -> None:
    met = meet_deadline(a_deadline(), actor=None, at=moment(met_at))

    assert met.verdict is not None
    assert (met.verdict["in_time"], met.verdict["late_days"], met.verdict["late_working_days"]) == (
        in_time,
        late_days,
        late_working_days,
    )


@pytest.mark.parametrize(
    ("met_at", "in_time", "hours"), [("2026-09-02 08:59", True, 0), ("2026-09-02 12:30", False, 3)]
)
def test_hours_are_judged_by_the_moment(met_at: str, in_time: bool, hours: int) -> None:
    deadline = a_deadline(kind="C06", start_at=moment("2026-09-01 09:00"))

    met = meet_deadline(deadline, actor=None, at=moment(met_at))

    assert met.verdict is not None
    assert (met.verdict["in_time"], met.verdict["late_hours"]) == (in_time, hours)


def test_meeting_twice_changes_nothing() -> None:
    deadline = a_deadline()
    first = meet_deadline(deadline, actor=None, at=AT)

    second = meet_deadline(deadline, actor=None, at=moment("2026-12-01 09:00"))

    assert second.verdict == first.verdict
    assert entries(deadline) == ["deadline.opened", "deadline.met"]


def test_a_voided_clock_cannot_be_met_and_voiding_needs_a_reason() -> None:
    deadline = a_deadline()

    with pytest.raises(Invalid):
        cancel_deadline(deadline, actor=None, at=AT, reason=" ")
    cancelled = cancel_deadline(deadline, actor=None, at=AT, reason="线索并案")
    cancel_deadline(deadline, actor=None, at=AT, reason="线索并案")
    with pytest.raises(Refused, match="已作废"):
        meet_deadline(deadline, actor=None, at=AT)

    assert (cancelled.state, cancelled.next_on) == (State.CANCELLED, None)
    assert entries(deadline) == ["deadline.opened", "deadline.cancelled"]


def test_a_duty_is_not_done_before_its_clock_began() -> None:
    with pytest.raises(Invalid, match="早于起算日"):
        meet_deadline(a_deadline(), actor=None, at=AT, met_on=date(2026, 8, 30))


@pytest.mark.parametrize(
    "values", [{"state": "late"}, {"unit": "fortnight"}, {"state": State.MET}, {"verdict": {"in_time": True}}]
)
def test_the_database_refuses_impossible_rows(values: dict[str, object]) -> None:
    deadline = a_deadline()

    with pytest.raises(IntegrityError), transaction.atomic():
        Deadline.objects.filter(pk=deadline.pk).update(**values)


@pytest.mark.django_db(transaction=True)
def test_two_officers_meeting_one_clock_write_one_verdict() -> None:
    for round_ in range(5):
        deadline = a_deadline(f"report:{round_}")

        def meet(_n: int, deadline: Deadline = deadline) -> object:
            try:
                return meet_deadline(deadline, actor=None, at=AT).verdict
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            verdicts = list(pool.map(meet, range(4)))

        assert all(verdict == verdicts[0] for verdict in verdicts)
        assert entries(deadline) == ["deadline.opened", "deadline.met"]


@pytest.mark.django_db(transaction=True)
def test_two_openings_at_once_start_one_clock() -> None:
    def start(_n: int) -> bool:
        try:
            open_deadline("report:1", "L02", start_on=date(2026, 9, 1), actor=None, at=AT)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(start, range(4))) == [False, False, False, True]
    assert Deadline.objects.count() == 1
