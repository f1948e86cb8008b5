"""Pages of campaigns: the matrix, what is behind a cell, urging, issuing, outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.calendar import Calendar
from casework.deadlines.selectors import current_calendar
from casework.web.components import Share
from casework.web.deadline_words import RUNNING, DeadlineFacts
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums_campaign import OWED, CampaignState, StageCode
from units.models import Campaign, CampaignUnit, LeadAddress, SelfInspection, Stage
from units.rules.stage_plans import NEVER_ISSUED
from units.selectors.campaigns import (
    FINISHED,
    Progress,
    Row,
    StageShare,
    contradictions,
    current_stage,
    progress,
)
from units.selectors.matrix import MatrixPage, matrix_page
from units.selectors.stage_states import REPORT_KEYS, CellState, report_cell
from units.services.issuing import remind_overdue

#: Units of the matrix on one page, and of the panel behind a cell.
SHOWN = 100
PANEL = 12


def campaign_of(request: HttpRequest, code: str) -> Campaign:
    """Return the campaign that the reader may know of, or 404."""
    user = reader(request)
    found: Campaign = get_visible(Campaign.objects.select_related("compartment"), user, code=code)
    return found


_units_in = Subquery(
    CampaignUnit.objects.filter(campaign=OuterRef("pk"))
    .order_by()
    .values("campaign")
    .annotate(n=Count("pk"))
    .values("n")
)

CAMPAIGNS = ListPage(
    title=gettext_lazy("专项行动"),
    queryset=lambda user: Campaign.objects.visible_to(user).annotate(units_in=_units_in),
    columns=(
        Column("name", gettext_lazy("名称"), "name", sort="name", link=True),
        Column("units", gettext_lazy("单位"), lambda one: one.units_in or 0, align="num"),
        Column("starts", gettext_lazy("开始"), lambda one: one.starts_on, sort="starts_on"),
        Column(
            "state",
            gettext_lazy("状态"),
            lambda one: status("work", "done" if one.state == CampaignState.CLOSED else "in_progress"),
            export=lambda one: one.get_state_display(),
        ),
    ),
    filters=(Filter("state", gettext_lazy("状态"), "state", CampaignState.choices),),
    search=("name__icontains", "code__icontains"),
    order=("-starts_on", "pk"),
    row_url=lambda one: reverse("units:campaign", args=[one.code]),
    unit=gettext_lazy("个"),
    empty_text=gettext_lazy("没有您参加的专项行动"),
    empty_why=gettext_lazy("发起专项行动后，列入知悉范围的人在这里看到它。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def campaigns(request: HttpRequest) -> HttpResponseBase:
    """The campaigns that the reader may know of; newest first."""
    user = reader(request)
    return render_list(request, CAMPAIGNS, {"may_open": can(user, "campaign.open")}, template="units/campaigns.html")


@dataclass(frozen=True)
class Behind:
    """A row of the panel: the unit, its cell, its report and the words of its deadline."""

    unit: CampaignUnit
    cell: CellState
    inspection: SelfInspection | None
    chip: DeadlineFacts | None


@require_safe
def campaign(request: HttpRequest, code: str) -> HttpResponse:
    """The campaign: stages with shares, matrix narrowed to the unfinished, what is behind the chosen cells."""
    user = reader(request)
    found = campaign_of(request, code)
    today = clock.today()
    stages = list(found.stages.order_by("order"))
    now = current_stage(stages, today)
    chosen = next((one for one in stages if one.code == request.GET.get("stage")), None)
    states = request.GET.getlist("state")
    start = _start(request)
    if chosen is None and "all" not in request.GET:
        chosen, states = _first_look(stages, now, today), ["unfinished"]
    look = chosen.code if chosen else ""
    table = matrix_page(found, user, today, stage_code=look, keys=states, start=start, size=SHOWN)
    if start >= table.count:
        start = 0
        table = matrix_page(found, user, today, stage_code=look, keys=states, size=SHOWN)
    here = reverse("units:campaign", args=[found.code])
    picked = [key for key in states if key != "unfinished"]
    context = {
        "campaign": found,
        "now": now,
        "now_chip": _chip(now.due_on, today, current_calendar()) if now else None,
        "table": table,
        "rows": table.rows,
        "count": table.count,
        "start": start,
        "following": start + SHOWN if start + SHOWN < table.count else 0,
        "shares": [(share, _parts(share, here)) for share in table.shares],
        "chosen": chosen,
        "states": states,
        "chosen_words": _chosen_words(table, chosen, states),
        "picked": picked,
        "panel": _panel(table, table.rows[:PANEL], chosen, today) if chosen and picked else [],
        "panel_list": _panel_list(found, chosen, picked),
        "progress": _progress_card(stages, chosen, found),
        "contradictions": contradictions(found, user, reverse("units:campaign-units", args=[found.code])),
        "urge": _urge(found, user, stages),
        "to_issue": any(key == "not_issued" for share in table.shares for key, _w, _c, _n in share.groups),
        "may_issue": any(one.code not in NEVER_ISSUED for one in stages) and can(user, "campaign.issue", found),
        "may_add": can(user, "campaign.add_units", found),
        "addresses": _addresses(found, user),
    }
    return render(request, "units/campaign.html", context)


def _first_look(stages: Sequence[Stage], now: Stage | None, today: date) -> Stage | None:
    """Return the stage shown at first: reports still out come before what runs now, because they are owed."""
    begun = [one for one in stages if one.code not in NEVER_ISSUED and one.starts_on <= today]
    finished = [state for state, key in REPORT_KEYS.items() if key in FINISHED]
    for one in reversed(begun):
        if SelfInspection._base_manager.filter(stage=one).exclude(state__in=finished).exists():
            return one
    return now


def _start(request: HttpRequest) -> int:
    given = request.GET.get("from", "")
    return int(given) if given.isdecimal() and len(given) < 8 else 0


def _chip(due_on: date, today: date, calendar: Calendar) -> DeadlineFacts:
    return DeadlineFacts(RUNNING, due_on, today, abs(calendar.working_days_between(today, due_on)))


def _parts(share: StageShare, here: str) -> list[Share]:
    return [
        Share(word, count, colour, f"{here}?stage={share.stage.code}&state={key}")
        for key, word, colour, count in share.groups
    ]


def _chosen_words(table: MatrixPage, chosen: Stage | None, states: list[str]) -> str:
    if chosen is None or not states:
        return ""
    words = {key: word for share in table.shares if share.stage.pk == chosen.pk for key, word, _c, _n in share.groups}
    words = {key: report_cell(state, 0, 0, False).word for state, key in REPORT_KEYS.items()} | words
    known = {"unfinished": _("未完成"), "late": _("逾期"), "rectifying": _("整改中"), "done": _("完成")} | words
    return _("、").join(known.get(key, _("其他")) for key in states)


def _panel(table: MatrixPage, rows: Sequence[Row], chosen: Stage, today: date) -> list[Behind]:
    place = [one.pk for one in table.stages].index(chosen.pk)
    units = [row.campaign_unit.pk for row in rows]
    reports = {
        one.campaign_unit_id: one
        for one in SelfInspection._base_manager.filter(campaign_unit__in=units, stage=chosen).select_related("leader")
    }
    calendar = current_calendar()
    chips = {pk: _chip(one.due_on, today, calendar) for pk, one in reports.items() if one.state in OWED}
    return [
        Behind(row.campaign_unit, row.cells[place], reports.get(row.campaign_unit.pk), chips.get(row.campaign_unit.pk))
        for row in rows
    ]


def _panel_list(found: Campaign, chosen: Stage | None, picked: list[str]) -> str:
    if chosen is None or not picked or chosen.code != StageCode.SELF_INSPECTION:
        return ""
    states = "&".join(f"group={key}" for key in picked)
    return f"{reverse('units:self-inspections')}?campaign={found.code}&{states}"


@dataclass(frozen=True)
class Trend:
    """The step line of first submissions as numbers of a picture of 320 × 140."""

    stage: Stage
    progress: Progress
    line: str
    area: str
    due_x: float | None
    top: int
    as_of: Any
    url: str


def _progress_card(stages: list[Stage], chosen: Stage | None, found: Campaign) -> Trend | None:
    """Return the progress of the stage looked at, if units report in it, else of the first in which they do."""
    moment = clock.now()
    reporting = [one for one in stages if one.code not in NEVER_ISSUED]
    for stage in sorted(reporting, key=lambda one: (one != chosen, one.order)):
        figures = progress(stage, moment)
        if figures.total:
            return _trend(stage, figures, moment, found)
    return None


def _trend(stage: Stage, figures: Progress, moment: datetime, found: Campaign) -> Trend:
    left, right, low, high = 28.0, 312.0, 116.0, 24.0
    last = max(figures.days[-1], figures.due_on or figures.days[-1])
    span = max((last - figures.days[0]).days, 1)

    def x(day: date) -> float:
        return round(left + (right - left) * min((day - figures.days[0]).days, span) / span, 1)

    def y(count: int) -> float:
        return round(low - (low - high) * count / figures.total, 1)

    points, before = [], 0
    for day, count in zip(figures.days, figures.counts, strict=True):
        points += [f"{x(day)},{y(before)}", f"{x(day)},{y(count)}"]
        before = count
    line = " ".join(points)
    area = f"{left},{low} {line} {x(figures.days[-1])},{low}"
    url = f"{reverse('units:self-inspections')}?campaign={found.code}&sent=1"
    return Trend(stage, figures, line, area, x(figures.due_on) if figures.due_on else None, figures.total, moment, url)


def _urge(found: Campaign, user: Any, stages: list[Stage]) -> tuple[Stage, int] | None:
    """Return the stage whose reports are urged, and how many are owed: the newest one in which any are."""
    if found.state != CampaignState.RUNNING or not can(user, "campaign.remind", found):
        return None
    reports = SelfInspection.objects.visible_to(user).filter(stage__in=stages, state__in=OWED).order_by()
    owed = dict(reports.values_list("stage").annotate(n=Count("pk")))
    return next(((one, owed[one.pk]) for one in reversed(stages) if one.pk in owed), None)


def _addresses(found: Campaign, user: Any) -> int:
    return LeadAddress.objects.visible_to(user).filter(lead__campaign=found).values("ip").distinct().count()


@require_POST
def urge(request: HttpRequest, code: str) -> HttpResponse:
    """Owe a reminder to every leader who has not reported (催报)."""
    user = reader(request)
    found = campaign_of(request, code)
    stage = get_visible(Stage.objects.select_related("campaign"), user, campaign=found, code=request.POST.get("stage"))
    only = None
    if request.POST.get("inspection", "").isdecimal():
        only = [get_visible(SelfInspection.objects, user, pk=request.POST["inspection"], stage=stage)]
    new = remind_overdue(stage, actor=user, at=clock.now(), inspections=only)
    words = (
        ngettext("已催报 %(n)s 家。", "已催报 %(n)s 家。", new) % {"n": new} if new else _("今天都已催过，没有再发。")
    )
    toast(request, words)
    return redirect("units:campaign", code=found.code)
