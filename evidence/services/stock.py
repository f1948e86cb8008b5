"""Taking stock: begin with what should be there, count what is, close with what is missing and what is too much."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.enums import ENDED, DiscrepancyKind, State, StockResult
from evidence.models import Item, StockLine, StockTake
from evidence.rules import seal_number
from evidence.selectors.stock import item_named, lies_with, line_named
from evidence.services.chain import lock_item
from evidence.services.discrepancies import note_discrepancy
from evidence.services.handover import store_item
from evidence.services.storage import verify_item


def begin_stock_take(*, place: str, actor: User, at: datetime, note: str = "") -> StockTake:
    """Begin over the shelves whose place begins with ``place`` ("" for all): what the keeper has on them is expected."""
    require(actor, "evidence.keep")
    held = Item.objects.filter(holder=actor, state__in=[State.DEPOSITED, State.EXAMINED])
    expected = held.filter(Q(parent=None) | Q(apart=True), place__startswith=place.strip()).order_by("place", "number")
    with transaction.atomic():
        items = list(expected)
        if not items:
            raise Refused(_("不能开始盘点：这个范围里没有由您保管的在库证物。可以换一个范围。"))
        try:
            with transaction.atomic():
                take = StockTake.objects.create(keeper=actor, place=place.strip(), began_at=at, note=note)
        except IntegrityError as error:
            raise Refused(_("不能开始盘点：您有一次盘点还没有结束。可以先结束那一次。"), code="stock_open") from error
        StockLine.objects.bulk_create(StockLine(stock_take=take, item=item) for item in items)
        record(
            "stock.began",
            ref=f"user:{actor.pk}",
            actor=actor,
            at=at,
            data={"stock_take": take.pk, "place": take.place, "expected": len(items)},
        )
    return take


def count_item(take: StockTake, text: str, *, actor: User, at: datetime, seal: str = "", place: str = "") -> StockLine:
    """Count what a label, a seal or a serial names. What is not expected here is noted as too much, never lost.

    What the keeper has in store, but by the books on another shelf, lies wrong: the keeper moves it in the record
    (``move_counted``), or carries it back and counts it again. Only what still lies wrong at the end is a discrepancy.
    What was counted before is counted again only where seal or place are told anew; ``at`` of the line tells which.
    """
    require(actor, "evidence.keep")
    text = text.strip()
    if not text:
        raise Invalid(_("没有填写号码。可以扫标签，或照标签填写。"), details={"number": _("须填写")})
    with transaction.atomic():
        row = _open(take, actor)
        line = line_named(row, text)
        if line is None:
            item = item_named(text, actor)
            if item is None or not lies_with(item, actor):
                return _extra(row, item, text, actor=actor, at=at)
            line = StockLine(stock_take=row, item=item)
            if not item.place.startswith(row.place) and not place.strip():
                raise Invalid(
                    _("没有填写实际位置：账上在 %(place)s，不在这次盘点的范围。可以填写现在的库号和架位。")
                    % {"place": item.place}
                )
        if line.item is None or line.result == StockResult.EXTRA:
            return line
        if line.result == StockResult.MISPLACED and not place.strip():
            return line  # where it lies now has to be said
        told = " ".join(filter(None, (seal_number(seal), place.strip())))[:200]
        if line.result != StockResult.WAITING and told in ("", line.found):
            return line  # the same thing scanned twice is counted once
        before = line.item.discrepancies.filter(resolved_at=None).count()
        verify_item(line.item, seal=seal, actor=actor, at=at)
        found = line.item.discrepancies.filter(resolved_at=None).count() > before
        wrong = place.strip() if place.strip() != line.item.place else ""
        line.result = StockResult.DIFFERS if found else StockResult.MISPLACED if wrong else StockResult.PRESENT
        if found and wrong:
            _note_place(line.item, wrong, actor=actor, at=at)
        line.scanned, line.found, line.place, line.at = text[:120], told, wrong, at
        line.save()
    return line


def move_counted(line: StockLine, *, actor: User, at: datetime) -> StockLine:
    """Put the thing where it was found in the record, too: it lies right from now on."""
    require(actor, "evidence.keep")
    with transaction.atomic():
        take = _open(line.stock_take, actor)
        row = take.lines.select_related("item").get(pk=line.pk)
        if row.item is None or row.result != StockResult.MISPLACED:
            raise Refused(
                _("不能改账：这一件现在是“%(result)s”。可以刷新后查看。") % {"result": row.get_result_display()},
                code="not_misplaced",
            )
        before = row.item.place
        store_item(row.item, place=row.place, note=_("盘点时改账"), actor=actor, at=at)
        row.result, row.at = StockResult.PRESENT, at
        row.found = (_("账上原在 %(place)s") % {"place": before})[:200]
        row.place = ""
        row.save(update_fields=["result", "at", "found", "place"])
    return row


def _note_place(item: Item, found: str, *, actor: User, at: datetime) -> None:
    note_discrepancy(
        lock_item(item), DiscrepancyKind.PLACE, actor=actor, at=at, expected=item.place, found=found,
        note=_("盘点时不在账上的位置"),
    )  # fmt: skip


def _extra(take: StockTake, item: Item | None, text: str, *, actor: User, at: datetime) -> StockLine:
    """Something that the books put with others, or do not know. The keeper learns no more of it than he may know."""
    line = StockLine.objects.create(
        stock_take=take,
        item=item,
        scanned=text[:120],
        result=StockResult.EXTRA,
        found=str(item.get_state_display()) if item else "",
        at=at,
    )
    if item is not None and item.state not in ENDED:
        locked = lock_item(item)
        note_discrepancy(
            locked,
            DiscrepancyKind.CONDITION,
            actor=actor,
            at=at,
            expected=" ".join(filter(None, (str(locked.get_state_display()), locked.place)))[:200],
            found=_("盘点时在库中发现"),
        )
    return line


def close_stock_take(take: StockTake, *, actor: User, at: datetime, note: str = "") -> StockTake:
    """Close the session: what was not found is missing; that and what still lies on a wrong shelf are discrepancies."""
    require(actor, "evidence.keep")
    with transaction.atomic():
        row = _open(take, actor)
        for line in row.lines.filter(result=StockResult.WAITING).select_related("item").order_by("item_id"):
            if line.item is None:
                continue
            moved = line.item.holder_id != actor.pk
            if not moved:
                verify_item(line.item, present=False, note=_("盘点时实物不在"), actor=actor, at=at)
            line.result, line.at = StockResult.MISSING, at
            line.found = _("盘点期间已移交他人") if moved else ""
            line.save(update_fields=["result", "at", "found"])
        for line in row.lines.filter(result=StockResult.MISPLACED).select_related("item").order_by("item_id"):
            if line.item is not None and lies_with(line.item, actor) and line.item.place != line.place:
                _note_place(line.item, line.place, actor=actor, at=at)
        row.ended_at, row.note = at, note or row.note
        row.bump("ended_at", "note")
        record(
            "stock.closed",
            ref=f"user:{actor.pk}",
            actor=actor,
            at=at,
            data={
                "stock_take": row.pk,
                "place": row.place,
                **{result.value: row.lines.filter(result=result).count() for result in StockResult},
            },
        )
    return row


def _open(take: StockTake, actor: User) -> StockTake:
    row = StockTake.locked(take.pk)
    if row.keeper_id != actor.pk:
        raise Refused(_("不能清点：这次盘点是%(name)s的。可以自己开始一次。") % {"name": row.keeper.name})
    if row.ended_at is not None:
        raise Refused(_("不能清点：盘点已经结束。可以另开一次。"))
    return row
