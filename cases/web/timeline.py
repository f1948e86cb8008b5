"""The timeline of a case, and the table of steps drawn as it stands in the code."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import CaseState, Lane
from cases.models import Case, KeyMoment
from cases.selectors.timeline import Window, bands_of, events_of, mark_of, picture, window
from cases.services.work import add_moment, change_moment
from cases.web.work_forms import MomentForm
from cases.workflow import LINE, STEPS
from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast


@require_http_methods(["GET", "HEAD", "POST"])
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Every lane of the case; a moment that no row knows is put on by hand, with what it rests on."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("unit", "drafted_by"), user, pk=pk)
    form = MomentForm(request.POST if request.POST.get("act") == "add" else None)
    if request.method == "POST":
        require(user, "case.note", case)
        done = _change(request, case, form)
        if done:
            toast(request, done)
            return redirect(request.get_full_path())
    lanes = {lane for lane in request.GET.getlist("lane") if lane in Lane.values}
    first, last = _day(request, "from"), _day(request, "to")
    shown = window(events_of(case, user), lanes=lanes, first=first, last=last, before=request.GET.get("before", ""))
    bands = bands_of(case, user) if not lanes or Lane.DEADLINES in lanes else []
    labels = dict(Lane.choices)
    context = {
        "case": case,
        "shown": shown,
        "rows": [(event, labels[event.lane]) for event in (*shown.elsewhere, *shown.events)],
        "picture": picture(shown, bands, clock.today()),
        "bands": bands,
        "lanes": [_lane(request, lane, lanes) for lane in Lane],
        "filtered": bool(lanes or first or last),
        "first": request.GET.get("from", ""),
        "last": request.GET.get("to", ""),
        "form": form,
        "may_write": can(user, "case.note", case),
        "earlier_than": shown.events[-1].at if shown.earlier and shown.events else None,
        **_pages(request, shown),
    }
    return render(request, "cases/timeline.html", context, status=409 if form.errors else 200)


def _lane(request: HttpRequest, lane: Lane, chosen: set[str]) -> dict[str, Any]:
    """One lane as a switch: its address has it on when it is off, and off when it is on."""
    wanted = sorted(chosen ^ {lane.value})
    query = request.GET.copy()
    query.pop("before", None)
    query.setlist("lane", wanted)
    return {"value": lane.value, "label": lane.label, "on": lane.value in chosen, "url": f"?{query.urlencode()}"}


def _pages(request: HttpRequest, shown: Window) -> dict[str, str]:
    """Return the addresses of what is earlier than the page and of its latest events, under the same choice."""
    query, found = request.GET.copy(), {}
    if shown.later:
        query.pop("before", None)
        found["latest_url"] = f"?{query.urlencode()}"
    if shown.earlier and shown.events:
        query["before"] = mark_of(shown.events[-1])
        found["earlier_url"] = f"?{query.urlencode()}"
    return found


def _day(request: HttpRequest, name: str) -> Any:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None


def _change(request: HttpRequest, case: Case, form: MomentForm) -> str:
    user = reader(request)
    if request.POST.get("act") == "add":
        if not form.is_valid():
            return ""
        data = dict(form.cleaned_data)
        try:
            row = add_moment(case, moment=data.pop("moment"), actor=user, at=clock.now(), **data)
        except CaseworkError as error:
            add_refusal(form, error)
            return ""
        return _("已标注“%(title)s”。") % {"title": row.title}
    act, _space, number = request.POST.get("change", "").partition(" ")
    found: KeyMoment = get_visible(
        KeyMoment.objects.filter(case=case), user, pk=int(number) if number.isdecimal() else 0
    )
    change_moment(found, actor=user, at=clock.now(), pinned=None if act == "withdraw" else act == "pin")
    return _("已变更“%(title)s”。") % {"title": found.title}


@require_safe
@commission_only
def steps(request: HttpRequest) -> HttpResponse:
    """The whole table of steps, drawn from the code that guards them."""
    rows = [
        {
            "stage": label if state == states[0] else "",
            "state": state,
            "steps": [(step, CaseState(step.leads_to(state))) for step in STEPS if state in step.froms],
        }
        for label, states in LINE
        for state in states
    ]
    return render(request, "cases/steps.html", {"rows": rows, "picture": _diagram()})


def _diagram() -> dict[str, Any]:
    """Return boxes and arrows: states from top to bottom, forward moves at the left, moves back at the right."""
    order = [state for _label, states in LINE for state in states]
    place = {state: 24 + number * 46 for number, state in enumerate(order)}
    boxes = [{"y": place[state] - 14, "text": place[state] + 4, "label": state.label} for state in order]
    arrows: dict[tuple[CaseState, CaseState], list[str]] = {}
    for step in STEPS:
        for start in step.froms:
            end = CaseState(step.leads_to(start))
            if end != start:
                arrows.setdefault((start, end), []).append(str(step.label))
    drawn = []
    for (start, end), labels in arrows.items():
        y1, y2 = place[start], place[end]
        forward = y2 > y1
        reach = 26 + 7 * (abs(y2 - y1) // 46)
        edge = 330 if forward else 470
        bend = edge - reach if forward else edge + reach
        drawn.append(
            {
                "path": f"M{edge} {y1 + (6 if forward else -6)} C{bend} {y1}, {bend} {y2}, {edge} {y2 - (6 if forward else -6)}",
                "next": forward and y2 - y1 == 46,
                "y1": y1 + 14,
                "y2": y2 - 14,
                "labels": _("、").join(labels),
                "forward": forward,
            }
        )
    return {"boxes": boxes, "arrows": drawn, "height": 24 + len(order) * 46}
