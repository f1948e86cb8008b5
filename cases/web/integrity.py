"""Ties and standing back, meddling, and access taken in an emergency."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Case, Tie
from cases.services.integrity import (
    break_glass,
    declare_tie,
    end_break_glass,
    end_tie,
    lift_member_recusal,
    log_intervention,
)
from cases.web.work_forms import EmergencyForm, InterventionForm, TieForm
from casework.access.models import Grant, Recusal
from casework.access.policy import can, get_visible, require
from casework.access.selectors import emergencies as access_in_emergencies
from casework.access.web.forms import ReasonForm
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@commission_only
def ties(request: HttpRequest) -> HttpResponse:
    """One's own declared ties; leaders read nobody's but their own."""
    user = reader(request)
    form = TieForm(request.POST if request.POST.get("act") == "declare" else None)
    if request.method == "POST":
        if user.has_role(Role.AUDITOR):
            require(user, "approval.set")
        done = _change(request, user, form)
        if done:
            toast(request, done)
            return redirect("cases:ties")
    context = {"ties": _mine(user), "form": form, "today": clock.today(), "may": not user.has_role(Role.AUDITOR)}
    return render(request, "cases/ties.html", context, status=409 if form.errors else 200)


def _mine(user: User) -> QuerySet[Tie]:
    return Tie.objects.filter(user=user).select_related("unit").order_by("-declared_at", "-pk")


def _change(request: HttpRequest, user: User, form: TieForm) -> str:
    if request.POST.get("act") == "end":
        number = request.POST.get("tie", "")
        row = get_object_or_404(Tie, user=user, pk=int(number) if number.isdecimal() else 0)
        end_tie(row, actor=user, at=clock.now(), reason=request.POST.get("reason", ""))
        return _("已登记关系终止。")
    if not form.is_valid():
        return ""
    try:
        declare_tie(user, actor=user, at=clock.now(), **form.cleaned_data)
    except CaseworkError as error:
        add_refusal(form, error)
        return ""
    return _("已申报。与之有关的案件您不再知悉。")


@require_http_methods(_METHODS)
@commission_only
def emergency(request: HttpRequest) -> HttpResponse:
    """应急调阅: for some hours, with a reason; the security administrators learn of it in the same moment."""
    user = reader(request)
    if not can(user, "case.break_glass"):
        raise Http404
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            case = break_glass(actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已打开%(number)s，安全保密管理员已得到通知。") % {"number": case.number})
            return redirect("cases:detail", pk=case.pk)
    taken = (
        Grant.objects.filter(user=user, emergency=True)
        .select_related("compartment__case")
        .order_by("-from_on", "-pk")[:20]
    )
    context = {"form": form, "taken": taken, "now": clock.now()}
    return render(request, "cases/emergency.html", context, status=409 if form.errors else 200)


@require_safe
def emergencies(request: HttpRequest) -> HttpResponse:
    """What was opened in emergencies, for the security administrators: who, until when, and the mark; nothing of the case."""
    if not can(reader(request), "case.end_emergency"):
        raise Http404
    return _emergencies(request, ReasonForm())


def _emergencies(request: HttpRequest, form: ReasonForm, wrong: int = 0) -> HttpResponse:
    now = clock.now()
    rows = list(access_in_emergencies()[:100])
    context = {
        "open": [row for row in rows if row.until_at and row.until_at > now],
        "over": [row for row in rows if row.until_at and row.until_at <= now],
        "form": form,
        "wrong": wrong,
    }
    return render(request, "cases/emergencies.html", context, status=400 if wrong else 200)


@require_POST
def emergency_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of them before its hour."""
    user = reader(request)
    if not can(user, "case.end_emergency"):
        raise Http404
    row, form = get_object_or_404(access_in_emergencies(), pk=pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _emergencies(request, form, wrong=row.pk)
    end_break_glass(row, actor=user, at=clock.now(), reason=form.cleaned_data["reason"])
    toast(request, _("已收回%(name)s的应急调阅，已通知本人。") % {"name": row.user.name})
    return redirect("cases:emergencies")


@require_http_methods(_METHODS)
def intervention(request: HttpRequest, pk: int) -> HttpResponse:
    """打听案情、过问案件、说情干预: put on record."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("compartment"), user, pk=pk)
    require(user, "case.log_intervention", case)
    form = InterventionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            log_intervention(case, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记，审批领导已得到通知。"))
            return redirect("cases:members", pk=case.pk)
    text = _("打听案情、过问案件、说情干预和未经批准的接触都要登记，登记后不能修改。依据监察法第六十六条。")
    context = {"case": case, "form": form, "heading": _("登记干预"), "text": text, "verb": _("登记在案")}
    return render(request, "cases/act.html", context, status=409 if form.errors else 200)


@require_POST
def recusal(request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
    """Lift a recusal after it was looked into."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("compartment"), user, pk=pk)
    require(user, "case.lift_recusal", case)
    row = get_object_or_404(Recusal, compartment=case.compartment, pk=row_pk)
    lift_member_recusal(case, row, actor=user, at=clock.now(), reason=request.POST.get("reason", ""))
    toast(request, _("已解除%(name)s的回避。") % {"name": row.user.name})
    return redirect("cases:members", pk=case.pk)
