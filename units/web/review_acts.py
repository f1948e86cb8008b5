"""Acts beside the review that have forms of their own: spot checks, rectification duties, sampling."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.files.responses import download
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.enums_campaign import CheckKind, CheckResult, InspectionState, RectificationState, StageCode
from units.models import CampaignUnit, Rectification, SelfInspection, SpotCheck, SpotCheckDraw, UnitPaper
from units.selectors.false_reports import reported_falsely
from units.selectors.rescans import seen_after_report
from units.services.reading import note_proof_read
from units.services.rectification import close_rectification, order_rectification, return_rectification
from units.services.rectification_checks import missing_for_close, record_check
from units.services.reviews import draw_spot_checks, record_spot_check
from units.web.campaigns import campaign_of
from units.web.posted import posted


@require_POST
def end_spot_check(request: HttpRequest, pk: int, check: int) -> HttpResponse:
    """Record what a spot check found."""
    user = reader(request)
    found = get_visible(SpotCheck.objects.select_related("inspection"), user, pk=check, inspection_id=pk)
    record_spot_check(
        found,
        request.POST.get("result", ""),
        note=request.POST.get("note", "").strip()[:1000],
        actor=user,
        at=clock.now(),
    )
    toast(request, _("已登记抽查结果。"))
    return redirect("units:self-inspection", pk=pk)


class DrawForm(forms.Form):
    """How many reports are drawn."""

    size = forms.IntegerField(label=gettext_lazy("抽取家数"), min_value=1, max_value=100_000)
    seed = forms.CharField(label=gettext_lazy("种子"), max_length=64, required=False)
    again = forms.BooleanField(label=gettext_lazy("以前上报不实的单位一律抽查"), required=False, initial=True)


@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, code: str) -> HttpResponse:
    """Draw reports under review for spot checks; the seed is kept, so that anybody can repeat the draw."""
    user = reader(request)
    campaign = campaign_of(request, code)
    require(user, "campaign.draw", campaign)
    stage = campaign.stages.select_related("campaign").filter(code=StageCode.SELF_INSPECTION).first()
    if stage is None:
        raise Http404
    pool = SelfInspection.objects.visible_to(user).filter(stage=stage, state=InspectionState.UNDER_REVIEW)
    form = DrawForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = draw_spot_checks(
                stage,
                form.cleaned_data["size"],
                seed=form.cleaned_data["seed"],
                again=form.cleaned_data["again"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已抽取 %(n)s 家。") % {"n": made.checks.count()})
            return redirect("units:campaign-draw", code=code)
    draws = SpotCheckDraw.objects.visible_to(user).filter(stage=stage).prefetch_related("checks__inspection__unit")
    context = {"campaign": campaign, "form": form, "pool": pool.count(), "draws": draws.order_by("-pk")}
    context["false_before"] = reported_falsely(pool, user).count()
    return render(request, "units/campaign_draw.html", context, status=400 if form.errors else 200)


class OrderForm(forms.Form):
    """A duty laid on the unit; the unit reads both texts."""

    title = forms.CharField(label=gettext_lazy("整改事项"), max_length=200)
    measures = forms.CharField(
        label=gettext_lazy("要求的措施"),
        max_length=4000,
        widget=forms.Textarea,
        help_text=gettext_lazy("单位会看到。只写它自己上报的问题，不写监测和线索。"),
    )
    due_on = DayField(label=gettext_lazy("整改期限"))


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Lay a rectification duty on a unit, from its report or by itself."""
    user = reader(request)
    campaign = campaign_of(request, code)
    unit = get_visible(CampaignUnit.objects.select_related("unit", "campaign"), user, pk=pk, campaign=campaign)
    require(user, "rectification.order", unit)
    given = request.GET.get("report", request.POST.get("report", ""))
    report = None
    if given.isdecimal():
        report = get_visible(SelfInspection.objects, user, pk=int(given), campaign_unit=unit)
    form = OrderForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            duty = order_rectification(unit, inspection=report, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已向%(unit)s下发整改“%(title)s”。") % {"unit": unit.unit, "title": duty.title})
            return redirect("units:rectification", pk=duty.pk)
    context = {"campaign": campaign, "row": unit, "report": report, "form": form}
    return render(request, "units/campaign_order.html", context, status=400 if form.errors else 200)


class CheckForm(forms.Form):
    """How a result was checked, or what is still to be done."""

    checked = forms.CharField(label=gettext_lazy("核查情况"), max_length=4000, required=False, widget=forms.Textarea)
    remark = forms.CharField(label=gettext_lazy("退回意见"), max_length=4000, required=False, widget=forms.Textarea)
    due_on = DayField(label=gettext_lazy("新的期限"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def rectification(request: HttpRequest, pk: int) -> HttpResponse:
    """A duty with the unit's result: check it, close it out, or send it back."""
    return _rectification(request, pk)


def _rectification(request: HttpRequest, pk: int, **extra: Any) -> HttpResponse:
    user = reader(request)
    rows = Rectification.objects.select_related(
        "campaign_unit__unit", "campaign_unit__campaign", "inspection", "proof", "ordered_by", "closed_by"
    )
    duty = get_visible(rows, user, pk=pk)
    if request.method == "POST" and not extra:
        require(user, "rectification.return" if request.POST.get("act") == "return" else "rectification.close", duty)
    form = CheckForm(posted(request) if not extra else None)
    if request.method == "POST" and not extra and form.is_valid():
        data, at = form.cleaned_data, clock.now()
        try:
            if request.POST.get("act") == "return":
                day = data["due_on"]
                if day is None:
                    form.add_error("due_on", _("写明新的期限。"))
                else:
                    return_rectification(duty, remark=data["remark"], due_on=day, actor=user, at=at)
            else:
                close_rectification(duty, checked=data["checked"], actor=user, at=at)
        except CaseworkError as error:
            add_refusal(form, error)
        if not form.errors:
            toast(request, _("已办理整改“%(title)s”。") % {"title": duty.title})
            return redirect("units:rectification", pk=pk)
    reported = duty.state == RectificationState.REPORTED
    context = {
        "duty": duty,
        "form": form,
        "reported": reported,
        "checks": duty.checks.select_related("recorded_by").order_by("-pk"),
        "check_form": ResultForm(initial={"checked_on": clock.today()}),
        "seen": seen_after_report(duty, user) if reported else (),
        "missing": missing_for_close(duty, user, "") if reported else (),
        "papers": UnitPaper.objects.visible_to(user).filter(rectification=duty).order_by("pk"),
        "may_close": can(user, "rectification.close", duty),
        "may_check": reported and can(user, "rectification.check", duty),
        "may_paper": can(user, "paper.draft", duty),
        **extra,
    }
    status = 400 if form.errors or extra.get("check_form") else 200
    return render(request, "units/campaign_rectification.html", context, status=status)


class ResultForm(forms.Form):
    """How a reported result was checked."""

    kind = forms.ChoiceField(label=gettext_lazy("核查方式"), choices=CheckKind.choices, widget=forms.RadioSelect)
    result = forms.ChoiceField(label=gettext_lazy("核查结果"), choices=CheckResult.choices, widget=forms.RadioSelect)
    checked_on = DayField(label=gettext_lazy("核查日"))
    note = forms.CharField(label=gettext_lazy("情况"), max_length=2000, widget=forms.Textarea)


@require_POST
def add_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Record how a result was checked; what was typed stays on the page when it is refused."""
    user = reader(request)
    duty = get_visible(Rectification.objects.select_related("campaign_unit__unit"), user, pk=pk)
    require(user, "rectification.check", duty)
    form = ResultForm(request.POST)
    if form.is_valid():
        try:
            record_check(duty, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记核查。"))
            return redirect("units:rectification", pk=pk)
    return _rectification(request, pk, check_form=form)


@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand an official the proof of a rectification."""
    user = reader(request)
    duty: Rectification = get_visible(Rectification.objects.select_related("proof"), user, pk=pk)
    if duty.proof is None:
        raise Http404
    note_proof_read(duty, actor=user, at=clock.now())
    return download(duty.proof, duty.proof_name or _("证明材料"))
