"""Who looked at a reporter's identity, from the ledger."""

from datetime import datetime

from cases.models import Reporter
from casework.accounts.models import User
from casework.ledger.models import Entry

#: The newest looks that the page shows; the trail has them all.
SHOWN = 20


def looks_at(reporter: Reporter) -> list[tuple[User, datetime]]:
    """Return the newest looks at the identity, whatever the way in: whoever holds the right sees who else used it."""
    looks = Entry.objects.filter(ref=reporter.ref, kind="reporter.read", actor_id__isnull=False).order_by("-pk")
    found = list(looks.values_list("actor_id", "at")[:SHOWN])
    people = User.objects.in_bulk({pk for pk, _at in found if pk is not None})
    return [(people[pk], at) for pk, at in found if pk is not None]
