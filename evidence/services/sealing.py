"""Seals: applied by two, broken by two, a number used once for ever."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.custody_workflow import intact_seal
from evidence.enums import Act, DiscrepancyKind, State
from evidence.models import Item, Seal
from evidence.rules import is_seal_number, seal_number
from evidence.services.chain import Link, Officers, add_link, guard, lock_item, require_two
from evidence.services.discrepancies import note_discrepancy

_ART = "监察法实施条例第一百五十八条"


def seal_item(
    item: Item, number: str, *, officers: Officers, actor: User, at: datetime, place: str | None = None, note: str = ""
) -> Item:
    """Seal an item on the spot; both officers sign and the time is noted."""
    return _apply(item, number, Act.SEALED, officers=officers, actor=actor, at=at, place=place, note=note)


def reseal_item(
    item: Item, number: str, *, officers: Officers, actor: User, at: datetime, place: str | None = None, note: str = ""
) -> Item:
    """Seal an item again after use, always with a new number."""
    return _apply(item, number, Act.RESEALED, officers=officers, actor=actor, at=at, place=place, note=note)


def _apply(
    item: Item, given: str, act: Act, *, officers: Officers, actor: User, at: datetime, place: str | None, note: str
) -> Item:
    second = require_two(officers, actor, "evidence.seal", item)
    number = seal_number(given)
    if not is_seal_number(number):
        raise Invalid(
            _("“%(number)s”不是封条号码。照封条填写，例如 ZJ21-000912。") % {"number": given},
            details={"number": _("例如 ZJ21-000912")},
        )
    with transaction.atomic():
        row = lock_item(item)
        first = not row.seals.exists()
        if act == Act.RESEALED and first:
            raise Refused(_("不能重新封存：这件证物还没有封存过。可以先封存。"))
        if act == Act.SEALED and not first:
            act = Act.RESEALED
        guard(row, act, officers)
        seal = _new_seal(row, number, actor=actor, second=second, at=at)
        if seal is not None:
            state = State.SEALED if row.state == State.COLLECTED else None
            add_link(row, Link(act, actor, at, second, state=state, seal=seal, place=place, note=note))
        else:
            # Two seals of one number are a thing for the auditor, and trying numbers is not for free.
            record(
                "item.seal_refused",
                ref=f"item:{row.pk}",
                actor=actor,
                at=at,
                officers=(second,),
                data={"number": row.number, "seal": number},
            )
    if seal is None:
        # The same sentence whichever item bears the number: it may be one that the reader must not know of.
        raise Refused(
            _(
                "不能封存：封条 %(number)s 不能使用，可能已经用过、作废或不在发放的号段内。依据%(article)s，"
                "一个号码只用一次。已记入账本。可以换一枚新封条。"
            )
            % {"number": number, "article": _ART},
            article=_ART,
            code="seal_used",
        )
    return row


def _new_seal(item: Item, number: str, *, actor: User, second: User, at: datetime) -> Seal | None:
    """Return the new seal of the item, or None when the number has been used."""
    try:
        with transaction.atomic():
            return Seal.objects.create(number=number, item=item, applied_at=at, applied_by=actor, applied_with=second)
    except IntegrityError as error:
        if "number" not in str(error):
            raise
        return None


def unseal_item(
    item: Item, number: str, *, reason: str, officers: Officers, actor: User, at: datetime, place: str | None = None
) -> Item:
    """Break the seal whose number was read from it. Another number than the recorded one opens a discrepancy instead."""
    second = require_two(officers, actor, "evidence.seal", item)
    if not reason.strip():
        raise Invalid(_("没有写明启封事由。"), details={"reason": _("须填写")})
    read = seal_number(number)
    with transaction.atomic():
        row = lock_item(item)
        guard(row, Act.UNSEALED, officers)
        seal = intact_seal(row)
        if seal is None or seal.item_id != row.pk:
            raise Refused(_("不能启封：封条在整机上。可以在整机的页面启封。"))
        wrong = read != seal.number
        if wrong:
            note_discrepancy(
                row, DiscrepancyKind.SEAL_NUMBER, actor=actor, at=at, expected=seal.number, found=read, note=reason
            )
        else:
            seal.broken_at, seal.broken_by, seal.broken_with, seal.reason = at, actor, second, reason
            seal.save(update_fields=["broken_at", "broken_by", "broken_with", "reason"])
            state = State.COLLECTED if row.state == State.SEALED else None
            add_link(row, Link(Act.UNSEALED, actor, at, second, state=state, seal=seal, place=place, note=reason))
    if wrong:  # the report stays, so it is told only after the transaction
        raise Refused(
            _("不能启封：封条上是 %(read)s，记录是 %(number)s，已登记账实不符。可以先由分管领导查清。")
            % {"read": read, "number": seal.number},
            code="seal_differs",
        )
    return row
