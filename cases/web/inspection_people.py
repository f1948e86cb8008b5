"""Who leads an inspection and who goes with which team: adding somebody, and taking somebody off at once."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Inspection, TeamMember
from cases.selectors.inspections import teams_seen
from cases.services.inspection_people import add_team_member, withdraw_leader, withdraw_team_member
from cases.web.forms import LeaveForm
from cases.web.inspection_forms import JoinTeamForm
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """For the leaders of the inspection; to a team there is no such page."""
    user = reader(request)
    inspection: Inspection = get_visible(Inspection.objects.select_related("compartment"), user, pk=pk)
    if not can(user, "inspection.lead", inspection):
        raise Http404
    adds = request.POST.get("act") == "add"
    teams = teams_seen(inspection, user)
    form = JoinTeamForm(teams, request.POST if adds else None)
    leave = LeaveForm(request.POST if request.method == "POST" and not adds else None)
    if request.method == "POST":
        require(user, "inspection.lead", inspection)
        done = _change(request, inspection, form, leave)
        if done:
            toast(request, done)
            return redirect("cases:inspection-people", pk=inspection.pk)
    heads = inspection.compartment.grants.filter(until__isnull=True).select_related("user__organisation")
    context = {
        "inspection": inspection,
        "teams": teams,
        "heads": heads.order_by("pk"),
        "form": form,
        "leave": leave,
    }
    return render(request, "cases/inspection_people.html", context, status=409 if form.errors or leave.errors else 200)


def _change(request: HttpRequest, inspection: Inspection, form: JoinTeamForm, leave: LeaveForm) -> str:
    """Do what was asked and return what to say, or "" when something is to be put right first."""
    user, at = reader(request), clock.now()
    bound = form if form.is_bound else leave
    if not bound.is_valid():
        return ""
    data = bound.cleaned_data
    try:
        if bound is form:
            member = add_team_member(data["team"], form.plan(), actor=user, at=at, reason=data["reason"])
            return _("%(name)s已加入第 %(n)d 组。") % {"name": member.name, "n": member.team.number}
        if request.POST.get("act") == "leave_lead":
            head = inspection.compartment.grants.filter(until__isnull=True, user=data["user"]).first()
            if head is None:
                raise Http404
            person: User = head.user
            withdraw_leader(inspection, person, actor=user, at=at, reason=data["reason"])
            return _("%(name)s已不再负责这次检查。") % {"name": person.name}
        row = TeamMember.objects.filter(team__inspection=inspection, pk=data["user"]).first()
        if row is None:
            raise Http404
        withdraw_team_member(row, actor=user, at=at, reason=data["reason"])
    except CaseworkError as error:
        add_refusal(bound, error)
        return ""
    return _("%(name)s已退出。") % {"name": row.name}
