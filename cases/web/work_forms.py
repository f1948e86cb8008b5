"""Forms of the daily work: moments, tasks, measures, joining and taking apart, ties, levels, delegations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import (
    OPEN_TO_INVESTIGATION,
    ApprovalLevel,
    CaseKind,
    InterventionKind,
    Lane,
    MeasureKind,
    Precision,
    Side,
    TieKind,
)
from cases.models import Case, CaseMember, Suspect
from cases.selectors.cases import items_of
from cases.services.integrity import MOST_HOURS
from cases.web.forms import CHOOSE, MomentField, PersonChoice, people_with
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.web.forms import DayField
from evidence.models import Item
from units.models import Unit

_TWO = forms.Textarea(attrs={"rows": 2})
#: How many cases a choice offers, the last filed.
_OFFERED = 500


class MomentForm(forms.Form):
    """A key moment of the timeline."""

    title = forms.CharField(label=_("事项"), max_length=200)
    lane = forms.ChoiceField(label=_("泳道"), choices=Lane.choices)
    moment = MomentField(label=_("时间"))
    until = MomentField(label=_("至"), required=False)
    precision = forms.ChoiceField(label=_("时间精度"), choices=Precision.choices)
    source = forms.CharField(label=_("依据"), max_length=200)
    pinned = forms.BooleanField(label=_("置顶"), required=False)


class TaskForm(forms.Form):
    """Something to do in the case."""

    title = forms.CharField(label=_("任务"), max_length=200)
    holder = PersonChoice(User.objects.none(), label=_("由谁办"))
    due_on = DayField(label=_("期限"), required=False)

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = case.members.filter(until__isnull=True).values("user_id")
        people = User.objects.filter(pk__in=ids).select_related("organisation").order_by("name", "pk")
        self.fields["holder"].queryset = people  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """A note; it is never edited."""

    text = forms.CharField(label=_("记事"), widget=forms.Textarea(attrs={"rows": 3}))


class MeasureForm(forms.Form):
    """A measure that is asked for."""

    kind = forms.ChoiceField(label=_("措施"), choices=MeasureKind.choices)
    suspect = forms.ModelChoiceField(
        Suspect.objects.none(), label=_("被审查调查人"), required=False, empty_label=_("不针对某人")
    )
    target = forms.CharField(
        label=_("对象"), max_length=200, required=False, help_text=_("单位、账户、场所；不填为被审查调查人")
    )
    purpose = forms.CharField(label=_("事由、内容"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["suspect"].queryset = case.suspects.order_by("pk")  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """The case into which this one goes."""

    into = forms.ModelChoiceField(
        Case.objects.none(), label=_("并入哪一件"), empty_label="—", widget=forms.Select(attrs=CHOOSE)
    )
    reason = forms.CharField(label=_("理由"), widget=_TWO)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, user: User, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = CaseMember.objects.filter(user=user, side=Side.DECIDE, until__isnull=True).values("case")
        rows = Case.objects.visible_to(user).exclude(pk=case.pk)
        open_ = rows.filter(pk__in=mine, state__in=OPEN_TO_INVESTIGATION, filed_on__isnull=False)
        last = open_.order_by("-filed_on", "-pk").values("pk")[:_OFFERED]
        self.fields["into"].queryset = open_.filter(pk__in=last).order_by("-filed_on", "-pk")  # type: ignore[attr-defined]


class SplitForm(forms.Form):
    """Who goes into a case of his own."""

    suspects = forms.ModelMultipleChoiceField(
        Suspect.objects.none(), label=_("分出的人员"), widget=forms.CheckboxSelectMultiple
    )
    items = forms.ModelMultipleChoiceField(
        Item.objects.none(),
        label=_("随案带走的证物"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("还证明原案事实的证物要留下"),
    )
    title = forms.CharField(label=_("新案的案由"), max_length=200)
    reason = forms.CharField(label=_("理由"), widget=_TWO)

    def __init__(self, user: User, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["suspects"].queryset = case.suspects.order_by("pk")  # type: ignore[attr-defined]
        self.fields["items"].queryset = items_of(case, user)  # type: ignore[attr-defined]


class CorrectForm(forms.Form):
    """One text of a closed case, put right."""

    field = forms.ChoiceField(
        label=_("更正哪一项"),
        choices=[
            ("title", _("案由")),
            ("grounds", _("主要问题")),
            ("plan", _("审查调查方案")),
            ("report", _("审查调查报告")),
            ("hearing_report", _("审理报告")),
        ],
    )
    text = forms.CharField(label=_("改为"), widget=forms.Textarea(attrs={"rows": 8}), required=False)
    reason = forms.CharField(label=_("理由"), widget=_TWO)
    document = forms.CharField(label=_("批准文号"), max_length=80)
    version = forms.IntegerField(widget=forms.HiddenInput)


class EmergencyForm(forms.Form):
    """Access taken in an emergency."""

    number = forms.CharField(label=_("案号"), max_length=40)
    hours = forms.IntegerField(label=_("时长"), min_value=1, max_value=MOST_HOURS, initial=4)
    reason = forms.CharField(label=_("事由"), widget=_TWO, help_text=_("什么事、为什么等不到正常授权，至少 10 个字"))


class TieForm(forms.Form):
    """A tie to a person or a unit."""

    kind = forms.ChoiceField(label=_("关系"), choices=TieKind.choices)
    person_name = forms.CharField(label=_("姓名"), max_length=80, required=False)
    unit = forms.ModelChoiceField(
        Unit.objects.order_by("name"),
        label=_("单位"),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs=CHOOSE),
    )
    note = forms.CharField(label=_("说明"), max_length=200, required=False)


class InterventionForm(forms.Form):
    """Somebody asked, meddled or pleaded."""

    kind = forms.ChoiceField(label=_("情形"), choices=InterventionKind.choices)
    person_name = forms.CharField(label=_("何人"), max_length=80)
    person_post = forms.CharField(label=_("单位、职务"), max_length=120, required=False)
    way = forms.CharField(label=_("方式"), max_length=80, required=False, help_text=_("当面、电话、转托"))
    happened_at = MomentField(label=_("发生时间"))
    content = forms.CharField(label=_("内容"), widget=_TWO)
    answer = forms.CharField(label=_("如何处理"), max_length=200)


class RankForm(forms.Form):
    """One row of the house's table of ranks."""

    rank = forms.CharField(label=_("职级"), max_length=40)
    words = forms.CharField(label=_("职级用语"), max_length=200, required=False, help_text=_("用顿号隔开"))
    organ = forms.CharField(label=_("管理机关"), max_length=80)
    deputy = forms.BooleanField(label=_("先由分管领导签批"), required=False)
    basis = forms.CharField(label=_("依据"), max_length=200)


