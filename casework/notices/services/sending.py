"""Sending outside the system: lease, send, settle. At least once; a repeat is possible only when a sender dies between
sending and settling, and carries the same Message-ID.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from casework.access.policy import require
from casework.accounts.models import User
from casework.ledger.parts import record_parts
from casework.notices.channels import SendError, email, webhook
from casework.notices.channels.hooks import hooks
from casework.notices.models import Channel, Delivery, DeliveryState
from casework.notices.services.reminders import unwanted

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
#: Small, because one lease covers all of them: twenty that time out still end within it.
BATCH = 20
#: Waiting after the n-th failure; after the last one an administrator has to look.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))


def lease_due(n: int, at: datetime) -> list[Delivery]:
    """Claim up to ``n`` deliveries for ``LEASE``; whoever dies holding them loses them to a later caller."""
    with transaction.atomic():
        due = Q(state=DeliveryState.OWED) | Q(state=DeliveryState.LEASED, claimed_until__lt=at)
        rows = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due, next_try_at__lte=at)
            .select_related("notice", "notice__recipient")
            .order_by("next_try_at", "id")[:n]
        )
        rows += _rest_of_digests(rows, due)
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=DeliveryState.LEASED, claimed_until=at + LEASE, attempts=F("attempts") + 1
        )
        for row in rows:
            row.state, row.claimed_until, row.attempts = DeliveryState.LEASED, at + LEASE, row.attempts + 1
    return rows


def _rest_of_digests(rows: Sequence[Delivery], due: Q) -> list[Delivery]:
    """Return what belongs to the same letters: a letter goes out whole, so that a repeat is the same letter."""
    digests = {row.digest for row in rows if row.digest}
    if not digests:
        return []
    return list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(due, digest__in=digests)
        .exclude(pk__in=[row.pk for row in rows])
        .select_related("notice", "notice__recipient")
        .order_by("id")
    )


def settle(delivery: Delivery, *, at: datetime, error: str = "", dropped: bool = False) -> bool:
    """Write down how a leased delivery ended; False when the lease was lost to another sender meanwhile."""
    values: dict[str, object] = {"claimed_until": None, "last_error": error[:300]}
    if dropped:
        values["state"] = DeliveryState.DROPPED
    elif not error:
        values |= {"state": DeliveryState.SENT, "sent_at": at}
    elif delivery.attempts > len(BACKOFF):
        values["state"] = DeliveryState.FAILED
    else:
        values |= {"state": DeliveryState.OWED, "next_try_at": at + BACKOFF[delivery.attempts - 1]}
    held = Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.LEASED, claimed_until=delivery.claimed_until, attempts=delivery.attempts
    )
    return held.update(**values) == 1


def send_waiting(now: Callable[[], datetime], seconds: float = 60.0) -> int:
    """Send until nothing waits or ``seconds`` have gone by, and return how many deliveries went out.

    Those that fail wait for their next try and stand in nobody's way.
    """
    sent, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        at = now()
        deliveries = lease_due(BATCH, at)
        if not deliveries:
            break
        sent += _send(deliveries, at)
    return sent


def send_due(at: datetime, n: int = BATCH) -> int:
    """Send up to ``n`` leased deliveries and return how many went out."""
    return _send(lease_due(n, at), at)


def _send(deliveries: Sequence[Delivery], at: datetime) -> int:
    """Send each letter and settle it by itself; what is no longer wanted is dropped."""
    late = unwanted([one.notice for one in deliveries]) if deliveries else set()
    wanted = []
    for one in deliveries:
        if one.notice.key in late or not one.notice.recipient.is_active or _gone(one):
            settle(one, at=at, dropped=True)
        else:
            wanted.append(one)
    letters: dict[object, list[Delivery]] = {}
    for one in wanted:
        letters.setdefault(one.digest or one.pk, []).append(one)
    return sum(_send_letter(letter, at) for letter in letters.values())


def _gone(delivery: Delivery) -> bool:
    return delivery.channel == Channel.WEBHOOK and delivery.target not in hooks()


def _send_letter(letter: Sequence[Delivery], at: datetime) -> int:
    first = letter[0]
    try:
        if first.channel == Channel.WEBHOOK:
            webhook.send(first.notice, hooks()[first.target], at)
        else:
            email.send([one.notice for one in letter], first.digest)
    except SendError as error:
        logger.warning("notice %s by %s, attempt %s: %s", first.notice_id, first.channel, first.attempts, error)
        return _failed(letter, at, str(error))
    except Exception as error:  # whatever one letter does must not hold up the others leased with it
        logger.exception("notice %s by %s, attempt %s", first.notice_id, first.channel, first.attempts)
        return _failed(letter, at, f"{type(error).__name__}: {error}")
    return sum(settle(one, at=at) for one in letter)


def _failed(letter: Sequence[Delivery], at: datetime, error: str) -> int:
    for one in letter:
        settle(one, at=at, error=error)
    return 0


def retry_failed(deliveries: Sequence[Delivery], *, actor: User, at: datetime) -> int:
    """Owe given-up deliveries again, once the administrator has mended the cause; return how many there were."""
    require(actor, "delivery.retry")
    with transaction.atomic():
        wanted = Delivery.objects.filter(pk__in=[one.pk for one in deliveries], state=DeliveryState.FAILED)
        ids = list(wanted.select_for_update().order_by("pk").values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ids).update(state=DeliveryState.OWED, attempts=0, next_try_at=at)
        again = [{"delivery": pk} for pk in ids]
        record_parts("deliveries.retried", "deliveries", again, ref="deliveries:0", actor=actor, at=at)
    return len(ids)
