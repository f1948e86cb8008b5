"""How references to campaigns, self-inspections and rectification are shown, and to whom."""

from collections.abc import Callable, Collection
from typing import Any

from django.urls import reverse

from casework.accounts.models import User
from casework.deadlines.followers import register_follower
from casework.deadlines.recipients import register_recipients
from casework.ledger.refs import Many, Resolved, by_rows, register_refs
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


def _of(model: Any, *related: str) -> Callable[[User], Any]:
    return lambda user: model.objects.visible_to(user).select_related(*related)


def _ours_or_own(
    known: Callable[[User], Any], own: Callable[[User], Any], label: Callable[[Any], str], pages: tuple[str, str]
) -> Many:
    """Resolve for the commission, and for the unit's leader what is his, each on the page that opens for him."""

    def resolve(pks: Collection[int], user: User) -> dict[int, Resolved]:
        found = {
            row.pk: Resolved(label(row), reverse(pages[0], args=[row.pk])) for row in known(user).filter(pk__in=pks)
        }
        if left := set(pks) - set(found):
            found |= {
                row.pk: Resolved(label(row), reverse(pages[1], args=[row.pk])) for row in own(user).filter(pk__in=left)
            }
        return found

    return resolve


_reports = SelfInspection.objects.select_related("unit", "stage")
_self_inspections = _ours_or_own(
    _reports.visible_to, _reports.for_leader, str,
    ("units:self-inspection", "units:portal-report"),
)  # fmt: skip
_rectifications = _ours_or_own(
    Rectification.objects.visible_to, Rectification.objects.for_leader, lambda row: row.title,
    ("units:rectification", "units:portal-rectification"),
)  # fmt: skip
_papers = _ours_or_own(
    UnitPaper.objects.visible_to, UnitPaper.objects.for_leader, str, ("units:paper", "units:portal-paper")
)


def _campaign_unit_url(row: CampaignUnit) -> str:
    return reverse("units:campaign-unit", args=[row.campaign.code, row.pk])


def register() -> None:
    """Register every resolver; called when the app loads."""
    register_refs("campaign", by_rows(_of(Campaign), lambda row: reverse("units:campaign", args=[row.code])))
    register_refs(
        "stage", by_rows(_of(Stage, "campaign"), lambda row: reverse("units:campaign", args=[row.campaign.code]))
    )
    register_refs("campaignunit", by_rows(_of(CampaignUnit, "campaign", "unit"), _campaign_unit_url))
    register_refs(
        "finding",
        by_rows(_of(Finding, "campaign_unit__campaign"), lambda row: _campaign_unit_url(row.campaign_unit)),
    )
    register_refs("selfinspection", _self_inspections)
    register_refs("rectification", _rectifications)
    register_refs("unitpaper", _papers)
    register_refs(
        "template",
        by_rows(
            _of(CampaignTemplate),
            lambda row: reverse("units:campaign-template", args=[row.code]),
            lambda row: row.name,
        ),
    )
    register_recipients("S01", told_of_delay)
    register_recipients("S02", told_of_delay)
    register_follower("selfinspection", "S02", follow_reports)
    register_follower("rectification", "S02", follow_rectification)
    register_follower("unitpaper", "S01", follow_papers)
    register_follower("unitpaper", "S02", follow_papers)
