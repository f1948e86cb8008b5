"""The day of an inspection: packets, the live board, helpers of the place, calls for help, who opened the targets."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import HelpCall, Inspection, Site, SiteHelper
from cases.selectors.inspections import board_of, leads, sites_seen, teams_seen
from cases.services.operation import answer_help as answer
from cases.services.operation import call_for_help, name_helper, note_targets_read, release_inspection
from cases.web.work_forms import HelperForm
from casework.access.policy import get_visible, require
from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast


def _inspection(request: HttpRequest, pk: int) -> Inspection:
    found: Inspection = get_visible(Inspection.objects.select_related("campaign"), reader(request), pk=pk)
    return found


def _leaders_only(request: HttpRequest, inspection: Inspection) -> None:
    """A team learns nothing of the whole: absent, not refused."""
    user = reader(request)
    if not leads(inspection, user) and not user.has_role(Role.AUDITOR):
        raise Http404


@require_safe
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """The board of the day as a fragment that renews itself: sites, findings, evidence, calls."""
    inspection = _inspection(request, pk)
    _leaders_only(request, inspection)
    if not getattr(request, "htmx", False):  # opened by itself, e.g. from the history: the page around it
        return redirect("cases:inspection", pk)
    return render(request, "cases/_board.html", board_of(inspection, reader(request), clock.today()))


@require_safe
def readings(request: HttpRequest, pk: int) -> HttpResponse:
    """Who opened the list of targets, when, and whether before the release (leak forensics)."""
    inspection = _inspection(request, pk)
    _leaders_only(request, inspection)
    rows = inspection.target_readings.select_related("user__organisation", "team").order_by("-at", "-pk")
    people: dict[int, dict[str, Any]] = {}
    for row in rows.order_by("at", "pk"):
        one = people.setdefault(row.user_id, {"user": row.user, "first": row.at, "times": 0, "before": 0, "most": 0})
        one["times"] += 1
        one["before"] += row.before_release
        one["most"] = max(one["most"], row.sites)
        one["last"] = row.at
    context = {"inspection": inspection, "rows": rows[:300], "people": list(people.values())}
    return render(request, "cases/inspection_readings.html", context)


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """T0: from now on the campaign's circle knows."""
    user = reader(request)
    inspection = _inspection(request, pk)
    require(user, "inspection.lead", inspection)
    release_inspection(inspection, actor=user, at=clock.now())
    toast(request, _("检查 %(number)s 已公开。") % {"number": inspection.number})
    return redirect("cases:inspection", pk=inspection.pk)


@require_safe
def packet(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What a team takes along, on paper: its own sites and people, under the cover name."""
    user = reader(request)
    inspection = _inspection(request, pk)
    team = teams_seen(inspection, user).filter(number=number).first()
    if team is None:
        raise Http404
    sites = list(team.sites.all())
    note_targets_read(inspection, what="packet", sites=len(sites), team=team, actor=user, at=clock.now())
    helpers = {row.site_id: row for row in SiteHelper.objects.filter(site__in=sites).order_by("-pk")}
    context = {
        "inspection": inspection,
        "team": team,
        "sites": [(site, helpers.get(site.pk)) for site in sites],
        "people": team.members.filter(left_at__isnull=True).order_by("pk"),
    }
    return render(request, "cases/inspection_packet.html", context)


@require_safe
def assist(request: HttpRequest) -> HttpResponse:
    """A helper's own page: where to be and when, and under which name. Whoever helps nowhere finds nothing."""
    user, now = reader(request), clock.now()
    rows = (
        SiteHelper.objects.filter(user=user, tell_from__lte=now)
        .select_related("site__team__inspection")
        .order_by("meet_at", "pk")
    )
    if not rows:
        raise Http404
    shown = [{"place": row.meet_place, "at": row.meet_at, "name": row.site.team.inspection.cover_name} for row in rows]
    return render(request, "cases/assist.html", {"rows": shown})


def _site(request: HttpRequest, pk: int) -> Site:
    found: Site = get_visible(sites_seen(reader(request)), reader(request), pk=pk)
    return found


@require_POST
def call_help(request: HttpRequest, pk: int) -> HttpResponse:
    """A team calls for help."""
    user = reader(request)
    site = _site(request, pk)
    require(user, "site.visit", site)
    call_for_help(site, request.POST.get("text", ""), actor=user, at=clock.now())
    toast(request, _("已求助，负责人已得到通知。"))
    return redirect("cases:site", pk=site.pk)


@require_POST
def answer_help(request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
    """A leader answers."""
    user = reader(request)
    site = _site(request, pk)
    inspection = site.team.inspection
    require(user, "inspection.lead", inspection)
    call = get_object_or_404(HelpCall, site=site, pk=row_pk)
    answer(call, request.POST.get("answer", ""), actor=user, at=clock.now())
    toast(request, _("已回应求助。"))
    return redirect("cases:inspection", pk=inspection.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def helpers(request: HttpRequest, pk: int) -> HttpResponse:
    """Who of the place opens doors at this site."""
    user = reader(request)
    site = _site(request, pk)
    inspection = site.team.inspection
    require(user, "inspection.lead", inspection)
    form = HelperForm(request.POST if request.method == "POST" else None, initial={"meet_place": site.place})
    if request.method == "POST" and form.is_valid():
        try:
            name_helper(site, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已指定现场协助人员。"))
            return redirect("cases:site", pk=site.pk)
    context = {"site": site, "form": form, "rows": site.helpers.order_by("meet_at", "pk")}
    return render(request, "cases/site_helpers.html", context, status=409 if form.errors else 200)
