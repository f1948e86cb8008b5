"""What the monitor saw of a unit after it said that it had put things right."""

from datetime import datetime

from django.db.models import Count, Max

from casework.accounts.models import User
from units.enums import MatchState
from units.models import Rectification, Sighting


def seen_since(unit_id: int, moment: datetime, user: User) -> list[tuple[str, datetime, int]]:
    """Return (address, last time, sightings) seen after the moment, as the reader may know of them.

    Sightings that a registered research use explains are no relapse.
    """
    rows = (
        Sighting.objects.visible_to(user)
        .filter(unit_id=unit_id, match_state=MatchState.MATCHED, registration=None, observed_at__gt=moment)
        .values("ip")
        .annotate(last=Max("observed_at"), n=Count("pk"))
        .order_by("ip")
    )
    return [(row["ip"], row["last"], row["n"]) for row in rows]


def seen_after_report(duty: Rectification, user: User) -> list[tuple[str, datetime, int]]:
    """Return what was seen of the unit after it reported the result of this duty; nothing before it has."""
    if duty.reported_at is None:
        return []
    return seen_since(duty.campaign_unit.unit_id, duty.reported_at, user)
