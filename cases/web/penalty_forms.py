"""Forms of penalties: what people type, before any rule is asked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.catalogue import catalogue
from cases.enums import Side
from cases.enums_penalties import (
    AppealKind,
    AppealState,
    BonusUnit,
    BranchWay,
    DecidedBy,
    DefenceOutcome,
    Office,
    Situation,
)
from cases.ladder import MeasureSpec
from cases.models import Case, Penalty, Suspect
from cases.periods import EMPLOYER, GOV, PARTY
from cases.ranges import SEVERITY_NAMES, Finding
from cases.routing import Stop
from cases.web.forms import PersonChoice, people_with
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.english import said
from casework.web.forms import DayField

ROWS: Final = (1, 2, 3)
_EMPTY = ("", "—")


def _codes(*families: str) -> list[tuple[str, str]]:
    return [(m.code, said(m.title)) for m in catalogue().measures.values() if m.family.code in families]


def _others() -> list[tuple[str, str]]:
    return [
        (m.code, said(m.title)) for m in catalogue().measures.values() if m.family.code not in {PARTY, GOV, EMPLOYER}
    ]


class PenaltyForm(forms.Form):
    """The proposal: conducts, circumstances, one grade of each track, further measures, facts and reason."""

    acts_from = DayField(label=gettext_lazy("行为起"))
    acts_until = DayField(label=gettext_lazy("行为止"))
    circumstances = forms.MultipleChoiceField(
        label=gettext_lazy("情节"), required=False, widget=forms.CheckboxSelectMultiple
    )
    situation = forms.ChoiceField(label=gettext_lazy("目前情况"), choices=Situation.choices)
    decided_by = forms.ChoiceField(label=gettext_lazy("作出机关"), choices=DecidedBy.choices)
    party = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)
    other = forms.MultipleChoiceField(required=False)
    bonus = forms.IntegerField(label=gettext_lazy("扣除"), required=False, min_value=1, max_value=36)
    bonus_unit = forms.ChoiceField(label=gettext_lazy("单位"), required=False, choices=BonusUnit.choices)
    state_months = forms.IntegerField(label=gettext_lazy("处分期（月）"), required=False, min_value=1, max_value=48)
    suspend_months = forms.IntegerField(label=gettext_lazy("停职（月）"), required=False, min_value=1, max_value=6)
    amount = forms.DecimalField(
        label=gettext_lazy("金额"), required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2
    )
    offices = forms.MultipleChoiceField(
        label=gettext_lazy("任职"), required=False, choices=Office.choices, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("决定由谁批准；没有的不选"),
    )  # fmt: skip
    branch = forms.ChoiceField(label=gettext_lazy("支部大会"), required=False, choices=BranchWay.choices)
    grounds = forms.CharField(label=gettext_lazy("违纪违法事实"), widget=forms.Textarea)
    evidence = forms.CharField(label=gettext_lazy("证据"), required=False, widget=forms.Textarea)
    reason = forms.CharField(label=gettext_lazy("理由"), required=False, widget=forms.Textarea)
    new_facts = forms.CharField(
        label=gettext_lazy("此后新查明的事实"), required=False, max_length=400, widget=forms.Textarea,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = catalogue()
        choice: Any = self.fields["circumstances"]
        choice.choices = [(row.code, said(row.name)) for row in known.circumstances.values()]
        for name, choices in (
            ("party", [_EMPTY, *_codes(PARTY)]),
            ("state", [_EMPTY, *_codes(GOV, EMPLOYER)]),
            ("other", _others()),
        ):
            field: Any = self.fields[name]
            field.choices = choices
        conducts = [_EMPTY, *((row.code, said(row.name)) for row in known.conducts.values())]
        severities = [(str(key), said(words)) for key, words in SEVERITY_NAMES.items()]
        for number in ROWS:
            label = _("行为 %(n)d") % {"n": number}
            self.fields[f"conduct_{number}"] = forms.ChoiceField(label=label, required=False, choices=conducts)
            self.fields[f"severity_{number}"] = forms.ChoiceField(
                label=_("情节轻重"), required=False, choices=severities
            )

    def findings(self) -> list[Finding]:
        """Return the conducts that were chosen."""
        rows = []
        for number in ROWS:
            code = self.cleaned_data.get(f"conduct_{number}")
            if code:
                rows.append(Finding(code, self.cleaned_data.get(f"severity_{number}") or "light"))  # type: ignore[arg-type]
        return rows

    def specs(self) -> list[MeasureSpec]:
        """Return the measures that were chosen, sanctions first."""
        data = self.cleaned_data
        found = []
        if data.get("party"):
            found.append(MeasureSpec(data["party"]))
        if data.get("state"):
            found.append(MeasureSpec(data["state"], months=data.get("state_months")))
        for code in data.get("other", []):
            family = catalogue().measures[code].family.code
            found.append(
                MeasureSpec(
                    code,
                    months=data.get("suspend_months") if code == "OH_SUSPEND" else None,
                    quantity=data.get("bonus") if code == "HR_BONUS_CUT" else None,
                    unit=data.get("bonus_unit", "") if code == "HR_BONUS_CUT" else "",
                    amount=data.get("amount") if family == "property" else None,
                )
            )
        return found

    def content(self) -> dict[str, Any]:
        """Return what the services take."""
        data = self.cleaned_data
        return {
            "measures": self.specs(),
            "grounds": data["grounds"],
            "acts_on": (data["acts_from"], data["acts_until"]),
            "evidence": data["evidence"],
            "findings": self.findings(),
            "circumstances": data["circumstances"],
            "reason": data["reason"],
            "situation": data["situation"],
            "offices": data["offices"],
            "branch": data["branch"] or BranchWay.RAISED,
        }


class PrepareForm(PenaltyForm):
    """What many drafts share; facts, evidence and days come from each person's own case."""

    party = forms.ChoiceField(label=gettext_lazy("党纪处分"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("政务处分、单位处分"), required=False)
    other = forms.MultipleChoiceField(
        label=gettext_lazy("其他处理"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("acts_from", "acts_until", "situation", "grounds", "evidence", "new_facts", "offices", "branch"):
            del self.fields[name]
        field: Any = self.fields["other"]
        field.choices = _codes("first_form", "labour", "property", "org_handling", "accountability_leader")
        self.initial.setdefault("conduct_1", "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT")

    def content(self) -> dict[str, Any]:
        """Return what every draft shares."""
        data = self.cleaned_data
        return {
            "measures": self.specs(),
            "findings": self.findings(),
            "circumstances": data["circumstances"],
            "reason": data["reason"],
            "decided_by": data["decided_by"],
        }


def initial_of(penalty: Penalty) -> dict[str, Any]:
    """Return a draft as the form shows it."""
    values: dict[str, Any] = {
        "acts_from": penalty.acts_from,
        "acts_until": penalty.acts_until,
        "circumstances": penalty.circumstances,
        "situation": penalty.situation,
        "decided_by": penalty.decided_by,
        "offices": penalty.offices,
        "branch": penalty.branch,
        "grounds": penalty.grounds,
        "evidence": penalty.evidence,
        "reason": penalty.reason,
        "other": [],
    }
    for number, row in enumerate(penalty.findings[: len(ROWS)], 1):
        values[f"conduct_{number}"], values[f"severity_{number}"] = row["code"], row["severity"]
    for measure in penalty.measures.all():
        if measure.family == PARTY:
            values["party"] = measure.code
        elif measure.family in {GOV, EMPLOYER}:
            values["state"], values["state_months"] = measure.code, measure.months
        else:
            values["other"].append(measure.code)
            if measure.code == "HR_BONUS_CUT":
                values["bonus"], values["bonus_unit"] = measure.quantity, measure.unit
            if measure.code == "OH_SUSPEND":
                values["suspend_months"] = measure.months
            if measure.amount is not None:
                values["amount"] = measure.amount
    return values


def initial_for(suspect: Suspect) -> dict[str, Any]:
    """Return what is known of a suspect before anything is drafted."""
    return {
        "acts_from": suspect.conduct_from,
        "acts_until": suspect.conduct_until or suspect.standing_on,
        "situation": Situation.IN_POST,
        "decided_by": DecidedBy.COMMISSION,
        "offices": [],
        "branch": BranchWay.RAISED,
        "conduct_1": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT",
        "other": [],
    }


def _colleagues(case: Case, user: User) -> Any:
    members = case.members.filter(until__isnull=True, side__in=[Side.INVESTIGATE, Side.HEAR]).values("user_id")
    return User.objects.filter(pk__in=members).exclude(pk=user.pk).select_related("organisation").order_by("name")


class StepForm(forms.Form):
    """A step that asks for nothing; the base of those that ask."""

    def __init__(self, case: Case, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "second_officer" in self.fields:
            field: Any = self.fields["second_officer"]
            field.queryset = _colleagues(case, user)


class InformForm(StepForm):
    second_officer = PersonChoice(User.objects.none(), label=gettext_lazy("另一名办理人员"))
    place = forms.CharField(label=gettext_lazy("地点"), max_length=200, required=False)
    statement = forms.CharField(label=gettext_lazy("本人的陈述申辩"), required=False, widget=forms.Textarea)
    outcome = forms.ChoiceField(label=gettext_lazy("采纳情况"), choices=DefenceOutcome.choices)
    answer = forms.CharField(label=gettext_lazy("答复理由"), required=False, widget=forms.Textarea)
    signed = forms.BooleanField(label=gettext_lazy("本人已签字"), required=False, initial=True)
    refusal = forms.CharField(label=gettext_lazy("未签字的情况"), max_length=200, required=False)


class ConsultForm(StepForm):
    organ = forms.CharField(label=gettext_lazy("机关"), max_length=120)
    opinion = forms.CharField(label=gettext_lazy("意见"), widget=forms.Textarea)
    document = forms.CharField(label=gettext_lazy("文号"), max_length=80, required=False)
    replied_on = DayField(label=gettext_lazy("回复日期"), required=False)


class DeliberateForm(StepForm):
    body = forms.CharField(label=gettext_lazy("审议机构"), max_length=120)
    held_on = DayField(label=gettext_lazy("会议日期"))
    minutes = forms.CharField(label=gettext_lazy("会议纪要文号"), max_length=80, required=False)
    members = forms.IntegerField(label=gettext_lazy("应到人数"), min_value=2, max_value=200)
    votes_for = forms.IntegerField(label=gettext_lazy("同意"), min_value=0, max_value=200)
    votes_against = forms.IntegerField(label=gettext_lazy("不同意"), min_value=0, max_value=200, initial=0)
    abstentions = forms.IntegerField(label=gettext_lazy("弃权"), min_value=0, max_value=200, initial=0)


class IssueForm(StepForm):
    sealed = forms.BooleanField(label=gettext_lazy("决定书已盖作出决定机关的印章"), required=False)


class ServeForm(StepForm):
    served_on = DayField(label=gettext_lazy("送达日期"))
    second_officer = PersonChoice(User.objects.none(), label=gettext_lazy("另一名办理人员"))
    receiver = forms.CharField(label=gettext_lazy("签收人"), max_length=200)
    receipt = forms.CharField(label=gettext_lazy("送达回证编号"), max_length=80, required=False)
    refusal = forms.CharField(label=gettext_lazy("拒绝签收的情况"), max_length=200, required=False)
    place = forms.CharField(label=gettext_lazy("地点"), max_length=200, required=False)


class AnnounceForm(StepForm):
    announced_on = DayField(label=gettext_lazy("宣布日期"))
    second_officer = PersonChoice(User.objects.none(), label=gettext_lazy("另一名办理人员"))
    place = forms.CharField(label=gettext_lazy("宣布范围"), max_length=200)
    opinion = forms.CharField(label=gettext_lazy("本人意见"), required=False, widget=forms.Textarea)
    refusal = forms.CharField(label=gettext_lazy("未签字的情况"), max_length=200, required=False)


class FinishForm(StepForm):
    executed_on = DayField(label=gettext_lazy("执行完毕日期"), required=False)


class ReasonForm(StepForm):
    reason = forms.CharField(label=gettext_lazy("意见"), widget=forms.Textarea)


class RestoreForm(ReasonForm):
    restored_on = DayField(label=gettext_lazy("恢复日期"))
    document = forms.CharField(label=gettext_lazy("决定文号"), max_length=80, required=False)


class ExtendForm(ReasonForm):
    document = forms.CharField(label=gettext_lazy("决定文号"), max_length=80)


class StationForm(StepForm):
    """What a body on the way decided; the votes only where a meeting voted."""

    station = forms.ChoiceField(label=gettext_lazy("事项"))
    body = forms.CharField(label=gettext_lazy("作出的组织"), max_length=120)
    document = forms.CharField(label=gettext_lazy("文号"), max_length=80)
    on = DayField(label=gettext_lazy("日期"))
    members = forms.IntegerField(label=gettext_lazy("应到人数"), required=False, min_value=1, max_value=2000)
    present = forms.IntegerField(label=gettext_lazy("实到人数"), required=False, min_value=0, max_value=2000)
    votes_for = forms.IntegerField(label=gettext_lazy("同意"), required=False, min_value=0, max_value=2000)
    ahead = forms.BooleanField(label=gettext_lazy("闭会期间常委会先作处理，待全体会议追认"), required=False)

    def of(self, stops: Sequence[Stop]) -> "StationForm":
        """Offer the stops that this draft passes and that are registered."""
        field: Any = self.fields["station"]
        field.choices = [(stop.code, said(stop.title)) for stop in stops if stop.registered]
        return self


class ApprovalForm(StepForm):
    opinion = forms.CharField(label=gettext_lazy("您的意见"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    committee_document = forms.CharField(label=gettext_lazy("同级党委批准文号"), max_length=80, required=False)
    committee_on = DayField(label=gettext_lazy("党委批准日期"), required=False)
    digest = forms.CharField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=[("approve", ""), ("sign", ""), ("return", ""), ("decline", "")])


STEP_FORMS: Final[dict[str, type[StepForm]]] = {
    "inform": InformForm,
    "consult": ConsultForm,
    "deliberate": DeliberateForm,
    "issue": IssueForm,
    "serve": ServeForm,
    "announce": AnnounceForm,
    "execute": StepForm,
    "finish": FinishForm,
    "restore": RestoreForm,
    "extend": ExtendForm,
    "station": StationForm,
    "expire": StepForm,
    "return": ReasonForm,
    "decline": ReasonForm,
    "void": ReasonForm,
}


class TaskForm(forms.Form):
    """What proves that a task is done, or why it is not carried out."""

    done_on = DayField(label=gettext_lazy("办结日期"))
    proof = forms.CharField(label=gettext_lazy("办结证明"), required=False, widget=forms.Textarea)
    document = forms.CharField(label=gettext_lazy("文号或者凭证号"), max_length=80, required=False)
    waived_reason = forms.CharField(label=gettext_lazy("不再执行的理由"), required=False, widget=forms.Textarea)


class AppealForm(forms.Form):
    """What the person asks for."""

    kind = forms.ChoiceField(label=gettext_lazy("种类"), choices=AppealKind.choices)
    received_on = DayField(label=gettext_lazy("收到日期"))
    request = forms.CharField(label=gettext_lazy("请求和理由"), widget=forms.Textarea)


class AcceptForm(forms.Form):
    """Two people who had no part in the case."""

    handler = PersonChoice(User.objects.none(), label=gettext_lazy("复查人"))
    second_handler = PersonChoice(User.objects.none(), label=gettext_lazy("另一名复查人"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("handler", "second_handler"):
            field: Any = self.fields[name]
            field.queryset = people_with(Role.HEARING_OFFICER, Role.CASE_OFFICER)


class RejectForm(forms.Form):
    """Why an appeal is not taken up."""

    document = forms.CharField(label=gettext_lazy("告知文号"), max_length=80)
    reason = forms.CharField(label=gettext_lazy("不予受理的理由"), widget=forms.Textarea)


class AppealDecisionForm(forms.Form):
    """The decision on an appeal; a new grade and what stays of the other measures only where it amends."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("决定"),
        choices=[(row.value, row.label) for row in (AppealState.UPHELD, AppealState.AMENDED, AppealState.REVOKED)],
    )
    measure = forms.ChoiceField(label=gettext_lazy("变更为"), required=False)
    keep = forms.MultipleChoiceField(
        label=gettext_lazy("变更时保留的其他处理"), required=False, widget=forms.CheckboxSelectMultiple
    )
    document = forms.CharField(label=gettext_lazy("决定文号"), max_length=80)
    reason = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea)

    def __init__(self, penalty: Penalty, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["measure"]
        field.choices = [_EMPTY, *_codes(PARTY, GOV, EMPLOYER, "first_form")]
        self._others = {row.code: row for row in penalty.measures.all() if row.family not in {PARTY, GOV, EMPLOYER}}
        kept: Any = self.fields["keep"]
        kept.choices = [(code, row.words) for code, row in self._others.items()]
        kept.initial = list(self._others)
        if not self._others:
            del self.fields["keep"]

    def measures(self) -> list[MeasureSpec] | None:
        """Return the measures of an amended decision; None where nothing is amended."""
        data = self.cleaned_data
        if data["outcome"] != AppealState.AMENDED:
            return None
        kept = [self._others[code] for code in data.get("keep", [])]
        specs = [MeasureSpec(row.code, row.months, row.quantity, row.unit, row.amount, row.note) for row in kept]
        new = data["measure"]
        return [*([MeasureSpec(new)] if new and new not in data.get("keep", []) else []), *specs]
