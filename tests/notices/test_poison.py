"""One that cannot be told holds up nobody, is not forgotten, and is seen by the administrator."""

import logging
import smtplib
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.notices import selectors
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from casework.notices.services.owing import Owed, owe_notices
from casework.notices.services.reminders import owe_reminders
from casework.notices.services.sending import BACKOFF, send_waiting
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db

AT = moment("2026-09-01 09:00")
REFUSED = "gone@example.invalid"


class Refusing(EmailBackend):
    """A mail server that knows everybody but one."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            if REFUSED in message.to:
                raise smtplib.SMTPRecipientsRefused({REFUSED: (550, b"no such user")})
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.invalid"
    settings.EMAIL_BACKEND = "tests.notices.test_poison.Refusing"


def _set(user: User, **values: Any) -> User:
    User.objects.filter(pk=user.pk).update(**values)
    return user


def test_three_that_cannot_be_sent_among_a_thousand(caplog: pytest.LogCaptureFixture) -> None:
    well = [a_user() for _ in range(5)]
    refused, broken, closed = a_user("被拒收人"), a_user("地址写坏人"), a_user("离职人员")
    people = [*(well[number % 5] for number in range(997))]
    for place, one in ((100, refused), (500, broken), (900, closed)):
        people.insert(place, one)
    owe_notices([Owed(f"note:{n}", one.pk, "note", "一条通知") for n, one in enumerate(people)], at=AT)
    _set(refused, email=REFUSED)
    _set(broken, email="broken\n@example.invalid")  # cannot be written into the head of a letter
    _set(closed, is_active=False)
    caplog.set_level(logging.CRITICAL)

    assert send_waiting(lambda: AT, seconds=600) == 997

    assert len(mail.outbox) == 997
    states = Counter(Delivery.objects.filter(channel=Channel.EMAIL).values_list("state", flat=True))
    assert states == {DeliveryState.SENT: 997, DeliveryState.OWED: 2, DeliveryState.DROPPED: 1}

    at = AT
    for wait in BACKOFF:
        at += wait
        assert send_waiting(lambda at=at: at, seconds=600) == 0  # type: ignore[misc]
    assert {one.notice.recipient.name for one in selectors.given_up()} == {"被拒收人", "地址写坏人"}
    assert {one.last_error.partition(":")[0] for one in selectors.given_up()} == {
        "SMTPRecipientsRefused",
        "BadHeaderError",
    }


def test_the_administrator_sees_why_and_sends_again(client: Client, cast: Cast, caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL)
    refused = a_user("被拒收人")
    owe_notices([Owed("note:1", refused.pk, "note", "不可外传的标题", body="不可外传的内容", ref="case:1")], at=AT)
    _set(refused, email=REFUSED)
    bystander = Delivery.objects.get(channel=Channel.INBOX)
    for days in range(len(BACKOFF) + 1):
        send_waiting(lambda days=days: AT + timedelta(days=2 * days), seconds=600)  # type: ignore[misc]
    place = reverse("notices:failed")
    client.force_login(cast.system_admin)

    page = client.get(place).content.decode()
    assert "被拒收人" in page
    assert "550" in page
    assert "不可外传" not in page
    assert client.get("/").content.decode().count(place) >= 2  # what waits for him, and the count

    delivery = selectors.given_up().get()
    _set(refused, email="back@example.invalid")
    sent = client.post(place, {"bulk": "retry", "pk": str(delivery.pk)})
    assert sent.status_code == 302, sent.content.decode()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.OWED, 0)
    assert Entry.objects.of("deliveries:0").get().payload["data"]["deliveries"] == [{"delivery": delivery.pk}]
    assert send_waiting(lambda: delivery.next_try_at, seconds=600) == 1
    assert mail.outbox[0].to == ["back@example.invalid"]
    bystander.refresh_from_db()
    assert bystander.state == DeliveryState.SENT


@pytest.mark.parametrize("name", ["officer", "auditor", "unit_leader", "security_admin", "audit_admin"])
def test_nobody_else_finds_what_was_not_delivered(client: Client, cast: Cast, name: str) -> None:
    client.force_login(cast.everyone()[name])

    assert client.get(reverse("notices:failed")).status_code == 404
    assert client.post(reverse("notices:failed"), {"bulk": "retry"}).status_code == 404


def test_a_clock_that_cannot_be_reminded_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    holders = [a_user() for _ in range(40)]
    clocks = [
        a_deadline(
            f"selfinspection:{number}",
            "S02",
            start_on=date(2021, 9, 7),
            named_on=date(2021, 10, 15),
            at=moment("2021-09-07 09:00"),
            holder=holder,
        )
        for number, holder in enumerate(holders)
    ]
    slip = clocks[17]
    Deadline.objects.filter(pk=slip.pk).update(due_on=date.max)  # a slip of the pen: no day comes after it
    day, at = date(2021, 10, 14), moment("2021-10-14 09:00")
    caplog.set_level(logging.ERROR)

    assert owe_reminders(day, at) == 39
    assert f"the reminder of deadline {slip.pk} cannot be owed" in caplog.text
    assert set(Notice.objects.values_list("recipient", flat=True)) == {one.pk for one in holders} - {slip.holder_id}
    caplog.clear()
    assert owe_reminders(day, at) == 0
    assert str(slip.pk) in caplog.text  # told again at every look, until somebody mends it

    Deadline.objects.filter(pk=slip.pk).update(due_on=date(2021, 10, 15))
    assert owe_reminders(day, at) == 1
