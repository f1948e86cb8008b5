"""A campaign's figures, what does not fit among them, and the rows behind each."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.figures import energy
from casework.figures.definition import Scope
from casework.figures.models import EnergyFactors, Summary, Tariff
from casework.figures.selectors import beside, compute_figures, contradictions, rows_of
from casework.figures.services.claims import explain
from casework.figures.services.summaries import publish_summary
from casework.figures.web.labels import group_label, row_link, value_words
from casework.web.formats import parse_day
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.models import Campaign

ROWS_A_PAGE = 100


def _scope(request: HttpRequest, code: str) -> Scope:
    user = reader(request)
    campaign: Campaign = get_visible(Campaign.objects, user, code=code)
    return Scope(campaign, _as_of(request), user)


def _as_of(request: HttpRequest) -> date:
    return parse_day(request.GET.get("as_of", "")) or clock.today()


@require_GET
def figures(request: HttpRequest, code: str) -> HttpResponse:
    """All figures of the campaign that the reader may know of."""
    return _page(request, _scope(request, code))


def _page(request: HttpRequest, scope: Scope, status: int = 200, **more: Any) -> HttpResponse:
    found = compute_figures(scope)
    groups: dict[str, list[Any]] = {}
    published = beside(scope, found)
    stands_beside = {one.definition.key for rows in published.values() for one in rows}
    for figure in found.values():
        if figure.definition.key in stands_beside:
            continue
        label = group_label(figure.definition.key) or str(figure.definition.words)
        words = value_words(figure.value, figure.definition.unit)
        groups.setdefault(label, []).append(
            (
                figure,
                words,
                isinstance(figure.value, int | Decimal),
                [
                    (one, value_words(one.value, one.definition.unit))
                    for one in published.get(figure.definition.key, [])
                ],
            )
        )
    fits = contradictions(scope, found)
    context = {
        "campaign": scope.campaign,
        "as_of": scope.as_of,
        "groups": groups,
        "contradictions": fits,
        "unexplained": [item for item in fits if item.explanation is None],
        "may_explain": can(reader(request), "figure.explain", scope.campaign),
        "may_claim": can(reader(request), "figure.claim", scope.campaign),
        "may_cite": can(reader(request), "figure.cite", scope.campaign),
        "may_publish": can(reader(request), "figure.publish", scope.campaign),
        "summaries": Summary.objects.visible_to(reader(request))
        .filter(campaign=scope.campaign)
        .select_related("published_by")
        .order_by("-number")[:12],
        **more,
    }
    return render(request, "figures/list.html", context, status=status)


@require_GET
def rows(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """The rows behind one figure, page by page."""
    scope = _scope(request, code)
    definition, found = rows_of(scope, key)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": scope.campaign,
        "as_of": scope.as_of,
        "definition": definition,
        "value": value_words(definition.compute(scope), definition.unit),
        "page": page,
        "lines": [(row, row_link(row, scope.reader)) for row in page.object_list],
    }
    return render(request, "figures/rows.html", context)


@require_POST
def explain_difference(request: HttpRequest, code: str) -> HttpResponse:
    """State why figures differ."""
    scope = _scope(request, code)
    key, reason = request.POST.get("key", ""), request.POST.get("reason", "")
    require(reader(request), "figure.explain", scope.campaign)
    item = next((one for one in contradictions(scope, compute_figures(scope)) if one.key == key), None)
    if item is None:
        return _page(request, scope, 400, refused=_("没有这处差异，可能已经消除。可以刷新后再看。"))
    try:
        explain(item, scope.campaign, reason, actor=reader(request), at=clock.now())
    except CaseworkError as error:
        return _page(request, scope, 400, refused=error.message, refused_key=key, typed=reason)
    toast(request, _("已写明差异的原因。"))
    return redirect("figures:list", code=code)


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish a summary of the figures as they are; refused while something is unexplained."""
    scope = _scope(request, code)
    user = reader(request)
    require(user, "figure.publish", scope.campaign)
    try:
        summary = publish_summary(scope, actor=user, at=clock.now())
    except NotReady as error:
        return _page(request, scope, 409, publish_refused=error.message)
    toast(request, _("已发布第 %(n)d 期数据汇总。") % {"n": summary.number})
    return redirect("figures:summary", code=code, number=summary.number)


@require_GET
def summary(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A summary as it was published."""
    user = reader(request)
    campaign: Campaign = get_visible(Campaign.objects, user, code=code)
    found = get_visible(Summary.objects.select_related("published_by"), user, campaign=campaign, number=number)
    groups: dict[str, list[Any]] = {}
    for row in found.content["figures"]:
        value = row["value"]
        words = "、".join(value) if isinstance(value, list) else f"{value:,}" if isinstance(value, int) else value
        groups.setdefault(group_label(row["key"]) or row["definition"], []).append((row, words))
    return render(request, "figures/summary.html", {"campaign": campaign, "summary": found, "groups": groups})


class EnergyForm(forms.Form):
    """Where, when, how much, and how many rigs."""

    province = forms.ChoiceField(label=gettext_lazy("省份"))
    from_on = DayField(label=gettext_lazy("开始"))
    until = DayField(label=gettext_lazy("截止"))
    kwh = forms.DecimalField(label=gettext_lazy("电量"), min_value=0, max_digits=14, decimal_places=2)
    rigs = forms.IntegerField(label=gettext_lazy("矿机"), min_value=1, max_value=100_000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Tariff.objects.order_by("province").values_list("province", flat=True).distinct()
        self.fields["province"].choices = [(name, name) for name in known]  # type: ignore[attr-defined]


@require_GET
def energy_page(request: HttpRequest, code: str) -> HttpResponse:
    """Factors by version, surcharges by province and date, and what some electricity costs and emits."""
    scope = _scope(request, code)
    form = EnergyForm(request.GET if "kwh" in request.GET else None)
    result: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        result = _converted(scope, form)
    context = {
        "campaign": scope.campaign,
        "as_of": scope.as_of,
        "form": form,
        "may_enter": can(reader(request), "figure.factors"),
        "factors": EnergyFactors.objects.order_by("-valid_from", "-pk"),
        "tariffs": Tariff.objects.order_by("province", "from_on"),
        **result,
    }
    return render(request, "figures/energy.html", context)


def _converted(scope: Scope, form: EnergyForm) -> dict[str, Any]:
    data = form.cleaned_data
    try:
        used = energy.factors_of(scope)
        charges = energy.surcharge(data["province"], data["from_on"], data["until"], data["kwh"])
    except CaseworkError as error:
        add_refusal(form, error)
        return {}
    result: dict[str, Any] = {
        "used": used,
        "charges": charges,
        "total": sum((charge.yuan for charge in charges), Decimal(0)),
        "coal": (data["kwh"] * used.kgce_per_kwh).quantize(Decimal("0.1")),
        "carbon": (data["kwh"] * used.kgco2_per_kwh).quantize(Decimal("0.1")),
    }
    if data["rigs"]:
        hours = Decimal(((data["until"] - data["from_on"]).days + 1) * 24)
        kw = energy.kw_of(data["kwh"], hours, data["rigs"])
        result |= {"kw": kw, "plausible": energy.in_band(kw, used)}
    return result
