"""What cases, penalties and records hold for official documents, and what lies in a case's file."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from cases.body_document import body_organ, body_paragraphs
from cases.enums import Side
from cases.enums_bodies import BodyActKind, Receiver
from cases.enums_penalties import DeliveryAct
from cases.models import BodyDecision, Case, CaseMember, Interview, Penalty, Suspect
from cases.penalty_document import organ_of as penalty_organ
from cases.penalty_document import paragraphs, title_of
from cases.proof import matrix
from cases.selectors.bodies import body_decisions
from casework.accounts.models import User
from casework.documents.registry import (
    Fits,
    Sheaf,
    Subject,
    organ_of,
    register_document,
    register_sheaves,
    register_subject,
)
from casework.documents.services.documents import NUMBER
from evidence.models import ItemFile

#: Before and behind the text of a decision stand title and number (to a body: and its name), organ, day and seal.
_HEAD, _TAIL = 2, 3


def _case(pk: int, user: User) -> Subject | None:
    row = Case.objects.visible_to(user).select_related("unit", "lead", "drafted_by").filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"case:{pk}", str(row), reverse("cases:detail", args=[pk]), row.compartment_id, row, whole=True)


def _penalty(pk: int, user: User) -> Subject | None:
    rows = Penalty.objects.visible_to(user).select_related("suspect__case", "suspect__unit", "drafted_by__organisation")
    row = rows.filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"penalty:{pk}", str(row), reverse("cases:penalty", args=[pk]), row.compartment_id, row)


def _body(pk: int, user: User) -> Subject | None:
    row = body_decisions(user).filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"bodydecision:{pk}", str(row), reverse("cases:body", args=[pk]), row.compartment_id, row)


def _interview(pk: int, user: User) -> Subject | None:
    row = (
        Interview.objects.visible_to(user).select_related("officer", "second_officer", "recorder").filter(pk=pk).first()
    )
    if row is None:
        return None
    name, owner = ("cases:interview", row.case_id) if row.case_id else ("cases:site-interview", row.site_id)
    return Subject(f"interview:{pk}", str(row), reverse(name, args=[owner, pk]), row.compartment_id, row)


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"


def _standing(suspect: Suspect) -> str:
    unit = suspect.unit.name if suspect.unit else ""
    parts = [f"{unit}{suspect.post}"]
    if suspect.rank:
        parts.append(suspect.rank)
    if suspect.party_member:
        parts.append("中共党员")
    return "，".join(part for part in parts if part)


def _people(case: Case) -> list[Suspect]:
    return list(case.suspects.select_related("unit").order_by("pk"))


def _described(people: list[Suspect]) -> str:
    """Return a paragraph for each person: name, unit and post, membership."""
    return "\n".join("，".join(part for part in (one.name, _standing(one)) if part) + "。" for one in people)


def _stop(text: str) -> str:
    return f"{text.strip().rstrip('。')}。" if text.strip() else ""


def _investigators(case: Case) -> str:
    rows = CaseMember.objects.filter(case=case, side=Side.INVESTIGATE, until__isnull=True).select_related("user")
    return "、".join(row.user.name for row in rows.order_by("pk"))


def filing_decision(case: Case, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the decision to file says."""
    people = _people(case)
    return {
        "organ": organ_of(user),
        "person": "、".join(one.name for one in people),
        "standing": _described(people),
        "case_number": case.number,
        "kind": f"涉嫌{case.get_kind_display()}",
        "grounds": _stop(case.grounds),
        "filed_on": case.filed_on.isoformat() if case.filed_on else "",
    }


