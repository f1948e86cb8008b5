"""What leads and papers to units hold for official documents."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from casework.accounts.models import User
from casework.documents.registry import Subject, organ_of, register_document, register_subject
from casework.documents.services.documents import NUMBER
from units.enums_campaign import PaperKind
from units.models import Lead, UnitPaper


def _lead(pk: int, user: User) -> Subject | None:
    row = Lead.objects.visible_to(user).select_related("unit", "person", "handler").filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"lead:{pk}", row.number, reverse("units:lead", args=[pk]), row.compartment_id, row)


def _paper(pk: int, user: User) -> Subject | None:
    rows = UnitPaper.objects.visible_to(user).select_related(
        "campaign_unit__unit", "campaign_unit__campaign", "sent_by"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"unitpaper:{pk}", str(row), reverse("units:paper", args=[pk]), row.compartment_id, row)


def _seen(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"


def _problem(lead: Lead) -> str:
    """Say in one sentence what was seen."""
    rows = lead.addresses.count()
    if not rows:
        return lead.note
    said = f"监测发现{lead.unit.name}所属 {rows} 个网络地址与虚拟货币矿池通信，涉嫌利用公共资源从事虚拟货币“挖矿”活动。"
    return f"{said}\n{lead.note}".strip()


def lead_register(lead: Lead, _user: User, _at: datetime) -> dict[str, Any]:
    """Return what the register form of the lead says."""
    return {
        "lead_number": lead.number,
        "source": lead.source or "监测",
        "received_on": lead.received_on.isoformat(),
        "person": lead.person.name if lead.person else "",
        "unit": lead.unit.name,
        "problem": _problem(lead),
        "addresses": [
            {"ip": row.ip, "first": _seen(row.first_seen_at), "last": _seen(row.last_seen_at)}
            for row in lead.addresses.order_by("ip")[:500]
        ],
        "proposal": f"拟{lead.get_proposal_display()}。" if lead.proposal else "",
        "decision": f"同意{lead.get_disposition_display()}。" if lead.disposition else "",
        "handler": lead.handler.name if lead.handler else "",
    }


def _request(lead: Lead, user: User) -> dict[str, Any]:
    return {
        "person": lead.person.name if lead.person else "",
        "unit": lead.unit.name,
        "source": f"{lead.source or '监测'}，线索 {lead.number}",
        "problem": _problem(lead),
        "handler": (lead.handler or user).name,
    }


def inquiry_request(lead: Lead, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the form for approving an inquiry says."""
    return {**_request(lead, user), "proposal": "建议采取谈话函询方式处置，由本人作出书面说明。"}


def verification_request(lead: Lead, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the form for approving a preliminary verification says."""
    return {**_request(lead, user), "proposal": "建议成立核查组，进行初步核实。"}


def supervision_letter(lead: Lead, user: User, _at: datetime) -> dict[str, Any]:
    """Return what the letter urging a lead on says."""
    return {
        "organ": organ_of(user),
        "unit": lead.transferred_to.name if lead.transferred_to else "",
        "matter": f"线索{lead.number}",
        "situation": _problem(lead),
    }


def paper(row: UnitPaper, user: User, _at: datetime) -> dict[str, Any]:
    """Return what a paper to a unit says, with the number that it was issued under."""
    data = {
        "organ": organ_of(row.sent_by or user),
        "unit": row.campaign_unit.unit.name,
        "title": row.title,
        "facts": row.facts,
        "causes": row.causes,
        "advice": row.advice,
        "feedback": row.feedback,
        "reply_by": row.reply_by.isoformat(),
        NUMBER: row.number,
    }
    return {**data, "objection": row.objection} if row.kind == PaperKind.SUPERVISION_ADVICE else data


def _is(kind: str) -> Any:
    return lambda row: bool(row.number) and row.kind == kind


register_subject("lead", _lead)
register_subject("unitpaper", _paper)
register_document("lead_register", "lead", lead_register)
register_document("inquiry_request", "lead", inquiry_request)
register_document("verification_request", "lead", verification_request)
register_document("supervision_letter", "lead", supervision_letter)
register_document("supervision_advice", "unitpaper", paper, _is(PaperKind.SUPERVISION_ADVICE))
register_document("rectification_notice", "unitpaper", paper, _is(PaperKind.RECTIFICATION_NOTICE))
