"""Items that go into another circle because the matter they belong to was taken apart; guarded by the act that does it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.ledger.record import record
from evidence.models import Attribution, Item
from evidence.services.chain import lock_item


def move_items(items: Iterable[Item], to: Compartment, *, actor: User, at: datetime, reason: str) -> list[Item]:
    """Put whole items with all their parts and what was worked out from them into the circle ``to``.

    Chain, holder, place and seals stay as they are; the list on which an item was taken stays where it lies.
    Returns every item that moved; one that lies there already is left alone.
    """
    moved = []
    with transaction.atomic():
        for chosen in sorted(items, key=lambda one: one.pk):
            row = lock_item(chosen)
            if row.compartment_id == to.pk:
                continue
            for one in [row, *_parts(row)]:
                one.compartment, one.updated_at = to, at
                one.bump("compartment", "updated_at")
                record(
                    "item.moved", ref=f"item:{one.pk}", actor=actor, at=at, data={"number": one.number}, reason=reason
                )
                moved.append(one)
        Attribution._base_manager.filter(item__in=moved).update(compartment=to)
    return moved


def _parts(item: Item) -> list[Item]:
    """Return the parts of the item and theirs."""
    found = list(Item._base_manager.filter(parent=item).order_by("pk"))
    return [part for one in found for part in (one, *_parts(one))]
