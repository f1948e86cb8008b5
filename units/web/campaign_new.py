"""Beginning a campaign: from a template, with the days that follow from its first day, all of them open to change."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from casework.access.policy import require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.english import said
from casework.core.errors import CaseworkError
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.models import CampaignTemplate
from units.questionnaire import questionnaire
from units.rules.stage_plans import StagePlan
from units.selectors.templates import newest, stages_of
from units.services.campaigns import StageSpec, open_campaign
from units.web.posted import posted


class PlanForm(forms.Form):
    """The template, and the first day from which its stages are counted."""

    begin = DayField(label=gettext_lazy("开始日"))

    def __init__(self, templates: list[CampaignTemplate], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"] = forms.ChoiceField(
            label=_("行动模板"), choices=[(one.code, said(one.name)) for one in templates]
        )
        self.order_fields(("template", "begin"))


class CampaignForm(forms.Form):
    """A new campaign with the stages of its template."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    public_name = forms.CharField(label=gettext_lazy("对单位公开的名称"), max_length=200, required=False)
    code = forms.SlugField(label=gettext_lazy("代码"), max_length=60)
    contact = forms.CharField(label=gettext_lazy("联系方式"), max_length=200, required=False)

    def __init__(self, stages: tuple[StagePlan, ...], begin: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = stages
        for one in stages:
            words = {"stage": said(one.name)}
            self.fields[f"{one.code}_from"] = DayField(label=_("%(stage)s开始") % words, initial=one.starts_on(begin))
            self.fields[f"{one.code}_due"] = DayField(label=_("%(stage)s截止") % words, initial=one.due_on(begin))

    def stages(self) -> list[StageSpec]:
        """Return the stages as given."""
        data = self.cleaned_data
        return [StageSpec(one.code, one.name, data[f"{one.code}_from"], data[f"{one.code}_due"]) for one in self.plan]


@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest) -> HttpResponse:
    """Open a campaign with the newest version of a template; its compartment is opened with it."""
    user = reader(request)
    require(user, "campaign.open")
    templates = list(CampaignTemplate.objects.visible_to(user).order_by("pk"))
    given = request.GET.get("template") or request.POST.get("template", "")
    chosen = next((one for one in templates if one.code == given), templates[0] if templates else None)
    version = newest(chosen.pk) if chosen else None
    plan = PlanForm(templates, request.GET if "begin" in request.GET else None, initial={"template": given})
    begin = plan.cleaned_data["begin"] if plan.is_valid() else clock.today()
    if not plan.is_bound:
        plan.initial["begin"] = begin
    stages = stages_of(version) if version else ()
    form = CampaignForm(stages, begin, posted(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = open_campaign(
                data["code"],
                data["name"],
                public_name=data["public_name"],
                contact=data["contact"],
                stages=form.stages(),
                template=version,
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已发起专项行动“%(name)s”。") % {"name": made.name})
            return redirect("units:campaign", code=made.code)
    context = {
        "form": form,
        "plan": plan,
        "template_row": chosen,
        "version": version,
        "asked": questionnaire(version.questionnaire).total if version else 0,
        "rows": [(one, form[f"{one.code}_from"], form[f"{one.code}_due"]) for one in stages],
    }
    return render(request, "units/campaign_new.html", context, status=400 if form.errors else 200)
