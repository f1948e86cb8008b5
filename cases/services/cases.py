"""Filing a case, moving it along its workflow, and what is decided on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import SIDE_OF, CaseKind, CaseState, Duty, Side
from cases.models import Case, CaseMember, CaseType, Paper, StepTaken
from cases.papers import TEXTS, right_to_write
from cases.selectors.cases import people_on, ref_of
from cases.services.integrity import shut_out_tied, ties_of_case
from cases.services.members import duty_by_role
from cases.services.papers import check_level, locked_draft, put_remarks, settle_part
from cases.services.work import set_usual_tasks
from cases.workflow import BY_NAME, Clock, Step, awaits, readiness
from casework.access.enums import CompartmentKind
from casework.access.policy import require
from casework.access.services.compartments import open_compartment
from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused, Stale
from casework.core.numbering import next_number
from casework.deadlines.enums import LIVE, State
from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline
from casework.deadlines.services.lifecycle import cancel_deadline, meet_deadline, open_deadline
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices
from units.enums import LeadState
from units.models import Lead, Unit
from units.services.leads import mark_filed

#: Case numbers of the provincial commission: 浙纪立〔2021〕17号.
SERIES = "浙纪立"


def file_case(
    lead: Lead | None,
    *,
    title: str,
    unit: Unit | None,
    kind: CaseKind | str,
    members: Sequence[User],
    actor: User,
    at: datetime,
    grounds: str = "",
    reason: str = "",
    case_type: CaseType | None = None,
) -> Case:
    """Propose a case for filing (报请立案): number, compartment, members, first clock; the lead goes along.

    The actor becomes the lead officer; what the others do follows from their roles. A leader among them decides.
    """
    require(actor, "case.file")
    _check_text("title", title)
    if lead is not None:
        _check_lead(lead)
    with transaction.atomic():
        compartment = open_compartment(CompartmentKind.CASE, title[:200], members=list(members), actor=actor, at=at)
        case = Case.objects.create(
            number=next_number(SERIES, timezone.localdate(at).year),
            title=title.strip(),
            kind=CaseKind(kind),
            type=case_type,
            compartment=compartment,
            lead=lead,
            unit=unit or (lead.unit if lead else None),
            grounds=grounds,
            drafted_by=actor,
            proposed_at=at,
            state_since=at,
            updated_at=at,
        )
        day = timezone.localdate(at)
        CaseMember.objects.bulk_create(
            CaseMember(case=case, user=user, duty=duty, side=SIDE_OF[duty], from_on=day)
            for user, duty in _duties(actor, members).items()
        )
        _check_untied(case, actor, at)
        shut_out_tied(case, at=at)
        if lead is not None:
            mark_filed(lead, source_ref=ref_of(case), actor=actor, at=at)
        record(
            "case.filed",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={
                "number": case.number,
                "title": case.title,
                "kind": case.kind,
                "unit": case.unit_id or 0,
                "lead": lead.number if lead else "",
                "members": sorted(user.pk for user in {actor, *members}),
            },
            reason=reason,
        )
        open_deadline(
            ref_of(case), "C01", start_on=day, title=_("审批立案：%(title)s") % {"title": case.title},
            holder=_decider(case), compartment=compartment, actor=actor, at=at,
        )  # fmt: skip
        _owe_next(case, at=at)
    return case


def _check_untied(case: Case, actor: User, at: datetime) -> None:
    if any(user.pk == actor.pk for user, _words in ties_of_case(case, at)):
        raise Refused(
            _("不能报请立案：因为您申报过应当回避的关系。依据监察法第六十七条。可以由其他承办人办理。"),
            code="tied",
            article=_("监察法第六十七条"),
        )


def _check_lead(lead: Lead) -> None:
    if lead.state == LeadState.FILED:
        raise Refused(
            _("不能立案：因为线索 %(number)s 已转立案。可以打开已立的案件。") % {"number": lead.number},
            code="lead_filed",
        )


def _duties(actor: User, members: Sequence[User]) -> dict[User, Duty]:
    duties = {actor: Duty.LEAD}
    for user in members:
        if user not in duties:
            duties[user] = duty_by_role(user)
    return duties


def _check_text(field: str, text: str) -> None:
    if field == "title" and not text.strip():
        raise Invalid(
            _("案由没有填写。"), details={"title": _("写明单位、姓名和问题，例如“某中心丁某某利用公共资源“挖矿”案”")}
        )
    if field == "title" and len(text.strip()) > 200:
        raise Invalid(_("案由最多 200 个字。"), details={"title": _("缩短到 200 个字以内")})


def advance(
    case: Case,
    step: str | Step,
    *,
    actor: User,
    at: datetime,
    reason: str = "",
    document: str = "",
    digest: str = "",
    expected_version: int | None = None,
    remarks: Mapping[str, str] | None = None,
    merging: bool = False,
) -> Case:
    """Take one step of the workflow; returns the case in its new state, or refuses and changes nothing.

    ``document``  number of the document that the step must name (``Step.needs_document``).
    ``digest``    of the draft the decision was made on; refused as stale when the content has changed since.
    ``expected_version``  of the page or request; refused as stale when somebody else was first.
    ``remarks``  part of the draft → what is wrong with it, for a paper that is returned.
    ``merging``  set by the act that joins two cases: that step is taken nowhere else.
    Raises NotAllowed, Refused, Invalid, NotReady with all that is missing, or Stale.
    """
    row = _step(step)
    with transaction.atomic():
        case = Case.locked(case.pk)
        _check_begins(case, row, expected_version)
        require(actor, f"case.{row.name}", case)
        _check_words(row, reason, document)
        if row.page and not merging:
            raise Invalid(_("不能在这里%(step)s：要先选并入哪一件案件。可以打开并案页面。") % {"step": row.label})
        paper = _paper_decided_on(case, row, digest, actor, at) if row.decides else None
        ready = readiness(case, row, actor)
        if ready.missing:
            raise NotReady(
                ngettext(
                    "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
                    "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
                    len(ready.missing),
                )
                % {"step": row.label, "n": len(ready.missing)},
                ready.missing,
            )
        if paper is not None and row.signed:
            check_level(case, row, row.level, paper.digest, actor, at)
        if paper is not None and remarks:
            put_remarks(case, paper, remarks, actor=actor, at=at)
        before = case.state
        _move(case, row, at)
        taken = StepTaken.objects.create(
            case=case,
            step=row.name,
            from_state=before,
            to_state=case.state,
            actor=actor,
            at=at,
            reason=reason,
            document=document,
            level=row.level,
            paper=paper,
        )
        record(
            f"case.{row.name}",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={
                "from": before,
                "to": case.state,
                "level": row.level,
                "document": document,
                "paper": paper.number if paper else 0,
                "digest": paper.digest if paper else "",
            },
            reason=reason,
        )
        for clock in row.clocks:
            _apply_clock(case, clock, row, document=document, reason=reason, actor=actor, at=at)
        if row.name == "approve_filing":
            set_usual_tasks(case, holder=_holder(case), actor=actor, at=at)
        _owe_next(case, at=at, taken=taken)
    return case


def _step(step: str | Step) -> Step:
    if isinstance(step, Step):
        return step
    found = BY_NAME.get(step)
    if found is None:
        raise Invalid(
            _("没有“%(step)s”这个环节。可以用：%(all)s。") % {"step": step, "all": "、".join(BY_NAME)},
            details={"step": sorted(BY_NAME)},
        )
    return found


def _check_begins(case: Case, step: Step, expected_version: int | None) -> None:
    if expected_version is not None and expected_version != case.version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": case.version})
    if not step.offered(case):
        raise Refused(
            _("不能%(step)s：因为案件现在是%(state)s。可以刷新后办理现在的环节。")
            % {"step": step.label, "state": case.get_state_display()},
            code="wrong_state",
            article=str(step.basis),
        )


def _check_words(step: Step, reason: str, document: str) -> None:
    missing = {}
    if step.needs_reason and not reason.strip():
        missing["reason"] = _("写明理由")
    if step.needs_document and not document.strip():
        missing["document"] = _("填写%(what)s") % {"what": step.needs_document}
    if missing:
        raise Invalid(
            _("不能%(step)s：还差%(what)s。") % {"step": step.label, "what": "、".join(missing.values())},
            details=missing,
        )


def _paper_decided_on(case: Case, step: Step, digest: str, actor: User, at: datetime) -> Paper:
    """Return the present draft; a decision taken on another one is refused."""
    paper = locked_draft(case, at)
    if digest and digest != paper.digest:
        raise Stale(
            _("不能%(step)s：因为内容已变，请重新阅读。您的意见仍在页面上。") % {"step": step.label},
            code="content_changed",
            details={"current_digest": paper.digest, "paper": paper.number},
        )
    return paper


def _move(case: Case, step: Step, at: datetime) -> None:
    day = timezone.localdate(at)
    moved = step.leads_to(case.state)
    fields = ["state", "returned", "updated_at"]
    if moved != case.state:
        case.state, case.state_since = CaseState(moved), at
        fields.append("state_since")
    case.returned = step.name == "return_paper"
    case.updated_at = at
    days = {CaseState.FILED: "filed_on", CaseState.DECIDED: "decided_on", CaseState.CLOSED: "closed_on"}
    if step.to in days:
        setattr(case, days[step.to], day)
        fields.append(days[step.to])
    if step.name == "reopen":
        case.closed_on = None  # the first closing stays among the steps taken
        fields.append("closed_on")
    case.bump(*fields)


def _apply_clock(
    case: Case, clock: Clock, step: Step, *, document: str, reason: str, actor: User, at: datetime
) -> None:
    if case.kind not in clock.kinds:
        return
    live = Deadline.objects.filter(ref=ref_of(case), kind=clock.rule, state__in=LIVE).first()
    if clock.act == "start" or (clock.act == "resume" and live is None):
        if live is None:
            open_deadline(
                ref_of(case), clock.rule, start_on=timezone.localdate(at), holder=_holder(case),
                compartment=case.compartment, actor=actor, at=at,
            )  # fmt: skip
    elif live is None:
        return
    elif clock.act == "meet":
        meet_deadline(live, actor=actor, at=at)
    elif clock.act == "cancel":
        cancel_deadline(live, actor=actor, at=at, reason=reason or str(step.label))
    elif clock.act == "pause" and live.start_on == timezone.localdate(at):
        # The first day is not counted: nothing has run yet, and the whole limit begins when the case comes back.
        cancel_deadline(live, actor=actor, at=at, reason=reason)
    elif clock.act == "pause" and live.state == State.OPEN:
        suspend_deadline(live, approver=actor.name, actor=actor, at=at, reason=reason, document=document)
    elif clock.act == "resume" and live.state == State.STOPPED:
        resume_deadline(
            live, approver=actor.name, actor=actor, at=at, reason=reason or str(step.label), document=document
        )
    elif clock.act == "extend":
        by = _("上一级监察机关") if step.level == "upper" else actor.name
        extend_deadline(
            live, clock.amount, clock.unit, approver=by, actor=actor, at=at,
            reason=reason or _last_reason(case, "ask_extension") or str(step.label), document=document,
        )  # fmt: skip


def _last_reason(case: Case, step: str) -> str:
    taken = case.steps_taken.filter(step=step).order_by("-at", "-pk").first()
    return taken.reason if taken else ""


def _decider(case: Case) -> User | None:
    return next(iter(people_on(case, Side.DECIDE)), None)


def _holder(case: Case) -> User | None:
    """Return who answers for a clock of the case: the lead officer, or the first of those whose turn it is."""
    turn = awaits(case)
    people = people_on(case, turn.side) if turn else []
    return next((user for user in people), None) or next(iter(people_on(case, Side.INVESTIGATE)), None)


def _owe_next(case: Case, *, at: datetime, taken: StepTaken | None = None) -> None:
    """Tell whoever must act next; those who act themselves are not told."""
    turn = awaits(case)
    if turn is None:
        return
    doer = taken.actor_id if taken else case.drafted_by_id
    mark = f"{taken.pk}" if taken else "filed"
    owe_notices(
        [
            Owed(
                key=f"case-turn:{case.pk}:{mark}:user:{user.pk}",
                to_id=user.pk,
                kind="case.turn",
                title=_("%(number)s：%(state)s，轮到您办理")
                % {"number": case.number, "state": case.get_state_display()},
                body=taken.reason if taken and taken.reason else case.title,
                ref=ref_of(case),
                url=reverse("cases:detail", args=[case.pk]),
                compartment_id=case.compartment_id,
            )
            for user in people_on(case, turn.side)
            if user.pk != doer
        ],
        at=at,
    )


def amend_case(
    case: Case,
    *,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
    reason: str = "",
    answer: str = "",
    **texts: str,
) -> Case:
    """Write or change one of the texts; a decision on the earlier draft no longer holds.

    ``answer``  what the leader is told who returned it with a remark there.
    """
    unknown = set(texts) - set(TEXTS)
    if unknown or not texts:
        raise Invalid(_("可以修改的只有：%(all)s。") % {"all": "、".join(TEXTS)}, details={"fields": sorted(TEXTS)})
    for field, text in texts.items():
        _check_text(field, text)
    with transaction.atomic():
        case = Case.locked(case.pk)
        for act in sorted({right_to_write(field) for field in texts}):
            require(actor, act, case)
        if expected_version is not None and expected_version != case.version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": case.version})
        changed = {field: text for field, text in texts.items() if getattr(case, field) != text}
        if not changed:
            settle_part(case, set(texts) if answer.strip() else set(), actor=actor, at=at, answer=answer)
            return case
        data: dict[str, Any] = {field: {"old": getattr(case, field), "new": text} for field, text in changed.items()}
        for field, text in changed.items():
            setattr(case, field, text)
        case.updated_at = at
        case.bump(*changed, "updated_at")
        settle_part(case, set(changed), actor=actor, at=at, answer=answer)
        record("case.amended", ref=ref_of(case), actor=actor, at=at, data=data, reason=reason)
        if case.signatures.filter(voided_at__isnull=True).exists():
            locked_draft(case, at)  # what was signed is void now, and those who signed are told
    return case
