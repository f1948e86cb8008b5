"""Entering what figures rest on: versions of factors, surcharges, counts of others, cases reported in public."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.models import Case
from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.figures.definition import Scope
from casework.figures.models import EnergyFactors
from casework.figures.selectors import definitions_for
from casework.figures.services.claims import cite_case, claim_key, enter_claim, enter_factors, enter_tariff
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.models import Campaign


class FactorsForm(forms.Form):
    """A new version of the energy factors; a version is never changed."""

    code = forms.SlugField(label=gettext_lazy("版本"), max_length=40, help_text=gettext_lazy("字母、数字和短横线"))
    name = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    valid_from = DayField(label=gettext_lazy("起用"))
    kwh_per_address_day = forms.DecimalField(
        label=gettext_lazy("每个地址每天用电（kWh）"), min_value=0, max_digits=10, decimal_places=4
    )
    kgce_per_kwh = forms.DecimalField(
        label=gettext_lazy("标准煤（kgce/kWh）"), min_value=0, max_digits=8, decimal_places=4
    )
    kgco2_per_kwh = forms.DecimalField(
        label=gettext_lazy("二氧化碳（kg/kWh）"), min_value=0, max_digits=8, decimal_places=4
    )
    kw_low = forms.DecimalField(
        label=gettext_lazy("单机功率下限（kW）"),
        min_value=Decimal("0.001"),
        max_digits=6,
        decimal_places=3,
        required=False,
    )
    kw_high = forms.DecimalField(
        label=gettext_lazy("单机功率上限（kW）"),
        min_value=Decimal("0.001"),
        max_digits=6,
        decimal_places=3,
        required=False,
    )
    source = forms.CharField(label=gettext_lazy("来源"), max_length=300)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        low, high = data.get("kw_low"), data.get("kw_high")
        if (low is None) != (high is None) and not self.errors:
            self.add_error("kw_high", _("下限和上限要么都填，要么都不填。"))
        elif low is not None and high is not None and high <= low:
            self.add_error("kw_high", _("上限应大于下限 %(low)s kW。") % {"low": low})
        return data


class TariffForm(forms.Form):
    """A province's surcharge from a day on."""

    province = forms.CharField(label=gettext_lazy("省份"), max_length=20, help_text=gettext_lazy("写简称，例如 浙江"))
    from_on = DayField(label=gettext_lazy("起"))
    surcharge = forms.DecimalField(label=gettext_lazy("加价（元/kWh）"), min_value=0, max_digits=6, decimal_places=2)
    note = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)
    source = forms.CharField(label=gettext_lazy("来源"), max_length=200, help_text=gettext_lazy("文件名称和文号"))

    def clean_province(self) -> str:
        """Take 浙江省 for 浙江, so that one province does not get two names."""
        return str(self.cleaned_data["province"]).strip().removesuffix("省").removesuffix("市")


class ClaimForm(forms.Form):
    """A count that somebody else published; it stands beside ours and never replaces it."""

    beside = forms.ChoiceField(label=gettext_lazy("同一口径的本系统指标"), required=False)
    name = forms.CharField(
        label=gettext_lazy("指标名称"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("本系统没有这个指标时填写"),
    )
    value = forms.DecimalField(label=gettext_lazy("数值"), max_digits=16, decimal_places=4)
    as_of = DayField(label=gettext_lazy("截至"))
    source = forms.CharField(
        label=gettext_lazy("来源"), max_length=200, help_text=gettext_lazy("报刊或文件的名称和日期")
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(one.key, f"{one.label}") for one in definitions_for(scope)]
        self.fields["beside"].choices = [("", _("没有")), *known]  # type: ignore[attr-defined]
        self.fields["beside"].widget.attrs["data-choose"] = ""

    def clean_name(self) -> str:
        """A name stands in an address."""
        name = str(self.cleaned_data["name"]).strip()
        if "/" in name or "@" in name:
            raise forms.ValidationError(_("名称里不能有 / 和 @。"))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("beside") and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("没有选本系统的指标，就要写明是什么指标。"))
        return data


