"""The draft before a leader: what changed, who signs on which level, opinion, decision, remarks at the parts."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.approval import chain_of, valid_signatures
from cases.enums import ApprovalLevel
from cases.models import Case, PaperRemark, Signature
from cases.papers import flat
from cases.proof import matrix
from cases.selectors.cases import decisions_for, next_deadlines, officers_of, paper_view, steps_for
from cases.services.cases import advance
from cases.services.papers import next_level, read_paper, settle_remark, sign_paper
from cases.web.forms import StepForm
from cases.workflow import BY_NAME, Step, readiness, steps_from
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.deadlines.selectors import deadline_facts
from casework.deadlines.web.words import chip
from casework.web.forms import add_refusal
from casework.web.toast import toast


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit", "lead", "compartment"), reader(request), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft before a leader: what changed since last read, what is decided on, opinion, and the decision."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.read_paper", case)
    view = paper_view(case, user)
    steps = [row for row in steps_for(case, user) if row.decides]
    sign = _to_sign(case, user, view.digest)
    if request.method == "POST":
        named = BY_NAME.get(request.POST.get("step", ""))
        require(user, f"case.{named.name}" if named else "case.sign", case)
    chosen = BY_NAME.get(request.POST.get("step", "")) if request.method == "POST" else None
    form = _decision_form(request, case, steps, view.digest)
    done = ""
    if request.method == "POST" and (chosen in steps or sign) and form.is_valid():
        data = form.cleaned_data
        try:
            done = _decide(request, case, chosen, sign, data)
        except CaseworkError as error:
            add_refusal(form, error)
            case.refresh_from_db()
            view = paper_view(case, user)
            # The reader sees the new draft now and may decide on it; what was typed stays.
            typed = request.POST.copy()
            typed["digest"], typed["version"] = view.digest, str(case.version)
            form.data = typed
        if done:
            toast(request, done)
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
        "sign": sign,
        "chain": chain_page(case, forward or sign, view.digest),
        "remark_parts": [(part, label, request.POST.get(f"remark-{part}", "")) for part, label in REMARK_PARTS],
        "remarks": _remarks(case),
        "queue": decisions_for(user).count(),
        "chip": _chip(case),
    }
    return render(request, "cases/paper.html", context, status=409 if form.errors else 200)


def _to_sign(case: Case, user: User, digest: str) -> Step | None:
    """Return the step for which this reader's signature is the next, before the decision itself."""
    if case.returned or not can(user, "case.sign", case):
        return None
    step = next((row for row in steps_from(case) if row.signed), None)
    if step is None or not next_level(case, step, digest, clock.now()):
        return None
    return step


def _decide(request: HttpRequest, case: Case, chosen: Step | None, sign: Step | None, data: dict[str, Any]) -> str:
    """Take the decision, or sign on the level whose turn it is; returns the words of what was done."""
    user = reader(request)
    if request.POST.get("step", "") == f"sign:{sign.name if sign else ''}" and sign is not None:
        row = sign_paper(case, sign.name, actor=user, at=clock.now(), digest=data["digest"], opinion=data["reason"])
        return _("%(number)s：%(level)s已签批。") % {"number": case.number, "level": row.get_level_display()}
    if chosen is None:
        return ""
    remarks = {part: request.POST.get(f"remark-{part}", "") for part, _label in REMARK_PARTS}
    advance(
        case,
        chosen,
        actor=user,
        at=clock.now(),
        reason=data["reason"],
        document=data.get("document", "") if chosen.needs_document else "",
        digest=data["digest"],
        expected_version=data["version"],
        remarks=remarks if chosen.back else None,
    )
    return _("%(number)s：%(step)s已办。") % {"number": case.number, "step": chosen.label}


REMARK_PARTS = tuple(
    (part, label)
    for part, label in (
        ("grounds", gettext_lazy("主要问题")),
        ("plan", gettext_lazy("审查调查方案")),
        ("report", gettext_lazy("审查调查报告")),
        ("hearing_report", gettext_lazy("审理报告")),
        ("suspects", gettext_lazy("被审查调查人")),
        ("facts", gettext_lazy("事实与证据")),
        ("penalties", gettext_lazy("处分建议")),
    )
)


def _remarks(case: Case) -> list[tuple[PaperRemark, Any]]:
    """Return the remarks of the latest return, each with its part: what was answered, and what is still open."""
    rows = list(case.remarks.select_related("by", "settled_by").order_by("pk"))
    labels = dict(REMARK_PARTS)
    return [
        (row, labels.get(row.part, row.part))
        for row in rows
        if row.settled_at is None or row.paper_id == rows[-1].paper_id
    ]


def _own_line(place: str) -> bool:
    """People and facts have tables of their own on the page."""
    return place.partition(" · ")[0] not in {"被审查调查人", "事实"}


def place_words(place: str) -> str:
    """Return where in the draft a line stands, without the numbers that keep two people of one name apart."""
    return re.sub(r"（\d+）", "", place)


def _decision_form(request: HttpRequest, case: Case, steps: list[Step], digest: str) -> StepForm:
    asks = next((row for row in steps if row.needs_document), next((row for row in steps if not row.back), None))
    name = request.POST.get("step", "")
    chosen = None if name.startswith("sign:") else BY_NAME.get(name, asks)  # a signature names no document
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


def chain_page(case: Case, step: Step | None, digest: str) -> dict[str, Any] | None:
    """Return the levels of the chain with who signed which draft, and what it follows from."""
    if step is None or not step.signed:
        return None
    chain = chain_of(case, clock.today())
    if len(chain.levels) < 2:
        return None
    valid = {row.level: row for row in valid_signatures(case, step.name, digest)}
    void: dict[str, Signature] = {}
    for row in case.signatures.filter(step=step.name).exclude(paper__digest=digest).select_related("user", "paper"):
        void[row.level] = row
    return {
        "rank": chain.rank,
        "person": chain.person,
        "levels": [
            {
                "label": ApprovalLevel(level).label,
                "signed": valid.get(level),
                "void": void.get(level),
                "last": place == len(chain.levels) - 1,
            }
            for place, level in enumerate(chain.levels)
        ],
    }


@require_safe
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """The cover paper (呈批表) of the present draft, for printing: the digest ties the paper to what was read."""
    user = reader(request)
    case = _case(request, pk)
    view = paper_view(case, user)
    step = next((row for row in steps_from(case) if row.decides and not row.back), None)
    lines: list[tuple[Any, Any]] = []
    if step is not None:
        signed = {row.level: row for row in valid_signatures(case, step.name, view.digest)}
        levels = chain_of(case, clock.today()).levels if step.signed else (step.level,)
        labels = dict(ApprovalLevel.choices)
        lines = [(_("%(level)s意见") % {"level": labels.get(level, _("领导"))}, signed.get(level)) for level in levels]
    context = {
        "case": case,
        "view": view,
        "heading": _("%(what)s呈批表") % {"what": step.label if step else _("案件")},
        "suspects": case.suspects.select_related("unit").order_by("pk"),
        "lines": lines,
        "document": step.needs_document if step else "",
    }
    return render(request, "cases/cover.html", context)


@require_POST
def remark(request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
    """Say that a remark of the leader has been dealt with."""
    user = reader(request)
    case = _case(request, pk)
    row = get_object_or_404(PaperRemark, case=case, pk=row_pk)
    settle_remark(row, actor=user, at=clock.now(), answer=request.POST.get("answer", "")[:2000])
    toast(request, _("已处理一条退回意见。"))
    return redirect("cases:detail", pk=case.pk)
