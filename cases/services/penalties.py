"""Drafting and revising penalties, and one door to every step of their procedure."""

import inspect
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.enums_penalties import BranchWay, DecidedBy, Office, PenaltyState, Situation
from cases.ladder import MeasureSpec
from cases.models import Penalty, PenaltyReading, Suspect
from cases.ranges import Finding
from cases.selectors.penalties import findings_of, specs_of
from cases.services.penalty_drafts import (
    days_of,
    facts_of,
    fill,
    freeze,
    offices_of,
    refuse_aggravation,
    write_measures,
)
from cases.services.penalty_execution import (
    announce_decision,
    expire_penalty,
    extend_probation,
    finish_execution,
    issue_decision,
    restore_rights,
    serve_decision,
    start_execution,
)
from cases.services.penalty_flow import ref_of
from cases.services.penalty_route import register_station, sign_penalty
from cases.services.penalty_steps import (
    approve_penalty,
    consult_organ,
    decline_penalty,
    deliberate_penalty,
    inform_person,
    return_penalty,
    void_penalty,
)
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record


def draft_penalty(
    suspect: Suspect,
    *,
    measures: Sequence[MeasureSpec],
    grounds: str,
    acts_on: tuple[date, date] | date,
    actor: User,
    at: datetime,
    evidence: str = "",
    findings: Sequence[Finding] = (),
    circumstances: Sequence[str] = (),
    reason: str = "",
    decided_by: DecidedBy | str = DecidedBy.COMMISSION,
    situation: Situation | str = Situation.IN_POST,
    offices: Sequence[Office | str] = (),
    branch: BranchWay | str = BranchWay.RAISED,
) -> Penalty:
    """Draft the handling of a suspect and return it; what the law forbids is refused with article and sentence.

    ``measures``       one or several; none only together with a ``reason`` (不予处理).
    ``acts_on``        first and last day of the conduct, or its only day: decides which version of the rules applies.
    ``findings``       conducts held to be proved with their severity; with them the grade must be in their range.
    ``circumstances``  codes of mitigating and aggravating circumstances.
    ``reason``         why this is right beside the others of the case; asked for when people are treated unequally.
    ``decided_by``     in whose name: the commission, or the employer by its own power.
    ``offices``        what the person holds that changes who decides; ``branch``, how a plain member's case came here.
    """
    case = suspect.case
    require(actor, "penalty.draft", case)
    since, until = days_of(acts_on)
    with transaction.atomic():
        Suspect.locked(suspect.pk)
        penalty = Penalty(
            suspect=suspect,
            state=PenaltyState.PROPOSED,
            state_since=at,
            decided_by=DecidedBy(decided_by),
            situation=Situation(situation),
            offices=offices_of(offices),
            branch=BranchWay(branch),
            drafted_by=actor,
            drafted_at=at,
            updated_at=at,
        )
        proposal = fill(penalty, measures, grounds, since, until, evidence, findings, circumstances, reason, at)
        try:
            with transaction.atomic():
                penalty.digest = "0" * 64
                penalty.save()
        except IntegrityError as error:
            if "penalty_stands_once" not in str(error):
                raise
            raise Refused(
                _(
                    "不能再拟一份：因为%(name)s在本案已有处分（处理）建议，同一行为不得重复处分。"
                    "依据公职人员政务处分法第十六条。可以修改原来的建议。"
                )
                % {"name": suspect.name},
                article="公职人员政务处分法第十六条",
                code="already_drafted",
            ) from error
        write_measures(penalty, measures, proposal)
        draft = freeze(penalty, actor=actor, at=at)
        record(
            "penalty.drafted",
            ref=ref_of(penalty),
            actor=actor,
            at=at,
            data={"suspect": suspect.pk, "case": case.number, **facts_of(penalty), "digest": draft.digest},
            personal={"name": suspect.name, "grounds": grounds.strip(), "why": reason.strip()},
        )
    return penalty