class CitedForm(forms.Form):
    """A case of the campaign that was reported in public, and the name by which it is cited."""

    case = forms.ChoiceField(label=gettext_lazy("案件"))
    code = forms.SlugField(
        label=gettext_lazy("引用名"), max_length=40, help_text=gettext_lazy("小写字母、数字和短横线，例如 huang")
    )
    source = forms.CharField(
        label=gettext_lazy("来源"), max_length=200, help_text=gettext_lazy("报刊或文件的名称和日期")
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cases = _cases(scope.campaign, scope.reader).order_by("number")
        self.fields["case"].choices = [(one.pk, f"{one.number} {one.title}") for one in cases]  # type: ignore[attr-defined]
        self.fields["case"].widget.attrs["data-choose"] = ""


Save = Callable[[Campaign, dict[str, Any], User], str]


@require_http_methods(["GET", "POST"])
def new_factors(request: HttpRequest, code: str) -> HttpResponse:
    """Add a version of the factors; the newest one is what the form begins from."""
    campaign = _campaign(request, code, "figure.factors", of_campaign=False)
    newest = EnergyFactors.objects.order_by("-valid_from", "-pk").first()
    begun = {name: getattr(newest, name) for name in FactorsForm.base_fields} if newest else {}
    form = FactorsForm(request.POST or None, initial={**begun, "code": "", "valid_from": "", "source": ""})

    def save(_campaign: Campaign, data: dict[str, Any], user: User) -> str:
        return _("已登记能耗因子 %(code)s。") % {
            "code": enter_factors(data.pop("code"), **data, actor=user, at=clock.now()).code
        }

    return _page(request, campaign, form, save, _("登记能耗因子"), _("从起用之日起，折算用这一版；以前的汇总不变。"))


@require_http_methods(["GET", "POST"])
def new_tariff(request: HttpRequest, code: str) -> HttpResponse:
    """Add a province's surcharge."""
    campaign = _campaign(request, code, "figure.factors", of_campaign=False)

    def save(_campaign: Campaign, data: dict[str, Any], user: User) -> str:
        return _("已登记差别电价：%(row)s 元/kWh。") % {
            "row": enter_tariff(data.pop("province"), **data, actor=user, at=clock.now())
        }

    form = TariffForm(request.POST or None)
    return _page(
        request, campaign, form, save, _("登记差别电价"), _("从起始日起按这个价加收；以前的天数仍按以前的价。")
    )


@require_http_methods(["GET", "POST"])
def new_claim(request: HttpRequest, code: str) -> HttpResponse:
    """Enter a count that somebody else published."""
    campaign = _campaign(request, code, "figure.claim")
    form = ClaimForm(request.POST or None, scope=Scope(campaign, clock.today(), reader(request)))

    def save(campaign: Campaign, data: dict[str, Any], user: User) -> str:
        key = claim_key(data["beside"] or data["name"], as_of=data["as_of"], source=data["source"])
        del data["name"]
        enter_claim(campaign, key, **data, actor=user, at=clock.now())
        return _("已登记外部公布数。与本系统的数不同时，写明原因后才能发布汇总。")

    words = _("公布数按原样保存，和本系统的数并排，不互相替代。")
    return _page(request, campaign, form, save, _("登记外部公布数"), words, "figures:list")


@require_http_methods(["GET", "POST"])
def new_citation(request: HttpRequest, code: str) -> HttpResponse:
    """Note that a case of the campaign was reported in public."""
    campaign = _campaign(request, code, "figure.cite")
    form = CitedForm(request.POST or None, scope=Scope(campaign, clock.today(), reader(request)))

    def save(campaign: Campaign, data: dict[str, Any], user: User) -> str:
        case = _cases(campaign, user).get(pk=data["case"])
        cite_case(campaign, data["code"], case, source=data["source"], actor=user, at=clock.now())
        return _("已登记公开通报的案件 %(number)s。") % {"number": case.number}

    words = _("登记以后，这个案件的数也列在数据页上，知悉范围不变。")
    known = _cases(campaign, reader(request)).exists()
    nothing = "" if known else _("您知悉的案件里，没有本行动单位的案件")
    return _page(request, campaign, form, save, _("登记公开通报的案件"), words, "figures:list", nothing)


def _cases(campaign: Campaign, user: User | None) -> "QuerySet[Case]":
    """The cases about units of the campaign that the user may know of."""
    seen = Scope(campaign, clock.today(), user).seen(Case.objects.all())
    return seen.filter(unit__in=campaign.campaign_units.values("unit"))


def _campaign(request: HttpRequest, code: str, act: str, *, of_campaign: bool = True) -> Campaign:
    """Return the campaign if the reader may know of it and do this."""
    user = reader(request)
    campaign: Campaign = get_visible(Campaign.objects, user, code=code)
    require(user, act, *([campaign] if of_campaign else []))
    return campaign


def _page(
    request: HttpRequest,
    campaign: Campaign,
    form: forms.Form,
    save: Save,
    title: str | Promise,
    words: str | Promise,
    back: str = "figures:energy",
    nothing: str = "",
) -> HttpResponse:
    """Show the form, or save it and go back to where its rows stand."""
    if form.is_bound and form.is_valid():
        try:
            said = save(campaign, dict(form.cleaned_data), reader(request))
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, said)
            return redirect(back, code=campaign.code)
    context = {"campaign": campaign, "form": form, "title": title, "words": words, "back": back, "nothing": nothing}
    return render(request, "figures/enter.html", context, status=400 if form.is_bound else 200)
