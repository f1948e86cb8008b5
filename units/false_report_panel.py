"""A card on a unit's page: its false reports, which weigh in every later campaign."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from units.models import Unit
from units.panels import Panel, PanelRow, register_panel
from units.selectors.false_reports import false_reports


def false_reports_of(unit: Unit, user: User) -> Panel:
    """Return the unit's false reports that the reader may know of."""
    return Panel(
        _("上报不实"),
        [
            PanelRow(
                f"{one.campaign_unit.campaign.name} {one.stage.name}",
                reverse("units:self-inspection", args=[one.pk]),
                _("抽查时一律列入"),
                "selfinspection",
                one.state,
            )
            for one in false_reports(unit.pk, user)
        ],
    )


register_panel(false_reports_of)
