"""The ledger of measures (调查措施): proposed by an investigator, approved by a leader, carried out by two, ended.

For measures against liberty this keeps record, clock and alarm and manages nothing.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import BEFORE_FILING, LIBERTY, CaseKind, CaseState, MeasureKind, MeasureState, Side
from cases.models import Case, CaseMember, Measure, Suspect
from cases.selectors.cases import people_on, ref_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.core.moments import cn_datetime
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import cancel_deadline, meet_deadline, open_deadline
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices

#: The clocks (deadlines/data/timelimits.yaml) that a measure starts when it begins.
CLOCKS: Final[dict[str, tuple[str, ...]]] = {
    MeasureKind.APPEARANCE: ("M01",),
    MeasureKind.AWAIT: ("M02", "C06"),
    MeasureKind.CUSTODY: ("M03", "C06"),
    MeasureKind.RETENTION: ("M04", "C06"),
    MeasureKind.TECHNICAL: ("M06",),
    MeasureKind.FREEZE: ("P07",),
}
#: Clocks that count hours from a moment.
_HOURS = frozenset({"M01", "C06"})


def ref_of_measure(measure: Measure) -> str:
    """Return the text reference of the measure."""
    return f"measure:{measure.pk}"


def kind_refusal(kind: MeasureKind, case: Case, suspect: Suspect | None) -> tuple[str, str]:
    """Return the sentence and article that forbid the measure at this stage, or two empty texts."""
    if case.state == CaseState.FILING_PENDING and kind not in BEFORE_FILING:
        article = _("监察法实施条例第五十九条")
        return _("不能采取%(kind)s：因为没有立案。依据%(a)s。可以先报请立案。") % {
            "kind": kind.label,
            "a": article,
        }, article
    if kind in LIBERTY | {MeasureKind.INTERROGATION, MeasureKind.WANTED, MeasureKind.NO_EXIT} and suspect is None:
        return _("不能采取%(kind)s：因为没有写明被调查人。可以选本案的被审查调查人。") % {"kind": kind.label}, ""
    if kind in {MeasureKind.TECHNICAL, MeasureKind.WANTED, MeasureKind.INTERROGATION} and case.kind != CaseKind.CRIME:
        article = _("监察法第四章")
        return _("不能采取%(kind)s：因为本案不是涉嫌职务犯罪。依据%(a)s。") % {
            "kind": kind.label,
            "a": article,
        }, article
    if case.kind == CaseKind.DISCIPLINE and kind in LIBERTY | {
        MeasureKind.SEIZE,
        MeasureKind.SEAL_UP,
        MeasureKind.SEARCH,
    }:
        article = _("监察法第四章")
        return _(
            "不能采取%(kind)s：因为本案只涉及违纪，%(kind)s是监察措施。依据%(a)s。可以先补充职务违法的立案手续。"
        ) % {"kind": kind.label, "a": article}, article
    return "", ""


def propose_measure(
    case: Case,
    *,
    kind: MeasureKind | str,
    target: str,
    purpose: str,
    actor: User,
    at: datetime,
    suspect: Suspect | None = None,
) -> Measure:
    """Ask for a measure; the next number of the case's ledger is given."""
    kind = MeasureKind(kind)
    wrong = {}
    if not target.strip() and suspect is None:
        wrong["target"] = _("写明对象，例如单位、账户或者场所")
    if not purpose.strip():
        wrong["purpose"] = _("写明为什么采取、要查明什么")
    if wrong:
        raise Invalid(_("措施还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.propose_measure", case)
        if suspect is not None and suspect.case_id != case.pk:
            raise Invalid(_("%(name)s不在本案中。") % {"name": suspect.name}, details={"suspect": _("选本案的人员")})
        sentence, article = kind_refusal(kind, case, suspect)
        if sentence:
            raise Refused(sentence, code="wrong_kind", article=article)
        last = case.measures.order_by("-number").values_list("number", flat=True).first() or 0
        row = Measure.objects.create(
            case=case,
            number=last + 1,
            kind=kind,
            suspect=suspect,
            target=(target.strip() or (suspect.name if suspect else ""))[:200],
            purpose=purpose.strip(),
            proposed_by=actor,
            proposed_at=at,
        )
        record(
            "measure.proposed",
            ref=ref_of_measure(row),
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"case": case.number, "number": row.number, "kind": kind},
            personal={"target": row.target, "purpose": row.purpose},
        )
        _tell(row, Side.DECIDE, _("%(number)s：%(kind)s待批") % {"number": case.number, "kind": kind.label}, at)
    return row


def decide_measure(
    measure: Measure,
    *,
    approve: bool,
    actor: User,
    at: datetime,
    document: str = "",
    opinion: str = "",
    expected_version: int | None = None,
) -> Measure:
    """Approve a measure (its document has a number) or refuse it with the reason; nobody approves his own."""
    with transaction.atomic():
        case = Case.locked(measure.case_id)
        require(actor, "case.decide_measure", case)
        row = _fresh(measure, expected_version)
        _need_state(row, MeasureState.PROPOSED)
        if row.proposed_by_id == actor.pk:
            raise Refused(_("不能审批：因为这项措施是您报请的。可以由其他领导审批。"), code="own_proposal")
        if approve and not document.strip():
            raise Invalid(_("没有填写文书文号。"), details={"document": _("填写批准文书的文号")})
        if not approve and not opinion.strip():
            raise Invalid(_("没有写明不批准的理由。"), details={"opinion": _("写明理由")})
        row.state = MeasureState.APPROVED if approve else MeasureState.REFUSED
        row.decided_by, row.decided_at, row.document, row.opinion = actor, at, document.strip(), opinion.strip()
        row.bump("state", "decided_by", "decided_at", "document", "opinion")
        record(
            "measure.approved" if approve else "measure.refused",
            ref=ref_of_measure(row),
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"number": row.number, "document": row.document},
            reason=opinion,
        )
        word = _("已批准") if approve else _("未批准")
        _tell(row, Side.INVESTIGATE, f"{case.number}：{row.get_kind_display()}{word}", at)
    return row


