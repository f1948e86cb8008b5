"""The end of an item: proposed, approved by another, carried out by two with a receipt."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.deadlines.services import open_deadline
from casework.ledger.record import record
from evidence.conflicts import conflict
from evidence.enums import ENDED, ENDS, Act, Outcome, State
from evidence.models import Disposal, Hold, Item
from evidence.services.chain import Link, Officers, add_link, guard, lock_item, require_two
from evidence.services.handover import meet


def mark_unrelated(item: Item, *, reason: str, actor: User, at: datetime) -> Item:
    """Record that the item has nothing to do with the matter: it goes back within three days (监察法第二十八条, P02)."""
    require(actor, "evidence.propose", item)
    if not reason.strip():
        raise Invalid(_("没有写明为何与案件无关。"), details={"reason": _("须填写")})
    with transaction.atomic():
        row = lock_item(item)
        if row.state in ENDED:
            raise Refused(
                _("不能登记：证物已经处置（%(state)s）。可以查看交接链。") % {"state": row.get_state_display()}
            )
        open_deadline(
            f"item:{row.pk}",
            "P02",
            start_on=timezone.localdate(at),
            title=_("退还与案件无关的证物 %(number)s") % {"number": row.number},
            holder=actor,  # keepers know nothing of clocks of a circle; the officer proposes the return
            compartment=row.compartment,
            actor=actor,
            at=at,
        )
        record(
            "item.found_unrelated",
            ref=f"item:{row.pk}",
            actor=actor,
            at=at,
            data={"number": row.number},
            personal={"reason": reason},
        )
    return row


def propose_disposal(
    item: Item, outcome: Outcome, *, document: str, reason: str, actor: User, at: datetime
) -> Disposal:
    """Propose how the item is to leave; decided by somebody else, carried out by a third."""
    require(actor, "evidence.propose", item)
    wrong = {name: _("须填写") for name, text in (("document", document), ("reason", reason)) if not text.strip()}
    if wrong:
        raise Invalid(_("处置意见没有写全，须有批准文书和理由。"), details=wrong)
    with transaction.atomic():
        row = lock_item(item)
        if row.state != State.DEPOSITED:
            raise Refused(
                _("不能提出处置意见：证物现在是“%(state)s”，不在库。可以先入库。") % {"state": row.get_state_display()}
            )
        try:
            with transaction.atomic():
                disposal = Disposal.objects.create(
                    item=row, outcome=outcome, document=document, reason=reason, proposed_by=actor, proposed_at=at
                )
        except IntegrityError as error:
            raise Refused(_("不能提出处置意见：已有没办完的处置意见。可以查看现有意见。")) from error
        record(
            "item.disposal_proposed",
            ref=f"item:{row.pk}",
            actor=actor,
            at=at,
            data={"number": row.number, "outcome": outcome, "document": document},
            personal={"reason": reason},
        )
    return disposal


def approve_disposal(disposal: Disposal, *, actor: User, at: datetime, opinion: str = "") -> Disposal:
    """Approve the proposal. Who approves neither proposed, keeps nor took the item; nothing may be unsettled."""
    require(actor, "evidence.approve", disposal.item)
    with transaction.atomic():
        item = lock_item(disposal.item)
        row = _pending(disposal)
        _refuse_interested(item, row, actor, _("批准处置"))
        guard(item, Act.DISPOSAL_APPROVED, [actor])
        row.approved_by, row.approved_at, row.opinion = actor, at, opinion
        row.save(update_fields=["approved_by", "approved_at", "opinion"])
        add_link(
            item,
            Link(
                Act.DISPOSAL_APPROVED,
                actor,
                at,
                state=State.DISPOSAL_APPROVED,
                document=row.document,
                note=opinion,
                data={"outcome": row.outcome},
            ),
        )
    return row


def decline_disposal(disposal: Disposal, *, opinion: str, actor: User, at: datetime) -> Disposal:
    """Decline the proposal, with the reason."""
    require(actor, "evidence.approve", disposal.item)
    if not opinion.strip():
        raise Invalid(_("没有写明不批准的理由。"), details={"opinion": _("须填写")})
    with transaction.atomic():
        item = lock_item(disposal.item)
        row = _pending(disposal)
        _refuse_interested(item, row, actor, _("审批处置"))
        row.declined_at, row.opinion = at, opinion
        row.save(update_fields=["declined_at", "opinion"])
        record(
            "item.disposal_declined",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={"number": item.number, "outcome": row.outcome},
            personal={"opinion": opinion},
        )
    return row


def _pending(disposal: Disposal) -> Disposal:
    row = Disposal.objects.get(pk=disposal.pk)
    if row.approved_at is not None or row.declined_at is not None:
        raise Refused(_("不能审批：这项处置意见已经审批。可以刷新后查看。"), code="already_decided")
    return row


def _refuse_interested(item: Item, disposal: Disposal, actor: User, verb: str) -> None:
    if actor.pk == disposal.proposed_by_id:
        why = _("意见是您提出的")
    elif actor.pk in (item.keeper_id, item.holder_id):
        why = _("这件证物由您保管")
    else:
        why = conflict(item, actor)
    if why:
        raise Refused(
            _("不能%(verb)s：%(why)s。保管、审批、承办须由不同的人担任。可以请另一名分管领导审批。")
            % {"verb": verb, "why": why},
            code="duties_not_separate",
        )


def carry_out_disposal(
    item: Item, *, receipt: str, officers: Officers, actor: User, at: datetime, receiver_name: str = "", note: str = ""
) -> Item:
    """Carry out what was approved, two keepers together, against a receipt; the item leaves for good."""
    second = require_two(officers, actor, "evidence.dispose", item)
    if not receipt.strip():
        raise Invalid(_("没有写明回执或收据编号。"), details={"receipt": _("须填写")})
    with transaction.atomic():
        row = lock_item(item)
        disposal = row.disposals.filter(approved_at__isnull=False, done_at=None).first()
        if disposal is None:
            raise Refused(
                _("不能办理处置：还没有批准的处置意见。可以先由承办人提出、分管领导审批。"), code="not_approved"
            )
        if disposal.approved_by_id in (actor.pk, second.pk):
            raise Refused(
                _("不能办理处置：处置是办理人员自己批准的。可以由未参与审批的保管员办理。"), code="duties_not_separate"
            )
        outcome = Outcome(disposal.outcome)
        guard(row, ENDS[outcome], officers)
        disposal.done_by, disposal.done_at, disposal.receipt = actor, at, receipt
        disposal.save(update_fields=["done_by", "done_at", "receipt"])
        add_link(
            row,
            Link(
                ENDS[outcome],
                actor,
                at,
                second,
                giver=row.holder,
                state=State(outcome.value),
                document=receipt,
                note=note,
                data={"approved": disposal.document},
                personal={"receiver": receiver_name},
            ),
        )
        if outcome == Outcome.RETURNED:
            meet(row, "P02", actor=actor, at=at)
    return row


def report_loss(item: Item, *, document: str, reason: str, officers: Officers, actor: User, at: datetime) -> Item:
    """Write off what is lost or destroyed, on the report of the incident, once every discrepancy has been settled."""
    second = require_two(officers, actor, "evidence.report", item)
    wrong = {name: _("须填写") for name, text in (("document", document), ("reason", reason)) if not text.strip()}
    if wrong:
        raise Invalid(_("损毁灭失须有情况报告和原因。"), details=wrong)
    with transaction.atomic():
        row = lock_item(item)
        guard(row, Act.LOST, officers)
        link = Link(Act.LOST, actor, at, second, giver=row.holder, state=State.LOST, document=document, note=reason)
        add_link(row, link)
    return row


def archive_item(item: Item, *, document: str, actor: User, at: datetime) -> Item:
    """Close the file of an item that has left."""
    require(actor, "evidence.archive", item)
    with transaction.atomic():
        row = lock_item(item)
        guard(row, Act.ARCHIVED, [actor])
        add_link(row, Link(Act.ARCHIVED, actor, at, state=State.ARCHIVED, document=document))
    return row


def place_hold(item: Item, *, reason: str, actor: User, at: datetime) -> Hold:
    """Stop any disposal of the item until lifted."""
    require(actor, "evidence.propose", item)
    if not reason.strip():
        raise Invalid(_("没有写明暂缓处置的事由。"), details={"reason": _("须填写")})
    with transaction.atomic():
        row = lock_item(item)
        hold = Hold.objects.create(item=row, reason=reason, placed_at=at, placed_by=actor)
        record(
            "item.hold_placed",
            ref=f"item:{row.pk}",
            actor=actor,
            at=at,
            data={"number": row.number, "hold": hold.pk},
            personal={"reason": reason},
        )
    return hold


def lift_hold(hold: Hold, *, reason: str, actor: User, at: datetime) -> Hold:
    """Lift a stop on disposal."""
    require(actor, "evidence.approve", hold.item)
    with transaction.atomic():
        lock_item(hold.item)
        row = Hold.objects.get(pk=hold.pk)
        if row.lifted_at is not None:
            raise Refused(_("不能解除：暂缓处置已经解除。可以刷新后查看。"))
        row.lifted_at, row.lifted_by = at, actor
        row.save(update_fields=["lifted_at", "lifted_by"])
        record(
            "item.hold_lifted",
            ref=f"item:{row.item_id}",
            actor=actor,
            at=at,
            data={"number": row.item.number, "hold": row.pk},
            personal={"reason": reason},
        )
    return row


def lift_holds(item: Item, *, reason: str, actor: User, at: datetime) -> Item:
    """Lift every stop on disposal of the item, each with its own entry."""
    require(actor, "evidence.approve", item)
    with transaction.atomic():
        row = lock_item(item)
        holds = list(row.holds.filter(lifted_at=None).order_by("pk"))
        if not holds:
            raise Refused(_("不能解除：没有暂缓处置。可以刷新后查看。"))
        for hold in holds:
            lift_hold(hold, reason=reason, actor=actor, at=at)
    return row
