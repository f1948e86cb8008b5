"""What does not fit: opened by whoever sees it, settled by somebody else, blocking the way out until then."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.enums import ENDED, DiscrepancyKind, State
from evidence.models import Discrepancy, Item
from evidence.services.chain import lock_item


def open_discrepancy(
    item: Item,
    kind: DiscrepancyKind,
    *,
    actor: User,
    at: datetime,
    expected: str = "",
    found: str = "",
    note: str = "",
) -> Discrepancy:
    """Report that the item is not as the record says; a second report of the same open matter returns the first."""
    require(actor, "evidence.report", item)
    with transaction.atomic():
        return note_discrepancy(lock_item(item), kind, actor=actor, at=at, expected=expected, found=found, note=note)


def note_discrepancy(
    item: Item, kind: DiscrepancyKind, *, actor: User | None, at: datetime, expected: str, found: str, note: str = ""
) -> Discrepancy:
    """Write the discrepancy inside the caller's transaction; the item is locked."""
    if item.state in ENDED:
        raise Refused(
            _("不能登记账实不符：证物已经处置（%(state)s）。可以查看交接链。") % {"state": State(item.state).label}
        )
    alike = Discrepancy.objects.filter(item=item, kind=kind, expected=expected, found=found, resolved_at=None)
    same: Discrepancy | None = alike.first()
    if same is not None:
        return same
    row = Discrepancy.objects.create(
        item=item,
        kind=kind,
        expected=expected,
        found=found,
        note=note,
        seq=item.chain.count(),
        opened_at=at,
        opened_by=actor,
    )
    record(
        "item.discrepancy_opened",
        ref=f"item:{item.pk}",
        actor=actor,
        at=at,
        personal={"note": note},
        data={"number": item.number, "kind": kind, "expected": expected, "found": found},
    )
    return row


def resolve_discrepancy(discrepancy: Discrepancy, *, resolution: str, actor: User, at: datetime) -> Discrepancy:
    """Settle what did not fit, with what was found out; never by the one who reported it."""
    require(actor, "evidence.approve", discrepancy.item)
    if not resolution.strip():
        raise Invalid(_("没有写明查清的情况。"), details={"resolution": _("须填写")})
    with transaction.atomic():
        lock_item(discrepancy.item)
        row = Discrepancy.objects.get(pk=discrepancy.pk)
        if row.resolved_at is not None:
            raise Refused(_("不能登记查清：这项账实不符已由%(name)s处理。可以查看结果。") % {"name": row.resolved_by})
        if row.opened_by_id == actor.pk:
            raise Refused(_("不能登记查清：这项账实不符是您登记的。可以请另一名分管领导查清。"))
        row.resolved_at, row.resolved_by, row.resolution = at, actor, resolution
        row.save(update_fields=["resolved_at", "resolved_by", "resolution"])
        record(
            "item.discrepancy_resolved",
            ref=f"item:{row.item_id}",
            actor=actor,
            at=at,
            personal={"resolution": resolution},
            data={"number": row.item.number, "kind": row.kind},
        )
    return row