def begin_measure(measure: Measure, *, began_at: datetime, second_officer: User, actor: User, at: datetime) -> Measure:
    """Note that the measure began, by two officers; its clocks run from that moment (监察法第四十四条)."""
    if second_officer.pk == actor.pk:
        raise Refused(
            _("不能执行：因为只有一名办案人员。依据监察法第四十四条。可以由两名以上办案人员进行。"),
            code="two_officers",
            article=_("监察法第四十四条"),
        )
    with transaction.atomic():
        case = Case.locked(measure.case_id)
        require(actor, "case.carry_out", case)
        row = _fresh(measure, None)
        _need_state(row, MeasureState.APPROVED)
        _need_investigator(case, second_officer)
        if began_at > at:
            raise Invalid(_("开始时间还没有到。"), details={"began_at": _("改为现在以前")})
        if row.decided_at is not None and began_at < row.decided_at:
            raise Refused(
                _("不能登记：因为开始时间早于批准时间 %(at)s。措施应当先批准，再执行。")
                % {"at": cn_datetime(row.decided_at)},
                code="before_approval",
            )
        row.state, row.began_at, row.officer, row.second_officer = (
            MeasureState.IN_FORCE,
            began_at,
            actor,
            second_officer,
        )
        row.bump("state", "began_at", "officer", "second_officer")
        for rule in CLOCKS.get(row.kind, ()):
            open_deadline(
                ref_of_measure(row), rule, start_on=timezone.localdate(began_at),
                start_at=began_at if rule in _HOURS else None, holder=actor, compartment=case.compartment,
                title=_("%(kind)s：%(target)s") % {"kind": row.get_kind_display(), "target": row.target},
                actor=actor, at=at,
            )  # fmt: skip
        record(
            "measure.begun",
            ref=ref_of_measure(row),
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"number": row.number, "began_at": began_at},
            officers=(second_officer,),
        )
    return row


def note_family_told(measure: Measure, *, actor: User, at: datetime) -> Measure:
    """Note that unit and family were told within 24 hours (监察法第五十条)."""
    with transaction.atomic():
        case = Case.locked(measure.case_id)
        require(actor, "case.carry_out", case)
        row = _fresh(measure, None)
        live = Deadline.objects.live().filter(ref=ref_of_measure(row), kind="C06").first()
        if live is None:
            raise Refused(_("没有在走的通知期限。"), code="no_clock")
        meet_deadline(live, actor=actor, at=at)
        record("measure.family_told", ref=ref_of_measure(row), stream=ref_of(case), actor=actor, at=at, data={})
    return row


def end_measure(measure: Measure, *, ended_at: datetime, result: str, actor: User, at: datetime) -> Measure:
    """Note that the measure ended and how; its clock is met. An approved one that was not taken lapses."""
    if not result.strip():
        raise Invalid(_("没有写明结果。"), details={"result": _("写明结果或者解除的原因")})
    with transaction.atomic():
        case = Case.locked(measure.case_id)
        require(actor, "case.carry_out", case)
        row = _fresh(measure, None)
        if row.state == MeasureState.APPROVED:
            row.state, row.result = MeasureState.LAPSED, result.strip()
            row.bump("state", "result")
        else:
            _need_state(row, MeasureState.IN_FORCE)
            if ended_at > at or (row.began_at and ended_at < row.began_at):
                raise Invalid(_("解除时间不在开始与现在之间。"), details={"ended_at": _("改为开始以后、现在以前")})
            row.state, row.ended_at, row.result = MeasureState.ENDED, ended_at, result.strip()
            row.bump("state", "ended_at", "result")
            for live in Deadline.objects.live().filter(ref=ref_of_measure(row)):
                if live.kind == "C06":
                    cancel_deadline(live, actor=actor, at=at, reason=_("措施已解除"))
                else:
                    meet_deadline(live, actor=actor, at=at)
        record(
            "measure.ended",
            ref=ref_of_measure(row),
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"number": row.number, "state": row.state},
            reason=result,
        )
    return row


def _fresh(measure: Measure, expected_version: int | None) -> Measure:
    row = Measure.locked(measure.pk)
    if expected_version is not None and row.version != expected_version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": row.version})
    return row


def _need_state(row: Measure, wanted: MeasureState) -> None:
    if row.state != wanted:
        raise Refused(
            _("不能办理：因为这项措施%(state)s。可以刷新后办理现在的环节。") % {"state": row.get_state_display()},
            code="wrong_state",
        )


def _need_investigator(case: Case, user: User) -> None:
    if not CaseMember.objects.filter(case=case, user=user, side=Side.INVESTIGATE, until__isnull=True).exists():
        raise Refused(
            _("不能登记：因为%(name)s不是本案的办案人员。可以选本案的另一名办案人员。") % {"name": user.name},
            code="no_member",
        )


def _tell(row: Measure, side: Side, title: str, at: datetime) -> None:
    owe_notices(
        [
            Owed(
                key=f"measure:{row.pk}:{row.state}:user:{user.pk}",
                to_id=user.pk,
                kind="case.turn",
                title=title,
                body=row.target,
                ref=ref_of_measure(row),
                url=reverse("cases:measures", args=[row.case_id]),
                compartment_id=row.case.compartment_id,
            )
            for user in people_on(row.case, side)
        ],
        at=at,
    )
