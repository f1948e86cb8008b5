"""The three open questions of a lead and what follows from their answers: what speaks for and against each answer, and who settled it on what."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.ledger.record import record
from units.enums import Classification, QuestionKind, Stance
from units.models import Lead, Question, QuestionEvidence, Registration


def add_evidence(
    question: Question, candidate: str, stance: str, text: str, *, actor: User, at: datetime, ref: str = ""
) -> QuestionEvidence:
    """Put something for or against a candidate answer on record; ``ref`` names where it is, e.g. ``item:12``."""
    require(actor, "lead.evidence", question.lead)
    found = {"candidate": candidate.strip(), "text": text.strip()}
    empty = {name: _("这一项必填") for name, value in found.items() if not value}
    if question.kind == QuestionKind.NATURE and found["candidate"] not in Classification.values:
        empty["candidate"] = _("只能是主动、被动或科研")
    if empty or stance not in Stance.values:
        raise Invalid(_("不能补充依据：没有填全。可以写明候选答案、支持或反对、内容。"), details=empty)
    with transaction.atomic():
        row = QuestionEvidence.objects.create(
            question=question,
            candidate=found["candidate"][:200],
            stance=stance,
            text=found["text"][:400],
            ref=ref,
            added_by=actor,
            added_at=at,
        )
        record(
            "lead.evidence_added",
            ref=f"lead:{question.lead_id}",
            actor=actor,
            at=at,
            data={"question": question.kind, "stance": stance, "of": ref, "evidence": row.pk},
            personal={"candidate": row.candidate, "text": row.text},
        )
    return row


def settle_question(
    question: Question, answer: str, *, source_ref: str, actor: User, at: datetime, reason: str = ""
) -> Question:
    """Settle the question on a source, e.g. ``item:12`` or 现场笔录第 3 页; the nature is one of three words.

    Settling it anew needs a reason, and is refused once the lead has been classified.
    """
    require(actor, "question.settle", question.lead)
    text = answer.strip()
    problems = {}
    if not text:
        problems["answer"] = _("写明结论")
    elif question.kind == QuestionKind.NATURE and text not in Classification.values:
        problems["answer"] = _("只能是主动、被动或科研")
    if not source_ref.strip():
        problems["source_ref"] = _("写明依据，例如证物编号或笔录页码")
    if problems:
        raise Invalid(_("不能认定：没有填全。可以补上结论和依据。"), details=problems)
    with transaction.atomic():
        row = Question.locked(question.pk)
        if (row.answer, row.source_ref) == (text, source_ref.strip()):
            return row
        if row.answer and row.lead.classification:
            raise Refused(
                _("不能改变结论：因为线索已按它定性。可以补充正反依据，由审批人重新研判。"), code="classified"
            )
        if row.answer and not reason.strip():
            raise Invalid(
                _("不能改变结论：没有写明理由。可以写明理由后再认定。"), details={"reason": _("写明为什么改变")}
            )
        before = row.answer
        row.answer, row.source_ref, row.settled_by, row.settled_at = text, source_ref.strip()[:200], actor, at
        row.bump("answer", "source_ref", "settled_by", "settled_at")
        record(
            "question.settled",
            ref=f"lead:{row.lead_id}",
            actor=actor,
            at=at,
            data={"question": row.kind, "source": row.source_ref, "before": len(before), "settled": row.pk},
            personal={"answer": row.answer, "before_answer": before},
            reason=reason,
        )
    return row


def classify_lead(lead: Lead, classification: str, *, actor: User, at: datetime, reason: str = "") -> Lead:
    """Say whether it was on purpose, by a trojan or for research; refused while one of the three questions is open."""
    require(actor, "lead.classify", lead)
    if classification not in Classification.values:
        raise Invalid(_("定性只能是主动、被动或科研。"), details={"classification": _("选一种")})
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        missing = missing_for(row, classification)
        if missing:
            raise NotReady(_refusal(row, missing), missing)
        if row.classification == classification:
            return row
        before = row.classification
        row.classification, row.classified_at, row.classified_by = classification, at, actor
        row.bump("classification", "classified_at", "classified_by")
        record(
            "lead.classified",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"from": before, "to": classification},
            reason=reason,
        )
    return row


def _refusal(lead: Lead, missing: Sequence[Missing]) -> str:
    """Return the sentence that names which questions are open; other obstacles are listed below it."""
    open_ = [question.get_kind_display() for question in lead.questions.order_by("pk") if question.is_open]
    if not open_:
        return ngettext(
            "不能定性：还差 %(n)d 项。可以先补齐下面各项。",
            "不能定性：还差 %(n)d 项。可以先补齐下面各项。",
            len(missing),
        ) % {"n": len(missing)}
    names = "、".join(f"“{name}”" for name in open_)
    return _("不能定性：因为%(names)s还没有认定。可以先逐个认定。") % {"names": names}


def missing_for(lead: Lead, classification: str) -> list[Missing]:
    """Return everything that classifying the lead so still needs."""
    questions = {question.kind: question for question in lead.questions.all()}
    missing = [
        Missing(
            _("还没有认定：%(question)s") % {"question": kind.label}, f"/leads/{lead.pk}/#q-{kind.value}", _("去认定")
        )
        for kind in QuestionKind
        if kind not in questions or questions[kind].is_open
    ]
    nature = questions.get(QuestionKind.NATURE)
    if nature is not None and nature.answer and nature.answer != classification:
        text = _("“主动、被动、科研”认定为%(answer)s，与这次定性不同") % {"answer": nature.answer_words}
        missing.append(Missing(text, f"/leads/{lead.pk}/#q-nature", _("去核对")))
    if classification == Classification.RESEARCH and not Registration.objects.filter(unit=lead.unit_id).exists():
        missing.append(
            Missing(_("该单位没有科研用途备案；没有备案不能按科研定性"), f"/units/{lead.unit_id}/", _("看单位"))
        )
    return missing
