"""What is done with a lead: proposed by an officer, decided by somebody else, taken back while nothing rests on it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import can, require
from casework.accounts.models import Organisation, User
from casework.core.errors import Invalid, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import meet_deadline
from casework.ledger.record import record
from units.enums import Disposition, LeadState
from units.lead_workflow import AWAITING_OPINION, MOVES, Move, move_named
from units.models import Lead
from units.selectors.tracks import missing_to_end
from units.services.leads import OPINION, need_source, note_lead, reopen_clock


def move_lead(lead: Lead, move: str, *, actor: User, at: datetime, reason: str = "") -> Lead:
    """Make one of the moves by hand: 开始研判, 退回研判, 重新研判."""
    step = next((one for one in MOVES if one.name == move and one.by_hand), None)
    if step is None:
        raise Invalid(_("“%(move)s”不能在这里办理。") % {"move": move})
    require(actor, step.act, lead)
    if step.reason and not reason.strip():
        raise Invalid(
            _("不能%(move)s：没有写明理由。可以写明理由后再办。") % {"move": step.label},
            details={"reason": _("写明理由")},
        )
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        need_source(row, step)
        before = row.state
        fields = ["state", "previous_state", "change_set"]
        row.previous_state, row.state, row.change_set = before, step.target, ""
        if before == LeadState.OPINION_PENDING:
            fields += _clear(row, "proposal")
        if before in {LeadState.SHELVED, LeadState.CLOSED}:
            fields += [*_clear(row, "proposal"), *_clear(row, "disposition")]
        row.bump(*fields)
        reopen_clock(row, actor, at)
        record(
            "lead.moved",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"move": step.name, "from": before, "to": row.state},
            reason=reason,
        )
    return row


def propose_disposition(
    lead: Lead, disposition: str, *, actor: User, at: datetime, reason: str = "", change_set: str = ""
) -> Lead:
    """Say what should be done with the lead; it then waits for the decision of somebody else."""
    step = move_named("propose")
    way = way_named(disposition)
    require(actor, step.act, lead)
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        need_source(row, step)
        row.previous_state, row.state, row.change_set = row.state, step.target, change_set
        row.proposal, row.proposed_at, row.proposed_by = way.name, at, actor
        row.bump("previous_state", "state", "change_set", "proposal", "proposed_at", "proposed_by")
        for clock in Deadline.objects.live().filter(ref=f"lead:{row.pk}", kind=OPINION):
            meet_deadline(clock, actor=actor, at=at)
        record(
            "lead.proposed",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"disposition": way.name, "from": row.previous_state, "change_set": change_set},
            reason=reason,
        )
    return row


def dispose_lead(
    lead: Lead,
    disposition: str,
    *,
    actor: User,
    at: datetime,
    reason: str = "",
    to: Organisation | None = None,
    change_set: str = "",
) -> Lead:
    """Decide what is done with the lead: the four ways, 适当了解 or 移送; whoever proposed it does not decide.

    ``to`` is the organ a lead is transferred to. A decision unlike the proposal needs a reason.
    """
    way = way_named(disposition)
    require(actor, way.act, lead)
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        need_source(row, way)
        if row.state == LeadState.OPINION_PENDING and row.proposed_by_id == actor.pk:
            raise Refused(
                _("不能处置：因为处置意见是您报送的，审批要由另一人办理。可以请分管领导审批。"),
                article="监督执纪工作规则第二十一条",
                code="own_proposal",
            )
        if row.state == LeadState.OPINION_PENDING and row.proposal != way.name and not reason.strip():
            raise Invalid(
                _("不能改为%(way)s：没有写明理由，报送的意见是%(proposal)s。可以写明理由，或按原意见审批。")
                % {"way": way.label, "proposal": row.get_proposal_display()},
                details={"reason": _("写明为什么不同于报送的意见")},
            )
        if way.name == Disposition.CLOSED:
            lacking = missing_to_end([row]).get(row.pk, [])
            if lacking:
                raise NotReady(
                    _("不能了结：被动“挖矿”的单位先整改、后了结。还差 %(n)d 项。") % {"n": len(lacking)}, lacking
                )
        if way.name == Disposition.TRANSFERRED and to is None:
            raise Invalid(_("不能移送：没有选移送给哪个单位。可以选定单位后再办。"), details={"to": _("选移送单位")})
        row.previous_state, row.state, row.change_set = row.state, way.target, change_set
        row.disposition, row.disposed_at, row.disposed_by = way.name, at, actor
        row.transferred_to = to
        row.bump("previous_state", "state", "change_set", "disposition", "disposed_at", "disposed_by", "transferred_to")
        record(
            "lead.disposed",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={
                "disposition": way.name,
                "proposal": row.proposal,
                "from": row.previous_state,
                "to_organ": to.code if to else "",
                "change_set": change_set,
            },
            reason=reason,
        )
    return row


def handle_lead(
    lead: Lead,
    disposition: str,
    *,
    note: str,
    actor: User,
    at: datetime,
    to: Organisation | None = None,
) -> Lead:
    """Keep the note and, where a disposition is chosen, propose or decide it with the note as its reason; all or none."""
    with transaction.atomic():
        row = note_lead(lead, note, actor=actor, at=at) if note.strip() != lead.note else lead
        if not disposition:
            return row
        if may_decide(row, actor):
            return dispose_lead(row, disposition, actor=actor, at=at, reason=note.strip(), to=to)
        return propose_disposition(row, disposition, actor=actor, at=at, reason=note.strip())


def may_decide(lead: Lead, user: User) -> bool:
    """Tell whether the user's word on this lead would be the decision rather than a proposal."""
    return lead.state not in AWAITING_OPINION and can(user, "lead.dispose", lead)


