"""Pages of penalties: the list, one penalty, drafting, the steps, a leader's decision, tasks, the document."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums_penalties import DRAFT_STATES
from cases.ladder import Decider
from cases.models import Execution, Penalty, Suspect
from cases.penalty_document import paragraphs
from cases.penalty_route import route
from cases.penalty_workflow import BY_NAME, readiness
from cases.ranges import propose
from cases.selectors.penalties import standing_of
from cases.services.penalties import advance_penalty, draft_penalty, read_draft, revise_penalty
from cases.services.penalty_execution import finish_task
from cases.web.penalty_forms import (
    STEP_FORMS,
    ApprovalForm,
    PenaltyForm,
    StationForm,
    StepForm,
    TaskForm,
    initial_for,
    initial_of,
)
from cases.web.penalty_lists import PAGE, WAITING
from cases.web.penalty_page import approval_page, groups, penalty_page, rungs
from casework.access.policy import can, get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal, version_read
from casework.web.guards import commission_only
from casework.web.lists import render_list
from casework.web.toast import toast


@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """The penalties that the reader may know of."""
    more = {"may_prepare": can(reader(request), "penalty.draft")}
    return render_list(request, PAGE, more, "cases/penalty_list.html")


@require_safe
def waiting(request: HttpRequest) -> HttpResponseBase:
    """What waits for this leader's decision, oldest first."""
    user: Any = request.user
    if not user.has_role(Role.APPROVER):
        raise Http404
    return render_list(request, WAITING)