class SeatForm(forms.Form):
    """On which level a leader signs."""

    user = PersonChoice(User.objects.none(), label=_("领导"), widget=forms.Select(attrs=CHOOSE))
    level = forms.ChoiceField(label=_("层级"), choices=ApprovalLevel.choices)
    until = DayField(label=_("止"), required=False)
    document = forms.CharField(label=_("依据文号"), max_length=80, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_with(Role.APPROVER)  # type: ignore[attr-defined]


class DelegationForm(forms.Form):
    """Who signs in one's place, and how long."""

    to = PersonChoice(User.objects.none(), label=_("由谁代行"), widget=forms.Select(attrs=CHOOSE))
    from_on = DayField(label=_("起"))
    until = DayField(label=_("止"))
    reason = forms.CharField(label=_("事由"), max_length=200)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people_with(Role.APPROVER).exclude(pk=user.pk)  # type: ignore[attr-defined]


class TypeForm(forms.Form):
    """The next version of a kind of case."""

    code = forms.SlugField(label=_("代码"), max_length=40)
    name = forms.CharField(label=_("名称"), max_length=80)
    kind = forms.ChoiceField(label=_("性质"), choices=CaseKind.choices)
    tasks = forms.CharField(
        label=_("立案后的任务"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("每行一项：天数，任务"),
    )

    def rows(self) -> list[dict[str, Any]]:
        """Return the tasks typed, one a line."""
        found = []
        for line in self.cleaned_data.get("tasks", "").splitlines():
            days, _comma, title = line.replace("，", ",").partition(",")
            if days.strip().isdecimal() and title.strip():
                found.append({"title": title.strip(), "days": int(days)})
        return found


class HelperForm(forms.Form):
    """Somebody of the place who opens doors."""

    user = PersonChoice(
        User.objects.none(),
        label=_("账号"),
        required=False,
        empty_label=_("没有账号"),
        widget=forms.Select(attrs=CHOOSE),
    )
    name = forms.CharField(label=_("姓名"), max_length=80)
    agency = forms.CharField(label=_("单位"), max_length=120, required=False)
    meet_place = forms.CharField(label=_("会合地点"), max_length=200)
    meet_at = MomentField(label=_("会合时间"))
    tell_from = MomentField(label=_("何时起可见"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_with(Role.LIAISON)  # type: ignore[attr-defined]
