"""Appeals: 复审 and 复核 of administrative sanctions, 申诉 of party sanctions.

Execution is not suspended (政务处分法第五十六条). Who investigated, heard, drafted or approved takes no part
(监督执纪工作规则第五十九条, 监察法实施条例第二百四十二条). Nothing becomes heavier because somebody appealed.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import Side
from cases.enums_penalties import (
    SETTLED_STATES,
    AppealKind,
    AppealState,
    DeliveryAct,
    PenaltyState,
)
from cases.execution_plan import restoration
from cases.ladder import MeasureSpec
from cases.models import Appeal, CaseMember, Execution, Penalty, Recovery
from cases.penalty_periods import period_of
from cases.periods import GOV, PARTY
from cases.selectors.cases import joined_into
from cases.selectors.penalties import specs_of
from cases.services.integrity import ties_of_case
from cases.services.penalty_drafts import replace_measures, weight_of
from cases.services.penalty_flow import end_clocks, ref_of, refuse_input
from casework.access.models import Recusal
from casework.access.policy import require
from casework.access.services.compartments import let_in
from casework.accounts.models import User
from casework.core.calendar import add_months
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.rules import Facts, due, rule
from casework.deadlines.selectors import current_calendar
from casework.deadlines.services.lifecycle import meet_deadline, open_deadline
from casework.ledger.record import record

#: Time limits for asking and for deciding, by kind (casework/deadlines/data/timelimits.yaml).
ASK: Final = {AppealKind.REVIEW: "R01", AppealKind.SECOND_REVIEW: "R03"}
DECIDE: Final = {AppealKind.REVIEW: "R02", AppealKind.SECOND_REVIEW: "R04", AppealKind.PARTY_APPEAL: "R05"}
#: Where a decision can be appealed: served, and not yet taken back.
APPEALABLE: Final = frozenset(
    {PenaltyState.SERVED, PenaltyState.ANNOUNCED, PenaltyState.EXECUTING, PenaltyState.AMENDED, *SETTLED_STATES}
)


def lodge_appeal(
    penalty: Penalty, *, kind: AppealKind | str, received_on: date, request: str, actor: User, at: datetime
) -> Appeal:
    """Register an appeal; a late 复审 or 复核 is refused with the day on which it could be asked for last."""
    wanted = AppealKind(kind)
    with transaction.atomic():
        locked: Penalty = Penalty.locked(penalty.pk)
        require(actor, "penalty.appeal", locked)
        if locked.state not in APPEALABLE:
            raise Refused(
                _("不能登记%(kind)s：因为处分（处理）%(state)s。可以在送达以后提出。")
                % {"kind": wanted.label, "state": locked.get_state_display()},
                code="wrong_state",
            )
        wrong = {}
        if not request.strip():
            wrong["request"] = _("写明请求和理由")
        if received_on > timezone.localdate(at):
            wrong["received_on"] = _("收到日期不晚于登记日期")
        refuse_input(wrong)
        _check_kind(locked, wanted, received_on)
        try:
            with transaction.atomic():
                appeal = Appeal.objects.create(
                    penalty=locked, kind=wanted, received_on=received_on, request=request.strip(), at=at
                )
        except IntegrityError as error:
            if "appeal_open_once" not in str(error):
                raise
            raise Refused(
                _("不能登记：因为已有一件申诉、复审或者复核正在办理。可以等办结以后再登记。"), code="appeal_open"
            ) from error
        record(
            "penalty.appeal_lodged",
            ref=ref_of(locked),
            actor=actor,
            at=at,
            data={"appeal": appeal.pk, "kind": wanted, "received_on": received_on},
            personal={"name": locked.suspect.name, "request": request.strip()},
        )
    return appeal


def _check_kind(penalty: Penalty, kind: AppealKind, received_on: date) -> None:
    families = set(penalty.measures.values_list("family", flat=True))
    fits = PARTY in families if kind == AppealKind.PARTY_APPEAL else GOV in families
    if not fits:
        raise Refused(
            _("不能登记%(kind)s：因为党纪处分用申诉，政务处分用复审、复核。可以改选种类。") % {"kind": kind.label},
            code="wrong_kind",
        )
    if kind == AppealKind.PARTY_APPEAL:
        return
    served = penalty.deliveries.get(act=DeliveryAct.SERVED).on
    if received_on < served:
        words = _("收到日期早于决定书送达日期 %(day)s") % {"day": served}
        raise Invalid(_("不能登记：因为%(why)s。可以改正日期。") % {"why": words}, details={"received_on": words})
    if kind == AppealKind.REVIEW:
        start = served
    else:
        decided = [AppealState.UPHELD, AppealState.AMENDED]
        first = penalty.appeals.filter(kind=AppealKind.REVIEW, state__in=decided).order_by("-at").first()
        if first is None or first.decided_on is None:
            raise Refused(_("不能登记复核：因为还没有复审决定。可以先申请复审。"), code="review_first")
        start = first.decided_on
    found = rule(ASK[kind])
    last = due(found, Facts(start), current_calendar()).due_on
    if last is not None and received_on > last:
        raise Refused(
            _("不能登记%(kind)s：因为已经逾期，最后一日是%(day)s。依据%(article)s。可以按信访处理。")
            % {"kind": kind.label, "day": last, "article": found.citation},
            article=found.citation,
            code="late",
        )


def accept_appeal(appeal: Appeal, *, handlers: tuple[User, User], actor: User, at: datetime) -> Appeal:
    """Accept an appeal and name two people who had no part in the case; the clock of the decision starts."""
    with transaction.atomic():
        locked: Appeal = Appeal.locked(appeal.pk)
        penalty = locked.penalty
        require(actor, "penalty.decide_appeal", penalty)
        _refuse_involved(penalty, actor, locked)
        if locked.state != AppealState.LODGED:
            raise Refused(
                _("不能受理：因为已经%(state)s。") % {"state": locked.get_state_display()}, code="wrong_state"
            )
        if handlers[0] == handlers[1]:
            raise Invalid(_("复查须由两人以上办理。"), details={"second_handler": _("选另一人")})
        for user in handlers:
            _refuse_involved(penalty, user, locked)
            _refuse_handler(penalty, user, at)
            let_in(penalty.suspect.case.compartment, user, actor=actor, at=at, reason=_("复查处分"))
        locked.state = AppealState.ACCEPTED
        locked.handled_by, locked.second_handler = handlers
        locked.bump("state", "handled_by", "second_handler")
        record(
            "penalty.appeal_accepted",
            ref=ref_of(penalty),
            actor=actor,
            at=at,
            data={"appeal": locked.pk, "handlers": [user.pk for user in handlers]},
        )
        open_deadline(
            f"appeal:{locked.pk}",
            DECIDE[AppealKind(locked.kind)],
            start_on=timezone.localdate(at),
            holder=handlers[0],
            compartment=penalty.suspect.case.compartment,
            actor=actor,
            at=at,
        )
    return locked


def _refuse_involved(penalty: Penalty, user: User, appeal: Appeal) -> None:
    """Refuse whoever investigated, heard, drafted, signed, approved or reviewed; to have left since changes nothing."""
    case = penalty.suspect.case
    worked = CaseMember.objects.filter(
        case__in=[case, *joined_into(case)], user=user, side__in=[Side.INVESTIGATE, Side.HEAR]
    ).exists()
    decided = penalty.decisions.filter(approver=user, verdict="agreed").exists()
    signed = penalty.signatures.filter(user=user).exists()
    mine = Q(handled_by=user) | Q(second_handler=user) | Q(decided_by=user)
    reviewed = penalty.appeals.exclude(pk=appeal.pk).filter(mine).exists()
    if worked or decided or signed or reviewed or penalty.drafted_by_id == user.pk:
        raise NotAllowed(
            _(
                "不能由%(name)s复查：因为%(name)s调查、审理、起草、批准或者复查过。依据监督执纪工作规则第五十九条。可以换一人。"
            )
            % {"name": user.name}
        )


def _refuse_handler(penalty: Penalty, user: User, at: datetime) -> None:
    """Refuse whoever has to stand back from the case (监察法实施条例第二百四十二条), or works for nobody here."""
    case = penalty.suspect.case
    if not user.is_active or not user.is_commission:
        raise Invalid(
            _("不能由%(name)s复查：没有办案的职责。可以换一人。") % {"name": user.name},
            details={"handler": _("选有办案职责的人")},
        )
    stands_back = Recusal.objects.standing().filter(compartment=case.compartment_id, user=user).exists()
    if stands_back or any(tied.pk == user.pk for tied, _words in ties_of_case(case, at)):
        raise Refused(
            _("不能由%(name)s复查：因为%(name)s应当回避。依据监察法第六十七条。可以换一人。") % {"name": user.name},
            code="tied",
            article=_("监察法第六十七条"),
        )


def decide_appeal(
    appeal: Appeal,
    *,
    outcome: AppealState | str,
    reason: str,
    document: str,
    actor: User,
    at: datetime,
    measures: Sequence[MeasureSpec] | None = None,
) -> Appeal:
    """Decide: uphold, amend (with lighter ``measures``) or revoke; what was taken away is put back by new tasks."""
    verdict = AppealState(outcome)
    if verdict not in {AppealState.UPHELD, AppealState.AMENDED, AppealState.REVOKED, AppealState.REJECTED}:
        raise Invalid(_("没有这样的决定。"), details={"outcome": _("选维持、变更、撤销或者不予受理")})
    with transaction.atomic():
        locked: Appeal = Appeal.locked(appeal.pk)
        penalty: Penalty = Penalty.locked(locked.penalty_id)
        require(actor, "penalty.decide_appeal", penalty)
        _refuse_involved(penalty, actor, locked)
        if actor.pk in {locked.handled_by_id, locked.second_handler_id}:
            raise Refused(_("不能决定：因为这一件是您复查的。可以由其他领导决定。"), code="own_review")
        needed = AppealState.LODGED if verdict == AppealState.REJECTED else AppealState.ACCEPTED
        if locked.state != needed:
            raise Refused(_("不能决定：因为%(state)s。") % {"state": locked.get_state_display()}, code="wrong_state")
        wrong = {}
        if not reason.strip():
            wrong["reason"] = _("写明理由")
        if not document.strip():
            wrong["document"] = _("写明决定文号")
        if (verdict == AppealState.AMENDED) != bool(measures):
            wrong["measures"] = _("变更时写明新的处理，其余决定不写")
        refuse_input(wrong)
        before = penalty.state
        if verdict == AppealState.AMENDED and measures:
            _amend(penalty, measures, document.strip(), actor=actor, at=at)
        elif verdict == AppealState.REVOKED:
            _revoke(penalty, document.strip(), actor=actor, at=at)
        locked.state, locked.outcome, locked.document = verdict, reason.strip(), document.strip()
        locked.decided_by, locked.decided_on = actor, timezone.localdate(at)
        locked.bump("state", "outcome", "document", "decided_by", "decided_on")
        record(
            "penalty.appeal_decided",
            ref=ref_of(penalty),
            actor=actor,
            at=at,
            data={
                "appeal": locked.pk,
                "outcome": verdict,
                "document": locked.document,
                "from": before,
                "to": penalty.state,
                "period_until": penalty.period_until or "",
                "measures": [row.code for row in penalty.measures.all()],
            },
            personal={"name": penalty.suspect.name},
            reason=reason.strip(),
        )
        for clock in Deadline.objects.filter(ref=f"appeal:{locked.pk}", state__in=LIVE):
            meet_deadline(clock, actor=actor, at=at)
    return locked


def _amend(penalty: Penalty, measures: Sequence[MeasureSpec], document: str, *, actor: User, at: datetime) -> None:
    """Put lighter measures in place of the old; the effective day stays, the period is counted anew."""
    before, weight = specs_of(penalty), weight_of(penalty)
    replace_measures(penalty, measures, actor=actor, at=at)
    if weight_of(penalty) >= weight:
        raise Refused(
            _(
                "不能变更为更重或者同样的处分：因为不得因申请复审、复核而加重。依据公职人员政务处分法第五十六条。可以维持。"
            ),
            article="公职人员政务处分法第五十六条",
            code="aggravated",
        )
    _drop_open_tasks(penalty, _("处分已变更（%(document)s）") % {"document": document}, actor=actor, at=at)
    _restore(penalty, before, measures, at=at, revoked=False)
    penalty.period_until, penalty.probation_until = period_of(penalty)
    penalty.state, penalty.state_since, penalty.updated_at = PenaltyState.AMENDED, at, at
    penalty.bump(
        "state", "state_since", "updated_at", "period_until", "probation_until", "draft", "digest", "track", "form",
        "standing", "laws",
    )  # fmt: skip


def _revoke(penalty: Penalty, document: str, *, actor: User, at: datetime) -> None:
    """Revoke the decision; post, pay and name are restored by tasks that stay open until proved (第六十条)."""
    _drop_open_tasks(penalty, _("处分已撤销（%(document)s）") % {"document": document}, actor=actor, at=at)
    _restore(penalty, specs_of(penalty), (), at=at, revoked=True)
    penalty.state, penalty.state_since, penalty.updated_at = PenaltyState.REVOKED, at, at
    penalty.period_until = penalty.probation_until = None
    penalty.bump("state", "state_since", "updated_at", "period_until", "probation_until")
    end_clocks(penalty, actor=actor, at=at, cancel=_("处分已撤销（%(document)s）") % {"document": document})


def _drop_open_tasks(penalty: Penalty, why: str, *, actor: User, at: datetime) -> None:
    """Close what was not carried out yet with the reason: nobody carries out what no longer stands."""
    open_tasks = penalty.tasks.filter(done_on__isnull=True)
    open_tasks.update(done_on=timezone.localdate(at), waived_reason=why, done_by=actor, at=at)


def _restore(
    penalty: Penalty, before: Sequence[MeasureSpec], after: Sequence[MeasureSpec], *, at: datetime, revoked: bool
) -> None:
    """Add the tasks that give back what was taken, and on a revocation name and money too (第六十条)."""
    start = timezone.localdate(at)
    last = penalty.tasks.order_by("-seq").values_list("seq", flat=True).first() or 0
    done = set(penalty.tasks.filter(done_on__isnull=False, waived_reason="").values_list("kind", flat=True))
    paid = Recovery.objects.filter(suspect_id=penalty.suspect_id).aggregate(sum=Sum("amount_paid"))["sum"]
    planned = restoration(before, after, done, revoked=revoked, paid=f"{paid:,.2f}" if paid else "")
    Execution.objects.bulk_create(
        Execution(
            penalty=penalty, seq=seq, kind=task.kind, text=task.text, responsible=task.responsible,
            due_on=add_months(start, task.months),
        )
        for seq, task in enumerate(planned, last + 1)
    )  # fmt: skip
