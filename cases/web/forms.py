"""Forms of cases: what people type, before any rule is asked."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import CaseKind, Duty, InterviewKind, MeetingOutcome, PageMark, Stance
from cases.models import Case, CaseType, Site, Suspect
from cases.workflow import Step
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, User
from casework.core import clock
from casework.web.forms import DayField
from evidence.models import Item
from units.enums import Employment
from units.lead_workflow import NOT_PUNITIVE, move_named
from units.models import Lead, Unit

CHOOSE = {"data-choose": ""}


class MomentField(forms.DateTimeField):
    """A moment typed as 2021-9-7 10:24 in Asia/Shanghai."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "2021-9-7 10:24"})

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        text = (
            str(value)
            .strip()
            .replace("：", ":")
            .replace("年", "-")
            .replace("月", "-")
            .replace("日", " ")
            .replace("/", "-")
        )
        day, _space, time = " ".join(text.replace("T", " ").split()).partition(" ")
        parts = day.split("-")
        try:
            moment = parse_datetime(f"{int(parts[0]):04}-{int(parts[1]):02}-{int(parts[2]):02} {time}")
        except (ValueError, IndexError):
            moment = None
        if moment is None:
            raise forms.ValidationError(
                _("看不懂“%(value)s”这个时间。应写成 2021-9-7 10:24。") % {"value": value}, code="invalid"
            )
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def people_with(*roles: str) -> QuerySet[User]:
    """Return the active people who hold one of the roles today, by name."""
    day = clock.today()
    held = Appointment.objects.filter(role__in=roles, from_on__lte=day).exclude(until__lt=day).values("user_id")
    return User.objects.filter(pk__in=held, is_active=True).select_related("organisation").order_by("name", "pk")


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One person, shown with the office."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("empty_label", "—")
        super().__init__(*args, **kwargs)

    def label_from_instance(self, user: Any) -> str:
        return f"{user.name}（{user.organisation.name}）"


class PeopleChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several people, shown with their offices."""

    def label_from_instance(self, user: Any) -> str:
        return f"{user.name}（{user.organisation.name}）"


class FileCaseForm(forms.Form):
    """立案呈批: what it is about, who works on it and who decides."""

    lead = forms.ModelChoiceField(
        Lead.objects.none(),
        label=gettext_lazy("来源线索"),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs=CHOOSE),
    )
    carry = forms.MultipleChoiceField(
        label=gettext_lazy("线索中随案的内容"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("answers", gettext_lazy("已答的疑问，列为待证事实")),
            ("sightings", gettext_lazy("监测情况，列入时间线")),
            ("clocks", gettext_lazy("线索的期限，列入时间线")),
        ],
        initial=["answers", "sightings", "clocks"],
    )
    type = forms.ModelChoiceField(
        CaseType.objects.none(), label=gettext_lazy("案件类型"), required=False, empty_label=gettext_lazy("不选")
    )
    title = forms.CharField(label=gettext_lazy("案由"), max_length=200)
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label=gettext_lazy("单位"),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs=CHOOSE),
    )
    kind = forms.ChoiceField(label=gettext_lazy("性质"), choices=CaseKind.choices)
    grounds = forms.CharField(label=gettext_lazy("主要问题"), widget=forms.Textarea)
    suspects = forms.CharField(
        label=gettext_lazy("被审查调查人"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("每行一人：姓名，职务"),
    )
    conduct_on = DayField(
        label=gettext_lazy("身份认定日期"), required=False, help_text=gettext_lazy("行为发生时，不填为今天")
    )
    partner = PersonChoice(User.objects.none(), label=gettext_lazy("另一名承办人"), widget=forms.Select(attrs=CHOOSE))
    decider = PersonChoice(User.objects.none(), label=gettext_lazy("审批领导"), widget=forms.Select(attrs=CHOOSE))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leads = Lead.objects.visible_to(user).order_by("-received_on", "-pk")
        # Only leads that can be filed are offered, and the one that one comes from; why not is said by the act itself.
        filable = Q(state__in=move_named("file").sources) & ~Q(classification__in=NOT_PUNITIVE)
        offered = leads.filter(filable | Q(pk=self.initial.get("lead")))
        chosen: Any = self.fields["lead"]
        chosen.queryset = leads
        chosen.choices = [
            ("", "—"),
            *((lead.pk, f"{lead.number} {lead.unit.name}") for lead in offered.select_related("unit")),
        ]
        newest = CaseType.objects.order_by("code", "-number").distinct("code").values("pk")
        self.fields["type"].queryset = CaseType.objects.filter(pk__in=newest).order_by("name")  # type: ignore[attr-defined]
        self.fields["unit"].queryset = Unit.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["partner"].queryset = people_with(Role.CASE_OFFICER).exclude(pk=user.pk)  # type: ignore[attr-defined]
        self.fields["decider"].queryset = people_with(Role.APPROVER).exclude(pk=user.pk)  # type: ignore[attr-defined]

    def people(self) -> list[tuple[str, str]]:
        """Return (name, post) of the suspects typed, one a line."""
        rows = []
        for line in self.cleaned_data.get("suspects", "").splitlines():
            name, _comma, post = line.replace("，", ",").partition(",")
            if name.strip():
                rows.append((name.strip(), post.strip()))
        return rows

    def day(self) -> date:
        """Return the day of which the standing is taken."""
        return self.cleaned_data.get("conduct_on") or clock.today()


class StepForm(forms.Form):
    """Reason and document of a step, as far as the step asks for them.

    ``asked`` is False when another act of the same page was chosen, which names no document.
    """

    use_required_attribute = False

    reason = forms.CharField(label=gettext_lazy("意见"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    document = forms.CharField(label=gettext_lazy("文号"), required=False, max_length=80)
    version = forms.IntegerField(widget=forms.HiddenInput)
    digest = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, step: Step, *args: Any, asked: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext_lazy("理由") if step.needs_reason else gettext_lazy("意见")
        self.fields["reason"].required = step.needs_reason and asked
        if step.needs_document:
            self.fields["document"].label = str(step.needs_document)
            self.fields["document"].required = asked
        else:
            del self.fields["document"]


class TextForm(forms.Form):
    """One text of the case."""

    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 14}), required=False)
    answer = forms.CharField(
        label=gettext_lazy("答复"), help_text=gettext_lazy("改动以外要说明的"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class MemberForm(forms.Form):
    """Somebody to join the case."""

    user = PersonChoice(User.objects.none(), label=gettext_lazy("人员"), widget=forms.Select(attrs=CHOOSE))
    duty = forms.ChoiceField(
        label=gettext_lazy("分工"),
        choices=[(duty.value, duty.label) for duty in Duty if duty != Duty.LEAD],
    )
    reason = forms.CharField(label=gettext_lazy("事由"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_with(  # type: ignore[attr-defined]
            Role.CASE_OFFICER, Role.HEARING_OFFICER, Role.APPROVER, Role.CUSTODIAN
        )


class LeaveForm(forms.Form):
    """Somebody leaves the case or stands back from it."""

    user = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("事由"), max_length=200)


YES_NO = (("", gettext_lazy("未查明")), ("1", gettext_lazy("是")), ("0", gettext_lazy("否")))


class YesNoField(forms.TypedChoiceField):
    """是, 否 or 未查明 (None)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, coerce=lambda value: value == "1", empty_value=None, required=False, **kwargs)


