"""Hand-overs in two steps: one person offers, another checks and accepts or refuses."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require, why_not
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services import meet_deadline, open_deadline
from casework.files.services.blobs import recheck
from evidence.conflicts import conflict
from evidence.custody_workflow import intact_seal
from evidence.enums import Act, CheckOutState, DiscrepancyKind, OfferPurpose, OfferState, State
from evidence.models import CheckOut, Item, ItemFile, Offer, Seal
from evidence.rules import seal_number
from evidence.selectors.items import last_shelf
from evidence.services.chain import Link, add_link, guard, lock_item
from evidence.services.discrepancies import note_discrepancy

_KEEPING = "监察法第二十八条"


@dataclass(frozen=True)
class Checked:
    """What the receiver saw: the number on the seal, how many pieces, and whether all looked as described."""

    seal: str = ""
    quantity: int | None = None
    condition: str = ""  # what differs; "" when nothing does


def offer_item(
    item: Item,
    receiver: User,
    *,
    actor: User,
    at: datetime,
    place: str = "",
    note: str = "",
) -> Offer:
    """Offer the item to a person; the actor must hold it, and goes on holding it until the other accepts."""
    require(actor, "evidence.offer", item)
    with transaction.atomic():
        row = lock_item(item)
        return make_offer(row, receiver, OfferPurpose.HAND_OVER, actor=actor, at=at, place=place, note=note)


def make_offer(
    item: Item,
    receiver: User,
    purpose: OfferPurpose,
    *,
    actor: User,
    at: datetime,
    place: str,
    note: str,
    check_out: CheckOut | None = None,
) -> Offer:
    """Write the offer inside the caller's transaction; the item is locked."""
    guard(item, Act.OFFERED, [actor])
    if receiver == actor:
        raise Refused(
            _("不能移交：接收人就是交出人。依据%(article)s，交接由双方办理。可以选另一名接收人。")
            % {"article": _KEEPING},
            article=_KEEPING,
            code="giver_is_receiver",
        )
    if reason := why_not(receiver, "evidence.receive", item):
        raise Refused(_("不能移交给%(name)s：%(reason)s") % {"name": receiver.name, "reason": reason})
    _refuse_conflict(item, receiver)
    offer = Offer.objects.create(
        item=item,
        giver=actor,
        receiver=receiver,
        purpose=purpose,
        check_out=check_out,
        place=place,
        note=note,
        offered_at=at,
    )
    add_link(
        item,
        Link(Act.OFFERED, actor, at, giver=actor, receiver=receiver, note=note, data={"purpose": purpose, "at": place}),
    )
    return offer


def _refuse_conflict(item: Item, receiver: User) -> None:
    """Who keeps evidence has no part in the matter (监察法第二十八条: 专门人员保管)."""
    if receiver.has_role(Role.CUSTODIAN) and (reason := conflict(item, receiver)):
        raise Refused(
            _("不能移交给%(name)s保管：%(reason)s。依据%(article)s，由专门人员保管。可以选另一名保管员。")
            % {"name": receiver.name, "reason": reason, "article": _KEEPING},
            article=_KEEPING,
            code="keeper_has_part",
        )


def accept_item(
    item: Item,
    *,
    actor: User,
    at: datetime,
    checked: Checked | None = None,
    place: str = "",
    note: str = "",
) -> Item:
    """Accept what was offered to the actor, after checking seal, quantity and files; from now on he holds it.

    With ``place`` a keeper stores it in the same act. What does not fit is accepted with a discrepancy that blocks the
    item's way out; whoever does not want that refuses. Exactly one of several at once succeeds.
    """
    require(actor, "evidence.receive", item)
    checked = checked or Checked()
    broken = [
        file for file in ItemFile.objects.filter(item=item).select_related("blob") if not recheck(file.blob, at=at)
    ]
    with transaction.atomic():
        row = lock_item(item)
        offer = _open_offer(row, actor, _("签收"))
        guard(row, Act.ACCEPTED, [actor])
        _refuse_conflict(row, actor)
        seal = intact_seal(row)
        if seal is not None and not checked.seal.strip():
            raise NotReady(
                _("不能签收：没有填写从封条上读到的号码。依据监察法实施条例第一百六十一条，当面核对。可以照封条填写。"),
                [Missing(_("没有填写封条号码"))],
            )
        offer.state, offer.answered_at = OfferState.ACCEPTED, at
        offer.save(update_fields=["state", "answered_at"])
        add_link(
            row,
            Link(
                _ACTS[OfferPurpose(offer.purpose)],
                actor,
                at,
                giver=offer.giver,
                holder=actor,
                state=_moves_to(row, offer),
                keeper=actor if offer.purpose == OfferPurpose.CHECK_IN else None,
                place=_place(row, offer, place),
                seal=seal,
                note=note,
                data={"purpose": offer.purpose, "files_rechecked": row.files.count()},
            ),
        )
        _compare(row, checked, seal, broken, actor=actor, at=at)
        _settle_check_out(row, offer, actor=actor, at=at)
        if offer.purpose == OfferPurpose.HAND_OVER and place.strip():
            put_in_store(row, place=place, actor=actor, at=at, note="")
    return row


