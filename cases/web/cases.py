"""Pages of cases: the list, filing, one case with its next step, decisions, people who work on it."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import CaseKind, CaseState, Side
from cases.models import Case, CaseMember, Reporter, Suspect
from cases.papers import right_to_write
from cases.policy import on_side
from cases.selectors.cases import (
    belongs,
    decisions_for,
    knowing_of,
    next_deadlines,
    officers_of,
    recused_of,
)
from cases.services.cases import advance, amend_case
from cases.services.filing import file_with_suspects
from cases.services.members import add_member, recuse_member, remove_member
from cases.web.forms import FileCaseForm, LeaveForm, MemberForm, StepForm, TextForm
from cases.web.page import case_page, open_remarks, standing_signatures
from cases.workflow import BY_NAME, Step, readiness
from casework.access.policy import can, get_visible, require, why_not
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.deadlines.selectors import calendar_for, deadline_facts
from casework.deadlines.web.words import chip
from casework.search.lists import entries, found_by, indexed
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.templatetags.cw import status
from casework.web.toast import toast

#: What the list of cases never shows; a case may hold pages of it.
_LONG = ("grounds", "plan", "report", "hearing_report")
#: Of those who knew of a case once, its page shows so many, the last first; the ledger has them all.
_ENDED = 50


def _rows(user: User) -> QuerySet[Any]:
    officers = CaseMember.objects.filter(case=OuterRef("pk"), until__isnull=True, side=Side.INVESTIGATE)
    names = ArraySubquery(officers.order_by("duty", "pk").values("user__name"))
    rows: Any = Case.objects.visible_to(user).select_related("unit").defer(*_LONG)
    shown: QuerySet[Any] = rows.annotate(officers=names)
    return shown


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    clocks, calendar = next_deadlines(rows), calendar_for(reader(request))
    now, today = clock.now(), clock.today()
    for row in rows:
        found = clocks.get(row.pk)
        row.clock = chip(deadline_facts(found, today, calendar), now) if found else None


def _of_suspects(user: User, word: str) -> QuerySet[Any, Any]:
    named = Suspect.objects.filter(pk__in=entries(user, "suspect", word, by_circle=True))
    return named.order_by().values_list("case_id", flat=True)


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
        lambda row: _("、").join(row.officers),
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
    title=pgettext_lazy("places", "案件"),
    queryset=_rows,
    columns=COLUMNS,
    filters=FILTERS,
    find=found_by(indexed("case", by_circle=True), _of_suspects),
    order=("next_due", "pk"),
    row_url=address_of("cases:detail"),
    export_name=gettext_lazy("案件"),  # type: ignore[arg-type]
    unit=gettext_lazy("件"),
    prepare=_prepare,
    empty_text=gettext_lazy("您的知悉范围内没有案件"),
    empty_why=gettext_lazy("案件由承办人从线索报请立案；列入知悉范围后，在这里看到它。"),
    search_hint=gettext_lazy("案由、案号、姓名、单位"),
)
DECISIONS = ListPage(
    title=gettext_lazy("待我决定"),
    queryset=lambda user: decisions_for(user).defer(*_LONG),
    columns=(COLUMNS[0], COLUMNS[1], COLUMNS[3], COLUMNS[4]),
    order=("next_due", "pk"),
    row_url=address_of("cases:paper"),
    key="decisions",
    unit=gettext_lazy("件"),
    facets=False,
    prepare=_prepare,
    empty_text=gettext_lazy("没有等您决定的事"),
    empty_why=gettext_lazy("轮到您这一级时，会通知您，并列在这里。"),
)


@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """The cases that the reader may know of, the nearest deadline first."""
    user = reader(request)
    return render_list(
        request,
        PAGE,
        {
            "may_file": can(user, "case.file"),
            "may_emergency": can(user, "case.break_glass"),
            "may_publish": can(user, "case_type.publish"),
        },
        "cases/list.html",
    )


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
        user, request.POST if request.method == "POST" else None, initial={"lead": lead if lead.isdecimal() else None}
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
        case_type=data["type"],
        carry=data["carry"],
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
    if row.page and request.method != "POST":
        return redirect(row.page, pk=case.pk)
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
    require(user, right_to_write(part), case)
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
                answer=form.cleaned_data["answer"],
                **{part: form.cleaned_data["text"]},
            )
        except CaseworkError as error:
            add_refusal(form, error)
            case.refresh_from_db()
            # What a colleague wrote meanwhile is shown beside what was typed, which may then be saved knowingly.
            typed = request.POST.copy()
            typed["version"] = str(case.version)
            form.data = typed
        else:
            toast(request, _("已保存%(part)s。") % {"part": _PARTS[part]})
            return redirect("cases:detail", pk=case.pk)
    standing = getattr(case, part) if form.errors else ""
    return render(
        request,
        "cases/write.html",
        {
            "case": case,
            "part": part,
            "heading": _PARTS[part],
            "form": form,
            "remarks": open_remarks(case, part),
            "signed": standing_signatures(case),
            "standing": standing,
            "typed": form["text"].value(),
        },
        status=409 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Who works on the case and knows of it; joining, leaving and standing back."""
    user = reader(request)
    case = _case(request, pk)
    act, now = request.POST.get("act", ""), clock.now()
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
        "grants": knowing_of(case, now).select_related("user__organisation", "granted_by").order_by("pk"),
        "ended": case.compartment.grants.exclude(pk__in=knowing_of(case, now).values("pk"))
        .select_related("user__organisation", "granted_by")
        .order_by("-until", "-pk")[:_ENDED],
        "form": form,
        "leave": leave,
        "may_staff": can(user, "case.staff", case),
        "may_recuse": can(user, "case.recuse", case),
        "may_lift": can(user, "case.lift_recusal", case),
        "may_log": can(user, "case.log_intervention", case),
        "interventions": _interventions(case, user),
        "may_reporters": Reporter.objects.visible_to(user).filter(case=case).exists()
        or (can(user, "reporter.register", case) and belongs(user, case)),
    }
    return render(request, "cases/members.html", context, status=409 if form.errors or leave.errors else 200)


def _interventions(case: Case, user: User) -> QuerySet[Any]:
    """The leaders of the case and auditors read all of it, everybody else what he put on record himself."""
    rows = case.interventions.select_related("reported_by").order_by("-at", "-pk")
    return rows if user.has_role(Role.AUDITOR) or on_side(user, case, Side.DECIDE) else rows.filter(reported_by=user)


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
    context = {
        "case": case,
        "steps": [(row, BY_NAME[row.step]) for row in steps],
        "signatures": case.signatures.select_related("user", "for_user", "paper").order_by("-at", "-pk"),
        "corrections": case.corrections.select_related("by").order_by("-at", "-pk"),
    }
    return render(request, "cases/history.html", context)
