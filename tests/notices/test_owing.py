"""Owing notices once, and signing for them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from casework.core.errors import NotAllowed
from casework.ledger.models import Entry
from casework.notices import selectors
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from casework.notices.services.owing import Owed, owe_notice, owe_notices
from casework.notices.services.receipts import acknowledge
from tests.build import a_compartment, a_user, moment
from tests.build_deadlines import a_notice
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_notice_is_owed_once_and_in_the_inbox_at_once(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    user = a_user()

    first = a_notice(user, title="报告已退回")
    again = a_notice(user, title="别的话", at=moment("2026-10-01 09:00"))

    assert (again.pk, again.title, again.owed_at) == (first.pk, "报告已退回", moment("2026-09-01 09:00"))
    assert [(one.channel, one.state) for one in Delivery.objects.all()] == [(Channel.INBOX, DeliveryState.SENT)]


def test_mail_is_queued_for_those_with_an_address(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.invalid"
    with_address, without = a_user(), a_user()
    without.email = ""
    without.save(update_fields=["email"])

    assert (
        owe_notices(
            [Owed("a", with_address.pk, "note", "甲"), Owed("b", without.pk, "note", "乙")],
            at=moment("2026-09-01 09:00"),
        )
        == 2
    )

    queued = Delivery.objects.filter(channel=Channel.EMAIL)
    assert [(one.notice.recipient_id, one.state) for one in queued] == [(with_address.pk, DeliveryState.OWED)]


def test_owing_many_costs_a_fixed_number_of_statements(django_assert_num_queries: Any) -> None:
    user = a_user()

    for count in (1, 30):
        with django_assert_num_queries(5):  # savepoint, known, notices, deliveries, release
            owe_notices(
                [Owed(f"{count}:{n}", user.pk, "note", "甲") for n in range(count)], at=moment("2026-09-01 09:00")
            )

    assert Notice.objects.count() == 31


@pytest.mark.django_db(transaction=True)
def test_eight_threads_owe_one_notice() -> None:
    user = a_user()

    def owe(_n: int) -> None:
        try:
            owe_notice(key="note:1", to=user, kind="note", title="一条", at=moment("2026-09-01 09:00"))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(owe, range(8)))

    assert Notice.objects.count() == Delivery.objects.filter(channel=Channel.INBOX).count() == 1


def test_signing_stands_from_the_first_moment_and_is_recorded() -> None:
    user = a_user()
    notice, bystander = a_notice(user), a_notice(user, key="note:2")

    signed = acknowledge(notice, actor=user, at=moment("2026-09-02 10:00"))
    acknowledge(notice, actor=user, at=moment("2026-09-03 10:00"))

    signed.refresh_from_db()
    bystander.refresh_from_db()
    assert (signed.acknowledged_at, bystander.acknowledged_at) == (moment("2026-09-02 10:00"), None)
    (entry,) = Entry.objects.of(f"notice:{notice.pk}")
    assert (entry.kind, entry.actor_id) == ("notice.acknowledged", user.pk)
    assert selectors.unread(user).count() == 1


def test_a_clock_set_back_does_not_sign_before_it_was_owed() -> None:
    user = a_user()
    notice = a_notice(user)

    assert acknowledge(notice, actor=user, at=moment("2026-08-01 10:00")).acknowledged_at == notice.owed_at


def test_nobody_else_sees_or_signs(cast: Cast) -> None:
    notice = a_notice(cast.unit_leader)

    for name, user in cast.everyone().items():
        assert Notice.objects.visible_to(user).exists() == (name == "unit_leader")
        if name != "unit_leader":
            with pytest.raises(NotAllowed):
                acknowledge(notice, actor=user, at=moment("2026-09-02 10:00"))

    assert Notice.objects.get().acknowledged_at is None


def test_leaving_the_compartment_takes_its_notices_along(cast: Cast) -> None:
    inside = a_compartment(cast.officer)
    a_notice(cast.officer, compartment=inside)
    a_notice(cast.officer, key="note:2")
    assert selectors.unread(cast.officer).count() == 2

    inside.grants.all().delete()

    assert [notice.key for notice in selectors.inbox(cast.officer)] == ["note:2"]


def test_who_knew_what_when() -> None:
    first, second = a_user("甲"), a_user("乙")
    a_notice(first, ref="case:1")
    acknowledge(a_notice(second, key="note:2", ref="case:1"), actor=second, at=moment("2026-09-02 10:00"))
    a_notice(second, key="note:3", ref="case:2")

    told = [(notice.recipient.name, notice.acknowledged_at) for notice in selectors.told_of("case:1")]

    assert sorted(told) == [("乙", moment("2026-09-02 10:00")), ("甲", None)]


@pytest.mark.parametrize(
    "values", [{"level": "loud"}, {"acknowledged_at": moment("2026-08-01 09:00")}], ids=["level", "signed before owed"]
)
def test_the_database_refuses_impossible_notices(values: dict[str, Any]) -> None:
    notice = a_notice(a_user())

    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"channel": "pigeon"},
        {"state": "lost"},
        {"state": "leased"},
        {"claimed_until": moment("2026-09-01 09:00")},
        {"sent_at": None},
    ],
    ids=str,
)
def test_the_database_refuses_impossible_deliveries(values: dict[str, Any]) -> None:
    a_notice(a_user())

    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**values)
