"""What forms of all apps share: typed dates, and refusals of services put where they belong."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from casework.core.errors import CaseworkError, NotReady
from casework.web.formats import parse_day


class DayField(forms.DateField):
    """A day typed as 2021-9-7, 2021/9/7 or 2021年9月7日."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.DateInput(format="%Y-%m-%d", attrs={"autocomplete": "off", "placeholder": "2021-9-7"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return super().to_python(value)
        day = parse_day(str(value))
        if day is None:
            raise forms.ValidationError(
                _("看不懂“%(value)s”这个日期。应写成 2021-9-7 或 2021年9月7日。") % {"value": value}, code="invalid"
            )
        return day


def add_refusal(form: forms.BaseForm, error: CaseworkError) -> None:
    """Put the refusal at the fields that its details name, else on top of the form; all that is missing is listed."""
    placed = False
    for name, text in error.details.items():
        if name in form.fields and isinstance(text, str):
            form.add_error(name, text)
            placed = True
    if not placed:
        form.add_error(None, error.message)
    if isinstance(error, NotReady):
        for item in error.missing:
            form.add_error(None, item.text)


def version_read(request: HttpRequest) -> int | None:
    """Return the version that the form was filled from, or None when the form names none that can be a version."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None
