"""A notice is a row first: owed under a unique key, in the transaction of the act that causes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.notices.models import Channel, Delivery, DeliveryState, Level, Notice


@dataclass(frozen=True)
class Owed:
    """What is to be told to whom; ``key`` says what it is, e.g. ``report-returned:12:3:user:7``."""

    key: str
    to_id: int
    kind: str
    title: str
    body: str = ""
    ref: str = ""
    url: str = ""
    due_on: date | None = None
    level: str = Level.INFO
    compartment_id: int | None = None


def owe_notice(
    *,
    key: str,
    to: User,
    kind: str,
    title: str,
    at: datetime,
    body: str = "",
    ref: str = "",
    url: str = "",
    due_on: date | None = None,
    level: str = Level.INFO,
    compartment: Compartment | None = None,
) -> Notice:
    """Owe one person one notice; the same ``key`` again changes nothing and returns the first.

    Call it inside the transaction of the act that causes it. ``url`` is a path of this site. With a ``compartment``
    an official who leaves it no longer sees the notice.
    """
    compartment_id = compartment.pk if compartment else None
    owe_notices([Owed(key, to.pk, kind, title, body, ref, url, due_on, level, compartment_id)], at=at)
    return Notice.objects.get(key=key)


def owe_notices(notices: Sequence[Owed], *, at: datetime) -> int:
    """Owe many notices in a fixed number of statements; return how many are new.

    The inbox is delivered in the same transaction. E-mail is queued for people with an address, if there is a server.
    """
    rows = {
        one.key: Notice(
            id=Notice.id_of(one.key),
            key=one.key,
            recipient_id=one.to_id,
            compartment_id=one.compartment_id,
            kind=one.kind,
            level=one.level,
            title=one.title[:200],
            body=one.body,
            ref=one.ref,
            url=one.url,
            due_on=one.due_on,
            owed_at=at,
        )
        for one in notices
    }
    if not rows:
        return 0
    with transaction.atomic():
        known = set(Notice.objects.filter(key__in=rows).values_list("key", flat=True))
        new = [row for key, row in rows.items() if key not in known]
        Notice.objects.bulk_create(new, ignore_conflicts=True, batch_size=2000)
        mailed = _with_mail(new)
        Delivery.objects.bulk_create(
            [
                *(
                    Delivery(notice=row, channel=Channel.INBOX, state=DeliveryState.SENT, next_try_at=at, sent_at=at)
                    for row in new
                ),
                *(
                    Delivery(notice=row, channel=Channel.EMAIL, state=DeliveryState.OWED, next_try_at=at)
                    for row in new
                    if row.recipient_id in mailed
                ),
            ],
            ignore_conflicts=True,
            batch_size=2000,
        )
    return len(new)


def _with_mail(notices: Sequence[Notice]) -> set[int]:
    if not settings.EMAIL_HOST:
        return set()
    people = User.objects.filter(pk__in={row.recipient_id for row in notices}, is_active=True).exclude(email="")
    return set(people.values_list("pk", flat=True))
