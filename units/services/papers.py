"""整改通知书 and 监察建议书: drafted, issued by another with a number, answered by the unit, returned or closed out."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotAllowed, NotReady, Refused, Stale
from casework.core.numbering import next_serial
from casework.deadlines.models import Deadline
from casework.deadlines.services import meet_deadline, open_deadline
from casework.files.models import Blob
from casework.ledger.canonical import encode
from casework.ledger.record import record
from casework.notices.models import Level
from casework.notices.services.owing import owe_notice
from units.enums_campaign import PaperKind, PaperState
from units.models import CampaignUnit, Rectification, UnitLeader, UnitPaper
from units.policy_campaign import leads
from units.services.issuing import leaders_on
from units.services.numbers import code_of

#: The clock of the answer: 监察建议书 has a rule of its own, a notice is answered by the day that it names.
CLOCKS = {PaperKind.SUPERVISION_ADVICE: "S01", PaperKind.RECTIFICATION_NOTICE: "S02"}
#: The words of the number, followed by the letters of the circle: a hidden campaign leaves no gap in another's numbers.
WORDS = {PaperKind.SUPERVISION_ADVICE: "监建", PaperKind.RECTIFICATION_NOTICE: "整改"}


@dataclass(frozen=True)
class PaperText:
    """What the paper says; the unit reads all of it."""

    title: str
    facts: str
    advice: str
    feedback: str
    reply_by: date
    causes: str = ""
    objection: str = ""


def draft_paper(
    campaign_unit: CampaignUnit,
    kind: str,
    text: PaperText,
    *,
    actor: User,
    at: datetime,
    rectification: Rectification | None = None,
) -> UnitPaper:
    """Draft a paper; it has no number and no effect, and the unit does not know of it."""
    require(actor, "paper.draft", campaign_unit)
    if kind not in PaperKind.values:
        raise Invalid(_("没有选文种。"), details={"kind": _("选整改通知书或监察建议书。")})
    _check(kind, text, timezone.localdate(at))
    if rectification is not None and rectification.campaign_unit_id != campaign_unit.pk:
        raise Invalid(_("整改属于另一家单位。"), details={"rectification": _("选本单位的整改。")})
    with transaction.atomic():
        paper = UnitPaper.objects.create(
            campaign_unit=campaign_unit,
            kind=kind,
            rectification=rectification,
            drafted_at=at,
            drafted_by=actor,
            **_stripped(text),
        )
        record(
            "paper.drafted",
            ref=paper.ref,
            actor=actor,
            at=at,
            data={"unit": campaign_unit.unit.code, "kind": kind, "reply_by": text.reply_by},
            personal={"title": paper.title},
        )
    return paper


def redraft_paper(paper: UnitPaper, text: PaperText, *, version: int, actor: User, at: datetime) -> UnitPaper:
    """Change a draft from the version that was read; whoever changes it last has drafted it."""
    require(actor, "paper.draft", paper)
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        _need(row, PaperState.DRAFT, _("改文书"))
        if row.version != version:
            raise Stale(_("不能存：这件文书刚被改过。可以对照后再存，填的内容仍在页面上。"))
        _check(row.kind, text, timezone.localdate(at))
        values = _stripped(text)
        for name, value in values.items():
            setattr(row, name, value)
        row.drafted_by, row.drafted_at = actor, at
        row.bump(*values, "drafted_by", "drafted_at")
        data = {"reply_by": row.reply_by, "version": row.version}
        record("paper.redrafted", ref=row.ref, actor=actor, at=at, data=data, personal={"title": row.title})
    return row


def _stripped(text: PaperText) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in asdict(text).items()}


def _check(kind: str, text: PaperText, day: date) -> None:
    needed = {
        "title": _("写明标题。"),
        "facts": _("写明存在的问题和依据。"),
        "advice": _("写明整改要求或建议。"),
        "feedback": _("写明怎样反馈、反馈什么。"),
    }
    if kind == PaperKind.SUPERVISION_ADVICE:
        needed["objection"] = _("写明提出异议的期限和方式。")
    wrong = {name: words for name, words in needed.items() if not getattr(text, name).strip()}
    if text.reply_by <= day:
        wrong["reply_by"] = _("反馈期限要在今天以后。")
    if wrong:
        basis = _("依据监察法实施条例第二百三十五条。") if kind == PaperKind.SUPERVISION_ADVICE else ""
        raise Invalid(_("不能存文书：%(what)s") % {"what": "".join(wrong.values())} + basis, details=wrong)


def missing_for_sending(paper: UnitPaper, actor: User, day: date) -> list[Missing]:
    """Return everything that keeps a draft from being issued by this person."""
    url = reverse("units:paper", args=[paper.pk])
    missing = []
    if paper.drafted_by_id == actor.pk:
        missing.append(Missing(_("拟稿的人不能签发，可以由另一名领导签发"), url, _("看文书")))
    if paper.reply_by <= day:
        missing.append(Missing(_("反馈期限已过，先改期限"), reverse("units:paper-edit", args=[paper.pk]), _("去改")))
    if paper.campaign_unit.unit_id not in leaders_on([paper.campaign_unit.unit_id], day):
        unit = reverse("units:unit", args=[paper.campaign_unit.unit_id])
        missing.append(Missing(_("单位没有能登录的负责人，文书送不到"), unit, _("去登记")))
    return missing


def send_paper(paper: UnitPaper, *, version: int, actor: User, at: datetime) -> UnitPaper:
    """Issue the draft that was read: it gets its number, is frozen, reaches the leader, and the reply clock starts.

    Numbers of a year have no gaps: a refused or broken act gives its number back.
    """
    require(actor, "paper.send", paper)
    day = timezone.localdate(at)
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        _need(row, PaperState.DRAFT, _("签发文书"))
        if row.version != version:
            raise Stale(_("不能签发：文书在您看过以后改过。可以重看后再签发。"))
        missing = missing_for_sending(row, actor, day)
        if missing:
            raise NotReady(_("不能签发：还差 %(n)s 项。") % {"n": len(missing)}, missing)
        compartment = row.campaign_unit.campaign.compartment
        kind = PaperKind(row.kind)
        series = f"{WORDS[kind]}{code_of(compartment)}"
        row.number = f"{series}〔{day.year}〕{next_serial(series, day.year)}号"
        row.state, row.sent_at, row.sent_by = PaperState.SENT, at, actor
        row.sha256 = hashlib.sha256(encode(content_of(row))).hexdigest()
        row.bump("number", "state", "sent_at", "sent_by", "sha256")
        _start(row, day, actor, at)
        record(
            "paper.sent",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "sha256": row.sha256, "reply_by": row.reply_by},
        )
        _tell(row, "sent", _("%(kind)s：%(title)s") % {"kind": kind.label, "title": row.title}, Level.WARN, at)
    return row


def content_of(paper: UnitPaper) -> Mapping[str, Any]:
    """Return what the number stands for, as plain data."""
    return {
        "kind": paper.kind,
        "number": paper.number,
        "unit": {"code": paper.campaign_unit.unit.code, "name": paper.campaign_unit.unit.name},
        "title": paper.title,
        "facts": paper.facts,
        "causes": paper.causes,
        "advice": paper.advice,
        "feedback": paper.feedback,
        "objection": paper.objection,
        "reply_by": paper.reply_by.isoformat(),
    }


def _start(row: UnitPaper, day: date, actor: User, at: datetime) -> None:
    leader = _leader(row, day)
    kind = PaperKind(row.kind)
    rule = CLOCKS[kind]
    named = {"named_on": row.reply_by} if rule == "S02" else {"amount": (row.reply_by - day).days}
    clock = open_deadline(
        row.ref,
        rule,
        start_on=day,
        actor=actor,
        at=at,
        title=_("%(unit)s反馈%(kind)s %(number)s")
        % {"unit": row.campaign_unit.unit.name[:80], "kind": kind.label, "number": row.number},
        holder=leader.user if leader else None,
        compartment=row.campaign_unit.campaign.compartment,
        **named,
    )
    if clock.due_on != row.reply_by:
        row.reply_by = clock.due_on
        row.bump("reply_by")


def void_paper(paper: UnitPaper, *, actor: User, at: datetime, reason: str) -> UnitPaper:
    """Void a draft; a paper that was issued stays."""
    require(actor, "paper.draft", paper)
    if not reason.strip():
        raise Invalid(_("不能作废：没有写明理由。"), details={"reason": _("写明理由")})
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        _need(row, PaperState.DRAFT, _("作废文书"))
        row.state = PaperState.VOID
        row.bump("state")
        record("paper.voided", ref=row.ref, actor=actor, at=at, data={"kind": row.kind}, reason=reason)
    return row


def answer_paper(
    paper: UnitPaper, answer: str, *, actor: User, at: datetime, proof: Blob | None = None, proof_name: str = ""
) -> UnitPaper:
    """Answer in the name of the unit; after the day it is taken and marked late."""
    day = timezone.localdate(at)
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        if not actor.is_active or not leads(actor, row.campaign_unit.unit_id, day):
            raise NotAllowed(_("不能报反馈：您不是这个单位现任的负责人。可以请现任负责人办理。"))
        _need(row, PaperState.SENT, _("报反馈"))
        if not answer.strip():
            raise Invalid(_("不能报反馈：没有写明整改情况。"), details={"answer": _("写明做了什么、何时做完。")})
        row.answer, row.state, row.answered_at, row.answered_by = answer.strip(), PaperState.ANSWERED, at, actor
        row.late = day > row.reply_by
        if proof is not None:
            row.proof, row.proof_name = proof, proof_name[-200:]
        row.bump("answer", "state", "answered_at", "answered_by", "late", "proof", "proof_name")
        clock = Deadline.objects.live().filter(ref=row.ref).first()
        if clock is not None:
            meet_deadline(clock, actor=actor, at=at)
        record(
            "paper.answered",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"late": row.late, "proof": row.proof.sha256 if row.proof else ""},
            personal={"answer": row.answer},
        )
    return row


def return_answer(paper: UnitPaper, *, remark: str, reply_by: date, actor: User, at: datetime) -> UnitPaper:
    """Send an answer back with what is still missing and a new day."""
    require(actor, "paper.return", paper)
    day = timezone.localdate(at)
    wrong = {}
    if not remark.strip():
        wrong["remark"] = _("写明还缺什么。")
    if reply_by <= day:
        wrong["reply_by"] = _("反馈期限要在今天以后。")
    if wrong:
        raise Invalid(_("不能退回反馈：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        _need(row, PaperState.ANSWERED, _("退回反馈"))
        row.state, row.remark, row.reply_by = PaperState.SENT, remark.strip(), reply_by
        row.bump("state", "remark", "reply_by")
        _start(row, day, actor, at)
        record(
            "paper.returned",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"reply_by": row.reply_by},
            personal={"remark": row.remark},
        )
        _tell(row, "returned", _("反馈退回：%(number)s") % {"number": row.number}, Level.WARN, at)
    return row


def close_paper(paper: UnitPaper, *, actor: User, at: datetime, reason: str = "") -> UnitPaper:
    """Close the paper out (销号) after its answer; its rectification has to be closed out first."""
    require(actor, "paper.close", paper)
    with transaction.atomic():
        row = UnitPaper.locked(paper.pk)
        if row.state == PaperState.CLOSED:
            return row
        _need(row, PaperState.ANSWERED, _("销号"))
        duty = row.rectification
        if duty is not None and duty.closed_at is None:
            url = reverse("units:rectification", args=[duty.pk])
            gap = Missing(_("“%(title)s”还没有销号") % {"title": duty.title}, url, _("去核查"))
            raise NotReady(_("不能销号：还差 1 项。"), [gap])
        row.state, row.closed_at, row.closed_by = PaperState.CLOSED, at, actor
        row.bump("state", "closed_at", "closed_by")
        record("paper.closed", ref=row.ref, actor=actor, at=at, data={"number": row.number}, reason=reason)
        _tell(row, "closed", _("%(number)s 已销号") % {"number": row.number}, Level.INFO, at)
    return row


def _need(row: UnitPaper, state: str, act: str) -> None:
    if row.state != state:
        raise Refused(
            _("不能%(act)s：这件文书是“%(state)s”。") % {"act": act, "state": row.get_state_display()},
            code="wrong_state",
        )


def _leader(row: UnitPaper, day: date) -> UnitLeader | None:
    return leaders_on([row.campaign_unit.unit_id], day).get(row.campaign_unit.unit_id)


def _tell(row: UnitPaper, what: str, title: str, level: str, at: datetime) -> None:
    leader = _leader(row, timezone.localdate(at))
    if leader is not None and leader.user is not None:
        owe_notice(
            key=f"{row.ref}:{what}:{row.version}:{leader.user_id}",
            to=leader.user,
            kind=f"paper.{what}",
            title=title[:200],
            body=_("反馈期限 %(due)s。") % {"due": row.reply_by} if what != "closed" else "",
            ref=row.ref,
            url=reverse("units:portal-paper", args=[row.pk]),
            due_on=row.reply_by if what != "closed" else None,
            level=level,
            at=at,
        )
