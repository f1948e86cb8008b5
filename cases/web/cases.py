"""Pages of cases: the list, filing, one case with its next step, decisions, people who work on it."""

import re
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import CaseKind, CaseState, Duty, Side
from cases.models import Case, CaseMember
from cases.papers import flat
from cases.proof import matrix
from cases.selectors.cases import (
    decisions_for,
    next_deadlines,
    officers_of,
    paper_view,
    recused_of,
    steps_for,
    with_due,
)
from cases.services.cases import advance, amend_case, read_paper
from cases.services.filing import file_with_suspects
from cases.services.members import add_member, recuse_member, remove_member
from cases.web.forms import FileCaseForm, LeaveForm, MemberForm, StepForm, TextForm
from cases.web.page import case_page
from cases.workflow import BY_NAME, Step, readiness
from casework.access.policy import can, get_visible, require, why_not
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.deadlines.selectors import current_calendar, deadline_facts
from casework.deadlines.web.words import chip
from casework.web.forms import add_refusal
from casework.web.lists import Column, Filter, ListPage, render_list
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.web.guards import commission_only


def _rows(user: User) -> QuerySet[Any]:
    members = Prefetch(
        "members",
        CaseMember.objects.filter(until__isnull=True, side=Side.INVESTIGATE)
        .select_related("user")
        .order_by("duty", "pk"),
        to_attr="officers",
    )
    return with_due(Case.objects.visible_to(user)).select_related("unit").prefetch_related(members)


def _prepare(_request: HttpRequest, rows: list[Any]) -> None:
    clocks, calendar, now, today = next_deadlines(rows), current_calendar(), clock.now(), clock.today()
    for row in rows:
        found = clocks.get(row.pk)
        row.clock = chip(deadline_facts(found, today, calendar), now) if found else None


def _state(case: Any) -> SafeString:
    return status("work", "returned") if case.returned else status("case", case.state)


COLUMNS = (
    Column("deadline", gettext_lazy("期限"), lambda row: deadline_chip(getattr(row, "clock", None)), sort="next_due"),
    Column("title", gettext_lazy("案由"), "title", link=True),
    Column("number", gettext_lazy("案号"), "number", sort="number", nowrap=True),
    Column("state", gettext_lazy("状态"), _state, sort="state", export=lambda row: row.get_state_display()),
    Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name"),
    Column(
        "officers",
        gettext_lazy("承办人"),
        lambda row: "、".join(member.user.name for member in getattr(row, "officers", [])),
    ),
    Column("kind", gettext_lazy("性质"), "get_kind_display", default=False),
    Column("filed", gettext_lazy("立案日期"), "filed_on", sort="filed_on", default=False),
)
FILTERS = (
    Filter("state", gettext_lazy("状态"), "state", CaseState.choices),
    Filter("returned", gettext_lazy("退回修改"), "returned", kind="bool"),
    Filter("kind", gettext_lazy("性质"), "kind", CaseKind.choices),
    Filter("filed", gettext_lazy("立案日期"), "filed_on", kind="date"),
)
PAGE = ListPage(
    title=gettext_lazy("案件"),
    queryset=_rows,
    columns=COLUMNS,
    filters=FILTERS,
    search=("title__icontains", "number__icontains", "suspects__name__icontains", "unit__name__icontains"),
    order=("next_due", "pk"),
    row_url=lambda row: reverse("cases:detail", args=[row.pk]),
    export_name=gettext_lazy("案件"),  # type: ignore[arg-type]
    unit=gettext_lazy("件"),
    prepare=_prepare,
    empty_text=gettext_lazy("您的知悉范围内没有案件"),
    search_hint=gettext_lazy("案由、案号、姓名、单位"),
)
DECISIONS = ListPage(
    title=gettext_lazy("待我决定"),
    queryset=decisions_for,
    columns=(COLUMNS[0], COLUMNS[1], COLUMNS[3], COLUMNS[4]),
    order=("next_due", "pk"),
    row_url=lambda row: reverse("cases:paper", args=[row.pk]),
    key="decisions",
    unit=gettext_lazy("件"),
    facets=False,
    prepare=_prepare,
    empty_text=gettext_lazy("没有等您决定的事"),
)


@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """The cases that the reader may know of, the nearest deadline first."""
    user = reader(request)
    return render_list(request, PAGE, {"may_file": can(user, "case.file")}, "cases/list.html")