def undo_disposition(lead: Lead, *, actor: User, at: datetime, reason: str = "") -> Lead:
    """Take back the last proposal or decision while nothing rests on it; only whoever made it may."""
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        proposed = row.state == LeadState.OPINION_PENDING and bool(row.proposal)
        if not row.previous_state or not (proposed or row.state == row.disposition):
            raise Refused(
                _("不能撤销：因为线索已是“%(state)s”，后面的事依据了这次处置。可以重新研判。")
                % {"state": row.get_state_display()},
                code="rests_on_it",
            )
        require(actor, "lead.propose" if proposed else "lead.dispose", row)
        maker = row.proposed_by_id if proposed else row.disposed_by_id
        if maker != actor.pk:
            raise Refused(_("不能撤销：因为这次处置是别人办的。可以请办理的人撤销，或退回研判。"), code="not_yours")
        if row.hand_overs.filter(sent_at__gte=row.disposed_at or row.proposed_at).exists():
            raise Refused(_("不能撤销：因为移送函已经发出。可以请对方退回后再办。"), code="rests_on_it")
        before = row.state
        row.state, row.previous_state, row.change_set = row.previous_state, "", ""
        fields = ["state", "previous_state", "change_set", *_clear(row, "proposal" if proposed else "disposition")]
        row.bump(*fields)
        reopen_clock(row, actor, at)
        record(
            "lead.disposition_undone",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"from": before, "to": row.state},
            reason=reason,
        )
    return row


def way_named(disposition: str) -> Move:
    """Return the move of a way of disposal, or refuse."""
    if disposition not in Disposition.values:
        raise Invalid(_("没有这种处置方式。"), details={"disposition": _("选一种")})
    return move_named(disposition)


def _clear(lead: Lead, field: str) -> list[str]:
    stem = "proposed" if field == "proposal" else "disposed"
    setattr(lead, field, "")
    setattr(lead, f"{stem}_at", None)
    setattr(lead, f"{stem}_by", None)
    return [field, f"{stem}_at", f"{stem}_by"]
