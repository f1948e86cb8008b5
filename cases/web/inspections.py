"""Pages of unannounced inspections: planning, the leaders' board, and the team in the field with a phone."""

from typing import Any

from django.db.models import QuerySet
from django.forms import formset_factory
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.enums import InspectionState, SiteNature, SiteState
from cases.models import Inspection, Site
from cases.selectors.inspections import board_of, counted, leads, my_sites, partner_of, sites_seen, teams_seen
from cases.services.inspections import (
    COVER_NAME,
    MemberPlan,
    SitePlan,
    TeamPlan,
    arrive_at_site,
    close_inspection,
    confirm_site,
    plan_inspection,
    record_findings,
)
from cases.services.operation import note_targets_read
from cases.services.photos import take_photo
from cases.web.inspection_forms import FindingsForm, PlanForm, TeamForm
from casework.access.policy import can, get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Missing
from casework.web.forms import add_refusal, version_read
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]
TEAMS = 8


def _rows(user: User) -> QuerySet[Any]:
    return counted(Inspection.objects.visible_to(user), user)


PAGE = ListPage(
    title=gettext_lazy("现场检查"),
    queryset=_rows,
    columns=(
        Column("from", gettext_lazy("起"), "from_on", sort="from_on"),
        Column("to", gettext_lazy("止"), "to_on"),
        Column("number", gettext_lazy("编号"), "number", link=True, nowrap=True),
        Column("cover", gettext_lazy("对外名称"), "cover_name"),
        Column("state", gettext_lazy("状态"), lambda row: status("inspection", row.state)),
        Column("sites", gettext_lazy("地点"), "site_count", align="num"),
        Column("reported", gettext_lazy("已报告"), "reported_count", align="num"),
    ),
    filters=(Filter("state", gettext_lazy("状态"), "state", InspectionState.choices),),
    search=("number__icontains", "cover_name__icontains"),
    order=("-from_on", "-pk"),
    row_url=address_of("cases:inspection"),
    unit=gettext_lazy("次"),
    empty_text=gettext_lazy("没有您参加的现场检查"),
    empty_why=gettext_lazy("部署检查后，列入知悉范围的人在这里看到它。"),
)


def listing(request: HttpRequest) -> HttpResponseBase:
    """The inspections that the reader knows of. Whoever knows of none and may plan none finds nothing here."""
    user = reader(request)
    may_plan = can(user, "inspection.plan")
    if not may_plan and not Inspection.objects.visible_to(user).exists():
        raise Http404
    return render_list(request, PAGE, {"may_plan": may_plan}, "cases/inspections.html")


