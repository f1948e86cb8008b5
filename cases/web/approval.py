"""Who signs on which level: the table of ranks, the seats of leaders, delegations, and the rules of law behind them."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.approval import rank_table
from cases.enums import ApprovalLevel
from cases.models import CaseMember, Delegation, Seat
from cases.routing import law_rules
from cases.selectors.cases import decisions_for
from cases.services.approval import delegate, revoke_delegation, set_rank, set_seat
from cases.web.work_forms import DelegationForm, RankForm, SeatForm
from casework.access.policy import can, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast

#: How many papers in which the delegate has no part yet are named.
_WAITING = 20
_ACTS = {"rank": "approval.set", "seat": "approval.set", "delegate": "approval.delegate", "revoke": "approval.delegate"}


@require_http_methods(["GET", "HEAD", "POST"])
def levels(request: HttpRequest) -> HttpResponse:
    """The levels of approval; what nothing better than one weak source says stands with 依据待核."""
    user = reader(request)
    if not can(user, "approval.read"):
        raise Http404
    act = request.POST.get("act", "")
    forms: dict[str, Any] = {
        "rank": RankForm(request.POST if act == "rank" else None),
        "seat": SeatForm(request.POST if act == "seat" else None),
        "delegate": DelegationForm(user, request.POST if act == "delegate" else None),
    }
    if request.method == "POST":
        require(user, _ACTS.get(act, "approval.set"))
        done = _change(request, act, forms)
        if done:
            toast(request, done)
            return redirect("cases:approval")
    day = clock.today()
    given = Delegation.objects.filter(until__gte=day, revoked_at__isnull=True).select_related("principal", "delegate")
    context = {
        "ranks": [(row, [ApprovalLevel(level).label for level in row.levels]) for row in rank_table(day)],
        "rules": law_rules(),
        "seats": Seat.objects.exclude(until__lt=day).select_related("user").order_by("level", "pk"),
        "delegations": [(row, _not_in_on(row, user)) for row in given.order_by("from_on", "pk")],
        "forms": forms,
        "may_set": can(user, "approval.set"),
        "may_delegate": can(user, "approval.delegate"),
    }
    bad = any(form.errors for form in forms.values())
    return render(request, "cases/approval.html", context, status=409 if bad else 200)


def _not_in_on(row: Delegation, user: User) -> QuerySet[Any] | tuple[()]:
    """Return the papers that wait for the principal in cases of which his delegate may not know: he lets him in himself."""
    if row.principal_id != user.pk:
        return ()
    known = CaseMember.objects.filter(user=row.delegate_id, until__isnull=True).values("case")
    return decisions_for(user).exclude(pk__in=known)[:_WAITING]


def _change(request: HttpRequest, act: str, forms: dict[str, Any]) -> str:
    user, at = reader(request), clock.now()
    if act == "revoke":
        number = request.POST.get("row", "")
        row = get_object_or_404(Delegation, principal=user, pk=int(number) if number.isdecimal() else 0)
        revoke_delegation(row, actor=user, at=at)
        return _("已收回委托。")
    form = forms.get(act)
    if form is None:
        raise Http404
    if not form.is_valid():
        return ""
    data = form.cleaned_data
    try:
        if act == "rank":
            chain = [*(["deputy"] if data["deputy"] else []), "head"]
            set_rank(
                data["rank"], organ=data["organ"], levels=chain, basis=data["basis"], words=data["words"], actor=user,
                at=at,
            )  # fmt: skip
            return _("已设定%(rank)s的签批层级。") % {"rank": data["rank"]}
        if act == "seat":
            set_seat(data["user"], data["level"], document=data["document"], until=data["until"], actor=user, at=at)
            return _("已设定%(name)s的签批职责。") % {"name": data["user"].name}
        delegate(data["to"], from_on=data["from_on"], until=data["until"], reason=data["reason"], actor=user, at=at)
    except CaseworkError as error:
        add_refusal(form, error)
        return ""
    return _("已委托%(name)s代行签批。") % {"name": data["to"].name}
