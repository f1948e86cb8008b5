"""What is asked for when a clock is stopped, resumed or lengthened."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.core.english import said
from casework.deadlines.enums import Unit
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.rules import Rule, span
from casework.web.forms import DayField


class _Papers(forms.Form):
    """Reason, approver and document, and the version that the form was drawn from."""

    reason = forms.CharField(label=_("事由"), max_length=300, widget=forms.Textarea)
    approver = forms.CharField(label=_("批准人或批准机关"), max_length=120)
    document = forms.CharField(label=_("文号"), max_length=120, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class ExtendForm(_Papers):
    """More time; the unit and the most of it come from the rule's text."""

    amount = forms.IntegerField(label=_("延长"), min_value=1, max_value=3660)
    field_order = ("amount", "unit", "reason", "approver", "document")

    def __init__(self, deadline: Deadline, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        step = Rule.restore(deadline.rule).extension_step(len(deadline.extensions.all()))
        free = [Unit.DAY, Unit.WORKING_DAY, Unit.MONTH]
        units = [Unit(step.unit)] if step and step.amount is not None else free
        self.fields["unit"] = forms.ChoiceField(
            label=_("单位"), choices=[(unit.value, unit.label) for unit in units], initial=units[0].value
        )
        self.fields["approver"].initial = said(step.by) if step else ""
        if step and step.amount is not None:
            self.fields["amount"].help_text = _("最多 %(most)s") % {"most": said(span(step.amount, step.unit))}
        self.order_fields(self.field_order)


class SuspendForm(_Papers):
    """From which day the clock stands still."""

    from_on = DayField(label=_("暂停之日"), help_text=_("这一天起不再计算"))
    field_order = ("from_on", "reason", "approver", "document")

    def __init__(self, _deadline: Deadline, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class ResumeForm(_Papers):
    """From which day the clock runs again."""

    to_on = DayField(label=_("恢复之日"), help_text=_("这一天起继续计算"))
    field_order = ("to_on", "reason", "approver", "document")

    def __init__(self, _deadline: Deadline, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class HolidayForm(forms.Form):
    """One day of a notice."""

    on = DayField(label=_("日期"))
    kind = forms.ChoiceField(label=_("类别"), choices=Holiday.Kinds.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=_("名称"), max_length=40, required=False, help_text=_("例如 国庆节"))
    source = forms.CharField(label=_("依据"), max_length=300, help_text=_("放假通知的文号，例如 国办发明电〔2025〕7号"))


class HolidayRemovalForm(forms.Form):
    """Why a day is taken out."""

    on = DayField(label=_("日期"))
    reason = forms.CharField(label=_("原因"), max_length=300, widget=forms.Textarea)
