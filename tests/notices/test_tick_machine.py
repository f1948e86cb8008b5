"""Whatever people do between two looks: what is reached is owed once, and nothing after the duty is done."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from casework.accounts.enums import Role
from casework.core import clock
from casework.core.calendar import Kind
from casework.core.errors import CaseworkError
from casework.deadlines.enums import LIVE, State
from casework.deadlines.ladder import ladder, reached, schedule
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.deadlines.services.changes import (
    extend_deadline,
    hand_over_deadlines,
    resume_deadline,
    suspend_deadline,
)
from casework.deadlines.services.lifecycle import cancel_deadline, meet_deadline
from casework.notices.models import Notice
from casework.notices.services.reminders import owe_reminders
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline

FUZZ = bool(os.environ.get("CASEWORK_FUZZ"))
CLOCKS = st.integers(0, 2)
PAPERS: dict[str, Any] = {"approver": "牵头单位", "reason": "台风"}


class TickMachine(RuleBasedStateMachine):
    """Three clocks about to run out, two holders, an approver, and a scan at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[int, datetime] = {}
        self.seen = 0
        self.own = transaction.atomic()  # each run leaves nothing to the next
        self.own.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.own.__exit__(None, None, None)

    @initialize()
    def three_clocks(self) -> None:
        self.now = moment("2021-09-27 09:00")
        self.holders = [a_user("填报人甲"), a_user("填报人乙")]
        self.approver = a_user("分管领导甲", Role.APPROVER)
        self.clocks = [
            a_deadline(
                f"selfinspection:{number}",
                "S02",
                start_on=date(2021, 9, 7),
                named_on=date(2021, 10, 12 + number),
                at=moment("2021-09-07 09:00"),
                holder=self.holders[number % 2],
            ).pk
            for number in range(3)
        ]

    def _row(self, which: int) -> Deadline:
        return Deadline.objects.get(pk=self.clocks[which])

    def _end(self, which: int, act: Any, **more: Any) -> None:
        row = self._row(which)
        try:
            act(row, actor=None, at=self.now, **more)
        except CaseworkError:
            assert row.state not in LIVE
        else:
            self.ended.setdefault(row.pk, self.now)

    def _try(self, act: Any, which: int, *given: Any, **more: Any) -> None:
        try:
            act(self._row(which), *given, actor=self.approver, at=self.now, **PAPERS, **more)
        except CaseworkError:
            return  # a person is told so

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(batch=st.sampled_from([1, 2, 1000]))
    def tick(self, batch: int) -> None:
        today = clock_day(self.now)
        owe_reminders(today, self.now, batch=batch)
        calendar = current_calendar()
        for row in Deadline.objects.filter(state=State.OPEN):
            assert row.next_on is None or row.next_on > today
            rung = reached(schedule(ladder(row.kind, row.unit), row.start_on, row.due_on, calendar), today)
            if rung is not None:  # nothing owed is lost
                assert Notice.objects.filter(key=f"deadline:{row.pk}:{row.due_on}:{rung.name}:{row.holder_id}").exists()

    @rule()
    def tick_again(self) -> None:
        owe_reminders(clock_day(self.now), self.now)
        assert owe_reminders(clock_day(self.now), self.now) == 0

    @rule(which=CLOCKS)
    def submit(self, which: int) -> None:
        self._end(which, meet_deadline)

    @rule(which=CLOCKS)
    def cancel(self, which: int) -> None:
        self._end(which, cancel_deadline, reason="单位撤并")

    @rule(which=CLOCKS, days=st.integers(1, 4))
    def extend(self, which: int, days: int) -> None:
        self._try(extend_deadline, which, days, "working_day")

    @rule(which=CLOCKS)
    def suspend(self, which: int) -> None:
        self._try(suspend_deadline, which)

    @rule(which=CLOCKS)
    def resume(self, which: int) -> None:
        self._try(resume_deadline, which)

    @rule(which=CLOCKS, holder=st.integers(0, 1))
    def hand_over(self, which: int, holder: int) -> None:
        rows = Deadline.objects.filter(pk=self.clocks[which])
        hand_over_deadlines(rows, self.holders[holder], actor=self.approver, at=self.now)

    @rule(day=st.dates(date(2021, 10, 1), date(2021, 10, 29)), kind=st.sampled_from(list(Kind)))
    def calendar_changes(self, day: date, kind: Kind) -> None:
        apply_holiday_rows([HolidayRow(day, kind)], actor=None, at=self.now)

    @invariant()
    def nothing_after_the_end_and_nothing_twice(self) -> None:
        for pk, at in self.ended.items():
            assert not Notice.objects.filter(key__startswith=f"deadline:{pk}:", owed_at__gt=at).exists()
        keys = list(Notice.objects.values_list("key", flat=True))
        assert len(keys) == len(set(keys)) >= self.seen
        self.seen = len(keys)


def clock_day(at: datetime) -> date:
    """Return the day in the house's time zone."""
    return at.astimezone(moment("2021-01-01 00:00").tzinfo).date()


class TestTick(TickMachine.TestCase, TestCase):  # type: ignore[misc]
    """Each run of the machine stands in a transaction of its own; ``CASEWORK_FUZZ=1`` runs 200 of 50 steps."""

    settings = settings(
        max_examples=200 if FUZZ else 6,
        stateful_step_count=50 if FUZZ else 30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.django_db(transaction=True)
def test_eight_threads_submit_extend_cancel_and_scan_at_once(settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-14T09:00:00+08:00"
    holders = [a_user(f"填报人{number}") for number in range(4)]
    approver = a_user("分管领导甲", Role.APPROVER)
    clocks = [
        a_deadline(
            f"selfinspection:{number}",
            "S02",
            start_on=date(2021, 9, 7),
            named_on=date(2021, 10, 15),
            at=moment("2021-09-07 09:00"),
            holder=holders[number % 4],
        )
        for number in range(24)
    ]
    met: dict[int, datetime] = {}
    start = threading.Barrier(8)

    def submit(rows: list[Deadline]) -> None:
        for row in rows:
            meet_deadline(row, actor=None, at=clock.shared_now())
            met[row.pk] = clock.shared_now()

    def extend(rows: list[Deadline]) -> None:
        for row in rows:
            extend_deadline(row, 5, "working_day", actor=approver, at=clock.shared_now(), **PAPERS)

    def cancel(rows: list[Deadline]) -> None:
        for row in rows:
            cancel_deadline(row, actor=None, at=clock.shared_now(), reason="单位撤并")
            met[row.pk] = clock.shared_now()

    def scan(_rows: list[Deadline]) -> None:
        for _ in range(4):
            owe_reminders(date(2021, 10, 14), clock.shared_now(), batch=3)

    def run(job: Any) -> None:
        act, rows = job
        try:
            start.wait(60)
            act(rows)
        finally:
            connection.close()

    jobs = [(submit, clocks[:6]), (submit, clocks[6:8]), (extend, clocks[8:12]), (extend, clocks[12:16])]
    jobs += [(cancel, clocks[16:18]), (scan, []), (scan, []), (scan, [])]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, jobs))

    for pk, at in met.items():
        assert not Notice.objects.filter(key__startswith=f"deadline:{pk}:", owed_at__gt=at).exists()
    owe_reminders(date(2021, 10, 14), clock.shared_now())
    untouched = [row.pk for row in clocks[18:]]
    told = Counter(key.split(":")[1] for key in Notice.objects.values_list("key", flat=True))
    assert all(told[str(pk)] == 1 for pk in untouched)
    # A clock that was lengthened was told of its first date at most: the new one is far.
    assert all(told[str(row.pk)] <= 1 for row in clocks)
