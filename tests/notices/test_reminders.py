"""The scan: nothing owed is lost, nothing is owed twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.calendar import Kind
from casework.deadlines import recipients
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline
from casework.deadlines.services.lifecycle import Opening, cancel_deadline, meet_deadline, open_deadlines
from casework.ledger.models import Entry
from casework.notices.models import Notice
from casework.notices.services.reminders import owe_reminders, unwanted
from tests.build import a_compartment, a_user, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def scan(day: str, time: str = "09:00") -> int:
    return owe_reminders(date.fromisoformat(day), moment(f"{day} {time}"))


def titles(user: User | None = None) -> list[str]:
    rows = Notice.objects.order_by("owed_at", "pk")
    return list((rows.filter(recipient=user) if user else rows).values_list("title", flat=True))


@pytest.fixture
def led(monkeypatch: pytest.MonkeyPatch) -> tuple[User, User]:
    """A leader and his superior, named for every deadline of S02."""
    leader, superior = a_user("单位负责人甲", Role.UNIT_LEADER), a_user("上级负责人甲", Role.UNIT_LEADER)
    monkeypatch.setattr(recipients, "_resolvers", {})
    recipients.register_recipients(
        "S02", lambda rows: {one.pk: {"leader": {leader.pk}, "superior": {superior.pk}} for one in rows}
    )
    return leader, superior


def a_stage(ref: str = "selfinspection:1", **more: Any) -> Deadline:
    """A stage due on Friday 15 October 2021."""
    values = {
        "start_on": date(2021, 9, 7),
        "named_on": date(2021, 10, 15),
        "at": moment("2021-09-07 09:00"),
        "title": "自查自纠",
    }
    return a_deadline(ref, "S02", **{**values, **more})


def test_the_whole_ladder_day_by_day(led: tuple[User, User]) -> None:
    holder = a_user("填报人甲")
    a_stage(holder=holder)
    day, seen = date(2021, 9, 7), []

    while day < date(2021, 11, 30):
        owe_reminders(day, moment(f"{day} 09:00"))
        if scan(day.isoformat(), "21:00"):
            raise AssertionError("owed twice on one day")
        day += timedelta(days=1)

    seen = list(
        Notice.objects.filter(recipient=holder).order_by("owed_at").values_list("owed_at__date", "title", "level")
    )
    assert seen == [
        (date(2021, 10, 9), "自查自纠：还剩 5 个工作日", "info"),
        (date(2021, 10, 12), "自查自纠：还剩 3 个工作日", "info"),
        (date(2021, 10, 14), "自查自纠：还剩 1 个工作日", "warn"),
        (date(2021, 10, 15), "自查自纠：今天到期", "warn"),
        (date(2021, 10, 18), "自查自纠：逾期 1 个工作日", "alarm"),
        (date(2021, 10, 20), "自查自纠：逾期 3 个工作日", "alarm"),
        (date(2021, 10, 26), "自查自纠：逾期 7 个工作日", "alarm"),
    ]
    leader, superior = led
    assert (len(titles(leader)), len(titles(superior))) == (5, 2)
    assert "督办函" in Notice.objects.get(recipient=superior, owed_at__date="2021-10-20").body
    assert Deadline.objects.get().next_on is None


def test_scanning_twice_owes_once() -> None:
    a_stage(holder=a_user())

    assert scan("2021-10-12") == 1
    assert scan("2021-10-12", "09:01") == 0
    assert scan("2021-10-13") == 0


def test_an_empty_scan_is_one_statement(django_assert_num_queries: Any) -> None:
    a_stage(holder=a_user())

    with django_assert_num_queries(1):
        assert scan("2021-09-20") == 0


def test_many_reminders_cost_few_statements(django_assert_max_num_queries: Any) -> None:
    holder = a_user()
    openings = [
        Opening(f"selfinspection:{n}", "S02", date(2021, 9, 7), named_on=date(2021, 10, 15), holder=holder)
        for n in range(300)
    ]
    open_deadlines(openings, batch_ref="stage:2", actor=None, at=moment("2021-09-07 09:00"))

    with django_assert_max_num_queries(30):
        assert scan("2021-10-12") == 300


def test_a_batch_longer_than_an_entry_of_the_ledger_is_owed_whole() -> None:
    holder = a_user()
    openings = [
        Opening(f"selfinspection:{n}", "S02", date(2021, 9, 7), named_on=date(2021, 10, 15), holder=holder)
        for n in range(900)
    ]
    for start in range(0, 900, 300):
        at = moment("2021-09-07 09:00")
        open_deadlines(openings[start : start + 300], batch_ref=f"stage:{start}", actor=None, at=at)

    assert scan("2021-10-12") == 900

    entries = [one.payload["data"] for one in Entry.objects.of("notices:0")]
    assert len(entries) > 1
    assert {one["of"] for one in entries} == {900}
    told = [row["id"] for one in entries for row in one["notices"]]
    assert sorted(told) == sorted(str(pk) for pk in Notice.objects.values_list("pk", flat=True))


def test_a_worker_dead_for_a_week_owes_the_latest_once() -> None:
    holder = a_user()
    a_stage(holder=holder)

    assert scan("2021-10-21") == 1
    assert scan("2021-10-22") == 0
    assert titles(holder) == ["自查自纠：逾期 4 个工作日"]


def test_a_clock_set_back_owes_nothing_twice() -> None:
    a_stage(holder=a_user())
    scan("2021-10-14")

    assert [scan(day) for day in ("2021-10-04", "2021-10-12", "2021-10-14", "2021-10-15")] == [0, 0, 0, 1]


def test_a_date_moved_inside_the_window_is_told_anew(cast: Cast) -> None:
    deadline, bystander = a_stage(holder=cast.unit_leader), a_stage("selfinspection:2", holder=cast.other_leader)
    scan("2021-10-14")

    extend_deadline(
        deadline,
        3,
        "working_day",
        approver="牵头单位",
        actor=cast.approver,
        at=moment("2021-10-14 10:00"),
        reason="台风",
    )

    assert scan("2021-10-14", "10:01") == 1
    assert titles(cast.unit_leader)[-1] == "自查自纠：还剩 4 个工作日"
    assert scan("2021-10-15") == 2  # three days left for the one, today for the other
    assert titles(cast.other_leader)[-1] == "自查自纠：今天到期"
    assert bystander.due_on == date(2021, 10, 15)


@pytest.mark.parametrize("end", ["met", "cancelled", "stopped"])
def test_a_clock_that_does_not_run_reminds_nobody(cast: Cast, end: str) -> None:
    deadline = a_stage(holder=cast.unit_leader)
    at = moment("2021-10-08 10:00")
    if end == "met":
        meet_deadline(deadline, actor=None, at=at)
    elif end == "cancelled":
        cancel_deadline(deadline, actor=None, at=at, reason="单位撤并")
    else:
        suspend_deadline(deadline, approver="牵头单位", actor=cast.approver, at=at, reason="台风")

    assert scan("2021-10-20") == 0


def test_a_resumed_clock_reminds_again(cast: Cast) -> None:
    deadline = a_stage(holder=cast.unit_leader)
    suspend_deadline(deadline, approver="牵头单位", actor=cast.approver, at=moment("2021-10-08 10:00"), reason="台风")
    resume_deadline(
        deadline, approver="牵头单位", actor=cast.approver, at=moment("2021-10-25 10:00"), reason="台风过去"
    )

    assert scan("2021-10-24") == 0
    assert scan("2021-10-25") == 1
    assert titles() == ["自查自纠：还剩 5 个工作日"]


def test_a_changed_calendar_shifts_the_rungs(cast: Cast) -> None:
    a_stage(holder=cast.unit_leader)
    scan("2021-10-11")
    apply_holiday_rows([HolidayRow(date(2021, 10, 12), Kind.HOLIDAY)], actor=None, at=moment("2021-10-11 10:00"))

    assert scan("2021-10-11", "10:01") == 1  # T-3 is today now
    assert titles() == ["自查自纠：还剩 4 个工作日", "自查自纠：还剩 3 个工作日"]


def test_a_new_holder_is_told_of_the_rung_reached(cast: Cast) -> None:
    deadline = a_stage(holder=cast.unit_leader)
    scan("2021-10-14")
    Deadline.objects.filter(pk=deadline.pk).update(holder=cast.other_leader, next_on=date(2021, 10, 14))

    assert scan("2021-10-14", "10:00") == 1
    assert len(titles(cast.unit_leader)) == len(titles(cast.other_leader)) == 1


def test_officials_are_told_only_inside_the_compartment(cast: Cast, led: tuple[User, User]) -> None:
    inside = a_compartment(cast.officer)
    a_deadline("case:1", "H01", compartment=inside, holder=cast.officer)
    a_deadline("case:2", "H01", compartment=inside, holder=cast.outsider)
    a_stage("selfinspection:5", compartment=inside, holder=cast.unit_leader)
    closed = a_user("离职人员")
    closed.is_active = False
    closed.save(update_fields=["is_active"])
    a_deadline("case:3", "H01", holder=closed)

    scan("2026-10-08")

    assert set(Notice.objects.values_list("recipient", flat=True)) == {
        cast.officer.pk,
        cast.unit_leader.pk,
        led[0].pk,
        led[1].pk,
    }


def test_a_resolver_that_fails_costs_only_its_leaders(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_rows: Any) -> Any:
        raise LookupError("no register")

    monkeypatch.setattr(recipients, "_resolvers", {"S02": broken})
    holders = [a_user(), a_user()]
    a_stage(holder=holders[0])
    a_deadline("report:1", "L02", holder=holders[1])

    assert scan("2026-09-08") == 2
    assert "recipients of S02" in caplog.text


def test_each_batch_is_in_the_ledger() -> None:
    holder = a_user()
    a_stage(holder=holder)
    scan("2021-10-12")

    (entry,) = Entry.objects.of("notices:0").order_by("-id")[:1]

    assert entry.payload["data"]["count"] == 1
    assert entry.payload["data"]["notices"][0] == {
        "key": Notice.objects.get().key,
        "id": str(Notice.objects.get().pk),
        "to": holder.pk,
    }


def test_hours_name_the_time() -> None:
    a_deadline("measure:1", "C06", start_at=moment("2026-09-01 10:30"), holder=a_user())

    scan("2026-09-02")

    assert titles() == ["通知被采取措施人员的所在单位和家属：今天 10:30 前到期"]


def test_natural_days_show_both_counts() -> None:
    a_deadline("item:1", "P04", start_on=date(2026, 9, 1), holder=a_user())  # due on 8 October

    scan("2026-09-30")

    assert titles() == ["将涉案物品移交保管部门：还剩 8 天（1 个工作日）"]


def test_reminders_overtaken_by_events_are_not_wanted(cast: Cast) -> None:
    met, moved, open_ = (a_stage(f"selfinspection:{n}", holder=cast.unit_leader) for n in (1, 2, 3))
    scan("2021-10-14")
    meet_deadline(met, actor=None, at=moment("2021-10-14 10:00"))
    extend_deadline(
        moved, 5, "day", approver="牵头单位", actor=cast.approver, at=moment("2021-10-14 10:00"), reason="台风"
    )

    late = unwanted(list(Notice.objects.all()))

    assert {key.split(":")[1] for key in late} == {str(met.pk), str(moved.pk)}
    assert open_.state == State.OPEN


@pytest.mark.django_db(transaction=True)
def test_scans_in_threads_owe_each_reminder_once() -> None:
    holders = [a_user() for _ in range(5)]
    for number in range(60):
        a_stage(f"selfinspection:{number}", holder=holders[number % 5])

    def run(_n: int) -> int:
        try:
            return owe_reminders(date(2021, 10, 12), moment("2021-10-12 09:00"), batch=7)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        owed = sum(pool.map(run, range(4)))
    owed += run(0)

    assert owed == 60
    assert Counter(Notice.objects.values_list("recipient", flat=True)) == {holder.pk: 12 for holder in holders}


@pytest.mark.django_db(transaction=True)
def test_meeting_a_duty_races_the_scan_and_no_reminder_comes_after() -> None:
    for round_ in range(8):
        deadline = a_stage(f"selfinspection:{round_}", holder=a_user())

        def meet(deadline: Deadline = deadline) -> None:
            try:
                meet_deadline(deadline, actor=None, at=moment("2021-10-12 09:00"))
            finally:
                connection.close()

        def run() -> int:
            try:
                return scan("2021-10-12")
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            met, owed = pool.submit(meet), pool.submit(run)
            met.result()
            owed.result()

        assert scan("2021-10-13") == 0
        assert Deadline.objects.get(pk=deadline.pk).state == State.MET
