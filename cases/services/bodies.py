"""Decisions on party organisations and units: drafting, hearing, votes, approval, the paper, service, the outcome."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.body_document import body_paragraphs
from cases.body_rules import FROM_ABOVE, refusals_body
from cases.body_workflow import BODY_STEP, BodyStep, body_readiness, codes_of, digest_of_body
from cases.catalogue import basis_words, catalogue
from cases.enums_bodies import BodyActKind, BodyOutcome, BodyState, Receiver
from cases.ladder import applicable_laws, measure_basis
from cases.models import BodyAct, BodyDecision, BodyMeasure, Case
from cases.services.body_notices import body_ref, tell_body_deciders, tell_body_leader
from cases.services.penalty_flow import refuse_input, two
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused, Stale
from casework.core.numbering import next_number
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import meet_deadline, open_deadline
from casework.ledger.record import record
from units.models import Unit

#: Numbers of the papers: 浙纪问〔2021〕1号 for a party organisation, 浙纪建〔2021〕1号 for a unit.
SERIES: Final = {Receiver.PARTY_ORGANISATION: "浙纪问", Receiver.UNIT: "浙纪建"}
_KINDS: Final = {
    "hear": "heard",
    "deliberate": "deliberated",
    "approve": "approved",
    "issue": "issued",
    "serve": "served",
    "finish": "done",
    "return": "returned",
    "void": "voided",
}


def draft_body(
    case: Case,
    *,
    unit: Unit,
    receiver: Receiver | str,
    measures: Sequence[str],
    grounds: str,
    actor: User,
    at: datetime,
    body: str = "",
    evidence: str = "",
    demand: str = "",
    rectify_by: date | None = None,
    feedback: str = "",
    objection: str = "",
) -> BodyDecision:
    """Draft a decision on a party organisation or a unit; what the law forbids is refused with article and sentence.

    ``measures``  codes of the catalogue: one handling of a party organisation, ways of holding it accountable, or one
                  paper to a unit.
    ``body``      how the organisation is called; the unit's name when nothing is given.
    """
    require(actor, "body.draft", case)
    with transaction.atomic():
        Case.locked(case.pk)
        decision = BodyDecision(
            case=case, unit=unit, receiver=Receiver(receiver), body=body.strip() or unit.name, drafted_by=actor,
            drafted_at=at, state_since=at, updated_at=at, digest="0" * 64,
        )  # fmt: skip
        _fill(decision, measures, grounds, evidence, demand, rectify_by, feedback, objection, at)
        _refuse_second(decision, measures)
        decision.save()
        _write(decision, measures)
        decision.digest = digest_of_body(decision)
        BodyDecision.objects.filter(pk=decision.pk).update(digest=decision.digest)
        _record(decision, "body.drafted", actor=actor, at=at, data={"case": case.number, **_facts(decision)})
        _tell(decision, "draft", at)
    return decision


def revise_body(
    decision: BodyDecision,
    *,
    measures: Sequence[str],
    grounds: str,
    actor: User,
    at: datetime,
    body: str = "",
    evidence: str = "",
    demand: str = "",
    rectify_by: date | None = None,
    feedback: str = "",
    objection: str = "",
    expected_version: int | None = None,
) -> BodyDecision:
    """Change a draft as a whole: a new draft number, and what was heard and voted on holds for the old one alone."""
    with transaction.atomic():
        Case.locked(decision.case_id)
        locked = _locked(decision, expected_version)
        require(actor, "body.revise", locked)
        before = _facts(locked)
        locked.body = body.strip() or locked.unit.name
        _fill(locked, measures, grounds, evidence, demand, rectify_by, feedback, objection, at)
        _refuse_second(locked, measures)
        locked.measures.all().delete()
        _write(locked, measures)
        locked.draft += 1
        locked.digest = digest_of_body(locked)
        locked.state, locked.state_since, locked.returned, locked.updated_at = BodyState.PROPOSED, at, False, at
        locked.bump(
            "body", "grounds", "evidence", "demand", "rectify_by", "feedback", "objection", "laws", "draft", "digest",
            "state", "state_since", "returned", "updated_at",
        )  # fmt: skip
        _record(locked, "body.revised", actor=actor, at=at, data={"old": before, "new": _facts(locked)})
        _tell(locked, "draft", at)
    return locked


def _locked(decision: BodyDecision, expected_version: int | None) -> BodyDecision:
    locked: BodyDecision = BodyDecision.locked(decision.pk)
    if expected_version is not None and expected_version != locked.version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": locked.version})
    return locked


def _fill(
    decision: BodyDecision,
    measures: Sequence[str],
    grounds: str,
    evidence: str,
    demand: str,
    rectify_by: date | None,
    feedback: str,
    objection: str,
    at: datetime,
) -> None:
    wrong = {}
    unknown = [code for code in measures if code not in catalogue().measures]
    if not grounds.strip():
        wrong["grounds"] = _("写明事实")
    if not measures:
        wrong["measures"] = _("选至少一项措施")
    if unknown:
        wrong["measures"] = _("没有这样的措施：%(codes)s") % {"codes": "、".join(unknown)}
    if rectify_by is not None and rectify_by <= timezone.localdate(at):
        wrong["rectify_by"] = _("整改期限晚于今天")
    refuse_input(wrong)
    day = timezone.localdate(at)
    decision.laws = dict(sorted(applicable_laws(day, day).items()))
    found = refusals_body(measures, decision.receiver, decision.laws)
    if found:
        raise Refused(
            "".join(one.sentence for one in found),
            article=found[0].article,
            code="unlawful",
            details={"measures": [{"code": one.code, "text": one.sentence, "article": one.article} for one in found]},
        )
    decision.grounds, decision.evidence, decision.demand = grounds.strip(), evidence.strip(), demand.strip()
    decision.rectify_by, decision.feedback, decision.objection = rectify_by, feedback.strip(), objection.strip()


def _refuse_second(decision: BodyDecision, measures: Sequence[str]) -> None:
    """Refuse the same measure for the same body in the same case once more; the case is locked meanwhile."""
    others = BodyMeasure.objects.filter(
        decision__case=decision.case, decision__unit=decision.unit, decision__body=decision.body, code__in=measures
    ).exclude(decision__state=BodyState.VOID)
    second = others.exclude(decision=decision.pk).select_related("decision").first() if decision.pk else others.first()
    if second is None:
        return
    measure = catalogue().measures[second.code]
    article = basis_words(measure_basis(measure, decision.laws))
    raise Refused(
        _(
            "不能再给一次%(what)s：因为本案对%(body)s已有%(what)s，同一问题不得重复处理。依据%(article)s。可以修改原来的建议。"
        )
        % {"what": measure.title, "body": decision.body, "article": article},
        article=article,
        code="already_drafted",
    )


def _write(decision: BodyDecision, measures: Sequence[str]) -> None:
    rows = []
    for seq, code in enumerate(measures, 1):
        measure = catalogue().measures[code]
        basis = measure_basis(measure, decision.laws)
        rows.append(
            BodyMeasure(
                decision=decision, seq=seq, code=code, family=measure.family.code, title=measure.title,
                article="；".join(one.words for one in basis),
                verified=bool(basis) and all(one.verified for one in basis),
            )
        )  # fmt: skip
    BodyMeasure.objects.bulk_create(rows)


def _facts(decision: BodyDecision) -> dict[str, Any]:
    """Return what the ledger keeps of a draft in the clear."""
    return {
        "unit": decision.unit_id,
        "receiver": decision.receiver,
        "draft": decision.draft,
        "digest": decision.digest,
        "measures": codes_of(decision),
        "laws": decision.laws,
        "rectify_by": decision.rectify_by or "",
    }


def _record(
    decision: BodyDecision,
    kind: str,
    *,
    actor: User,
    at: datetime,
    data: Mapping[str, Any],
    reason: str = "",
    personal: Mapping[str, str] | None = None,
    officers: tuple[User, ...] = (),
) -> None:
    record(
        kind, ref=body_ref(decision), actor=actor, at=at, data=dict(data),
        personal={"body": decision.body, "grounds": decision.grounds, **(personal or {})}, reason=reason,
        officers=officers,
    )  # fmt: skip


def advance_body(
    decision: BodyDecision,
    name: str,
    *,
    actor: User,
    at: datetime,
    on: date | None = None,
    text: str = "",
    document: str = "",
    who: str = "",
    second_officer: User | None = None,
    members: int | None = None,
    present: int | None = None,
    votes_for: int | None = None,
    digest: str = "",
    outcome: BodyOutcome | str = "",
    expected_version: int | None = None,
) -> BodyDecision:
    """Take one step of the procedure by its name and return the decision in its new state.

    ``on`` is the day of the act, today when nothing is given; ``who`` those who were heard, the body that voted or who
    signed for the paper; ``text`` what was said, the leader's opinion, or how the outcome was verified.
    Raises Invalid, NotAllowed, Refused, NotReady with all that is missing, or Stale.
    """
    step = BODY_STEP.get(name)
    if step is None:
        known = "、".join(BODY_STEP)
        words = _("没有“%(step)s”这个环节。可以用：%(known)s。") % {"step": name, "known": known}
        raise Invalid(words, details={"step": _("换一个环节")})
    with transaction.atomic():
        locked = _locked(decision, expected_version)
        day = on or timezone.localdate(at)
        _begin(locked, step, day, actor=actor, at=at)
        second = two(actor, second_officer) if name in {"hear", "serve"} else None
        refuse_input(_wrong(locked, name, text, document, who, members, present, votes_for, outcome))
        if name == "approve" and digest != locked.digest:
            raise Stale(
                _("不能同意：因为您看过以后内容有变化。可以刷新后再看。"),
                details={"digest": locked.digest},
                code="changed_since_read",
            )
        _check_above(locked, name, document)
        act = BodyAct.objects.create(
            decision=locked, kind=step.kind, draft=locked.draft, digest=locked.digest, on=day, text=text.strip(),
            document=document.strip(), who=who.strip(), members=members if name == "deliberate" else None,
            present=present if name == "deliberate" else None,
            votes_for=votes_for if name == "deliberate" else None, actor=actor, second_officer=second, at=at,
        )  # fmt: skip
        before = locked.state
        fields = _effects(locked, act, name, outcome, at=at)
        locked.state, locked.state_since, locked.updated_at = step.to, at, at
        locked.returned = name == "return"
        locked.bump("state", "state_since", "updated_at", "returned", *fields)
        _clocks(locked, name, day, actor=actor, at=at)
        _tell(locked, name, at)
        _record(
            locked,
            f"body.{_KINDS[name]}",
            actor=actor,
            at=at,
            data={
                "from": before, "to": locked.state, "draft": locked.draft, "digest": locked.digest, "on": day,
                "document": act.document, "number": locked.number, "outcome": locked.outcome,
                **({"members": members, "present": present, "for": votes_for} if name == "deliberate" else {}),
            },
            personal={"who": act.who, "text": act.text},
            reason=act.text if step.back else "",
            officers=(second,) if second else (),
        )  # fmt: skip
    return locked


def _begin(decision: BodyDecision, step: BodyStep, day: date, *, actor: User, at: datetime) -> None:
    if not step.begins(decision):
        said = {"step": step.label, "body": decision.body, "state": decision.get_state_display()}
        raise Refused(_("不能%(step)s：因为对%(body)s的决定%(state)s。可以刷新后看下一步。") % said, code="wrong_state")
    require(actor, f"body.{step.name}", decision)
    if at < decision.state_since:
        words = _("不能%(step)s：因为时间早于上一环节。可以填写上一环节以后的时间。")
        raise Refused(words % {"step": step.label}, code="wrong_order")
    last = decision.acts.filter(draft=decision.draft).order_by("-on").values_list("on", flat=True).first()
    wrong = {}
    if day > timezone.localdate(at):
        wrong["on"] = _("日期不晚于登记日期")
    elif last is not None and day < last:
        wrong["on"] = _("日期不早于上一环节的 %(day)s") % {"day": last}
    refuse_input(wrong)
    missing, _met = body_readiness(decision, step)
    if missing:
        words = ngettext(
            "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
            "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
            len(missing),
        )
        raise NotReady(words % {"step": step.label, "n": len(missing)}, missing)


def _wrong(
    decision: BodyDecision,
    name: str,
    text: str,
    document: str,
    who: str,
    members: int | None,
    present: int | None,
    votes_for: int | None,
    outcome: str,
) -> dict[str, str]:
    wrong = {}
    if name in {"return", "void"} and not text.strip():
        wrong["text"] = _("写明理由")
    if name == "hear" and not who.strip():
        wrong["who"] = _("写明听取了谁的意见")
    if name == "serve" and not who.strip():
        wrong["who"] = _("写明签收人")
    if name == "serve" and not document.strip():
        wrong["document"] = _("写明送达回证编号")
    if name == "deliberate":
        wrong |= _votes(who, members, present, votes_for)
    if name == "finish":
        if outcome not in BodyOutcome.values or not outcome:
            wrong["outcome"] = _("写明落实结果")
        elif decision.receiver == Receiver.PARTY_ORGANISATION and outcome != BodyOutcome.CARRIED_OUT:
            wrong["outcome"] = _("对党组织的决定须执行完毕才能办结")
        elif decision.receiver == Receiver.UNIT and outcome == BodyOutcome.CARRIED_OUT:
            wrong["outcome"] = _("写明单位是否采纳并整改")
        if not text.strip():
            wrong["text"] = _("写明办结证明，例如检查材料、整改报告、核查情况")
    return wrong


def _votes(who: str, members: int | None, present: int | None, votes_for: int | None) -> dict[str, str]:
    wrong = {}
    if not who.strip():
        wrong["who"] = _("写明审议机构，例如纪委常委会")
    if members is None or present is None or votes_for is None:
        wrong["members"] = _("写明应到、实到人数和同意票数")
    elif present < 2:
        wrong["present"] = _("集体审议至少两人到会，不得由个人决定")
    elif present > members:
        wrong["members"] = _("到会 %(n)d 人多于应到 %(all)d 人") % {"n": present, "all": members}
    elif votes_for > present:
        wrong["votes_for"] = _("同意 %(yes)d 票多于到会 %(n)d 人") % {"yes": votes_for, "n": present}
    return wrong


def _check_above(decision: BodyDecision, name: str, document: str) -> None:
    codes = FROM_ABOVE & set(codes_of(decision))
    if name != "approve" or not codes or document.strip():
        return
    title = "、".join(catalogue().measures[code].title for code in sorted(codes))
    raise Refused(
        _("不能同意：因为%(what)s须由上级党组织决定或者批准。依据待核。可以登记上级决定的文号。") % {"what": title},
        code="committee_needed",
        details={"document": _("写明上级党组织的文号")},
    )


def _effects(decision: BodyDecision, act: BodyAct, name: str, outcome: str, *, at: datetime) -> tuple[str, ...]:
    """Set what the step changes beside the state, and return the names of the fields."""
    if name == "approve":
        held = decision.acts.filter(kind=BodyActKind.DELIBERATED, digest=decision.digest).last()
        decision.effective_on = held.on if held else act.on
        return ("effective_on",)
    if name == "issue":
        day = timezone.localdate(at)
        if decision.rectify_by is not None and decision.rectify_by <= day:
            raise Refused(
                _("不能制发：因为整改期限 %(day)s 已过。可以退回修改期限。") % {"day": decision.rectify_by},
                code="wrong_order",
            )
        decision.number = next_number(SERIES[Receiver(decision.receiver)], day.year)
        with translation.override("zh-hans"):
            decision.document = "\n".join(body_paragraphs(decision, decision.number, day))
        decision.document_digest = hashlib.sha256(decision.document.encode()).hexdigest()
        decision.issued_at = at
        return ("number", "document", "document_digest", "issued_at")
    if name == "finish":
        decision.outcome = BodyOutcome(outcome)
        return ("outcome",)
    return ()


def _tell(decision: BodyDecision, name: str, at: datetime) -> None:
    """A unit's paper waits for the leader as soon as it is drafted, an organisation's after the vote."""
    if name == ("draft" if decision.receiver == Receiver.UNIT else "deliberate"):
        tell_body_deciders(decision, at=at)
    if name == "serve":
        tell_body_leader(decision, at=at)


def _clocks(decision: BodyDecision, name: str, day: date, *, actor: User, at: datetime) -> None:
    if name == "serve" and decision.rectify_by is not None:
        open_deadline(
            body_ref(decision),
            "S01",
            start_on=day,
            amount=max((decision.rectify_by - day).days, 1),
            title=_("%(body)s反馈落实情况") % {"body": decision.body[:80]},
            holder=decision.drafted_by,
            compartment=decision.case.compartment,
            actor=actor,
            at=at,
        )
    if name == "finish":
        for clock in Deadline.objects.filter(ref=body_ref(decision), state__in=LIVE):
            meet_deadline(clock, actor=actor, at=at)
