"""Drafting and revising penalties, and one door to every step of their procedure."""

import inspect
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.catalogue import catalogue
from cases.enums_penalties import DecidedBy, PenaltyState, Situation, Track
from cases.equality import tier
from cases.ladder import Decider, MeasureSpec, Refusal, double, measure_basis
from cases.models import Penalty, PenaltyDraft, PenaltyMeasure, PenaltyReading, Suspect
from cases.penalty_content import content_of, digest_of
from cases.ranges import Finding, Proposal, form_of, propose, refusals
from cases.selectors.penalties import SANCTIONS, priors_of, specs_of, standing_of, standing_words
from cases.services.penalty_execution import (
    announce_decision,
    expire_penalty,
    finish_execution,
    issue_decision,
    restore_rights,
    serve_decision,
    start_execution,
)
from cases.services.penalty_flow import ref_of, refuse_input
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
from casework.ledger.canonical import plain
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
) -> Penalty:
    """Draft the handling of a suspect and return it; what the law forbids is refused with article and sentence.

    ``measures``       one or several; none only together with a ``reason`` (不予处理).
    ``acts_on``        first and last day of the conduct, or its only day: decides which version of the rules applies.
    ``findings``       conducts held to be proved with their severity; with them the grade must be in their range.
    ``circumstances``  codes of mitigating and aggravating circumstances.
    ``reason``         why this is right beside the others of the case; asked for when people are treated unequally.
    ``decided_by``     in whose name: the commission, or the employer by its own power.
    """
    case = suspect.case
    require(actor, "penalty.draft", case)
    since, until = _days(acts_on)
    with transaction.atomic():
        Suspect.locked(suspect.pk)
        penalty = Penalty(
            suspect=suspect,
            state=PenaltyState.PROPOSED,
            state_since=at,
            decided_by=DecidedBy(decided_by),
            situation=Situation(situation),
            drafted_by=actor,
            drafted_at=at,
            updated_at=at,
        )
        proposal = _fill(penalty, measures, grounds, since, until, evidence, findings, circumstances, reason, at)
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
        _write_measures(penalty, measures, proposal)
        draft = _freeze(penalty, actor=actor, at=at)
        record(
            "penalty.drafted",
            ref=ref_of(penalty),
            actor=actor,
            at=at,
            data={"suspect": suspect.pk, "case": case.number, **_facts(penalty), "digest": draft.digest},
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
        before = _facts(locked)
        specs = list(measures) if measures is not None else specs_of(locked)
        substance = (measures, grounds, acts_on, evidence, findings, circumstances, situation)
        only_reason = all(value is None for value in substance)
        _refuse_aggravation(locked, specs, new_facts)
        if situation is not None:
            locked.situation = Situation(situation)
        since, until = _days(acts_on) if acts_on is not None else (locked.acts_from, locked.acts_until)
        proposal = _fill(
            locked,
            specs,
            locked.grounds if grounds is None else grounds,
            since,
            until,
            locked.evidence if evidence is None else evidence,
            _findings(locked) if findings is None else findings,
            locked.circumstances if circumstances is None else circumstances,
            locked.reason if reason is None else reason,
            at,
        )
        locked.measures.all().delete()
        _write_measures(locked, specs, proposal)
        locked.draft += 1
        if not only_reason:
            locked.state, locked.state_since, locked.returned = PenaltyState.PROPOSED, at, False
        locked.updated_at = at
        draft = _freeze(locked, actor=actor, at=at, save=False)
        locked.bump(
            "state", "state_since", "returned", "track", "form", "situation", "grounds", "evidence", "findings",
            "circumstances", "reason", "acts_from", "acts_until", "standing", "laws", "draft", "digest", "updated_at",
        )  # fmt: skip
        record(
            "penalty.revised",
            ref=ref_of(locked),
            actor=actor,
            at=at,
            data={"old": before, "new": _facts(locked), "digest": draft.digest},
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


def _days(acts_on: tuple[date, date] | date) -> tuple[date, date]:
    since, until = acts_on if isinstance(acts_on, tuple) else (acts_on, acts_on)
    if until < since:
        raise Invalid(
            _("行为的起止日期颠倒了。可以把较早的一天填在前面。"), details={"acts_until": _("不早于行为起的日期")}
        )
    return since, until


def _findings(penalty: Penalty) -> list[Finding]:
    return [Finding(row["code"], row["severity"]) for row in penalty.findings]


def _fill(
    penalty: Penalty,
    specs: Sequence[MeasureSpec],
    grounds: str,
    since: date,
    until: date,
    evidence: str,
    findings: Sequence[Finding],
    circumstances: Sequence[str],
    reason: str,
    at: datetime,
) -> Proposal:
    """Check everything and put it on the row, unsaved; return the proposal it was checked against."""
    day = timezone.localdate(at)
    _check_words(specs, grounds, reason, findings, circumstances)
    if until > day:
        raise Invalid(_("行为的最后一天在起草日期以后。可以改正日期。"), details={"acts_until": _("不晚于今天")})
    proposal = _lawful(penalty, specs, since, until, findings, circumstances, day)
    penalty.grounds, penalty.evidence, penalty.reason = grounds.strip(), evidence.strip(), reason.strip()
    penalty.acts_from, penalty.acts_until = since, until
    penalty.findings = [{"code": finding.code, "severity": str(finding.severity)} for finding in findings]
    penalty.circumstances = list(circumstances)
    penalty.standing = standing_words(penalty.suspect)
    penalty.laws = dict(sorted(proposal.laws.items()))
    codes = [spec.code for spec in specs]
    sanction = any(catalogue().measures[code].family.code in SANCTIONS for code in codes)
    penalty.track = Track.SANCTION if sanction else Track.HANDLING
    penalty.form = form_of(codes)
    return proposal


def _check_words(
    specs: Sequence[MeasureSpec],
    grounds: str,
    reason: str,
    findings: Sequence[Finding],
    circumstances: Sequence[str],
) -> None:
    wrong = {}
    if not grounds.strip():
        wrong["grounds"] = _("写明违纪违法事实")
    if not specs and not reason.strip():
        wrong["measures"] = _("选至少一项处分或者处理；不予处理的，在理由中写明")
    unknown = [spec.code for spec in specs if spec.code not in catalogue().measures]
    if unknown:
        wrong["measures"] = _("没有这样的处分或者处理：%(codes)s") % {"codes": "、".join(unknown)}
    if any(finding.code not in catalogue().conducts for finding in findings):
        wrong["findings"] = _("目录中没有这样的行为")
    if len({finding.code for finding in findings}) != len(findings):
        wrong["findings"] = _("同一行为列了两次")
    if any(code not in catalogue().circumstances for code in circumstances):
        wrong["circumstances"] = _("目录中没有这样的情节")
    refuse_input(wrong)


def _lawful(
    penalty: Penalty,
    specs: Sequence[MeasureSpec],
    since: date,
    until: date,
    findings: Sequence[Finding],
    circumstances: Sequence[str],
    day: date,
) -> Proposal:
    suspect = penalty.suspect
    standing = standing_of(suspect, penalty.situation)
    decider = Decider(penalty.decided_by)
    proposal = propose(
        findings, standing, acts_until=until, decided_on=day, circumstances=circumstances, decider=decider
    )
    found = refusals(specs, proposal, standing, decider) + double(
        specs,
        priors_of(suspect, besides=penalty.pk),
        acts_from=since,
        acts_until=until,
        conducts=[finding.code for finding in findings],
        laws=proposal.laws,
    )
    if found:
        raise _refused(found)
    return proposal


def _refused(found: Sequence[Refusal]) -> Refused:
    return Refused(
        "".join(refusal.sentence for refusal in found),
        article=found[0].article,
        code="unlawful",
        details={"measures": [{"code": one.code, "text": one.sentence, "article": one.article} for one in found]},
    )


def _refuse_aggravation(penalty: Penalty, specs: Sequence[MeasureSpec], new_facts: str) -> None:
    if new_facts.strip() or not penalty.defences.exists():
        return
    before = specs_of(penalty)
    if _weight(specs) > _weight(before):
        raise Refused(
            _(
                "不能改为更重的处分：因为已听取%(name)s的陈述申辩，不得因申辩而加重。"
                "依据公职人员政务处分法第四十三条。可以写明此后新查明的事实。"
            )
            % {"name": penalty.suspect.name},
            article="公职人员政务处分法第四十三条",
            code="aggravated",
        )


def _weight(specs: Sequence[MeasureSpec]) -> tuple[int, int, int]:
    codes = [spec.code for spec in specs]
    steps = [m.weight for code in codes if (m := catalogue().measures[code]).family.code in SANCTIONS]
    return tier(codes), max(steps, default=0), max((spec.months or 0 for spec in specs), default=0)


def _write_measures(penalty: Penalty, specs: Sequence[MeasureSpec], proposal: Proposal) -> None:
    rows = []
    for seq, spec in enumerate(specs, 1):
        measure = catalogue().measures[spec.code]
        basis = measure_basis(measure, proposal.laws)
        rows.append(
            PenaltyMeasure(
                penalty=penalty,
                seq=seq,
                code=spec.code,
                family=measure.family.code,
                title=measure.title,
                band=measure.band,
                months=spec.months,
                quantity=spec.quantity,
                unit=spec.unit,
                amount=spec.amount,
                note=spec.note,
                article="；".join(one.words for one in basis),
                verified=bool(basis) and all(one.verified for one in basis),
            )
        )
    PenaltyMeasure.objects.bulk_create(rows)


def _freeze(penalty: Penalty, *, actor: User, at: datetime, save: bool = True) -> PenaltyDraft:
    content = plain(content_of(penalty))
    penalty.digest = digest_of(content)
    if save:
        Penalty.objects.filter(pk=penalty.pk).update(digest=penalty.digest)
    return PenaltyDraft.objects.create(
        penalty=penalty, number=penalty.draft, digest=penalty.digest, content=content, by=actor, at=at
    )


def replace_measures(penalty: Penalty, specs: Sequence[MeasureSpec], *, actor: User, at: datetime) -> None:
    """Put other measures in place of the present ones as a new draft, after the same checks; saves no state."""
    findings = _findings(penalty)
    proposal = _fill(
        penalty,
        specs,
        penalty.grounds,
        penalty.acts_from,
        penalty.acts_until,
        penalty.evidence,
        findings,
        penalty.circumstances,
        penalty.reason,
        at,
    )
    penalty.tasks.filter(done_on__isnull=True).delete()
    penalty.tasks.update(measure=None)
    penalty.measures.all().delete()
    _write_measures(penalty, specs, proposal)
    penalty.draft += 1
    _freeze(penalty, actor=actor, at=at, save=False)


def weight_of(penalty: Penalty) -> tuple[int, int, int]:
    """Return how heavy the handling is, for comparison with another of the same person."""
    return _weight(specs_of(penalty))


def _facts(penalty: Penalty) -> dict[str, Any]:
    """Return what the ledger keeps of a draft in the clear: no name, no story."""
    return {
        "draft": penalty.draft,
        "track": penalty.track,
        "form": penalty.form,
        "decided_by": penalty.decided_by,
        "situation": penalty.situation,
        "acts_from": penalty.acts_from,
        "acts_until": penalty.acts_until,
        "laws": penalty.laws,
        "findings": penalty.findings,
        "circumstances": penalty.circumstances,
        "measures": [
            {
                "code": row.code,
                "months": row.months or 0,
                "quantity": row.quantity or 0,
                "unit": row.unit,
                "amount": row.amount if row.amount is not None else "",
            }
            for row in penalty.measures.all()
        ],
    }
