"""Reads of self-inspections: what is filled in, what is missing, what contradicts the monitor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Missing
from casework.core.moments import cn_date
from units.enums import MatchState
from units.enums_campaign import AddressFinding, DeviceKind
from units.models import (
    LeadAddress,
    ReportedAddress,
    ReportedCurrency,
    ReportedPerson,
    SealedDevice,
    SelfInspection,
    Sighting,
    Terminal,
)
from units.models.self_inspections import Row
from units.questionnaire import Questionnaire, Sheet, questionnaire
from units.rules.answers import Filled, Gap, gaps

ROW_MODELS: dict[str, type[Row]] = {
    model.__name__: model for model in (ReportedAddress, Terminal, SealedDevice, ReportedPerson, ReportedCurrency)
}


def template_of(inspection: SelfInspection) -> Questionnaire:
    """Return the questionnaire that the inspection was issued with."""
    return questionnaire(inspection.questionnaire)


def rows_of(inspection: SelfInspection, sheet: Sheet) -> "QuerySet[Any]":
    """Return the rows of one sheet, oldest first. The caller has fetched the inspection for its reader."""
    found = ROW_MODELS[sheet.model]._base_manager.filter(inspection=inspection, **dict(sheet.fixed))
    return found.order_by("pk")


def filled(inspection: SelfInspection) -> Filled:
    """Return what the unit has filled in so far (eight queries, whatever its size)."""
    devices = dict(inspection.sealed_devices.values_list("kind").annotate(n=Count("pk")))
    rows = {
        "addresses": inspection.addresses.count(),
        "terminals": inspection.terminals.count(),
        "people": inspection.people.count(),
        "currencies": inspection.currencies.count(),
        "computers": devices.get(DeviceKind.COMPUTER, 0),
        "rigs": devices.get(DeviceKind.RIG, 0),
    }
    return Filled(
        values=dict(inspection.answers.values_list("code", "value")),
        rows=rows,
        attachments=dict(inspection.attachments.filter(removed_at=None).values_list("code").annotate(n=Count("pk"))),
        remarks=dict(inspection.remarks.filter(settled_at=None).order_by("pk").values_list("code", "text")),
    )


def gaps_of(inspection: SelfInspection) -> list[Gap]:
    """Return everything that keeps the report from being submitted."""
    return gaps(template_of(inspection), filled(inspection))


def missing_of(inspection: SelfInspection, found: Iterable[Gap]) -> list[Missing]:
    """Return the gaps as the unit reads them, each linked to the question where it is put right."""
    return [
        Missing(
            _("第 %(n)s 题 %(text)s") % {"n": gap.number, "text": gap.text} if gap.number else gap.text,
            question_url(inspection, gap.code),
            _("去修改")
            if gap.kind in {"returned", "contradiction"}
            else _("去补")
            if gap.kind == "attachment"
            else _("去答"),
        )
        for gap in found
    ]


def missing_answers(inspection: SelfInspection) -> list[Missing]:
    """Return all that is missing before the report can be signed, each with its link; empty when ready."""
    return missing_of(inspection, gaps_of(inspection))


def question_url(inspection: SelfInspection, code: str) -> str:
    """Return the portal's address of a question; without a code that of the report."""
    if not code:
        return reverse("units:portal-report", args=[inspection.pk])
    return reverse("units:portal-question", args=[inspection.pk, code])


@dataclass(frozen=True)
class Flag:
    """Something that the reviewer must look at. Never shown to the unit: it tells what the monitor saw."""

    kind: str
    code: str
    text: str
    ip: str = ""
    last_seen_at: datetime | None = None
    url: str = ""


def flags(inspection: SelfInspection, user: User) -> list[Flag]:
    """Return where the report contradicts what the monitor saw, as far as the reader may know of the sightings."""
    seen = seen_addresses(inspection, user)
    said = dict(inspection.addresses.values_list("ip", "found"))
    found = []
    for ip, last in sorted(seen.items()):
        words = {"ip": ip, "at": cn_date(timezone.localdate(last))}
        if ip not in said:
            text = _("监测在 %(at)s 见到 %(ip)s，地址清单里没有它。") % words
            found.append(Flag("unreported", "addresses", text, ip, last))
        elif said[ip] == AddressFinding.NONE:
            text = _("%(ip)s 填“未发现”，监测在 %(at)s 见到它。") % words
            found.append(Flag("denied", "addresses", text, ip, last))
    devices = inspection.answers.filter(code="found").values_list("value", flat=True).first()
    if seen and devices == 0:
        text = _("填没有发现设备，监测见到 %(n)s 个地址。") % {"n": len(seen)}
        found.append(Flag("denied", "found", text))
    return found


def seen_addresses(inspection: SelfInspection, user: User) -> dict[str, datetime]:
    """Return the unit's addresses that the monitor saw, the last time, from sightings and leads the reader may see."""
    sightings = (
        Sighting.objects.visible_to(user)
        .filter(unit_id=inspection.unit_id, match_state=MatchState.MATCHED, registration=None)
        .values("ip")
        .annotate(last=Max("observed_at"))
    )
    leads = (
        LeadAddress.objects.visible_to(user)
        .filter(lead__unit_id=inspection.unit_id)
        .values("ip")
        .annotate(last=Max("last_seen_at"))
    )
    seen: dict[str, datetime] = {}
    for row in [*sightings, *leads]:
        seen[row["ip"]] = max(seen.get(row["ip"], row["last"]), row["last"])
    return seen


def flagged(inspections: "QuerySet[SelfInspection]", user: User) -> "QuerySet[SelfInspection]":
    """Return those whose unit denies, or leaves out, an address that the monitor saw (one query)."""
    seen = Sighting.objects.visible_to(user).filter(
        unit_id=OuterRef("unit_id"), match_state=MatchState.MATCHED, registration=None
    )
    admitted = ReportedAddress._base_manager.filter(inspection=OuterRef(OuterRef("pk")), ip=OuterRef("ip")).exclude(
        found=AddressFinding.NONE
    )
    return inspections.filter(submitted_at__isnull=False).filter(Exists(seen.exclude(Exists(admitted))))