def _visible(request: HttpRequest, pk: int) -> Penalty:
    user: Any = request.user
    rows = Penalty.objects.select_related(
        "suspect__case__lead", "suspect__case__compartment", "suspect__unit", "drafted_by"
    )
    penalty: Penalty = get_visible(rows, user, pk=pk)
    return penalty


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One penalty: lawful range, choice, checks, comparison, money, execution."""
    user: Any = request.user
    penalty = _visible(request, pk)
    return render(request, "cases/penalty.html", penalty_page(penalty, user, today=clock.today(), now=clock.now()))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, suspect_pk: int) -> HttpResponse:
    """Draft the handling of a suspect."""
    user: Any = request.user
    suspect = get_visible(Suspect.objects.select_related("case__compartment", "unit"), user, pk=suspect_pk)
    standing = Penalty.objects.alive().filter(suspect=suspect).first()
    if request.method == "POST":
        require(user, "penalty.draft", suspect.case)
    if standing is not None:
        return redirect("cases:penalty", pk=standing.pk)
    require(user, "penalty.draft", suspect.case)
    return _draft(request, suspect, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    user: Any = request.user
    penalty = _visible(request, pk)
    require(user, "penalty.revise", penalty)
    return _draft(request, penalty.suspect, penalty)


def _draft(request: HttpRequest, suspect: Suspect, penalty: Penalty | None) -> HttpResponse:
    user: Any = request.user
    initial = initial_of(penalty) if penalty else initial_for(suspect)
    form = PenaltyForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and not request.POST.get("preview"):
        try:
            saved = _save(request, form, suspect, penalty, user)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已保存%(name)s的处分建议第 %(n)d 稿。") % {"name": suspect.name, "n": saved.draft})
            return redirect("cases:penalty", pk=saved.pk)
    return render(
        request,
        "cases/penalty_form.html",
        {"form": form, "suspect": suspect, "case": suspect.case, "penalty": penalty, **_range(form, suspect, penalty)},
        status=200 if request.method != "POST" or request.POST.get("preview") else 400,
    )


def _save(request: HttpRequest, form: PenaltyForm, suspect: Suspect, penalty: Penalty | None, user: User) -> Penalty:
    content = form.content()
    if penalty is None:
        return draft_penalty(suspect, **content, decided_by=form.cleaned_data["decided_by"], actor=user, at=clock.now())
    return revise_penalty(
        penalty,
        **content,
        new_facts=form.cleaned_data["new_facts"],
        expected_version=version_read(request),
        actor=user,
        at=clock.now(),
    )


def _range(form: PenaltyForm, suspect: Suspect, penalty: Penalty | None) -> dict[str, Any]:
    """Return the range for what is in the form now, as far as it can be read."""
    data: dict[str, Any] = dict(form.initial)
    findings, chosen = [], set()
    if form.is_bound:
        form.is_valid()
        data = {**form.initial, **form.cleaned_data}
        for name in ("other", "circumstances"):
            data[name] = form.cleaned_data.get(name) or []
    from_form = PenaltyForm()
    from_form.cleaned_data = data
    findings = from_form.findings()
    chosen = {code for code in (data.get("party"), data.get("state"), *data.get("other", [])) if code}
    standing = standing_of(suspect, data.get("situation") or "in_post")
    until = data.get("acts_until") or suspect.standing_on
    proposal = propose(
        findings,
        standing,
        acts_until=until,
        decided_on=max(clock.today(), until),
        circumstances=data.get("circumstances") or [],
        decider=Decider(data.get("decided_by") or "commission"),
    )
    return {
        "proposal": proposal,
        "rungs": rungs(proposal, standing, frozenset(chosen)),
        "groups": groups(proposal, frozenset(chosen)),
        "heard": penalty is not None and penalty.defences.exists(),
        "conduct_rows": [(form[f"conduct_{n}"], form[f"severity_{n}"]) for n in (1, 2, 3)],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The form of one step, with all that is missing."""
    user: Any = request.user
    penalty = _visible(request, pk)
    if name not in STEP_FORMS:
        raise Http404
    row = BY_NAME[name]
    require(user, f"penalty.{name}", penalty)
    initial = {"held_on": clock.today(), "served_on": clock.today(), "announced_on": clock.today()}
    form: StepForm = STEP_FORMS[name](
        penalty.suspect.case, user, request.POST if request.method == "POST" else None, initial=initial
    )
    if isinstance(form, StationForm):
        form.of(route(penalty, clock.today()).stops)
    missing, met = readiness(penalty, row, clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            data = {key: value for key, value in form.cleaned_data.items() if value not in (None, "")}
            if "signed" in form.fields:
                data["signed"] = form.cleaned_data["signed"]
            if "sealed" in form.fields:
                data["sealed"] = form.cleaned_data["sealed"]
            advance_penalty(
                penalty,
                name,
                actor=user,
                at=clock.now(),
                expected_version=version_read(request),
                **data,
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("%(name)s：%(step)s，已办。") % {"name": penalty.suspect.name, "step": row.label})
            return redirect("cases:penalty", pk=penalty.pk)
    begins = row.begins(penalty)
    return render(
        request,
        "cases/penalty_step.html",
        {
            "penalty": penalty,
            "case": penalty.suspect.case,
            "step": row,
            "form": form,
            "missing": missing,
            "met": met,
            "begins": begins,
        },
        status=400 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """A leader's decision, made for the phone; opening it notes that this draft was read."""
    user: Any = request.user
    penalty = _visible(request, pk)
    require(user, "penalty.approve", penalty)
    form = ApprovalForm(
        penalty.suspect.case,
        user,
        request.POST if request.method == "POST" else None,
        initial={"digest": penalty.digest},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        verdict = data["verdict"]
        try:
            if verdict == "sign":
                advance_penalty(
                    penalty, "sign", digest=data["digest"], opinion=data["opinion"], actor=user, at=clock.now()
                )
            elif verdict == "approve":
                advance_penalty(
                    penalty,
                    "approve",
                    digest=data["digest"],
                    opinion=data["opinion"],
                    committee_document=data["committee_document"],
                    committee_on=data["committee_on"],
                    actor=user,
                    at=clock.now(),
                )
            else:
                advance_penalty(penalty, verdict, reason=data["opinion"], actor=user, at=clock.now())
        except CaseworkError as error:
            if "reason" in error.details:
                form.add_error("opinion", str(error.details["reason"]))
            else:
                add_refusal(form, error)
            penalty = _visible(request, pk)
        else:
            words = {
                "approve": _("已同意%(name)s的处分建议。"),
                "sign": _("已会签%(name)s的处分建议。"),
                "return": _("已退回%(name)s的处分建议。"),
            }
            toast(request, words.get(verdict, _("已不同意%(name)s的处分建议。")) % {"name": penalty.suspect.name})
            return redirect("cases:penalty-approvals")
    context = approval_page(penalty, user, today=clock.today())
    if request.method == "GET" and penalty.state in DRAFT_STATES:
        read_draft(penalty, actor=user, at=clock.now())
    return render(
        request,
        "cases/penalty_approval.html",
        {**context, "form": form},
        status=400 if request.method == "POST" else 200,
    )


@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision as it was issued, or how it would read now."""
    penalty = _visible(request, pk)
    issued = bool(penalty.document)
    lines = penalty.document.split("\n") if issued else paragraphs(penalty, _("文号待编"), clock.today())
    return render(
        request,
        "cases/penalty_document.html",
        {
            "penalty": penalty,
            "case": penalty.suspect.case,
            "title": lines[0],
            "number": lines[1],
            "lines": lines[2:],
            "issued": issued,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Register that a task of the execution is done."""
    user: Any = request.user
    row = get_visible(Execution.objects.select_related("penalty__suspect__case__compartment"), user, pk=pk)
    require(user, "penalty.task", row.penalty)
    form = TaskForm(request.POST if request.method == "POST" else None, initial={"done_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            finish_task(row, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已办结：%(task)s。") % {"task": row.text})
            return redirect("cases:penalty", pk=row.penalty_id)
    return render(
        request,
        "cases/penalty_task.html",
        {"form": form, "task": row, "penalty": row.penalty, "case": row.penalty.suspect.case},
        status=400 if request.method == "POST" else 200,
    )
