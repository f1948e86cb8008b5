"""Forms of inspections: the frame, the teams and what was found at a site."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import SiteNature
from cases.models import InspectionTeam, Site
from cases.services.inspections import MemberPlan
from cases.web.forms import CHOOSE, PeopleChoice, PersonChoice, people_with
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.web.forms import DayField
from units.models import Campaign, Lead


class FindingsForm(forms.Form):
    """What was found at a site."""

    nature = forms.ChoiceField(label=gettext_lazy("性质"), choices=SiteNature.choices, widget=forms.RadioSelect)
    machine = forms.CharField(
        label=gettext_lazy("哪台机器、谁在用"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    machines_found = forms.IntegerField(label=gettext_lazy("矿机"), min_value=0, required=False)
    computers_found = forms.IntegerField(label=gettext_lazy("电脑"), min_value=0, required=False)
    extent = forms.CharField(
        label=gettext_lazy("几台、多久"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    basis = forms.CharField(label=gettext_lazy("认定依据"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    traced = forms.MultipleChoiceField(
        label=gettext_lazy("已查到设备的地址"), required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        addresses = list(site.addresses.order_by("ip").values_list("ip", flat=True))
        self.fields["traced"].choices = [(ip, ip) for ip in addresses]  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """The frame of an inspection; its teams come below."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=gettext_lazy("专项行动"),
        required=False,
        empty_label=gettext_lazy("不属于专项行动"),
    )
    cover_name = forms.CharField(label=gettext_lazy("对外名称"), max_length=120)
    from_on = DayField(label=gettext_lazy("起"))
    to_on = DayField(label=gettext_lazy("止"))
    leaders = PeopleChoice(
        User.objects.none(),
        label=gettext_lazy("其他负责人"),
        required=False,
        widget=forms.SelectMultiple(attrs=CHOOSE),
        help_text=gettext_lazy("知道全部地点的人"),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.visible_to(user).order_by("-starts_on", "-pk")  # type: ignore[attr-defined]
        self.fields["leaders"].queryset = people_with(  # type: ignore[attr-defined]
            Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.APPROVER
        ).exclude(pk=user.pk)


class TeamForm(forms.Form):
    """One team: its people, those lent without an account, and its sites by lead or unit."""

    people = PeopleChoice(
        User.objects.none(),
        label=gettext_lazy("人员"),
        required=False,
        widget=forms.SelectMultiple(attrs=CHOOSE),
    )
    lent = forms.CharField(
        label=gettext_lazy("抽调人员"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("每行一人：姓名，单位"),
    )
    leads = forms.ModelMultipleChoiceField(
        Lead.objects.none(),
        label=gettext_lazy("按线索选地点"),
        required=False,
        widget=forms.SelectMultiple(attrs=CHOOSE),
    )
    visit_on = DayField(label=gettext_lazy("检查日期"), required=False, help_text=gettext_lazy("不填为第一天"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people_with(  # type: ignore[attr-defined]
            Role.INSPECTOR, Role.CASE_OFFICER, Role.LIAISON
        )
        leads = Lead.objects.visible_to(user).select_related("unit").order_by("unit__name", "pk")
        self.fields["leads"].queryset = leads  # type: ignore[attr-defined]
        self.fields["leads"].label_from_instance = lambda lead: f"{lead.unit.name}（{lead.number}）"  # type: ignore[attr-defined]

    def is_empty(self) -> bool:
        """Tell whether nothing was typed for this team."""
        data = self.cleaned_data
        return not (data.get("people") or data.get("lent", "").strip() or data.get("leads"))


class JoinTeamForm(forms.Form):
    """Somebody who goes with a team from now on, with an account or lent without one."""

    team = forms.ModelChoiceField(InspectionTeam.objects.none(), label=gettext_lazy("组别"), empty_label=None)
    user = PersonChoice(
        User.objects.none(),
        label=gettext_lazy("账号"),
        required=False,
        empty_label=gettext_lazy("没有账号"),
        widget=forms.Select(attrs=CHOOSE),
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=80, required=False, help_text=gettext_lazy("没有账号的写明")
    )
    agency = forms.CharField(label=gettext_lazy("单位"), max_length=120, required=False)
    reason = forms.CharField(label=gettext_lazy("事由"), max_length=200, required=False)

    def __init__(self, teams: QuerySet[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["team"].label_from_instance = lambda team: _("第 %(n)s 组") % {"n": team.number}  # type: ignore[attr-defined]
        self.fields["user"].queryset = people_with(  # type: ignore[attr-defined]
            Role.INSPECTOR, Role.CASE_OFFICER, Role.LIAISON
        )

    def plan(self) -> MemberPlan:
        """Return who joins, as the service wants it."""
        data = self.cleaned_data
        user: User | None = data["user"]
        if user is None:
            return MemberPlan(data["name"], data["agency"])
        return MemberPlan(user.name, data["agency"] or user.organisation.name, user)
