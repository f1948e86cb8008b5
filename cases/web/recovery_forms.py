"""Forms of gains, surcharges and payments: what people type, before any rule is asked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.enums_penalties import PaymentKind
from cases.models import Case, Suspect
from cases.web.forms import MomentField
from casework.web.forms import DayField
from units.models import Unit


class GainForm(forms.Form):
    """A gain in coin or yuan."""

    suspect = forms.ModelChoiceField(
        Suspect.objects.none(), label=gettext_lazy("对象"), required=False, empty_label="—"
    )
    label = forms.CharField(label=gettext_lazy("说明"), max_length=120)
    coin = forms.CharField(
        label=gettext_lazy("币种"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("人民币不填；例如 ETH、门罗币"),
    )
    quantity = forms.DecimalField(label=gettext_lazy("数量"), required=False, max_digits=38, decimal_places=18)
    price = forms.DecimalField(label=gettext_lazy("单价"), required=False, max_digits=24, decimal_places=8)
    value = forms.DecimalField(label=gettext_lazy("金额"), required=False, max_digits=18, decimal_places=2)
    priced_at = MomentField(label=gettext_lazy("计价时点"), required=False)
    price_source = forms.CharField(label=gettext_lazy("价格来源"), max_length=120, required=False)
    approximate = forms.BooleanField(label=gettext_lazy("约数"), required=False)
    amount_due = forms.DecimalField(
        label=gettext_lazy("应缴"),
        required=False,
        max_digits=18,
        decimal_places=2,
        help_text=gettext_lazy("不填为全额"),
    )
    due_on = DayField(label=gettext_lazy("缴款期限"), required=False)

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["suspect"]
        field.queryset = case.suspects.order_by("pk")


class SurchargeForm(forms.Form):
    """What a meter counted and on which days it was used for mining; the rate follows from province and day."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("用电单位"), empty_label="—")
    kwh = forms.DecimalField(label=gettext_lazy("抄表电量"), max_digits=16, decimal_places=2)
    metered_from = DayField(label=gettext_lazy("抄表起"))
    metered_until = DayField(label=gettext_lazy("抄表止"))
    used_from = DayField(label=gettext_lazy("“挖矿”起"))
    used_until = DayField(label=gettext_lazy("“挖矿”止"))
    due_on = DayField(label=gettext_lazy("缴款期限"), required=False)

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["unit"]
        known = {case.unit_id, *case.suspects.values_list("unit_id", flat=True)}
        field.queryset = Unit.objects.filter(pk__in=[pk for pk in known if pk]).order_by("pk")


class PaymentForm(forms.Form):
    """A payment with its receipt."""

    amount = forms.DecimalField(label=gettext_lazy("金额"), max_digits=18, decimal_places=2)
    paid_on = DayField(label=gettext_lazy("缴款日期"))
    receipt = forms.CharField(label=gettext_lazy("凭证号"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("方式"), choices=PaymentKind.choices)
