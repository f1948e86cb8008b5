"""The inputs of a template as a form; tables are typed one row a line, so that they can be pasted from a sheet."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from casework.documents.spec import LIMITS, Input, Template
from casework.web.forms import DayField

_BAR: Final = "|"


class DocumentForm(forms.Form):
    """One field for each declared input; all that is missing is named at once, each at its field."""

    use_required_attribute = False

    def __init__(self, *args: Any, template: Template, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        for one in template.inputs:
            if one.fixed:
                continue
            field = _field(one)
            field.required = one.required
            field.error_messages["required"] = _("缺少%(label)s。") % {"label": one.label}
            self.fields[one.name] = field

    def data_of_template(self) -> dict[str, Any]:
        """Return what was typed, as the template's inputs want it."""
        return {one.name: _read(one, self.cleaned_data.get(one.name)) for one in self.template.inputs if not one.fixed}

    @property
    def fixed(self) -> bool:
        """Whether some of it is taken from the records alone and is not typed."""
        return any(one.fixed for one in self.template.inputs)


def _field(one: Input) -> forms.Field:
    label = one.label
    if one.type == "date":
        return DayField(label=label, help_text=one.hint)
    if one.type == "int":
        return forms.IntegerField(label=label, help_text=one.hint)
    if one.type == "text":
        return forms.CharField(label=label, max_length=LIMITS["text"], help_text=one.hint)
    hint, rows = one.hint, 5
    if one.type == "rows":
        hint = _("每行一项，栏目依次用竖线隔开：%(columns)s") % {
            "columns": " | ".join(name for _k, name in one.columns)
        }
        rows = 8
    elif one.type == "qa":
        hint, rows = _("每一问、每一答另起一行，以“问：”“答：”开头"), 16
    elif one.type == "lines":
        hint = _("每行一条")
    return forms.CharField(label=label, strip=False, help_text=hint, widget=forms.Textarea(attrs={"rows": rows}))


def _read(one: Input, value: Any) -> Any:
    if one.type == "lines":
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]
    if one.type == "rows":
        names = [name for name, _label in one.columns]
        found = []
        for line in str(value or "").splitlines():
            if line.strip():
                cells = [cell.strip() for cell in line.replace("\t", _BAR).split(_BAR, len(names) - 1)]
                found.append(dict(zip(names, cells, strict=False)))
        return found
    if one.type == "qa":
        return _questions(str(value or ""))
    return value


def _questions(text: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    at = "q"
    for line in text.splitlines():
        said = line.strip()
        if said.startswith(("问：", "问:")):
            rows.append({"q": said[2:].strip(), "a": ""})
            at = "q"
        elif said.startswith(("答：", "答:")):
            if not rows:
                rows.append({"q": "", "a": ""})
            rows[-1]["a"] = said[2:].strip()
            at = "a"
        elif said and rows:
            rows[-1][at] = f"{rows[-1][at]}\n{said}".strip()
        elif said:
            rows.append({"q": said, "a": ""})
    return rows


def typed(template: Template, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data as they stand in the fields of the form."""
    found: dict[str, Any] = {}
    for one in template.inputs:
        value = data.get(one.name)
        if value in (None, ""):
            continue
        if one.type == "lines":
            found[one.name] = "\n".join(value)
        elif one.type == "rows":
            found[one.name] = "\n".join(
                f" {_BAR} ".join(_flat(row.get(name, "")) for name, _label in one.columns) for row in value
            )
        elif one.type == "qa":
            found[one.name] = "\n".join(f"问：{row.get('q', '')}\n答：{row.get('a', '')}" for row in value)
        else:
            found[one.name] = value
    return found


def _flat(text: Any) -> str:
    return str(text).replace("\n", " ").replace(_BAR, "｜").strip()


class IssueForm(forms.Form):
    """The day on the document."""

    issued_on = DayField(label=_l("成文日期"))


class ServeForm(forms.Form):
    """To whom and when the document was handed over."""

    served_on = DayField(label=_l("送达日期"))
    receiver = forms.CharField(label=_l("签收人"), max_length=80)


class ReasonForm(forms.Form):
    """Why it is given back or taken back."""

    reason = forms.CharField(label=_l("理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class SignedForm(forms.Form):
    """The scan of the signed copy."""

    file = forms.FileField(label=_l("签名盖章后的扫描件"), help_text=_l("PDF 或者图片"))


class TemplateForm(forms.Form):
    """The commission's own version of a template."""

    note = forms.CharField(label=_l("改了什么"), max_length=300, required=False)
    source = forms.CharField(
        label=_l("模板"), strip=False, widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false"})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)