def revise_penalty(
    penalty: Penalty,
    *,
    actor: User,
    at: datetime,
    measures: Sequence[MeasureSpec] | None = None,
    grounds: str | None = None,
    acts_on: tuple[date, date] | date | None = None,
    evidence: str | None = None,
    findings: Sequence[Finding] | None = None,
    circumstances: Sequence[str] | None = None,
    reason: str | None = None,
    situation: Situation | str | None = None,
    offices: Sequence[Office | str] | None = None,
    branch: BranchWay | str | None = None,
    new_facts: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Change a draft; everything not named stays. A new draft number, and the person is told again.

    After the defence was heard a heavier handling is refused unless ``new_facts`` says what was found since
    (政务处分法第四十三条: no aggravation because of the defence). A change of ``reason`` alone moves nothing.
    """
    with transaction.atomic():
        locked: Penalty = Penalty.locked(penalty.pk)
        if expected_version is not None and expected_version != locked.version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": locked.version})
        require(actor, "penalty.revise", locked)
        before = facts_of(locked)
        specs = list(measures) if measures is not None else specs_of(locked)
        substance = (measures, grounds, acts_on, evidence, findings, circumstances, situation, offices, branch)
        only_reason = all(value is None for value in substance)
        refuse_aggravation(locked, specs, new_facts)
        if situation is not None:
            locked.situation = Situation(situation)
        if offices is not None:
            locked.offices = offices_of(offices)
        if branch is not None:
            locked.branch = BranchWay(branch)
        since, until = days_of(acts_on) if acts_on is not None else (locked.acts_from, locked.acts_until)
        proposal = fill(
            locked,
            specs,
            locked.grounds if grounds is None else grounds,
            since,
            until,
            locked.evidence if evidence is None else evidence,
            findings_of(locked) if findings is None else findings,
            locked.circumstances if circumstances is None else circumstances,
            locked.reason if reason is None else reason,
            at,
        )
        locked.measures.all().delete()
        write_measures(locked, specs, proposal)
        locked.draft += 1
        if not only_reason:
            locked.state, locked.state_since, locked.returned = PenaltyState.PROPOSED, at, False
        locked.updated_at = at
        draft = freeze(locked, actor=actor, at=at, save=False)
        locked.bump(
            "state", "state_since", "returned", "track", "form", "situation", "grounds", "evidence", "findings",
            "circumstances", "reason", "acts_from", "acts_until", "standing", "laws", "draft", "digest", "updated_at",
            "offices", "branch",
        )  # fmt: skip
        record(
            "penalty.revised",
            ref=ref_of(locked),
            actor=actor,
            at=at,
            data={"old": before, "new": facts_of(locked), "digest": draft.digest},
            personal={"name": locked.suspect.name, "grounds": locked.grounds, "why": locked.reason},
            reason=new_facts,
        )
    return locked


def read_draft(penalty: Penalty, *, actor: User, at: datetime) -> PenaltyReading:
    """Note that the reader has seen the present draft; a second reading changes nothing."""
    draft = penalty.drafts.get(number=penalty.draft)
    with transaction.atomic():
        reading, created = PenaltyReading.objects.get_or_create(draft=draft, user=actor, defaults={"at": at})
        if created:
            record(
                "penalty.read",
                ref=ref_of(penalty),
                actor=actor,
                at=at,
                data={"draft": draft.number, "digest": draft.digest},
            )
    return reading


#: Every step by its name in ``cases.penalty_workflow``; the keyword data are those of the function.
_STEPS: dict[str, Callable[..., Penalty]] = {
    "inform": inform_person,
    "consult": consult_organ,
    "deliberate": deliberate_penalty,
    "approve": approve_penalty,
    "return": return_penalty,
    "decline": decline_penalty,
    "issue": issue_decision,
    "serve": serve_decision,
    "announce": announce_decision,
    "execute": start_execution,
    "finish": finish_execution,
    "restore": restore_rights,
    "extend": extend_probation,
    "station": register_station,
    "sign": sign_penalty,
    "expire": expire_penalty,
    "void": void_penalty,
}


#: What every step is given apart from its own data.
_ALWAYS = frozenset({"penalty", "actor", "at"})


def advance_penalty(penalty: Penalty, step: str, *, actor: User, at: datetime, **data: Any) -> Penalty:
    """Take one step of the procedure by its name and return the penalty in its new state.

    Raises Invalid for an unknown step, NotAllowed, Refused, NotReady with all that is missing, or Stale.
    """
    service = _STEPS.get(step)
    if service is None:
        raise Invalid(
            _("没有“%(step)s”这个环节。可以用：%(known)s。") % {"step": step, "known": "、".join(_STEPS)},
            details={"step": _("换一个环节")},
        )
    asked = inspect.signature(service).parameters
    unknown = [name for name in data if name not in asked]
    needed = [name for name, one in asked.items() if one.default is one.empty and name not in {*data, *_ALWAYS}]
    if unknown or needed:
        raise Invalid(
            _("这一环节要填的内容不对。"),
            details={**dict.fromkeys(needed, _("需要填写")), **dict.fromkeys(unknown, _("这一环节不用"))},
        )
    return service(penalty, actor=actor, at=at, **data)
