"""The ledger of measures of a case: asking, approving, carrying out, ending."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.enums import LIBERTY, MeasureState
from cases.models import Case, Measure
from cases.services.measures import begin_measure, decide_measure, end_measure, note_family_told, propose_measure
from cases.web.forms import MomentField
from cases.web.investigation import other_officers
from cases.web.work_forms import MeasureForm
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts
from casework.deadlines.web.words import chip
from casework.web.forms import add_refusal, version_read
from casework.web.toast import toast

#: Act of a row → the act of the policy table.
ACTS = {
    "approve": "case.decide_measure",
    "refuse": "case.decide_measure",
    "begin": "case.carry_out",
    "told": "case.carry_out",
    "end": "case.carry_out",
}


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit"), reader(request), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """Every measure of the case with its approval and its clock."""
    user = reader(request)
    case = _case(request, pk)
    form = MeasureForm(case, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, "case.propose_measure", case)
        if form.is_valid():
            try:
                row = propose_measure(case, actor=user, at=clock.now(), **form.cleaned_data)
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已报请%(measure)s。") % {"measure": row})
                return redirect("cases:measures", pk=case.pk)
    return _page(request, case, form)


def _page(request: HttpRequest, case: Case, form: MeasureForm, refusal: CaseworkError | None = None) -> HttpResponse:
    user = reader(request)
    rows = list(
        case.measures.select_related("proposed_by", "decided_by", "officer", "second_officer", "suspect").order_by(
            "-number"
        )
    )
    clocks: dict[str, list[Any]] = {}
    calendar, today, now = current_calendar(), clock.today(), clock.now()
    live = Deadline.objects.live().filter(ref__in=[f"measure:{row.pk}" for row in rows]).select_related("holder")
    for found in live.prefetch_related("suspensions", "extensions").order_by("due_on", "pk"):
        facts = chip(deadline_facts(found, today, calendar), now)
        clocks.setdefault(found.ref, []).append((found, facts))
    context = {
        "case": case,
        "rows": [
            {
                "m": row,
                "clocks": clocks.get(f"measure:{row.pk}", []),
                "liberty": row.kind in LIBERTY,
                "untold": any(found.kind == "C06" for found, _chip in clocks.get(f"measure:{row.pk}", [])),
            }
            for row in rows
        ],
        "form": form,
        "refusal": refusal,
        "partners": other_officers(case, user),
        "may_propose": can(user, "case.propose_measure", case),
        "may_decide": can(user, "case.decide_measure", case),
        "may_carry": can(user, "case.carry_out", case),
        "waiting": sum(1 for row in rows if row.state == MeasureState.PROPOSED),
    }
    return render(request, "cases/measures.html", context, status=409 if refusal or form.errors else 200)


@require_POST
def act(request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
    """Take one act on a measure."""
    user = reader(request)
    case = _case(request, pk)
    row: Measure = get_visible(Measure.objects.filter(case=case), user, pk=row_pk)
    name = request.POST.get("act", "")
    if name not in ACTS:
        if not any(can(user, found, case) for found in ACTS.values()):
            require(user, "case.carry_out", case)
        raise Http404
    require(user, ACTS[name], case)
    try:
        done = _do(request, row, name)
    except CaseworkError as error:
        return _page(request, case, MeasureForm(case), error)
    toast(request, _("%(measure)s：%(state)s。") % {"measure": done, "state": done.get_state_display()})
    return redirect("cases:measures", pk=case.pk)


def _do(request: HttpRequest, row: Measure, name: str) -> Measure:
    user, at, data = reader(request), clock.now(), request.POST
    if name in {"approve", "refuse"}:
        return decide_measure(
            row,
            approve=name == "approve",
            document=data.get("document", ""),
            opinion=data.get("opinion", ""),
            expected_version=version_read(request),
            actor=user,
            at=at,
        )
    if name == "begin":
        number = data.get("second_officer", "")
        second = User.objects.filter(pk=int(number) if number.isdecimal() else 0).first()
        if second is None:
            raise Invalid(_("没有选另一名办案人员。"), details={"second_officer": _("选本案的另一名办案人员")})
        return begin_measure(row, began_at=_moment(data.get("began_at", "")), second_officer=second, actor=user, at=at)
    if name == "told":
        return note_family_told(row, actor=user, at=at)
    ended = _moment(data.get("ended_at", "")) if row.state == MeasureState.IN_FORCE else at
    return end_measure(row, ended_at=ended, result=data.get("result", ""), actor=user, at=at)


def _moment(text: str) -> Any:
    field = MomentField(required=False)
    try:
        found = field.clean(text)
    except ValidationError as error:
        raise Invalid("；".join(error.messages)) from error
    return found or clock.now()
