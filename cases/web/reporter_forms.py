"""Forms about who reported."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import ReportWay
from cases.models import Case
from cases.web.forms import CHOOSE, PersonChoice
from casework.accounts.models import User
from casework.web.forms import DayField


class ReporterForm(forms.Form):
    """Who, how and when."""

    way = forms.ChoiceField(label=_("举报方式"), choices=ReportWay.choices)
    reported_on = DayField(label=_("举报日期"))
    name = forms.CharField(label=_("姓名"), max_length=80, help_text=_("匿名举报写“匿名”"))
    contact = forms.CharField(label=_("联系方式"), max_length=200, required=False)
    note = forms.CharField(
        label=_("身份、需要怎样保护"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RightForm(forms.Form):
    """Who else may know, and why."""

    user = PersonChoice(User.objects.none(), label=_("授权给"), widget=forms.Select(attrs=CHOOSE))
    reason = forms.CharField(label=_("理由"), max_length=200)

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = case.compartment.grants.filter(until__isnull=True).values("user_id")
        people = User.objects.filter(pk__in=known, is_active=True).select_related("organisation")
        self.fields["user"].queryset = people.order_by("name", "pk")  # type: ignore[attr-defined]
