"""How references to campaigns, self-inspections and rectification are shown, and to whom."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from casework.accounts.models import User
from casework.deadlines.followers import register_follower
from casework.deadlines.recipients import register_recipients
from casework.ledger.refs import Resolved, Resolver, register_ref
from units.models import (
    Campaign,
    CampaignTemplate,
    CampaignUnit,
    Finding,
    Rectification,
    SelfInspection,
    Stage,
    UnitPaper,
)
from units.selectors.recipients import told_of_delay
from units.services.due_dates import follow_rectification, follow_reports
from units.services.papers_due import follow_papers


def _by(model: Any, url: Callable[[Any], str], *related: str) -> Resolver:
    def resolve(pk: int, user: User) -> Resolved | None:
        found = model.objects.visible_to(user).select_related(*related).filter(pk=pk).first()
        return None if found is None else Resolved(str(found), url(found))

    return resolve


def _self_inspection(pk: int, user: User) -> Resolved | None:
    rows = SelfInspection.objects.select_related("unit", "stage")
    found = rows.visible_to(user).filter(pk=pk).first()
    if found is not None:
        return Resolved(str(found), reverse("units:self-inspection", args=[pk]))
    own = rows.for_leader(user).filter(pk=pk).first()
    return None if own is None else Resolved(str(own), reverse("units:portal-report", args=[pk]))


def _rectification(pk: int, user: User) -> Resolved | None:
    found = Rectification.objects.visible_to(user).filter(pk=pk).first()
    if found is not None:
        return Resolved(found.title, reverse("units:rectification", args=[pk]))
    own = Rectification.objects.for_leader(user).filter(pk=pk).first()
    return None if own is None else Resolved(own.title, reverse("units:portal-rectification", args=[pk]))


def _paper(pk: int, user: User) -> Resolved | None:
    found = UnitPaper.objects.visible_to(user).filter(pk=pk).first()
    if found is not None:
        return Resolved(str(found), reverse("units:paper", args=[pk]))
    own = UnitPaper.objects.for_leader(user).filter(pk=pk).first()
    return None if own is None else Resolved(str(own), reverse("units:portal-paper", args=[pk]))


def _template(pk: int, user: User) -> Resolved | None:
    found = CampaignTemplate.objects.visible_to(user).filter(pk=pk).first()
    return None if found is None else Resolved(found.name, reverse("units:campaign-template", args=[found.code]))


def _campaign_unit_url(row: CampaignUnit) -> str:
    return reverse("units:campaign-unit", args=[row.campaign.code, row.pk])


def register() -> None:
    """Register every resolver; called when the app loads."""
    register_ref("campaign", _by(Campaign, lambda row: reverse("units:campaign", args=[row.code])))
    register_ref("stage", _by(Stage, lambda row: reverse("units:campaign", args=[row.campaign.code]), "campaign"))
    register_ref("campaignunit", _by(CampaignUnit, _campaign_unit_url, "campaign", "unit"))
    register_ref(
        "finding",
        _by(Finding, lambda row: _campaign_unit_url(row.campaign_unit), "campaign_unit__campaign"),
    )
    register_ref("selfinspection", _self_inspection)
    register_ref("rectification", _rectification)
    register_ref("unitpaper", _paper)
    register_ref("template", _template)
    register_recipients("S01", told_of_delay)
    register_recipients("S02", told_of_delay)
    register_follower("selfinspection", "S02", follow_reports)
    register_follower("rectification", "S02", follow_rectification)
    register_follower("unitpaper", "S01", follow_papers)
    register_follower("unitpaper", "S02", follow_papers)