def filing_request(case: Case, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the form for approving the filing says."""
    people = _people(case)
    first = people[0] if people else None
    party = {True: "中共党员", False: "非中共党员", None: ""}
    return {
        "person": "、".join(one.name for one in people),
        "party": party[first.party_member] if first else "",
        "unit": case.unit.name if case.unit else "",
        "post": "，".join(part for part in (first.post, first.rank) if part) if first else "",
        "deputy": first.deputy_of if first else "",
        "source": f"线索 {case.lead.number}" if case.lead else "",
        "problem": case.grounds,
        "plan": case.plan,
        "proposal": "已掌握部分违纪违法事实和证据，需要追究纪律和法律责任，建议立案审查调查。",
        "handler": _investigators(case) or case.drafted_by.name,
    }


def _report(case: Case) -> dict[str, Any]:
    origin = f"根据线索{case.lead.number}，" if case.lead else ""
    filed = (
        f"于{case.filed_on.year}年{case.filed_on.month}月{case.filed_on.day}日立案审查调查。" if case.filed_on else ""
    )
    return {
        "people": _described(_people(case)),
        "origin": f"{origin}{filed}案号：{case.number}。" if filed else "",
        "exhibits": [
            {
                "fact": f"{row.fact.number}. {row.fact.statement}",
                "evidence": "；".join(cell.label for cell in row.cells if cell.stance),
                "verdict": str(row.verdict.label),
            }
            for row in matrix(case).rows
        ],
    }


def investigation_report(case: Case, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what the report of the investigation says."""
    names = "、".join(one.name for one in _people(case))
    return {
        **_report(case),
        "title": f"关于{names}涉嫌{case.get_kind_display()}问题的审查调查报告",
        "facts": case.report,
        "signers": "审查调查组",
    }


def hearing_report(case: Case, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what the report of the hearing says."""
    names = "、".join(one.name for one in _people(case))
    return {
        **_report(case),
        "title": f"关于{names}涉嫌{case.get_kind_display()}案的审理报告",
        "facts": case.hearing_report,
        "signers": "案件审理室",
    }


def supervision_letter(case: Case, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the letter urging a case on says."""
    return {"organ": organ_of(user), "matter": case.title, "situation": case.grounds}


def supervision_advice(case: Case, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the case says to the unit in which it happened; advice and day of reply are written by hand."""
    return {
        "organ": organ_of(user),
        "unit": case.unit.name if case.unit else "",
        "title": "关于整治利用公共资源“挖矿”问题的监察建议书",
        "facts": _stop(case.grounds),
    }


def case_index(case: Case, user: User, _at: datetime) -> dict[str, Any]:
    """Return the head of the index; its lines come with the file."""
    return {"case_number": case.number, "case_title": case.title, "organ": organ_of(user), "entries": []}


def record(row: Interview, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what a record of a talk says."""
    told = f"已于{_moment(row.rights_told_at)}告知权利义务" if row.rights_told_at else ""
    shown = "办案人员已出示证件" if row.papers_shown else ""
    facts = "，".join(one for one in (shown, told, "全程同步录音录像" if row.recorded else "") if one)
    return {
        "heading": f"{row.get_kind_display()}笔录",
        "times": row.number,
        "began": _moment(row.began_at),
        "ended": _moment(row.ended_at),
        "place": row.place,
        "officers": f"{row.officer.name}、{row.second_officer.name}",
        "recorder": row.recorder.name if row.recorder else "",
        "person": row.person_name,
        "post": row.person_post,
        "id_number": row.suspect.id_number if row.suspect else "",
        "identity": f"{facts}。" if facts else "",
        "lines": [{"q": line.question, "a": line.answer} for line in row.lines.order_by("seq")],
        "closing": "以上笔录我看过（向我宣读过），和我说的相符。",
    }


def penalty_decision(penalty: Penalty, _user: User, at: datetime) -> dict[str, Any]:
    """Return the decision as it was made, with its number."""
    day = timezone.localdate(penalty.issued_at or at)
    body = paragraphs(penalty, penalty.number, day)[_HEAD:-_TAIL]
    return {
        "organ": penalty_organ(penalty),
        "title": title_of(penalty),
        "body": "\n".join(body),
        NUMBER: penalty.number,
    }


def service_receipt(penalty: Penalty, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what is known of the service of the decision; the rest is written by hand."""
    row = penalty.deliveries.filter(act=DeliveryAct.SERVED).select_related("officer", "second_officer").last()
    return {
        "organ": penalty_organ(penalty),
        "document": title_of(penalty),
        "document_number": penalty.number,
        "person": penalty.suspect.name,
        "place": row.place if row else "",
        "served_on": row.on.isoformat() if row else "",
        "receiver": row.receiver if row else "",
        "opinion": row.opinion if row else "",
        "refusal": row.refusal if row else "",
        "officers": f"{row.officer.name}、{row.second_officer.name}" if row else "",
    }


def execution_notice(penalty: Penalty, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what has to be done to carry the decision out."""
    unit = penalty.suspect.unit
    return {
        "organ": penalty_organ(penalty),
        "unit": unit.name if unit else "",
        "person": penalty.suspect.name,
        "decision": title_of(penalty),
        "decision_number": penalty.number,
        "effective_on": penalty.effective_on.isoformat() if penalty.effective_on else "",
        "tasks": [
            {
                "text": task.text,
                "responsible": task.responsible,
                "due": task.due_on.isoformat() if task.due_on else "",
            }
            for task in penalty.tasks.order_by("seq")
        ],
    }


def body_paper(decision: BodyDecision, _user: User, at: datetime) -> dict[str, Any]:
    """Return the paper to an organisation or a unit as it was issued, with its number."""
    day = timezone.localdate(decision.issued_at or at)
    issued = decision.document.split("\n") if decision.document else body_paragraphs(decision, decision.number, day)
    return {
        "organ": body_organ(decision),
        "title": issued[0],
        "to": decision.body,
        "body": "\n".join(issued[_HEAD + 1 : -_TAIL]),
        NUMBER: decision.number,
    }


def body_receipt(decision: BodyDecision, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what is known of the service of the paper; the rest is written by hand."""
    row = decision.acts.filter(kind=BodyActKind.SERVED).select_related("actor", "second_officer").last()
    second = row.second_officer if row else None
    return {
        "organ": body_organ(decision),
        "document": decision.document.partition("\n")[0],
        "document_number": decision.number,
        "person": decision.body,
        "place": "",
        "served_on": row.on.isoformat() if row else "",
        "receiver": row.who if row else "",
        "opinion": row.text if row else "",
        "refusal": "",
        "officers": "、".join(one.name for one in (row.actor, second) if one) if row else "",
    }


def files_of_case(case: Case, user: User) -> Iterable[Sheaf]:
    """Yield PDFs and pictures of the case's items and of the items that it cites, by number of the item."""
    rows = ItemFile.objects.visible_to(user).filter(item__compartment_id=case.compartment_id)
    rows = rows | ItemFile.objects.visible_to(user).filter(item__exhibits__case=case)
    for file in rows.select_related("item", "blob", "added_by").distinct().order_by("item__number", "pk"):
        kind = file.blob.media_type
        if (kind == "application/pdf" or kind.startswith("image/")) and not file.blob.malware:
            day = timezone.localdate(file.added_at)
            yield Sheaf(f"{file.item.title}：{file.name}", file.blob, file.item.number, day, file.added_by.name)


def _has_number(decision: Penalty | BodyDecision) -> bool:
    return bool(decision.number)


def _to(receiver: Receiver) -> Fits:
    return lambda decision: bool(decision.number) and decision.receiver == receiver


def _filed(case: Case) -> bool:
    return case.filed_on is not None


register_subject("case", _case)
register_subject("penalty", _penalty)
register_subject("bodydecision", _body)
register_subject("interview", _interview)
register_document("filing_request", "case", filing_request)
register_document("filing_decision", "case", filing_decision, _filed)
register_document("investigation_report", "case", investigation_report, _filed)
register_document("hearing_report", "case", hearing_report, lambda case: bool(case.hearing_report))
register_document("supervision_letter", "case", supervision_letter)
register_document("supervision_advice", "case", supervision_advice, lambda case: case.unit_id is not None)
register_document("case_index", "case", case_index, lambda _case: False)  # made with the file itself
register_document("record", "interview", record)
register_document("penalty_decision", "penalty", penalty_decision, _has_number)
register_document("service_receipt", "penalty", service_receipt, _has_number)
register_document("execution_notice", "penalty", execution_notice, _has_number)
register_document("body_decision", "bodydecision", body_paper, _to(Receiver.PARTY_ORGANISATION))
register_document("body_advice", "bodydecision", body_paper, _to(Receiver.UNIT))
register_document("service_receipt", "bodydecision", body_receipt, _has_number)
register_sheaves("case", files_of_case)
