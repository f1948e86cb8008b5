"""What a clock is about is locked before the clock: one order for everybody, so that nobody waits for each other.

An act on a case locks the case and then ends its clocks; a change of a clock moves a date that is kept on the case.
Apps above that keep something of the clock on their own row register the row here.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

_owners: dict[str, Any] = {}
#: So many rows are locked by one statement.
_AT_ONCE = 5000


def register_owner(noun: str, model: Any) -> None:
    """Lock the row of ``model`` behind ``noun:pk`` before a clock on it is changed."""
    _owners[noun] = model


def owned() -> Q:
    """Return the condition of clocks whose thing has to be locked first; none without registered nouns."""
    found = Q(pk__in=[])
    for noun in _owners:
        found |= Q(ref__startswith=f"{noun}:")
    return found


def lock_owners(refs: Iterable[str]) -> None:
    """Lock the things behind the references until the transaction ends, in the order of their nouns and keys."""
    keys: dict[str, set[int]] = {}
    for ref in refs:
        noun, _colon, pk = ref.partition(":")
        if noun in _owners and pk.isdecimal():
            keys.setdefault(noun, set()).add(int(pk))
    for noun in sorted(keys):
        rows, wanted = _owners[noun]._base_manager.select_for_update(no_key=True).order_by("pk"), sorted(keys[noun])
        for start in range(0, len(wanted), _AT_ONCE):
            for _pk in rows.filter(pk__in=wanted[start : start + _AT_ONCE]).values_list("pk", flat=True).iterator():
                pass
