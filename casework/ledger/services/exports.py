"""Taking a trail out of the system is an act of its own."""

from datetime import datetime

from django.db import transaction

from casework.accounts.models import User
from casework.ledger.models import Entry
from casework.ledger.record import record

#: What an export of the whole record is recorded about.
WHOLE = "ledger:0"


def note_export(ref: str, rows: int, *, actor: User, at: datetime) -> Entry:
    """Record that the actor took ``rows`` entries about ``ref`` out as a file."""
    with transaction.atomic():
        return record("ledger.exported", ref=ref, actor=actor, at=at, data={"rows": rows})