@require_http_methods(_METHODS)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan an inspection: cover name, days, teams with their people and sites."""
    user = reader(request)
    require(user, "inspection.plan")
    form = PlanForm(user, request.POST if request.method == "POST" else None, initial={"cover_name": COVER_NAME})
    formset_class = formset_factory(TeamForm, extra=4, max_num=TEAMS)
    teams = formset_class(
        request.POST if request.method == "POST" else None, form_kwargs={"user": user}, prefix="teams"
    )
    if request.method == "POST" and form.is_valid() and teams.is_valid():
        data = form.cleaned_data
        try:
            inspection = plan_inspection(
                data["campaign"],
                cover_name=data["cover_name"],
                from_on=data["from_on"],
                to_on=data["to_on"],
                leaders=list(data["leaders"]),
                teams=[_team(one) for one in teams if one.cleaned_data and not one.is_empty()],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已部署 %(number)s。") % {"number": inspection.number})
            return redirect("cases:inspection", pk=inspection.pk)
    context = {"form": form, "teams": teams}
    return render(request, "cases/inspection_plan.html", context, status=409 if form.errors else 200)


def _team(form: TeamForm) -> TeamPlan:
    data = form.cleaned_data
    people = [MemberPlan(user.name, user.organisation.name, user) for user in data["people"]]
    for line in data["lent"].splitlines():
        name, _comma, agency = line.replace("，", ",").partition(",")
        if name.strip():
            people.append(MemberPlan(name.strip(), agency.strip()))
    sites = [
        SitePlan(
            lead.unit,
            addresses=[str(ip) for ip in lead.addresses.values_list("ip", flat=True)],
            lead=lead,
            visit_on=data["visit_on"],
        )
        for lead in data["leads"]
    ]
    return TeamPlan(people, sites)


@require_http_methods(_METHODS)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One inspection: for its leaders all teams and sites, for a team its own."""
    user = reader(request)
    inspection: Inspection = get_visible(Inspection.objects.select_related("campaign"), user, pk=pk)
    refusal: CaseworkError | None = None
    if request.method == "POST":
        require(user, "inspection.close", inspection)
        try:
            close_inspection(inspection, actor=user, at=clock.now())
        except CaseworkError as error:
            refusal = error
        else:
            toast(request, _("检查 %(number)s 已结束。") % {"number": inspection.number})
            return redirect("cases:inspection", pk=inspection.pk)
    teams = list(teams_seen(inspection, user))
    seen = sum(len(team.sites.all()) for team in teams)
    note_targets_read(inspection, what="page", sites=seen, actor=user, at=clock.now())
    sites = [site for team in teams for site in team.sites.all()]
    context = {
        "inspection": inspection,
        "teams": teams,
        "sites": sites,
        "is_leader": leads(inspection, user),
        "sees_all": leads(inspection, user) or user.has_role(Role.AUDITOR),
        "may_release": inspection.state != InspectionState.PLANNED
        and inspection.released_at is None
        and can(user, "inspection.lead", inspection),
        "agencies": sorted({member.agency for team in teams for member in team.members.all() if member.agency}),
        **(board_of(inspection, user, clock.today()) if leads(inspection, user) else {}),
        "may_lead": inspection.state != InspectionState.CLOSED and can(user, "inspection.lead", inspection),
        "may_close": inspection.state != InspectionState.CLOSED and can(user, "inspection.close", inspection),
        "natures": [(nature, sum(1 for site in sites if site.nature == nature)) for nature in SiteNature],
        "address_count": sum(len(site.addresses.all()) for site in sites),
        "people_count": sum(len(team.members.all()) for team in teams),
        "refusal": refusal,
        "unreported": [
            Missing(
                _("第 %(team)d 组 %(unit)s：%(state)s")
                % {"team": one.team.number, "unit": one.unit.name, "state": one.get_state_display()},
                reverse("cases:site", args=[one.pk]),
                _("去看"),
            )
            for one in sites
            if one.state != SiteState.REPORTED
        ],
    }
    return render(request, "cases/inspection.html", context, status=409 if refusal else 200)


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The field home of a team: the sites of today, then the others."""
    user = reader(request)
    rows = list(my_sites(user))
    if not rows:
        raise Http404
    day = clock.today()
    context = {
        "today_sites": [site for site in rows if site.visit_on == day],
        "others": [site for site in rows if site.visit_on != day],
        "day": day,
    }
    return render(request, "cases/inspection_today.html", context)


def _site(request: HttpRequest, pk: int) -> Site:
    found = get_visible(sites_seen(reader(request)), reader(request), pk=pk)
    assert isinstance(found, Site)  # noqa: S101  (narrows the type)
    return found


@require_http_methods(_METHODS)
def site(request: HttpRequest, pk: int) -> HttpResponse:
    """One site in the field: checklist, addresses, what was found, evidence, both signatures."""
    user = reader(request)
    row = _site(request, pk)
    note_targets_read(row.team.inspection, what="site", sites=1, team=row.team, actor=user, at=clock.now())
    if request.method == "POST":
        require(user, "site.visit", row)
    form = FindingsForm(row, request.POST if request.method == "POST" else None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            record_findings(
                row,
                nature=data["nature"],
                machine=data["machine"],
                extent=data["extent"],
                basis=data["basis"],
                machines_found=data["machines_found"] or 0,
                computers_found=data["computers_found"] or 0,
                traced=data["traced"],
                expected_version=data["version"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记%(unit)s的现场情况。") % {"unit": row.unit.name})
            return redirect("cases:site", pk=row.pk)
    return _site_page(request, row, form)


def _site_page(request: HttpRequest, row: Site, form: FindingsForm, refusal: str = "") -> HttpResponse:
    user = reader(request)
    confirmed = [confirmation.user_id for confirmation in row.confirmations.all()]
    context = {
        "site": row,
        "form": form,
        "refusal": refusal,
        "may_visit": can(user, "site.visit", row) and row.state != "reported",
        "may_confirm": bool(row.nature) and row.state == "visited" and user.pk not in confirmed
        and can(user, "site.confirm", row),
        "items": list(row.collection.items.order_by("pk")) if row.collection else [],
        "records": row.interviews.order_by("-began_at"),
        "calls": row.help_calls.select_related("by", "answered_by").order_by("-at", "-pk"),
        "site_helpers": row.helpers.order_by("meet_at", "pk"),
        "may_lead": can(user, "inspection.lead", row.team.inspection),
    }  # fmt: skip
    return render(request, "cases/site.html", context, status=409 if form.errors or refusal else 200)


def _initial(row: Site) -> dict[str, Any]:
    return {
        "nature": row.nature,
        "machine": row.machine,
        "extent": row.extent,
        "basis": row.basis,
        "machines_found": row.machines_found,
        "computers_found": row.computers_found,
        "traced": [address.ip for address in row.addresses.all() if address.traced],
        "version": row.version,
    }


@require_POST
def arrive(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the team stands at the site."""
    user = reader(request)
    row = _site(request, pk)
    require(user, "site.visit", row)
    try:
        arrive_at_site(row, actor=user, at=clock.now())
    except CaseworkError as error:
        return _site_page(request, row, FindingsForm(row, initial=_initial(row)), error.message)
    toast(request, _("已登记到场：%(unit)s。") % {"unit": row.unit.name})
    return redirect("cases:site", pk=row.pk)


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for what was found."""
    user = reader(request)
    row = _site(request, pk)
    require(user, "site.confirm", row)
    try:
        confirm_site(row, actor=user, at=clock.now(), expected_version=version_read(request))
    except CaseworkError as error:
        return _site_page(request, row, FindingsForm(row, initial=_initial(row)), error.message)
    toast(request, _("已确认%(unit)s的现场情况。") % {"unit": row.unit.name})
    return redirect("cases:site", pk=row.pk)


@require_POST
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a photograph taken at the site among its evidence."""
    user = reader(request)
    row = _site(request, pk)
    require(user, "site.visit", row)
    upload = request.FILES.get("photo")
    if upload is None:
        message = _("没有选照片。可以重新选。")
        return _site_page(request, row, FindingsForm(row, initial=_initial(row)), message)
    try:
        item = take_photo(
            row,
            upload.chunks(),
            name=upload.name or "photo.jpg",
            second_officer=partner_of(row, user),
            actor=user,
            at=clock.now(),
        )
    except CaseworkError as error:
        return _site_page(request, row, FindingsForm(row, initial=_initial(row)), error.message)
    toast(request, _("照片已作为证物 %(number)s 登记。") % {"number": item.number})
    return redirect("cases:site", pk=row.pk)
