"""What of the register and of monitoring can be found by the search."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.search.registry import register_search
from casework.search.words import register_blind_place
from units.models import AddressBlock, Attachment, Campaign, Lead, LeadAddress, Person, Sighting, Unit, UnitPaper
from units.services.imports_people import ID_PLACE


def _of_addresses(first: str, last: str) -> Q:
    return Q(pk__in=LeadAddress.objects.filter(ip__gte=first, ip__lte=last).values("lead_id"))


def register() -> None:
    """Register the kinds; called when the app loads."""
    register_blind_place(ID_PLACE)
    register_search(
        _("单位"),
        lambda user: Unit.objects.visible_to(user).select_related("region"),
        (),
        lambda unit: unit.name,
        lambda unit: reverse("units:unit", args=[unit.pk]),
        second=lambda unit: f"{unit.get_kind_display()} · {unit.region.name}",
        list_url="/units/?q=",
        order=("name_key", "pk"),
        indexed="unit",
        icon="building",
    )
    register_search(
        _("人员"),
        lambda user: Person.objects.visible_to(user).select_related("unit"),
        (),
        lambda person: person.name,
        lambda person: reverse("units:person", args=[person.pk]),
        second=lambda person: f"{person.unit.name} {person.post}",
        list_url="/people/?q=",
        order=("name_key", "pk"),
        indexed="person",
        icon="user",
    )
    register_search(
        _("线索"),
        lambda user: Lead.objects.visible_to(user).select_related("unit"),
        (),
        lambda lead: f"{lead.number} {lead.unit.name}",
        lambda lead: reverse("units:lead", args=[lead.pk]),
        second=lambda lead: lead.get_state_display(),
        list_url="/leads/table/?q=",
        order=("-received_on", "-pk"),
        indexed="lead",
        by_circle=True,
        addressed=_of_addresses,
        icon="list-check",
    )
    register_search(
        _("监测记录"),
        lambda user: Sighting.objects.visible_to(user).select_related("unit"),
        (),
        lambda row: f"{row.ip} → {row.remote_host}",
        lambda row: reverse("units:sighting", args=[row.pk]),
        second=lambda row: row.unit.name if row.unit else row.get_match_state_display(),
        list_url="/sightings/?q=",
        order=("-observed_at", "-pk"),
        addressed=lambda first, last: Q(ip__gte=first, ip__lte=last),
        hosted=lambda host: Q(remote_host__startswith=host),
        icon="antenna",
    )
    register_search(
        _("网段"),
        lambda user: AddressBlock.objects.visible_to(user).select_related("unit"),
        (),
        lambda block: str(block.network),
        lambda block: reverse("units:unit", args=[block.unit_id]) + "#blocks",
        second=lambda block: block.unit.name,
        list_url="/addresses/?q=",
        order=("network", "pk"),
        indexed="block",
        icon="network",
    )
    register_search(
        _("整改和建议文书"),
        lambda user: UnitPaper.objects.visible_to(user).select_related("campaign_unit__unit"),
        (),
        lambda paper: f"{paper.number} {paper.title}".strip(),
        lambda paper: reverse("units:paper", args=[paper.pk]),
        second=lambda paper: paper.campaign_unit.unit.name,
        indexed="paper",
        by_circle=True,
        icon="file-text",
    )
    register_search(
        _("专项行动"),
        Campaign.objects.visible_to,
        (),
        lambda campaign: campaign.name,
        lambda campaign: reverse("units:campaign", args=[campaign.code]),
        second=lambda campaign: campaign.get_state_display(),
        order=("-starts_on", "-pk"),
        indexed="campaign",
        by_circle=True,
        icon="flag",
    )
    register_search(
        _("自查附件"),
        lambda user: Attachment.objects.visible_to(user).filter(removed_at=None).select_related("inspection__unit"),
        (),
        lambda row: row.name,
        lambda row: reverse("units:self-inspection", args=[row.inspection_id]),
        second=lambda row: row.inspection.unit.name,
        indexed="attachment",
        by_circle=True,
        part_url=lambda row, part, text: (
            reverse("units:self-inspection-found", args=[row.inspection_id, row.pk])
            + "?"
            + urlencode({"q": text, "page": part})
        ),
        icon="paperclip",
    )