_ACTS = {
    OfferPurpose.HAND_OVER: Act.ACCEPTED,
    OfferPurpose.CHECK_OUT: Act.CHECKED_OUT,
    OfferPurpose.CHECK_IN: Act.CHECKED_IN,
}


def _moves_to(item: Item, offer: Offer) -> State | None:
    if offer.purpose == OfferPurpose.CHECK_OUT:
        return State.CHECKED_OUT
    if offer.purpose == OfferPurpose.CHECK_IN:
        return State.DEPOSITED
    # What leaves the shelf without a check-out is on its way between keepers.
    return State.SEALED if item.state == State.DEPOSITED and intact_seal(item) else (
        State.COLLECTED if item.state == State.DEPOSITED else None
    )  # fmt: skip


def _place(item: Item, offer: Offer, given: str) -> str | None:
    if offer.purpose == OfferPurpose.CHECK_IN:
        place = given.strip() or last_shelf(item)
        if not place:
            raise NotReady(_("不能签收：没有写明存放位置。可以填写库号和架位。"), [Missing(_("没有写明存放位置"))])
        return place
    # What leaves its shelf no longer lies there, also where nobody wrote down where it was handed over.
    leaves = item.state == State.DEPOSITED or offer.purpose == OfferPurpose.CHECK_OUT
    return offer.place or ("" if leaves else None)


def _compare(
    item: Item, checked: Checked, seal: Seal | None, broken: list[ItemFile], *, actor: User, at: datetime
) -> None:
    if seal is not None:
        seal.checked_at, seal.checked_by = at, actor
        seal.save(update_fields=["checked_at", "checked_by"])
        if (read := seal_number(checked.seal)) != seal.number:
            note_discrepancy(item, DiscrepancyKind.SEAL_NUMBER, actor=actor, at=at, expected=seal.number, found=read)
    if checked.quantity is not None and checked.quantity != item.quantity:
        note_discrepancy(
            item,
            DiscrepancyKind.QUANTITY,
            actor=actor,
            at=at,
            expected=str(item.quantity),
            found=str(checked.quantity),
        )
    if checked.condition.strip():
        note_discrepancy(
            item, DiscrepancyKind.CONDITION, actor=actor, at=at, expected="", found=checked.condition.strip()[:200]
        )
    for file in broken:
        note_discrepancy(
            item, DiscrepancyKind.DIGEST, actor=actor, at=at, expected=file.blob.sha256, found=_("与记录不一致")
        )


def _settle_check_out(item: Item, offer: Offer, *, actor: User, at: datetime) -> None:
    row = CheckOut.objects.filter(item=item, state__in=[CheckOutState.APPROVED, CheckOutState.OUT]).first()
    if row is None:
        return
    if offer.purpose == OfferPurpose.CHECK_OUT:
        row.state, row.receiver, row.out_at = CheckOutState.OUT, actor, at
        row.save(update_fields=["state", "receiver", "out_at"])
        open_deadline(
            f"item:{item.pk}",
            "P10",
            start_on=timezone.localdate(at),
            named_on=row.due_on,
            title=_("归还证物 %(number)s") % {"number": item.number},
            holder=actor,
            compartment=item.compartment,
            actor=actor,
            at=at,
        )
    elif offer.purpose == OfferPurpose.CHECK_IN:
        row.state, row.back_at = CheckOutState.BACK, at
        row.save(update_fields=["state", "back_at"])
        meet(item, "P10", actor=actor, at=at)