@require_safe
@commission_only
def decisions(request: HttpRequest) -> HttpResponseBase:
    """The papers that wait for this leader."""
    return render_list(request, DECISIONS)


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit", "lead", "compartment"), reader(request), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """立案呈批: from a lead or from scratch."""
    user = reader(request)
    require(user, "case.file")
    lead = request.GET.get("lead", "")
    form = FileCaseForm(
        user, request.POST if request.method == "POST" else None, initial={"lead": lead if lead.isdigit() else None}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            case = _file(form, data, user)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已报请立案 %(number)s。") % {"number": case.number})
            return redirect("cases:detail", pk=case.pk)
    return render(request, "cases/file.html", {"form": form}, status=409 if form.errors else 200)


def _file(form: FileCaseForm, data: dict[str, Any], user: User) -> Case:
    """File the case and list the people typed, together or not at all."""
    return file_with_suspects(
        data["lead"],
        title=data["title"],
        unit=data["unit"],
        kind=data["kind"],
        grounds=data["grounds"],
        members=[data["partner"], data["decider"]],
        people=form.people(),
        standing_on=form.day(),
        actor=user,
        at=clock.now(),
    )


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: where it stands, what is next and what is missing for it."""
    user = reader(request)
    case = _case(request, pk)
    return render(request, "cases/detail.html", case_page(case, user, today=clock.today(), now=clock.now()))


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step; those that need a reason or a document ask for it first."""
    user = reader(request)
    case = _case(request, pk)
    row = BY_NAME.get(name)
    if row is None:
        raise Http404
    if row.decides and request.method != "POST":
        return redirect("cases:paper", pk=case.pk)
    if request.method == "POST":
        require(user, f"case.{row.name}", case)
    form = StepForm(row, request.POST if request.method == "POST" else None, initial={"version": case.version})
    missing: Any = readiness(case, row, user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            advance(
                case,
                row,
                actor=user,
                at=clock.now(),
                reason=data["reason"],
                document=data.get("document", ""),
                expected_version=data["version"],
            )
        except NotReady as error:
            form.add_error(None, error.message)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("%(number)s：%(step)s已办。") % {"number": case.number, "step": row.label})
            return redirect("cases:detail", pk=case.pk)
    context = {"case": case, "step": row, "form": form, "readiness": missing, "why_not": _why_not(user, case, row)}
    return render(request, "cases/step.html", context, status=409 if form.errors else 200)


def _why_not(user: User, case: Case, row: Step) -> str:
    return why_not(user, f"case.{row.name}", case)


@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft before a leader: what changed since last read, what is decided on, opinion, and the decision."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.read_paper", case)
    view = paper_view(case, user)
    steps = [row for row in steps_for(case, user) if row.decides]
    chosen = BY_NAME.get(request.POST.get("step", "")) if request.method == "POST" else None
    form = _decision_form(request, case, steps, view.digest)
    if request.method == "POST" and chosen in steps and chosen is not None and form.is_valid():
        data = form.cleaned_data
        try:
            advance(
                case,
                chosen,
                actor=user,
                at=clock.now(),
                reason=data["reason"],
                document=data.get("document", "") if chosen.needs_document else "",
                digest=data["digest"],
                expected_version=data["version"],
            )
        except CaseworkError as error:
            add_refusal(form, error)
            case.refresh_from_db()
            view = paper_view(case, user)
            # The reader sees the new draft now and may decide on it; what was typed stays.
            typed = request.POST.copy()
            typed["digest"], typed["version"] = view.digest, str(case.version)
            form.data = typed
        else:
            toast(request, _("%(number)s：%(step)s已办。") % {"number": case.number, "step": chosen.label})
            return redirect("cases:decisions")
    read_paper(case, actor=user, at=clock.now())
    forward = next((row for row in steps if not row.back), None)
    ready = readiness(case, forward, user) if forward else None
    context = {
        "case": case,
        "view": view,
        "lines": [(place_words(name), text) for name, text in flat(view.content).items() if text and _own_line(name)],
        "changed": [(place_words(place), before, after) for place, before, after in view.changed],
        "suspects": case.suspects.select_related("unit").prefetch_related("facts_shown").order_by("pk"),
        "steps": sorted(steps, key=lambda row: (not row.back, row.name != "return_paper")),
        "forward": forward,
        "ready": ready,
        "form": form,
        "earlier": case.steps_taken.filter(paper__isnull=False).select_related("actor", "paper").order_by("-at", "-pk"),
        "matrix": matrix(case),
        "officers": officers_of(case),
        "queue": decisions_for(user).count(),
        "chip": _chip(case),
    }
    return render(request, "cases/paper.html", context, status=409 if form.errors else 200)


def _own_line(place: str) -> bool:
    """People and facts have tables of their own on the page."""
    return place.partition(" · ")[0] not in {"被审查调查人", "事实"}


def place_words(place: str) -> str:
    """Return where in the draft a line stands, without the numbers that keep two people of one name apart."""
    return re.sub(r"（\d+）", "", place)


def _decision_form(request: HttpRequest, case: Case, steps: list[Step], digest: str) -> StepForm:
    asks = next((row for row in steps if row.needs_document), next((row for row in steps if not row.back), None))
    chosen = BY_NAME.get(request.POST.get("step", ""), asks)
    initial = {"version": case.version, "digest": digest}
    return StepForm(
        asks or BY_NAME["return_paper"],
        request.POST if request.method == "POST" else None,
        initial=initial,
        asked=chosen == asks,
    )


def _chip(case: Case) -> Any:
    found = next_deadlines([case]).get(case.pk)
    return chip(deadline_facts(found, clock.today()), clock.now()) if found else None


_PARTS = {
    "title": gettext_lazy("案由"),
    "grounds": gettext_lazy("主要问题"),
    "plan": gettext_lazy("审查调查方案"),
    "report": gettext_lazy("审查调查报告"),
    "hearing_report": gettext_lazy("审理报告"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Write one text of the case."""
    user = reader(request)
    case = _case(request, pk)
    if part not in _PARTS:
        raise Http404
    require(user, "case.write_hearing" if part == "hearing_report" else "case.amend", case)
    form = TextForm(
        request.POST if request.method == "POST" else None,
        initial={"text": getattr(case, part), "version": case.version},
    )
    form.fields["text"].label = _PARTS[part]
    if request.method == "POST" and form.is_valid():
        try:
            amend_case(
                case,
                actor=user,
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
                **{part: form.cleaned_data["text"]},
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已保存%(part)s。") % {"part": _PARTS[part]})
            return redirect("cases:detail", pk=case.pk)
    return render(
        request,
        "cases/write.html",
        {"case": case, "part": part, "heading": _PARTS[part], "form": form},
        status=409 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Who works on the case and knows of it; joining, leaving and standing back."""
    user = reader(request)
    case = _case(request, pk)
    act = request.POST.get("act", "")
    form = MemberForm(request.POST if act == "add" else None)
    leave = LeaveForm(request.POST if act in {"leave", "recuse"} else None)
    if request.method == "POST":
        require(user, "case.recuse" if act == "recuse" else "case.staff", case)
        done = _change_members(request, case, act, form, leave)
        if done:
            toast(request, done)
            return redirect("cases:members", pk=case.pk)
    context = {
        "case": case,
        "people": officers_of(case),
        "past": case.members.filter(until__isnull=False).select_related("user").order_by("-until", "-pk"),
        "recused": recused_of(case),
        "grants": case.compartment.grants.filter(until__isnull=True)
        .select_related("user__organisation")
        .order_by("pk"),
        "form": form,
        "leave": leave,
        "may_staff": can(user, "case.staff", case),
        "may_recuse": can(user, "case.recuse", case),
        "lead_duty": Duty.LEAD,
    }
    return render(request, "cases/members.html", context, status=409 if form.errors or leave.errors else 200)


def _change_members(request: HttpRequest, case: Case, act: str, form: MemberForm, leave: LeaveForm) -> str:
    user = reader(request)
    bound: Any = form if act == "add" else leave
    if not bound.is_valid():
        return ""
    data, at = bound.cleaned_data, clock.now()
    try:
        if act == "add":
            add_member(case, data["user"], duty=data["duty"], reason=data["reason"], actor=user, at=at)
            return _("%(name)s已加入本案。") % {"name": data["user"].name}
        person = get_member(case, data["user"])
        if act == "leave":
            remove_member(case, person, actor=user, at=at, reason=data["reason"])
            return _("%(name)s已退出本案。") % {"name": person.name}
        recuse_member(case, person, actor=user, at=at, reason=data["reason"])
    except CaseworkError as error:
        add_refusal(bound, error)
        return ""
    return _("%(name)s已回避。") % {"name": person.name}


def get_member(case: Case, user_id: int) -> User:
    """Return a present member of the case, or 404."""
    member = case.members.filter(user_id=user_id, until__isnull=True).select_related("user").first()
    if member is None:
        raise Http404
    person: User = member.user
    return person


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every step the case took, with who, when, on which draft, and the opinion."""
    case = _case(request, pk)
    steps = case.steps_taken.select_related("actor", "paper").order_by("-at", "-pk")
    context = {"case": case, "steps": [(row, BY_NAME[row.step]) for row in steps]}
    return render(request, "cases/history.html", context)
