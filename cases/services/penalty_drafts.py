"""What a draft is made of: checked against the law, put on the row, frozen with its digest."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.catalogue import catalogue
from cases.enums_penalties import Office, Track
from cases.equality import tier
from cases.ladder import Decider, MeasureSpec, Refusal, double, measure_basis
from cases.models import Penalty, PenaltyDraft, PenaltyMeasure
from cases.penalty_content import content_of, digest_of
from cases.ranges import Finding, Proposal, across, form_of, propose, refusals
from cases.selectors.penalties import SANCTIONS, findings_of, priors_of, specs_of, standing_of, standing_words
from cases.services.penalty_flow import refuse_input
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.canonical import plain


def days_of(acts_on: tuple[date, date] | date) -> tuple[date, date]:
    """Return first and last day of the conduct; refuses them in the wrong order."""
    since, until = acts_on if isinstance(acts_on, tuple) else (acts_on, acts_on)
    if until < since:
        raise Invalid(
            _("行为的起止日期颠倒了。可以把较早的一天填在前面。"), details={"acts_until": _("不早于行为起的日期")}
        )
    return since, until


def offices_of(offices: Sequence[Office | str]) -> list[str]:
    """Return the offices in the order of their list, each once; raise Invalid for one that there is not."""
    unknown = [str(office) for office in offices if office not in Office.values]
    if unknown:
        raise Invalid(
            _("没有这样的任职：%(codes)s。") % {"codes": "、".join(unknown)}, details={"offices": _("从列表中选")}
        )
    return [code for code in Office.values if code in {str(office) for office in offices}]


def fill(
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
    found += across(specs, findings, acts_from=since, acts_until=until)
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


def refuse_aggravation(penalty: Penalty, specs: Sequence[MeasureSpec], new_facts: str) -> None:
    """Refuse a heavier handling after the defence was heard, unless new facts were found (第四十三条)."""
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


def write_measures(penalty: Penalty, specs: Sequence[MeasureSpec], proposal: Proposal) -> None:
    """Write the measures with the articles that they rest on."""
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


def freeze(penalty: Penalty, *, actor: User, at: datetime, save: bool = True) -> PenaltyDraft:
    """Freeze the present content as a draft and set its digest on the row."""
    content = plain(content_of(penalty))
    penalty.digest = digest_of(content)
    if save:
        Penalty.objects.filter(pk=penalty.pk).update(digest=penalty.digest)
    return PenaltyDraft.objects.create(
        penalty=penalty, number=penalty.draft, digest=penalty.digest, content=content, by=actor, at=at
    )


def replace_measures(penalty: Penalty, specs: Sequence[MeasureSpec], *, actor: User, at: datetime) -> None:
    """Put other measures in place of the present ones as a new draft, after the same checks; saves no state."""
    findings = findings_of(penalty)
    proposal = fill(
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
    penalty.tasks.update(measure=None)
    penalty.measures.all().delete()
    write_measures(penalty, specs, proposal)
    penalty.draft += 1
    freeze(penalty, actor=actor, at=at, save=False)


def weight_of(penalty: Penalty) -> tuple[int, int, int]:
    """Return how heavy the handling is, for comparison with another of the same person."""
    return _weight(specs_of(penalty))


def facts_of(penalty: Penalty) -> dict[str, Any]:
    """Return what the ledger keeps of a draft in the clear: no name, no story."""
    return {
        "draft": penalty.draft,
        "track": penalty.track,
        "form": penalty.form,
        "decided_by": penalty.decided_by,
        "situation": penalty.situation,
        "offices": penalty.offices,
        "branch": penalty.branch,
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
