"""A notice is a row first: owed under a unique key, in the transaction of the act that causes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from casework.access.models import Compartment
from casework.accounts.models import Appointment, User
from casework.notices.channels.hooks import hooks
from casework.notices.models import Channel, Delivery, DeliveryState, Level, Notice, Preference
from casework.notices.timing import leaves_at


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

    The inbox is delivered in the same transaction. E-mail is queued for people with an address, if there is a server;
    webhooks for those whose notices go there.
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
        inbox = [
            Delivery(notice=row, channel=Channel.INBOX, state=DeliveryState.SENT, next_try_at=at, sent_at=at)
            for row in new
        ]
        Delivery.objects.bulk_create([*inbox, *_outside(new, at)], ignore_conflicts=True, batch_size=2000)
    return len(new)


def _outside(notices: Sequence[Notice], at: datetime) -> list[Delivery]:
    """Queue what leaves the system, for people with an account, as each wants to be told."""
    robots = hooks()
    if not settings.EMAIL_HOST and not robots:
        return []
    wanted = {row.recipient_id for row in notices}
    people = {one.pk: one for one in User.objects.filter(pk__in=wanted, is_active=True)}
    kept = {one.user_id: one for one in Preference.objects.filter(user__in=wanted)}
    day = timezone.localdate(at)
    roles: dict[int, set[str]] = {}
    if robots:
        in_force = Q(until=None) | Q(until__gte=day)
        held = Appointment.objects.filter(in_force, user__in=people, from_on__lte=day)
        for user_id, role in held.values_list("user_id", "role"):
            roles.setdefault(user_id, set()).add(role)
    found = []
    for row in notices:
        person = people.get(row.recipient_id)
        if person is None:
            continue
        preference, loud = kept.get(person.pk), row.level == Level.ALARM
        quiet = _quiet(preference)
        digest_at = preference.digest_at if preference else None
        if settings.EMAIL_HOST and person.email and (preference is None or preference.by_mail):
            leaves = leaves_at(at, loud=loud, quiet=quiet, digest_at=digest_at)
            collected = digest_at is not None and not loud
            found.append(
                Delivery(
                    notice=row,
                    channel=Channel.EMAIL,
                    state=DeliveryState.OWED,
                    next_try_at=leaves,
                    digest=Notice.id_of(f"digest:{person.pk}:{leaves.isoformat()}") if collected else None,
                )
            )
        leaves = leaves_at(at, loud=loud, quiet=quiet, digest_at=None)
        found += [
            Delivery(notice=row, channel=Channel.WEBHOOK, target=name, state=DeliveryState.OWED, next_try_at=leaves)
            for name, hook in robots.items()
            if hook.takes(person.username, roles.get(person.pk, set()))
        ]
    return found


def _quiet(preference: Preference | None) -> tuple[time, time] | None:
    if preference is None or preference.quiet_from is None or preference.quiet_until is None:
        return None
    return preference.quiet_from, preference.quiet_until
