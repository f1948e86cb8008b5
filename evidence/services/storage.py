"""Temporary use outside the store: asked for, approved by another, handed out, brought back."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.ledger.record import record
from evidence.conflicts import conflict
from evidence.custody_workflow import check_out_approved, intact_seal
from evidence.enums import Act, CheckOutState, DiscrepancyKind, OfferPurpose, State
from evidence.models import CheckOut, Item, Offer
from evidence.rules import seal_number
from evidence.services.chain import Link, add_link, guard, lock_item
from evidence.services.discrepancies import note_discrepancy
from evidence.services.handover import make_offer

_ART = "监察法实施条例第一百六十一条"


def request_check_out(
    item: Item, *, purpose: str, due_on: date, actor: User, at: datetime, document: str = ""
) -> CheckOut:
    """Ask for the temporary use of an item in store, with purpose and day of return."""
    require(actor, "evidence.request", item)
    if not purpose.strip():
        raise Invalid(_("没有写明调取用途。"), details={"purpose": _("须填写")})
    if due_on < timezone.localdate(at):
        raise Invalid(_("约定归还日期已经过去。可以改填以后的日期。"), details={"due_on": _("须是以后的日期")})
    with transaction.atomic():
        row = lock_item(item)
        if row.state != State.DEPOSITED and not (row.apart and row.state in (State.CHECKED_OUT, State.EXAMINED)):
            raise Refused(
                _("不能申请调取：证物现在是“%(state)s”，不在库。可以联系现持有人。")
                % {"state": row.get_state_display()}
            )
        try:
            with transaction.atomic():
                check_out = CheckOut.objects.create(
                    item=row,
                    purpose=purpose,
                    document=document,
                    due_on=due_on,
                    requested_by=actor,
                    requested_at=at,
                )
        except IntegrityError as error:
            raise Refused(_("不能申请调取：这件证物已有没办完的调取。可以等其归还后再申请。")) from error
        record(
            "item.check_out_requested",
            ref=f"item:{row.pk}",
            actor=actor,
            at=at,
            data={"number": row.number, "check_out": check_out.pk, "due_on": due_on, "document": document},
            personal={"purpose": purpose},
        )
    return check_out


def approve_check_out(check_out: CheckOut, *, actor: User, at: datetime, opinion: str = "") -> CheckOut:
    """Approve the temporary use; never one's own request, never by the keeper or whoever took the item."""
    return _decide(check_out, CheckOutState.APPROVED, actor=actor, at=at, opinion=opinion)


def decline_check_out(check_out: CheckOut, *, opinion: str, actor: User, at: datetime) -> CheckOut:
    """Decline the temporary use, with the reason."""
    if not opinion.strip():
        raise Invalid(_("没有写明不批准的理由。"), details={"opinion": _("须填写")})
    return _decide(check_out, CheckOutState.DECLINED, actor=actor, at=at, opinion=opinion)


def _decide(check_out: CheckOut, state: CheckOutState, *, actor: User, at: datetime, opinion: str) -> CheckOut:
    require(actor, "evidence.approve", check_out.item)
    with transaction.atomic():
        item = lock_item(check_out.item)
        row = CheckOut.objects.get(pk=check_out.pk)
        if row.state != CheckOutState.REQUESTED:
            raise Refused(
                _("不能审批：这项申请已经是“%(state)s”。可以刷新后查看。") % {"state": row.get_state_display()}
            )
        if actor.pk == row.requested_by_id:
            raise Refused(_("不能审批：这是您自己的申请。可以请另一名分管领导审批。"), code="own_request")
        if actor.pk in (item.keeper_id, item.holder_id):
            raise Refused(_("不能审批：这件证物由您保管。可以请另一名分管领导审批。"), code="keeper_approves")
        row.state, row.decided_by, row.decided_at, row.opinion = state, actor, at, opinion
        row.save(update_fields=["state", "decided_by", "decided_at", "opinion"])
        record(
            f"item.check_out_{state.value}",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={"number": item.number, "check_out": row.pk, "due_on": row.due_on},
            personal={"opinion": opinion},
        )
    return row


def check_out_item(
    item: Item, *, actor: User, at: datetime, receiver: User | None = None, place: str = "", note: str = ""
) -> Offer:
    """Hand the item out on its approved request, by default to who asked; it is out when the receiver accepts."""
    require(actor, "evidence.hand_over", item)
    with transaction.atomic():
        row = lock_item(item)
        if missing := check_out_approved(row):
            raise NotReady(
                _("不能出库：还没有批准的调取申请。依据%(article)s。可以先申请，由分管领导审批。") % {"article": _ART},
                missing,
            )
        check_out = CheckOut.objects.get(item=row, state=CheckOutState.APPROVED)
        return make_offer(
            row,
            receiver or check_out.requested_by,
            OfferPurpose.CHECK_OUT,
            actor=actor,
            at=at,
            place=place,
            note=note,
            check_out=check_out,
        )


def return_item(
    item: Item, *, actor: User, at: datetime, receiver: User | None = None, place: str = "", note: str = ""
) -> Offer:
    """Bring an item back that is out, by default to its keeper; it is back when he accepts."""
    require(actor, "evidence.offer", item)
    with transaction.atomic():
        row = lock_item(item)
        check_out = CheckOut.objects.filter(item=row, state=CheckOutState.OUT).first()
        keeper = receiver or row.keeper
        if check_out is None or keeper is None:
            raise Refused(_("不能归还：这件证物没有调取出库。可以用移交交给他人。"), code="not_out")
        if reason := conflict(row, keeper):
            raise Refused(
                _("不能归还给%(name)s保管：%(reason)s。可以选另一名保管员。") % {"name": keeper.name, "reason": reason}
            )
        return make_offer(
            row,
            keeper,
            OfferPurpose.CHECK_IN,
            actor=actor,
            at=at,
            place=place,
            note=note,
            check_out=check_out,
        )


def verify_item(
    item: Item, *, actor: User, at: datetime, seal: str = "", place: str = "", present: bool = True, note: str = ""
) -> Item:
    """Take stock of one item that the actor holds: there or not, on which shelf, which number on the seal."""
    require(actor, "evidence.hand_over", item)
    with transaction.atomic():
        row = lock_item(item)
        guard(row, Act.VERIFIED, [actor])
        sealed = intact_seal(row)
        if present and sealed is not None and not seal.strip():
            raise NotReady(
                _("不能登记盘点：没有填写从封条上读到的号码。可以照封条填写。"), [Missing(_("没有填写封条号码"))]
            )
        add_link(row, Link(Act.VERIFIED, actor, at, seal=sealed, note=note, data={"present": present}))
        if not present:
            note_discrepancy(row, DiscrepancyKind.MISSING, actor=actor, at=at, expected=row.place, found="", note=note)
        elif sealed is not None:
            sealed.checked_at, sealed.checked_by = at, actor
            sealed.save(update_fields=["checked_at", "checked_by"])
            if (read := seal_number(seal)) != sealed.number:
                note_discrepancy(
                    row, DiscrepancyKind.SEAL_NUMBER, actor=actor, at=at, expected=sealed.number, found=read
                )
        if present and place.strip() and place.strip() != row.place:
            note_discrepancy(
                row, DiscrepancyKind.PLACE, actor=actor, at=at, expected=row.place, found=place.strip(), note=note
            )
    return row
