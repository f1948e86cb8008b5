"""Pages of appeals: registering one, naming who looks again, deciding."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.enums_penalties import AppealState, Verdict
from cases.models import Appeal, Penalty
from cases.services.penalty_appeals import accept_appeal, decide_appeal, lodge_appeal
from cases.web.penalty_forms import AcceptForm, AppealDecisionForm, AppealForm, RejectForm
from casework.access.policy import can, get_visible, require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Register an appeal of the person."""
    user: Any = request.user
    penalty = get_visible(Penalty.objects.select_related("suspect__case"), user, pk=pk)
    require(user, "penalty.appeal", penalty)
    form = AppealForm(request.POST if request.method == "POST" else None, initial={"received_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            appeal = lodge_appeal(penalty, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            said = {"name": penalty.suspect.name, "kind": appeal.get_kind_display()}
            toast(request, _("已登记%(name)s的%(kind)s。") % said)
            return redirect("cases:appeal", pk=appeal.pk)
    context = {"penalty": penalty, "case": penalty.suspect.case, "form": form}
    return render(request, "cases/appeal_form.html", context, status=400 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One appeal; a leader without a part in the case accepts it, then decides."""
    user: Any = request.user
    rows = Appeal.objects.select_related("penalty__suspect__case", "handled_by", "second_handler", "decided_by")
    appeal = get_visible(rows, user, pk=pk)
    posted = request.POST if request.method == "POST" else None
    rejects = posted is not None and posted.get("act") == "reject"
    form: Any = None
    reject: Any = None
    if appeal.state == AppealState.LODGED:
        form, reject = AcceptForm(None if rejects else posted), RejectForm(posted if rejects else None)
    elif appeal.state == AppealState.ACCEPTED:
        form = AppealDecisionForm(appeal.penalty, posted)
    if request.method == "POST":
        require(user, "penalty.decide_appeal", appeal.penalty)
        given = reject if rejects else form
        if given is not None and given.is_valid():
            try:
                _take(appeal, given, user)
            except CaseworkError as error:
                add_refusal(given, error)
            else:
                toast(request, _("已办理%(kind)s。") % {"kind": appeal.get_kind_display()})
                return redirect("cases:appeal", pk=appeal.pk)
    may = can(user, "penalty.decide_appeal", appeal.penalty)
    before, after = _measures(appeal)
    context = {
        "appeal": appeal,
        "penalty": appeal.penalty,
        "case": appeal.penalty.suspect.case,
        "form": form if may else None,
        "reject": reject if may else None,
        "before": before,
        "after": after,
    }
    return render(request, "cases/appeal.html", context, status=400 if request.method == "POST" else 200)


def _measures(appeal: Appeal) -> tuple[str, str]:
    """Return the measures that the appeal is against, and those it was amended to ("" where it was not)."""
    penalty = appeal.penalty
    agreed = penalty.decisions.filter(verdict=Verdict.AGREED).first()
    amended = penalty.appeals.filter(state=AppealState.AMENDED)
    number = (agreed.draft if agreed else penalty.draft) + amended.filter(pk__lt=appeal.pk).count()
    words = {row.number: "、".join(row.content.get("处理", [])) for row in penalty.drafts.all()}
    return words.get(number, ""), words.get(number + 1, "") if appeal.state == AppealState.AMENDED else ""


def _take(appeal: Appeal, form: Any, user: Any) -> None:
    data = form.cleaned_data
    if isinstance(form, AcceptForm):
        handlers = (data["handler"], data["second_handler"])
        accept_appeal(appeal, handlers=handlers, actor=user, at=clock.now())
        return
    outcome = AppealState.REJECTED if isinstance(form, RejectForm) else data["outcome"]
    measures = None if isinstance(form, RejectForm) else form.measures()
    decide_appeal(
        appeal,
        outcome=outcome,
        reason=data["reason"],
        document=data["document"],
        measures=measures,
        actor=user,
        at=clock.now(),
    )
