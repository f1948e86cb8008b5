"""The track that a lead's classification leads to: a passive unit puts right with proof and is not punished."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Missing
from units.enums import Classification, LeadState
from units.enums_campaign import CampaignState, RectificationState
from units.models import CampaignUnit, Lead, Rectification


@dataclass(frozen=True)
class TrackStep:
    """One step of the track: its words, whether it is done, and where it is."""

    text: str
    done: bool
    url: str = ""


def passive_track(lead: Lead, user: User) -> list[TrackStep]:
    """Return the steps of a passive unit, as far as the reader may know of them; empty for other leads."""
    if lead.classification != Classification.PASSIVE:
        return []
    duties = list(Rectification.objects.visible_to(user).filter(campaign_unit__unit=lead.unit_id).order_by("-pk")[:5])
    member = (
        CampaignUnit.objects.visible_to(user)
        .filter(unit=lead.unit_id, campaign__state=CampaignState.RUNNING)
        .select_related("campaign")
        .order_by("-pk")
        .first()
    )
    duty = duties[0] if duties else None
    order = reverse("units:campaign-order", args=[member.campaign.code, member.pk]) if member else ""
    page = reverse("units:rectification", args=[duty.pk]) if duty else ""
    return [
        TrackStep(_("定性为被动，不走处分程序"), True),
        TrackStep(_("下达整改"), duty is not None, page or order),
        TrackStep(
            _("单位报整改结果并附证明"),
            any(row.proof_id for row in duties if row.state != RectificationState.OPEN),
            page,
        ),
        TrackStep(_("核查销号"), any(row.state == RectificationState.CLOSED for row in duties), page),
        TrackStep(_("线索了结"), lead.state == LeadState.CLOSED),
    ]


def missing_to_end(leads: list[Lead]) -> dict[int, list[Missing]]:
    """Return what closing each of these leads still needs: a passive unit's duty, put right with proof and checked."""
    passive = [lead for lead in leads if lead.classification == Classification.PASSIVE]
    if not passive:
        return {}
    rows = Rectification.objects.filter(campaign_unit__unit__in=[lead.unit_id for lead in passive])
    closed = set(rows.filter(state=RectificationState.CLOSED).values_list("campaign_unit__unit", flat=True))
    proved = set(rows.filter(proof__isnull=False).values_list("campaign_unit__unit", flat=True))
    found = {}
    for lead in passive:
        missing = []
        if lead.unit_id not in proved:
            missing.append(Missing(_("被动“挖矿”的整改还没有附证明"), f"/leads/{lead.pk}/#track", _("去看整改")))
        if lead.unit_id not in closed:
            missing.append(Missing(_("被动“挖矿”的整改还没有核查销号"), f"/leads/{lead.pk}/#track", _("去看整改")))
        if missing:
            found[lead.pk] = missing
    return found
