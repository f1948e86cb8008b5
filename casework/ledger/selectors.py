"""Reading the ledger."""

from django.db.models import Q

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.ledger.checks import Defect, defects
from casework.ledger.models import AppendOnlyQuerySet, Entry
from casework.ledger.refs import Resolved, resolve
from casework.ledger.tree import lag_seconds

__all__ = ["Defect", "defects", "history", "lag_seconds", "may_read", "trail"]


def trail(*refs: str) -> AppendOnlyQuerySet:
    """Return every entry about the references, oldest first. The caller has checked that the reader may see them."""
    return Entry.objects.of(*refs)


def may_read(user: User, ref: str, known: Resolved | None = None) -> bool:
    """Tell whether the reader may see what was done to the object.

    Auditors read all. Other officials of the commission read the trail of what they may see. Whoever stands outside
    the commission reads none: a unit's leader may see his report, not who looked at it and when. ``known`` is what the reader's look for the
    reference has found, where it has been done.
    """
    if user.has_role(Role.AUDITOR):
        return True
    known = known or resolve(ref, user)
    return user.is_commission and known is not None and known.trail


def history(ref: str) -> AppendOnlyQuerySet:
    """Return the entries about the object and those of its parts, which are counted in its stream; in no order."""
    return Entry.objects.filter(Q(ref=ref) | Q(stream=ref))
