"""Reading inspections: leaders see all of it, a team its own sites, everybody else nothing."""

from datetime import date
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from cases.enums import SiteState
from cases.models import HelpCall, Inspection, InspectionTeam, Site, SiteAddress, TeamMember
from casework.access.models import compartments_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from evidence.models import Item


def leads(inspection: Inspection, user: User) -> bool:
    """Tell whether the user belongs to the leaders of the inspection."""
    return compartments_of(user).filter(compartment_id=inspection.compartment_id).exists()


def teams_seen(inspection: Inspection, user: User) -> QuerySet[Any]:
    """Return the teams of the inspection that the reader may know of, with their people and sites."""
    return (
        InspectionTeam.objects.visible_to(user)
        .filter(inspection=inspection)
        .prefetch_related(
            Prefetch("members", TeamMember.objects.order_by("pk")),
            Prefetch("sites", sites_seen(user)),
        )
        .order_by("number")
    )


def sites_seen(user: User) -> QuerySet[Any]:
    """Return the sites that the reader may know of, in the order of the visits."""
    return (
        Site.objects.visible_to(user)
        .select_related("unit", "region", "lead", "collection", "team__inspection")
        .prefetch_related(Prefetch("addresses", SiteAddress.objects.order_by("ip")), "confirmations__user")
        .order_by("visit_on", "team__number", "number", "pk")
    )


def my_sites(user: User, day: date | None = None) -> QuerySet[Any]:
    """Return the sites of the teams in which the user stands, on a day or all of them."""
    rows = sites_seen(user).filter(team__members__user=user, team__members__left_at__isnull=True)
    return rows.filter(visit_on=day) if day else rows


def partner_of(site: Site, user: User) -> User | None:
    """Return the other officer of the team who stands beside the user at the site, if one with an account does."""
    others = site.team.members.filter(user__isnull=False, left_at__isnull=True).exclude(user=user)
    other = others.select_related("user").order_by("pk").first()
    return other.user if other else None


def counted(inspections: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Annotate how many sites the reader knows of and how many of them are reported: never the others' sites."""
    known = Q() if user.has_role(Role.AUDITOR) else Q(teams__compartment__in=compartments_of(user))
    found: QuerySet[Any] = inspections.annotate(
        site_count=Count("teams__sites", filter=known, distinct=True),
        reported_count=Count("teams__sites", filter=known & Q(teams__sites__state=SiteState.REPORTED), distinct=True),
    )
    return found


def board_of(inspection: Inspection, user: User, day: date) -> dict[str, Any]:
    """Return the board of the day as this reader may see it: teams with their sites, findings, calls for help."""
    teams = list(teams_seen(inspection, user))
    sites = [site for team in teams for site in team.sites.all()]
    calls = (
        HelpCall.objects.visible_to(user)
        .filter(site__team__inspection=inspection)
        .select_related("site__unit", "site__team", "by", "answered_by")
    )
    items = Item.objects.visible_to(user).filter(
        collection__in=[site.collection_id for site in sites if site.collection_id]
    )
    today = [site for site in sites if site.visit_on == day]
    return {
        "inspection": inspection,
        "board": [
            {
                "team": team,
                "sites": list(team.sites.all()),
                "reported": sum(1 for site in team.sites.all() if site.state == SiteState.REPORTED),
            }
            for team in teams
        ],
        "open_calls": list(calls.filter(answered_at__isnull=True).order_by("at", "pk")),
        "answered": list(calls.filter(answered_at__isnull=False).order_by("-answered_at", "-pk")[:5]),
        "item_count": items.count(),
        "today_count": len(today),
        "arrived": sum(1 for site in sites if site.state != SiteState.PLANNED),
        "reported": sum(1 for site in sites if site.state == SiteState.REPORTED),
        "site_count": len(sites),
    }
