"""Reading the ledger."""

from django.db import connection
from django.db.models import Q

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.ledger.checks import Defect, defects
from casework.ledger.models import AppendOnlyQuerySet, Entry
from casework.ledger.refs import Resolved, resolve
from casework.ledger.tree import lag_seconds

__all__ = ["Defect", "all_kinds", "defects", "history", "lag_seconds", "may_read", "trail"]


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


#: From one kind to the next along the index: as many looks as there are kinds, however many entries.
_KINDS = """
with recursive found as (
    (select kind from ledger.entry order by kind limit 1)
    union all
    select (select entry.kind from ledger.entry where entry.kind > found.kind order by entry.kind limit 1)
    from found where found.kind is not null
)
select kind from found where kind is not null
"""


def all_kinds() -> list[str]:
    """Return what was done in all the entries, each once, without reading them."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS)
        return [kind for (kind,) in cursor.fetchall()]
