"""Reads: the inbox, its counter, and who knew what when."""

from django.db.models import Prefetch, QuerySet

from casework.accounts.models import User
from casework.notices.calendar_feed import digest_of
from casework.notices.models import CalendarFeed, Delivery, DeliveryState, Notice, NoticeQuerySet


def unread(user: User) -> NoticeQuerySet:
    """Return the notices that the user has not signed for."""
    return Notice.objects.visible_to(user).filter(acknowledged_at=None)


def inbox(user: User) -> NoticeQuerySet:
    """Return the user's notices, the newest first."""
    return Notice.objects.visible_to(user).order_by("-owed_at", "id")


def told_of(ref: str) -> NoticeQuerySet:
    """Return who was told of a thing, when, on which channels and with what receipt; callers guard the thing itself."""
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("channel"))
    return (
        Notice.objects.filter(ref=ref)
        .select_related("recipient")
        .prefetch_related(deliveries)
        .order_by("owed_at", "id")
    )


def given_up() -> QuerySet[Delivery]:
    """Return the deliveries that failed for good, for the administrators: no titles, only where they failed."""
    return Delivery.objects.filter(state=DeliveryState.FAILED).order_by("id")


def feed_in_force(user: User) -> CalendarFeed | None:
    """Return the user's calendar address that works, or None; its token is not kept."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


def feed_owner(token: str) -> User | None:
    """Return whose calendar the token opens, or None when it is stopped, unknown, or the account is closed."""
    found = CalendarFeed.objects.select_related("user").filter(digest=digest_of(token), revoked_at=None).first()
    return found.user if found is not None and found.user.is_active else None