class SuspectForm(forms.Form):
    """The standing of a person at the time of the conduct."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=80)
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label=gettext_lazy("单位"),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs=CHOOSE),
    )
    post = forms.CharField(label=gettext_lazy("职务"), required=False, max_length=120)
    rank = forms.CharField(label=gettext_lazy("职级"), required=False, max_length=60)
    employment = forms.ChoiceField(
        label=gettext_lazy("用工形式"), choices=[("", gettext_lazy("未查明")), *Employment.choices], required=False
    )
    party_member = YesNoField(label=gettext_lazy("中共党员"))
    party_post = forms.CharField(label=gettext_lazy("党内职务"), required=False, max_length=120)
    public_official = YesNoField(label=gettext_lazy("公职人员"))
    leading_cadre = YesNoField(label=gettext_lazy("领导干部"))
    village_cadre = forms.BooleanField(label=gettext_lazy("村干部"), required=False)
    deputy_of = forms.CharField(label=gettext_lazy("人大代表、政协委员、党代表"), required=False, max_length=120)
    conduct_from = DayField(label=gettext_lazy("行为起"), required=False)
    conduct_until = DayField(label=gettext_lazy("行为止"), required=False)
    standing_on = DayField(label=gettext_lazy("身份认定日期"), help_text=gettext_lazy("行为发生时"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.order_by("name")  # type: ignore[attr-defined]


class NewSuspectForm(SuspectForm):
    """A new person; the number is kept encrypted."""

    id_number = forms.CharField(label=gettext_lazy("身份证号"), required=False, max_length=18)


class StandingForm(SuspectForm):
    """A correction of the standing, with what it rests on."""

    reason = forms.CharField(
        label=gettext_lazy("依据"), widget=forms.Textarea(attrs={"rows": 2}), help_text=gettext_lazy("书证、函证的名称")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class FactsShownForm(forms.Form):
    """How the person answered the material of facts."""

    outcome = forms.ChoiceField(label=gettext_lazy("结果"), choices=MeetingOutcome.choices, widget=forms.RadioSelect)
    opinion = forms.CharField(
        label=gettext_lazy("本人意见"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("有异议的写明核实情况，拒签的写明情况"),
    )
    second_officer = PersonChoice(
        User.objects.none(), label=gettext_lazy("另一名办案人员"), widget=forms.Select(attrs=CHOOSE)
    )

    def __init__(self, officers: QuerySet[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["second_officer"].queryset = officers  # type: ignore[attr-defined]


class FactForm(forms.Form):
    """A fact to be proved."""

    statement = forms.CharField(label=gettext_lazy("待证事实"), max_length=300)
    suspects = forms.ModelMultipleChoiceField(
        Suspect.objects.none(),
        label=gettext_lazy("涉及人员"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["suspects"].queryset = case.suspects.order_by("pk")  # type: ignore[attr-defined]


class FactTextForm(forms.Form):
    """Wording of a fact and what explains a lone proof or a contradiction."""

    statement = forms.CharField(label=gettext_lazy("待证事实"), max_length=300)
    lone_reason = forms.CharField(
        label=gettext_lazy("孤证说明"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    contradiction_note = forms.CharField(
        label=gettext_lazy("矛盾说明"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class CiteForm(forms.Form):
    """An item that speaks for or against the fact."""

    item = forms.ModelChoiceField(
        Item.objects.none(), label=gettext_lazy("证物"), empty_label="—", widget=forms.Select(attrs=CHOOSE)
    )
    stance = forms.ChoiceField(label=gettext_lazy("证明方向"), choices=Stance.choices, widget=forms.RadioSelect)
    label = forms.CharField(
        label=gettext_lazy("简称"), max_length=20, required=False, help_text=gettext_lazy("矩阵的列名")
    )
    note = forms.CharField(label=gettext_lazy("证明内容"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = Item.objects.visible_to(user).order_by("-pk")  # type: ignore[attr-defined]


class InterviewForm(forms.Form):
    """A record; questions and answers are typed as lines beginning 问： and 答：."""

    kind = forms.ChoiceField(label=gettext_lazy("笔录类型"), choices=InterviewKind.choices, widget=forms.RadioSelect)
    suspect = forms.ModelChoiceField(
        Suspect.objects.none(), label=gettext_lazy("被审查调查人"), required=False, empty_label=gettext_lazy("不是")
    )
    person_name = forms.CharField(
        label=gettext_lazy("姓名"), required=False, max_length=80, help_text=gettext_lazy("证人等其他人员")
    )
    person_post = forms.CharField(label=gettext_lazy("单位、职务"), required=False, max_length=200)
    place = forms.CharField(label=gettext_lazy("地点"), max_length=200)
    began_at = MomentField(label=gettext_lazy("开始时间"))
    ended_at = MomentField(label=gettext_lazy("结束时间"))
    rights_told_at = MomentField(label=gettext_lazy("告知权利义务时间"), required=False)
    second_officer = PersonChoice(
        User.objects.none(), label=gettext_lazy("另一名办案人员"), widget=forms.Select(attrs=CHOOSE)
    )
    papers_shown = forms.BooleanField(label=gettext_lazy("已出示证件"), required=False, initial=True)
    recorded = forms.BooleanField(label=gettext_lazy("已同步录音录像"), required=False)
    text = forms.CharField(
        label=gettext_lazy("问答"),
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy("每段以“问：”或者“答：”开头"),
    )
    pages = forms.IntegerField(label=gettext_lazy("页数"), min_value=1, max_value=999, initial=1)
    signed = forms.BooleanField(label=gettext_lazy("逐页签名捺印"), required=False)

    def __init__(self, subject: Case | Site, officers: QuerySet[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["second_officer"].queryset = officers  # type: ignore[attr-defined]
        if isinstance(subject, Case):
            self.fields["suspect"].queryset = subject.suspects.order_by("pk")  # type: ignore[attr-defined]
        else:
            del self.fields["suspect"]

    def lines(self) -> list[tuple[str, str]]:
        """Return the (question, answer) pairs that were typed."""
        pairs: list[tuple[str, str]] = []
        part = ""
        for raw in self.cleaned_data.get("text", "").splitlines():
            line = raw.strip().replace(":", "：", 1) if raw.strip()[:2] in {"问:", "答:"} else raw.strip()
            if line.startswith("问："):
                pairs.append((line[2:].strip(), ""))
                part = "question"
            elif line.startswith("答：") and pairs:
                pairs[-1] = (pairs[-1][0], line[2:].strip())
                part = "answer"
            elif line and pairs:
                question, answer = pairs[-1]
                pairs[-1] = (f"{question}\n{line}", answer) if part == "question" else (question, f"{answer}\n{line}")
        return pairs

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("text") and not self.lines():
            self.add_error("text", _("没有认出一问一答。每段以“问：”或者“答：”开头。"))
        if not data.get("suspect") and not (data.get("person_name") or "").strip():
            self.add_error("person_name", _("填写姓名，或者在上面选被审查调查人。"))
        return data


class PageForm(forms.Form):
    """What stands under a page of a record."""

    page = forms.IntegerField(widget=forms.HiddenInput)
    mark = forms.ChoiceField(
        label=gettext_lazy("签名"), choices=[choice for choice in PageMark.choices if choice[0] != PageMark.UNSIGNED]
    )
    refusal = forms.CharField(label=gettext_lazy("拒签情况"), required=False, max_length=200)
