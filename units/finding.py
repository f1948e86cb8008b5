"""What of the register and of monitoring can be found by the search."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.search.registry import register_search
from units.models import AddressBlock, Lead, Person, Sighting, Unit


def register() -> None:
    """Register the kinds; called when the app loads."""
    register_search(
        _("单位"),
        lambda user: Unit.objects.visible_to(user).select_related("region"),
        ("name__icontains", "name_key__icontains", "code__istartswith", "earlier_names__name__icontains"),
        lambda unit: unit.name,
        lambda unit: reverse("units:unit", args=[unit.pk]),
        second=lambda unit: f"{unit.get_kind_display()} · {unit.region.name}",
        list_url="/units/?q=",
        order=("name_key", "pk"),
    )
    register_search(
        _("人员"),
        lambda user: Person.objects.visible_to(user).select_related("unit"),
        ("name__icontains", "name_key__icontains"),
        lambda person: person.name,
        lambda person: reverse("units:person", args=[person.pk]),
        second=lambda person: f"{person.unit.name} {person.post}",
        list_url="/people/?q=",
        order=("name_key", "pk"),
    )
    register_search(
        _("线索"),
        lambda user: Lead.objects.visible_to(user).select_related("unit"),
        ("number__icontains", "unit__name__icontains", "addresses__ip__startswith"),
        lambda lead: f"{lead.number} {lead.unit.name}",
        lambda lead: reverse("units:lead", args=[lead.pk]),
        second=lambda lead: lead.get_state_display(),
        list_url="/leads/table/?q=",
        order=("-received_on", "-pk"),
    )
    register_search(
        _("监测记录"),
        lambda user: Sighting.objects.visible_to(user).select_related("unit"),
        ("ip__startswith", "remote_host__istartswith"),
        lambda row: f"{row.ip} → {row.remote_host}",
        lambda row: reverse("units:sighting", args=[row.pk]),
        second=lambda row: row.unit.name if row.unit else row.get_match_state_display(),
        list_url="/sightings/?q=",
        order=("-observed_at", "-pk"),
    )
    register_search(
        _("网段"),
        lambda user: AddressBlock.objects.visible_to(user).select_related("unit"),
        ("network__startswith", "reference__icontains"),
        lambda block: str(block.network),
        lambda block: reverse("units:unit", args=[block.unit_id]) + "#blocks",
        second=lambda block: block.unit.name,
        list_url="/addresses/?q=",
        order=("network", "pk"),
    )
