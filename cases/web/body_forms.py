"""Forms of decisions on party organisations and units."""

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.catalogue import catalogue
from cases.enums import Side
from cases.enums_bodies import BodyOutcome, Receiver
from cases.models import BodyDecision, Case
from cases.web.forms import PersonChoice
from casework.accounts.models import User
from casework.core.english import said
from casework.web.forms import DayField
from units.models import Unit

_NONE: Final = ("", "—")


def _codes(family: str) -> list[tuple[str, str]]:
    return [(row.code, said(row.title)) for row in catalogue().family(family)]


class BodyForm(forms.Form):
    """The proposal: whom, which measures, the facts, and what is asked for by when."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("单位"), empty_label="—")
    receiver = forms.ChoiceField(label=gettext_lazy("对象"), choices=Receiver.choices, widget=forms.RadioSelect)
    body = forms.CharField(label=gettext_lazy("名称"), max_length=120, required=False)
    handling = forms.ChoiceField(label=gettext_lazy("对党组织的纪律处理"), required=False)
    account = forms.MultipleChoiceField(
        label=gettext_lazy("对党组织问责"), required=False, widget=forms.CheckboxSelectMultiple
    )
    paper = forms.ChoiceField(label=gettext_lazy("对单位的文书"), required=False)
    grounds = forms.CharField(label=gettext_lazy("事实"), widget=forms.Textarea)
    evidence = forms.CharField(label=gettext_lazy("证据"), required=False, widget=forms.Textarea)
    demand = forms.CharField(label=gettext_lazy("建议或者要求"), required=False, widget=forms.Textarea)
    rectify_by = DayField(label=gettext_lazy("整改期限"), required=False)
    feedback = forms.CharField(label=gettext_lazy("反馈要求"), required=False, widget=forms.Textarea)
    objection = forms.CharField(label=gettext_lazy("提出异议的期限和方式"), required=False, widget=forms.Textarea)

    def __init__(self, case: Case, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("handling", [_NONE, *_codes("party_org")]),
            ("account", _codes("accountability_org")),
            ("paper", [_NONE, *_codes("unit_measure")]),
        ):
            field: Any = self.fields[name]
            field.choices = choices
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.filter(Q(pk=case.unit_id) | Q(suspects__case=case)).distinct().order_by("name")
        if fixed:  # whom a draft is on stays; another body is another decision
            del self.fields["unit"], self.fields["receiver"]

    def content(self) -> dict[str, Any]:
        """Return what the services take."""
        data = self.cleaned_data
        codes = [data["handling"], *data["account"], data["paper"]]
        names = ("unit", "receiver", "body", "grounds", "evidence", "demand", "rectify_by", "feedback", "objection")
        return {"measures": [code for code in codes if code], **{name: data[name] for name in names if name in data}}


def initial_of_body(decision: BodyDecision) -> dict[str, Any]:
    """Return a draft as the form shows it."""
    found: dict[str, Any] = {
        name: getattr(decision, name)
        for name in ("body", "grounds", "evidence", "demand", "rectify_by", "feedback", "objection")
    }
    rows = list(decision.measures.all())
    found["handling"] = next((row.code for row in rows if row.family == "party_org"), "")
    found["account"] = [row.code for row in rows if row.family == "accountability_org"]
    found["paper"] = next((row.code for row in rows if row.family == "unit_measure"), "")
    return found


class BodyStepForm(forms.Form):
    """One act: its day and what was said; the base of those that ask for more."""

    on = DayField(label=gettext_lazy("日期"))

    def __init__(self, decision: BodyDecision, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "second_officer" in self.fields:
            members = decision.case.members.filter(until__isnull=True, side__in=[Side.INVESTIGATE, Side.HEAR])
            field: Any = self.fields["second_officer"]
            field.queryset = (
                User.objects.filter(pk__in=members.values("user_id"))
                .exclude(pk=user.pk)
                .select_related("organisation")
                .order_by("name")
            )
        if "outcome" in self.fields:
            party = decision.receiver == Receiver.PARTY_ORGANISATION
            fit = {BodyOutcome.CARRIED_OUT} if party else {*BodyOutcome} - {BodyOutcome.NONE, BodyOutcome.CARRIED_OUT}
            choice: Any = self.fields["outcome"]
            choice.choices = [(row.value, row.label) for row in BodyOutcome if row in fit]


class HearForm(BodyStepForm):
    second_officer = PersonChoice(User.objects.none(), label=gettext_lazy("另一名办理人员"))
    who = forms.CharField(label=gettext_lazy("听取了谁的意见"), max_length=200)
    text = forms.CharField(label=gettext_lazy("意见和采纳情况"), required=False, widget=forms.Textarea)


class VoteForm(BodyStepForm):
    who = forms.CharField(label=gettext_lazy("审议机构"), max_length=200)
    document = forms.CharField(label=gettext_lazy("会议纪要文号"), max_length=80, required=False)
    members = forms.IntegerField(label=gettext_lazy("应到人数"), min_value=2, max_value=200)
    present = forms.IntegerField(label=gettext_lazy("实到人数"), min_value=0, max_value=200)
    votes_for = forms.IntegerField(label=gettext_lazy("同意"), min_value=0, max_value=200)


class BodyApproveForm(BodyStepForm):
    document = forms.CharField(
        label=gettext_lazy("上级决定或者批准文号"), max_length=80, required=False,
        help_text=gettext_lazy("改组、解散须填"),
    )  # fmt: skip
    text = forms.CharField(label=gettext_lazy("您的意见"), required=False, widget=forms.Textarea)
    digest = forms.CharField(widget=forms.HiddenInput)


class BodyServeForm(BodyStepForm):
    second_officer = PersonChoice(User.objects.none(), label=gettext_lazy("另一名办理人员"))
    who = forms.CharField(label=gettext_lazy("签收人"), max_length=200)
    document = forms.CharField(label=gettext_lazy("送达回证编号"), max_length=80)


class BodyFinishForm(BodyStepForm):
    outcome = forms.ChoiceField(label=gettext_lazy("结果"))
    text = forms.CharField(label=gettext_lazy("办结证明"), widget=forms.Textarea)
    document = forms.CharField(label=gettext_lazy("文号或者凭证号"), max_length=80, required=False)


class BodyReasonForm(BodyStepForm):
    text = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea)


BODY_STEP_FORMS: Final[dict[str, type[BodyStepForm]]] = {
    "hear": HearForm,
    "deliberate": VoteForm,
    "approve": BodyApproveForm,
    "issue": BodyStepForm,
    "serve": BodyServeForm,
    "finish": BodyFinishForm,
    "return": BodyReasonForm,
    "void": BodyReasonForm,
}