def meet(item: Item, rule: str, *, actor: User, at: datetime) -> None:
    """End the item's clock of that rule, when one runs."""
    for deadline in Deadline.objects.filter(ref=f"item:{item.pk}", kind=rule):
        if deadline.is_live:
            meet_deadline(deadline, actor=actor, at=at)


def refuse_item(item: Item, *, reason: str, actor: User, at: datetime) -> Item:
    """Refuse what was offered to the actor; the giver goes on holding it."""
    require(actor, "evidence.receive", item)
    if not reason.strip():
        raise Invalid(_("没有写明拒收的理由。"), details={"reason": _("须填写")})
    with transaction.atomic():
        row = lock_item(item)
        offer = _open_offer(row, actor, _("拒收"))
        guard(row, Act.REFUSED, [actor])
        offer.state, offer.answered_at = OfferState.REFUSED, at
        offer.save(update_fields=["state", "answered_at"])
        add_link(row, Link(Act.REFUSED, actor, at, giver=offer.giver, receiver=actor, note=reason))
    return row


def withdraw_offer(item: Item, *, actor: User, at: datetime, reason: str = "") -> Item:
    """Take back an offer that has not been answered."""
    require(actor, "evidence.hand_over", item)
    with transaction.atomic():
        row = lock_item(item)
        offer = Offer.objects.filter(item=row, state=OfferState.OPEN).first()
        if offer is None:
            raise Refused(_("不能撤回移交：没有待签收的移交。可以查看交接链。"), code="no_offer")
        guard(row, Act.WITHDRAWN, [actor])
        offer.state, offer.answered_at = OfferState.WITHDRAWN, at
        offer.save(update_fields=["state", "answered_at"])
        add_link(row, Link(Act.WITHDRAWN, actor, at, giver=actor, receiver=offer.receiver, note=reason))
    return row


def _open_offer(item: Item, actor: User, verb: str) -> Offer:
    offer: Offer | None = Offer.objects.filter(item=item, state=OfferState.OPEN).first()
    if offer is None:
        raise Refused(
            _("不能%(verb)s：没有待签收的移交，可能已被他人处理。可以刷新后查看交接链。") % {"verb": verb},
            code="no_offer",
        )
    if offer.giver_id == actor.pk:
        raise Refused(
            _("不能%(verb)s：您是这件证物的交出人。依据%(article)s，交接由双方办理。可以请接收人%(name)s办理。")
            % {"verb": verb, "article": _KEEPING, "name": offer.receiver.name},
            article=_KEEPING,
            code="giver_is_receiver",
        )
    if offer.receiver_id != actor.pk:
        raise Refused(
            _("不能%(verb)s：这件证物是交给%(name)s的。可以请%(name)s办理。")
            % {"verb": verb, "name": offer.receiver.name},
            code="not_receiver",
        )
    return offer


def store_item(item: Item, *, place: str, actor: User, at: datetime, note: str = "") -> Item:
    """Put an item that the actor holds on its shelf; from now on he keeps it."""
    require(actor, "evidence.keep", item)
    with transaction.atomic():
        row = lock_item(item)
        put_in_store(row, place=place, actor=actor, at=at, note=note)
    return row


def put_in_store(item: Item, *, place: str, actor: User, at: datetime, note: str) -> None:
    """Store the item inside the caller's transaction; the item is locked."""
    require(actor, "evidence.keep", item)
    if not place.strip():
        raise Invalid(_("没有写明存放位置。可以填写库号和架位，例如 B 库 04-12。"), details={"place": _("须填写")})
    _refuse_conflict(item, actor)
    guard(item, Act.STORED, [actor])
    add_link(
        item,
        Link(
            Act.STORED, actor, at, keeper=actor, state=State.DEPOSITED, place=place, seal=intact_seal(item), note=note
        ),
    )
    meet(item, "P04", actor=actor, at=at)
