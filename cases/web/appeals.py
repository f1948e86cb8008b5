"""Pages of appeals: registering one, naming who looks again, deciding."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.enums_penalties import AppealState
from cases.ladder import MeasureSpec
from cases.models import Appeal, Penalty
from cases.services.penalty_appeals import accept_appeal, decide_appeal, lodge_appeal
from cases.web.penalty_forms import AcceptForm, AppealDecisionForm, AppealForm
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
    form: Any = None
    if appeal.state == AppealState.LODGED:
        form = AcceptForm(posted)
    elif appeal.state == AppealState.ACCEPTED:
        form = AppealDecisionForm(posted)
    if request.method == "POST":
        require(user, "penalty.decide_appeal", appeal.penalty)
        if form is not None and form.is_valid():
            try:
                _take(appeal, form.cleaned_data, user)
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已办理%(kind)s。") % {"kind": appeal.get_kind_display()})
                return redirect("cases:appeal", pk=appeal.pk)
    context = {
        "appeal": appeal,
        "penalty": appeal.penalty,
        "case": appeal.penalty.suspect.case,
        "form": form if can(user, "penalty.decide_appeal", appeal.penalty) else None,
    }
    return render(request, "cases/appeal.html", context, status=400 if request.method == "POST" else 200)


def _take(appeal: Appeal, data: dict[str, Any], user: Any) -> None:
    if appeal.state == AppealState.LODGED:
        handlers = (data["handler"], data["second_handler"])
        accept_appeal(appeal, handlers=handlers, actor=user, at=clock.now())
        return
    decide_appeal(
        appeal,
        outcome=data["outcome"],
        reason=data["reason"],
        document=data["document"],
        measures=[MeasureSpec(data["measure"])] if data["measure"] else None,
        actor=user,
        at=clock.now(),
    )
