"""Pages of decisions on party organisations and units: the list, one decision, drafting, the steps, the paper."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases.body_document import body_paragraphs
from cases.body_workflow import BODY_LINE, BODY_STEP, body_readiness, body_steps_from
from cases.enums_bodies import BODY_DRAFTS, BodyState, Receiver
from cases.models import BodyDecision, Case
from cases.selectors.bodies import body_decisions
from cases.services.bodies import advance_body, draft_body, revise_body
from cases.services.body_notices import body_ref
from cases.web.body_forms import BODY_STEP_FORMS, BodyForm, initial_of_body
from casework.access.policy import can, get_visible, require, why_not
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.english import said
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts
from casework.deadlines.web.words import chip
from casework.ledger.selectors import trail
from casework.web.components import Step as LineStep
from casework.web.forms import add_refusal, version_read
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast

BODIES = ListPage(
    title=gettext_lazy("对组织、单位的决定"),
    queryset=body_decisions,
    columns=(
        Column("body", gettext_lazy("对象"), "body", sort="body", link=True),
        Column("measures", gettext_lazy("措施"), lambda row: _("、").join(said(one.title) for one in row.measures.all())),
        Column(
            "state", gettext_lazy("状态"),
            lambda row: status("work", "returned") if row.returned else status("body", row.state), sort="state",
            export=lambda row: row.get_state_display(),
        ),
        Column(
            "rectify", gettext_lazy("整改期限"), lambda row: cn_date(row.rectify_by) if row.rectify_by else "",
            sort="rectify_by", nowrap=True,
        ),
        Column("outcome", gettext_lazy("结果"), lambda row: row.get_outcome_display() if row.outcome else ""),
        Column("case", gettext_lazy("案件"), "case.title", sort="case__title"),
        Column("number", gettext_lazy("文号"), "number", sort="number", nowrap=True),
        Column("drafted", gettext_lazy("起草"), "drafted_by.name", default=False),
    ),
    filters=(
        Filter("state", gettext_lazy("状态"), "state", BodyState.choices),
        Filter("receiver", gettext_lazy("对象"), "receiver", Receiver.choices),
        Filter("case", gettext_lazy("案号"), "case__number", kind="text"),
    ),
    search=("body__icontains", "unit__name__icontains", "number__icontains", "case__title__icontains"),
    order=("-state_since", "pk"),
    row_url=address_of("cases:body"),
    key="bodies",
    export_name=gettext_lazy("对组织、单位的决定"),  # type: ignore[arg-type]
    unit=gettext_lazy("份"),
    empty_text=gettext_lazy("您的知悉范围内没有对组织、单位的决定"),
    empty_why=gettext_lazy("从案件页的“对组织、单位的决定”拟起。"),
    search_hint=gettext_lazy("组织、单位、文号、案由"),
)  # fmt: skip


@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """The decisions on bodies that the reader may know of."""
    return render_list(request, BODIES)


def _visible(request: HttpRequest, pk: int) -> BodyDecision:
    decision: BodyDecision = get_visible(body_decisions(reader(request)), reader(request), pk=pk)
    return decision


def _line(decision: BodyDecision) -> list[LineStep]:
    here = next((place for place, (_label, states) in enumerate(BODY_LINE) if decision.state in states), len(BODY_LINE))
    skipped = (
        decision.receiver == Receiver.UNIT and not decision.acts.filter(kind__in=["heard", "deliberated"]).exists()
    )
    columns = []
    for place, (label, states) in enumerate(BODY_LINE):
        if skipped and states[0] in {BodyState.HEARD, BodyState.DELIBERATED} and place != here:
            continue
        state = "done" if place < here or decision.state == BodyState.DONE else "now" if place == here else ""
        columns.append(LineStep(label, state, decision.get_state_display() if place == here else ""))
    return columns


def _next(decision: BodyDecision, user: Any) -> dict[str, Any] | None:
    ahead = [step for step in body_steps_from(decision) if not step.back]
    short = decision.receiver == Receiver.UNIT and decision.state in BODY_DRAFTS
    if decision.state == BodyState.DELIBERATED or short:
        ahead.sort(key=lambda step: step.name != "approve")
    if not ahead:
        return None
    step = ahead[0]
    missing, met = body_readiness(decision, step)
    return {
        "step": step,
        "missing": missing,
        "met": met,
        "mine": can(user, f"body.{step.name}", decision),
        "why_not": why_not(user, f"body.{step.name}", decision),
        "url": reverse("cases:body-step", args=[decision.pk, step.name]),
    }


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision: measures with their articles, facts, what is asked, every act, and the next step."""
    user = reader(request)
    decision = _visible(request, pk)
    ahead = _next(decision, user)
    calendar, today, now = current_calendar(), clock.today(), clock.now()
    clocks = Deadline.objects.visible_to(user).filter(ref=body_ref(decision), state__in=LIVE)
    context = {
        "decision": decision,
        "case": decision.case,
        "line": _line(decision),
        "draft_state": decision.state in BODY_DRAFTS,
        "may_revise": can(user, "body.revise", decision),
        "next": ahead,
        "others": [
            (step, reverse("cases:body-step", args=[decision.pk, step.name]))
            for step in body_steps_from(decision)
            if (ahead is None or step.name != ahead["step"].name) and can(user, f"body.{step.name}", decision)
        ],
        "acts": decision.acts.select_related("actor", "second_officer"),
        "last_return": decision.acts.filter(kind="returned").last() if decision.returned else None,
        "clocks": [
            {"row": row, "chip": chip(deadline_facts(row, today, calendar), now)}
            for row in clocks.prefetch_related("suspensions", "extensions").order_by("due_on", "pk")
        ],
        "entry_count": trail(body_ref(decision)).count(),
    }
    return render(request, "cases/body.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, case_pk: int) -> HttpResponse:
    """Draft a decision on a body of the case."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("unit", "compartment"), user, pk=case_pk)
    require(user, "body.draft", case)
    return _draft(request, case, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    decision = _visible(request, pk)
    require(reader(request), "body.revise", decision)
    return _draft(request, decision.case, decision)


def _draft(request: HttpRequest, case: Case, decision: BodyDecision | None) -> HttpResponse:
    user = reader(request)
    posted = request.POST if request.method == "POST" else None
    initial = initial_of_body(decision) if decision else {"unit": case.unit_id, "receiver": Receiver.UNIT}
    form = BodyForm(case, posted, initial=initial, fixed=decision is not None)
    if posted is not None and form.is_valid():
        try:
            if decision is None:
                saved = draft_body(case, **form.content(), actor=user, at=clock.now())
            else:
                saved = revise_body(
                    decision, **form.content(), expected_version=version_read(request),
                    actor=user, at=clock.now(),
                )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已保存对%(body)s的决定第 %(n)d 稿。") % {"body": saved.body, "n": saved.draft})
            return redirect("cases:body", pk=saved.pk)
    context = {"form": form, "case": case, "decision": decision}
    return render(request, "cases/body_form.html", context, status=200 if posted is None else 400)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The form of one step, with all that is missing."""
    user = reader(request)
    decision = _visible(request, pk)
    if name not in BODY_STEP_FORMS:
        raise Http404
    row = BODY_STEP[name]
    require(user, f"body.{name}", decision)
    posted = request.POST if request.method == "POST" else None
    initial = {"on": clock.today(), "digest": decision.digest}
    form = BODY_STEP_FORMS[name](decision, user, posted, initial=initial)
    if posted is not None and form.is_valid():
        try:
            advance_body(
                decision, name, **{key: value for key, value in form.cleaned_data.items() if value not in (None, "")},
                expected_version=version_read(request), actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("%(body)s：%(step)s，已办。") % {"body": decision.body, "step": row.label})
            return redirect("cases:body", pk=decision.pk)
    missing, met = body_readiness(decision, row)
    context = {
        "decision": decision,
        "case": decision.case,
        "step": row,
        "form": form,
        "missing": missing,
        "met": met,
        "begins": row.begins(decision),
    }
    return render(request, "cases/body_step.html", context, status=200 if posted is None else 400)


@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as it was issued, or how it would read now."""
    decision = _visible(request, pk)
    issued = bool(decision.document)
    lines = decision.document.split("\n") if issued else body_paragraphs(decision, _("文号待编"), clock.today())
    context = {
        "decision": decision,
        "case": decision.case,
        "title": lines[0],
        "number": lines[1],
        "lines": lines[2:],
        "issued": issued,
    }
    return render(request, "cases/body_document.html", context)
