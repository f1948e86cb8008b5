"""How a person wants to be told, and the address of the calendar feed."""

import secrets
from datetime import datetime, time

from django.db import transaction
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.ledger.record import record
from casework.notices.calendar_feed import digest_of
from casework.notices.models import CalendarFeed, Preference


def set_preference(
    user: User,
    *,
    by_mail: bool,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
    digest_at: time | None = None,
    actor: User,
    at: datetime,
) -> Preference:
    """Keep how the actor wants to be told outside the system; it holds for what is owed from now on."""
    _own(user, actor)
    if (quiet_from is None) != (quiet_until is None) or (quiet_from is not None and quiet_from == quiet_until):
        sentence = _("免打扰要写明不同的开始和结束时刻，例如 22:00 至 07:30；不需要就都留空。")
        raise Invalid(sentence, details={"quiet_until": sentence})
    with transaction.atomic():
        values = {"by_mail": by_mail, "quiet_from": quiet_from, "quiet_until": quiet_until, "digest_at": digest_at}
        row, _made = Preference.objects.update_or_create(user=user, defaults=values)
        told = {name: value.strftime("%H:%M") if isinstance(value, time) else value for name, value in values.items()}
        record("notices.preferred", ref=f"user:{user.pk}", actor=actor, at=at, data=told)
    return row


def make_feed(user: User, *, actor: User, at: datetime) -> str:
    """Give the actor a new address for his calendar and return its token; the former address stops at once."""
    _own(user, actor)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
        CalendarFeed.objects.create(user=user, digest=digest_of(token), made_at=at)
        record("calendar_feed.made", ref=f"user:{user.pk}", actor=actor, at=at, data={})
    return token


def revoke_feed(user: User, *, actor: User, at: datetime) -> bool:
    """Stop the address of the actor's calendar; False when there is none in force."""
    _own(user, actor)
    with transaction.atomic():
        stopped = CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
        if stopped:
            record("calendar_feed.revoked", ref=f"user:{user.pk}", actor=actor, at=at, data={})
    return bool(stopped)


def _own(user: User, actor: User) -> None:
    if user.pk != actor.pk:
        raise Invalid(_("不能更改通知方式：因为这是别人的设置。可以由本人更改。"))
