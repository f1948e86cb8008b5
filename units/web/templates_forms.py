"""What is asked for when a template is made: its stages, and questions beside the questionnaire's own."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from units.enums_campaign import StageCode
from units.models import TemplateVersion
from units.rules.own_questions import MOST
from units.rules.stage_plans import StagePlan
from units.selectors.templates import stages_of

#: Empty rows offered beside those that are filled in.
SPARE_STAGES = 2
SPARE_QUESTIONS = 2
MOST_STAGES = 12

QUESTION_KINDS = (("text", _("文字")), ("number", _("数字")), ("choice", _("单选")), ("date", _("日期")))


class TemplateForm(forms.Form):
    """Name and code of a new template."""

    name = forms.CharField(label=_("名称"), max_length=120)
    code = forms.SlugField(label=_("代码"), max_length=40)


class NoteForm(forms.Form):
    """Why there is a new version, and which one the form was drawn from."""

    note = forms.CharField(label=_("改了什么"), max_length=300)
    after = forms.IntegerField(widget=forms.HiddenInput)


class StageForm(forms.Form):
    """A stage; a row without a name is left out."""

    name = forms.CharField(label=_("阶段名称"), max_length=60, required=False)
    code = forms.ChoiceField(
        label=_("类型"), choices=StageCode.choices, required=False, initial=StageCode.SELF_INSPECTION
    )
    first_day = forms.IntegerField(label=_("从第几天开始"), min_value=1, max_value=1500, required=False)
    days = forms.IntegerField(label=_("多少天"), min_value=1, max_value=1500, required=False)

    def clean(self) -> dict[str, Any]:
        """A stage with a name has its days too."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("name", "").strip():
            for field in ("first_day", "days"):
                if data.get(field) is None and field not in self.errors:
                    self.add_error(field, str(_("写一个从 1 起的整数。")))
        return data

    def plan(self) -> StagePlan | None:
        """Return the stage as given, or None for an empty row."""
        data = self.cleaned_data
        if not data["name"].strip():
            return None
        return StagePlan(
            data["code"] or StageCode.SELF_INSPECTION, data["name"].strip(), data["first_day"], data["days"]
        )


class QuestionForm(forms.Form):
    """A question of one's own; a row without a title is left out."""

    title = forms.CharField(label=_("题目"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("题型"), choices=QUESTION_KINDS, required=False, initial="text")
    ask = forms.CharField(label=_("问句"), max_length=200, required=False)
    hint = forms.CharField(label=_("填写说明"), max_length=200, required=False)
    unit = forms.CharField(label=_("数字的单位"), max_length=10, required=False)
    choices = forms.CharField(
        label=_("选项，一行一个"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    attachment = forms.BooleanField(label=_("要附件"), required=False)

    def question(self) -> dict[str, Any] | None:
        """Return the question as given, or None for an empty row."""
        data = dict(self.cleaned_data)
        if not data["title"].strip():
            return None
        data["choices"] = data["choices"].splitlines() if data["kind"] == "choice" else []
        data["kind"] = data["kind"] or "text"
        return data


StageForms = forms.formset_factory(StageForm, extra=SPARE_STAGES, max_num=MOST_STAGES, absolute_max=MOST_STAGES)
QuestionForms = forms.formset_factory(QuestionForm, extra=SPARE_QUESTIONS, max_num=MOST, absolute_max=MOST)


def stage_rows(version: TemplateVersion | None) -> list[dict[str, Any]]:
    """Return the stages of the version as first values of their rows."""
    if version is None:
        return []
    kinds = {value for value, _label in StageCode.choices}
    return [
        {
            "name": one.name,
            "code": one.code if one.code in kinds else StageCode.SELF_INSPECTION,
            "first_day": one.first_day,
            "days": one.days,
        }
        for one in stages_of(version)
    ]


def question_rows(version: TemplateVersion | None) -> list[dict[str, Any]]:
    """Return the version's own questions as first values of their rows."""
    questions: list[Mapping[str, Any]] = version.questions if version else []
    return [{**one, "choices": "\n".join(one["choices"])} for one in questions]
