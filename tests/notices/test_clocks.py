"""Clocks that lie: a worker's own is days off, the database's jumps ahead or is set back. One clock decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from casework.accounts.enums import Role
from casework.deadlines import recipients
from casework.notices import tasks
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from casework.notices.services.reminders import owe_reminders
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_thursday(settings: Any) -> None:
    """The database's clock stands a few minutes after nine on 14 October 2021; there is a mail server."""
    settings.CASEWORK_NOW = "2021-10-14T09:00:00+08:00"
    settings.EMAIL_HOST = "mail.example.invalid"


@contextmanager
def database_clock(ahead: timedelta) -> Iterator[None]:
    """Let the database answer as if its clock were off by so much."""

    def off(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql == "select clock_timestamp()":
            sql, params = "select clock_timestamp() + %s", [ahead]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(off):
        yield


def two_stages() -> None:
    """One stage is due tomorrow, a bystander's in a month."""
    for number, day in ((1, date(2021, 10, 15)), (2, date(2021, 11, 15))):
        a_deadline(
            f"selfinspection:{number}",
            "S02",
            start_on=date(2021, 9, 7),
            named_on=day,
            at=moment("2021-09-07 09:00"),
            holder=a_user(),
        )


def work() -> tuple[int, int]:
    """Do what a worker does when it is woken."""
    return tasks.scan(), tasks.send()


@pytest.mark.parametrize("days", [10, -10])
def test_a_worker_whose_clock_is_ten_days_off_does_what_the_others_do(
    monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    two_stages()
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(days=days))

    assert work() == (1, 1)
    assert work() == (0, 0)

    notice = Notice.objects.get()
    assert notice.title.endswith("还剩 1 个工作日")
    assert timezone.localdate(notice.owed_at) == date(2021, 10, 14)
    assert len(mail.outbox) == 1


def test_a_database_whose_clock_jumps_a_day_ahead_owes_each_reminder_once() -> None:
    two_stages()
    assert work() == (1, 1)

    with database_clock(timedelta(days=1)):
        assert work() == (1, 1)  # the day of the deadline, a day early by every other clock
    assert [work(), work()] == [(0, 0), (0, 0)]
    with database_clock(timedelta(days=1, minutes=5)):
        assert work() == (0, 0)  # the day comes, and it was told

    titles = Notice.objects.order_by("owed_at").values_list("title", flat=True)
    assert [title.partition("：")[2] for title in titles] == ["还剩 1 个工作日", "今天到期"]
    assert len(mail.outbox) == 2


def test_a_database_whose_clock_is_set_back_an_hour_repeats_and_loses_nothing() -> None:
    two_stages()
    assert tasks.scan() == 1

    with database_clock(timedelta(hours=-1)):
        assert work() == (0, 0)  # the letter waits until its hour has come again
    assert Delivery.objects.get(channel=Channel.EMAIL).state == DeliveryState.OWED
    assert work() == (0, 1)
    with database_clock(timedelta(hours=-1)):
        assert work() == (0, 0)
    assert len(mail.outbox) == 1


def test_three_days_of_silence_are_one_notice_for_each_person(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, superior = a_user("单位负责人甲", Role.UNIT_LEADER), a_user("上级负责人甲", Role.UNIT_LEADER)
    monkeypatch.setattr(recipients, "_resolvers", {})
    recipients.register_recipients(
        "S02", lambda rows: {one.pk: {"leader": {leader.pk}, "superior": {superior.pk}} for one in rows}
    )
    two_stages()

    def look(text: str) -> int:
        at: datetime = moment(text)
        return owe_reminders(at.date(), at)

    assert look("2021-10-13 09:00") == 1  # the holder, three days before
    # The day before, the day itself, the day after and the third pass unseen: 15 October is a Friday.
    assert look("2021-10-20 09:00") == 3
    assert look("2021-10-20 21:00") == 0
    told = Notice.objects.filter(owed_at=moment("2021-10-20 09:00"))
    assert sorted(one.recipient.name for one in told) == ["上级负责人甲", "单位负责人甲", "承办人甲"]
    assert {one.title.partition("：")[2] for one in told} == {"逾期 3 个工作日"}
