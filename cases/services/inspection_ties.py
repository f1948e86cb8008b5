"""回避 in unannounced inspections: whoever is tied to a place that is visited neither leads nor visits it.

A team knows its own places only. So a member is weighed against these alone: to take somebody off because of a place
of another team would tell him of it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import InspectionState, TieKind
from cases.models import Inspection, InspectionTeam, Tie
from casework.access.models import Compartment, Grant, Recusal
from casework.access.services.compartments import let_out, recuse
from casework.accounts.models import User
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices
from units.models import Unit, UnitLeader


def tied_to(units: Iterable[Unit], at: datetime) -> dict[int, tuple[User, str]]:
    """Return who is tied to one of the units, or to whoever leads it, with the reason in words; by key of the person."""
    keys = {unit.pk for unit in units}
    day = timezone.localdate(at)
    posts = list(UnitLeader.objects.filter(unit__in=keys).select_related("user").order_by("pk"))
    held = [post for post in posts if post.until is None or post.until >= day]
    ties = (
        Tie.objects.filter(Q(unit__in=keys) | Q(person_name__in=[post.name for post in held if post.name]))
        .filter(Q(until__isnull=True) | Q(until__gte=day) | Q(kind=TieKind.SERVED))
        .select_related("user")
        .order_by("pk")
    )
    found: dict[int, tuple[User, str]] = {}
    for tie in ties:
        found.setdefault(tie.user_id, (tie.user, _("申报的关系：%(kind)s") % {"kind": tie.get_kind_display()}))
    for post in posts:
        if post.user is not None and post.user.is_commission:
            found.setdefault(post.user.pk, (post.user, _("在所涉单位任职")))
    return found


def stands_back(team: InspectionTeam, user: User, at: datetime) -> bool:
    """Tell whether somebody may not join the team: he is tied to one of its places, or was shut out of it before."""
    units = Unit.objects.filter(pk__in=team.sites.values("unit"))
    recused = Recusal.objects.standing().filter(compartment=team.compartment_id, user=user)
    return user.pk in tied_to(units, at) or recused.exists()


def shut_out_of_inspections(tie: Tie, *, at: datetime) -> None:
    """A tie that was just declared takes its person off the inspections that are not over; called by that act."""
    for inspection in Inspection.objects.exclude(state=InspectionState.CLOSED).select_related("planned_by"):
        teams = list(inspection.teams.select_related("compartment").prefetch_related("sites__unit").order_by("number"))
        places = {team.pk: [site.unit for site in team.sites.all()] for team in teams}
        every = [unit for units in places.values() for unit in units]
        if _holds(inspection.compartment, tie.user):
            # A leader knows of every place, so one of them is enough for all of it.
            if tie.user_id in tied_to(every, at):
                _shut_out(inspection, [inspection.compartment, *(team.compartment for team in teams)], tie, at)
            continue
        own = [team for team in teams if _holds(team.compartment, tie.user)]
        if any(tie.user_id in tied_to(places[team.pk], at) for team in own):
            _shut_out(inspection, [team.compartment for team in own], tie, at)


def _holds(compartment: Compartment, user: User) -> bool:
    return Grant.objects.filter(compartment=compartment, user=user, until__isnull=True).exists()


def _shut_out(inspection: Inspection, circles: list[Compartment], tie: Tie, at: datetime) -> None:
    words = _("申报的关系：%(kind)s") % {"kind": tie.get_kind_display()}
    for compartment in circles:
        recuse(compartment, tie.user, decided_by=None, at=at, reason=words)
        let_out(compartment, tie.user, actor=inspection.planned_by, at=at, reason=words)
    for team in inspection.teams.filter(compartment__in=circles):
        team.members.filter(user=tie.user, left_at__isnull=True).update(left_at=at)
    record(
        "inspection.member_recused",
        ref=f"inspection:{inspection.pk}",
        actor=None,
        at=at,
        data={"user": tie.user_id, "name": tie.user.name, "automatic": True},
        reason=words,
    )
    heads = Grant.objects.filter(compartment=inspection.compartment_id, until__isnull=True).exclude(user=tie.user)
    owe_notices(
        [
            Owed(
                key=f"inspection-recused:{inspection.pk}:{tie.user_id}:user:{pk}",
                to_id=pk,
                kind="inspection.recused",
                title=_("%(number)s：%(names)s自动回避") % {"number": inspection.number, "names": tie.user.name},
                body=_("依据监察法第六十七条。可以增派人员。"),
                ref=f"inspection:{inspection.pk}",
                url=reverse("cases:inspection-people", args=[inspection.pk]),
                compartment_id=inspection.compartment_id,
            )
            for pk in heads.values_list("user_id", flat=True)
        ],
        at=at,
    )
