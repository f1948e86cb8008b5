"""What the apps below show of cases and inspections: hits of the search, a card on a unit's page, cells of a matrix.

Each answers for its own rights: whoever may not know gets what he would get if there were nothing.
"""

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import SiteNature, SiteState
from cases.models import BodyDecision, Case, Interview, Penalty, Site, SiteAddress, Suspect
from casework.accounts.models import User
from casework.search.registry import register_search
from units.enums_campaign import StageCode
from units.models import Person, Unit
from units.panels import Panel, PanelRow, register_panel, register_person_panel, register_received
from units.selectors.stage_states import CellState, Listed, register_stage_state

_NATURES = {
    SiteNature.ACTIVE: ("red", "bolt"),
    SiteNature.PASSIVE: ("blue", "bug"),
    SiteNature.RESEARCH: ("violet", "flask"),
    SiteNature.NOTHING: ("", "circle-minus"),
}


def inspected_units(units: Sequence[Listed], user: User) -> dict[int, CellState]:
    """Return how the inspected units stand, for readers who know of their sites; nobody else learns of any."""
    by_unit: dict[int, CellState] = {}
    for campaign in {one.campaign_id for one in units}:
        by_unit |= inspected_in(campaign, user)
    return {one.pk: by_unit[one.unit_id] for one in units if one.unit_id in by_unit}


def inspected_in(campaign: int, user: User) -> dict[int, CellState]:
    """Return how the inspected units of a campaign stand, by unit, for readers who know of their sites."""
    sites = Site.objects.visible_to(user).filter(team__inspection__campaign=campaign)
    return {site.unit_id: _cell(site) for site in sites.order_by("pk")}


def _cell(site: Site) -> CellState:
    url = reverse("cases:site", args=[site.pk])
    if site.state == SiteState.REPORTED:
        nature = SiteNature(site.nature)
        colour, icon = _NATURES[nature]
        return CellState(nature.value, str(nature.label), colour, icon, url=url)
    if site.state == SiteState.VISITED:
        return CellState("visited", _("检查中"), "blue", "progress", url=url)
    return CellState("planned", _("待检查"), "", "circle-dashed", url=url)


def cases_of_unit(unit: Unit, user: User) -> Panel:
    """Return the cases of a unit that the reader may know of."""
    rows = Case.objects.visible_to(user).filter(unit=unit).order_by("-proposed_at", "-pk")
    return Panel(
        _("案件"),
        [
            PanelRow(case.title, reverse("cases:detail", args=[case.pk]), case.number, "case", case.state)
            for case in rows[:20]
        ],
    )


def cases_of_person(person: Person, user: User) -> Panel:
    """Return the cases that the person of the register is under investigation in, as far as the reader may know of them.

    The same person: the same row, or another one with the same identity number.
    """
    same = Q(person=person)
    if person.id_index:
        same |= Q(person__id_index=person.id_index)
    rows = Suspect.objects.visible_to(user).filter(same).select_related("case").order_by("-case__proposed_at", "-pk")
    return Panel(
        _("所涉案件"),
        [
            PanelRow(
                row.case.title, reverse("cases:suspect", args=[row.case_id, row.pk]),
                " · ".join(word for word in (row.case.number, row.post) if word), "case", row.case.state,
            )
            for row in rows[:20]
        ],
    )  # fmt: skip


def papers_of_leader(leader: User) -> list[PanelRow]:
    """Return the decisions and recommendations served on the units that the reader leads, the newest first."""
    rows = BodyDecision.objects.for_leader(leader).order_by("-issued_at", "-pk")
    return [
        PanelRow(
            row.document.partition("\n")[0], reverse("cases:portal-body", args=[row.pk]), row.number, "body", row.state
        )
        for row in rows[:50]
    ]


def _sites_of_addresses(first: str, last: str) -> Q:
    return Q(pk__in=SiteAddress.objects.filter(ip__gte=first, ip__lte=last).values("site_id"))


register_stage_state(StageCode.KEY_SUPERVISION, inspected_units, whole=inspected_in)
register_panel(cases_of_unit)
register_person_panel(cases_of_person)
register_received(papers_of_leader)
register_search(
    gettext_lazy("案件"),
    lambda user: Case.objects.visible_to(user).select_related("unit"),
    (),
    lambda case: case.title,
    lambda case: reverse("cases:detail", args=[case.pk]),
    second=lambda case: f"{case.number} · {case.get_state_display()}",
    list_url="/cases/?q=",
    order=("-proposed_at", "-pk"),
    indexed="case",
    by_circle=True,
    icon="briefcase",
)
register_search(
    gettext_lazy("被审查调查人"),
    lambda user: Suspect.objects.visible_to(user).select_related("case", "unit"),
    (),
    lambda suspect: suspect.name,
    lambda suspect: reverse("cases:suspect", args=[suspect.case_id, suspect.pk]),
    second=lambda suspect: suspect.case.title,
    list_url="/cases/?q=",
    indexed="suspect",
    by_circle=True,
    icon="user-search",
)
register_search(
    gettext_lazy("笔录"),
    lambda user: Interview.objects.visible_to(user).filter(case__isnull=False).select_related("case"),
    (),
    str,
    lambda interview: reverse("cases:interview", args=[interview.case_id, interview.pk]),
    second=lambda interview: interview.case.title,
    order=("-began_at", "-pk"),
    indexed="interview",
    by_circle=True,
    icon="message-2",
)
register_search(
    gettext_lazy("处分处理"),
    lambda user: Penalty.objects.visible_to(user).select_related("suspect__case"),
    (),
    lambda penalty: f"{penalty.number} {penalty.suspect.name}".strip(),
    lambda penalty: reverse("cases:penalty", args=[penalty.pk]),
    second=lambda penalty: f"{penalty.suspect.case.number} · {penalty.get_state_display()}",
    indexed="penalty",
    by_circle=True,
    icon="gavel",
)
register_search(
    gettext_lazy("检查地点"),
    lambda user: Site.objects.visible_to(user).select_related("unit", "team__inspection"),
    (),
    lambda site: site.unit.name,
    lambda site: reverse("cases:site", args=[site.pk]),
    second=lambda site: site.team.inspection.cover_name,
    indexed="site",
    by_circle=True,
    addressed=_sites_of_addresses,
    icon="map-pin",
)
