"""Pages of templates: which there are, what a version says, making one and making a new version."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, ListPage, render_list
from casework.web.toast import toast
from units.models import Campaign, CampaignTemplate, TemplateVersion
from units.questionnaire import Question, questionnaire
from units.rules.stage_plans import StagePlan
from units.selectors.templates import newest, stages_of
from units.services.campaign_templates import make_template, revise_template
from units.web.posted import posted
from units.web.templates_forms import (
    NoteForm,
    QuestionForms,
    StageForms,
    TemplateForm,
    question_rows,
    stage_rows,
)

TEMPLATES = ListPage(
    title=gettext_lazy("行动模板"),
    queryset=lambda user: CampaignTemplate.objects.visible_to(user).annotate(newest_number=Max("versions__number")),
    columns=(
        Column("name", gettext_lazy("名称"), str, sort="name", link=True),
        Column("version", gettext_lazy("现行版本"), lambda one: _("第 %(n)s 版") % {"n": one.newest_number}),
        Column("made", gettext_lazy("做成"), lambda one: one.made_at, sort="made_at"),
    ),
    search=("name__icontains", "code__icontains"),
    order=("name", "pk"),
    row_url=lambda one: reverse("units:campaign-template", args=[one.code]),
    unit=gettext_lazy("个"),
    empty_text=gettext_lazy("还没有行动模板"),
    empty_why=gettext_lazy("做好一个模板，以后发起专项行动只填名称和开始日。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def templates(request: HttpRequest) -> HttpResponseBase:
    """All templates."""
    context = {"may_make": can(reader(request), "template.make")}
    return render_list(request, TEMPLATES, context, template="units/campaign_templates.html")


def template_of(request: HttpRequest, code: str) -> CampaignTemplate:
    """Return the template, or 404."""
    found: CampaignTemplate = get_visible(CampaignTemplate.objects, reader(request), code=code)
    return found


@require_safe
def template(request: HttpRequest, code: str) -> HttpResponse:
    """A template: the stages and questions of a version, all versions, and who began with which."""
    user = reader(request)
    found = template_of(request, code)
    versions = list(found.versions.select_related("made_by").order_by("-number"))
    given = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.number) == given), versions[0])
    campaigns = Campaign.objects.visible_to(user).filter(template__in=versions).select_related("template")
    return render(
        request,
        "units/campaign_template.html",
        {
            "template_row": found,
            "shown": shown,
            "newest": versions[0],
            "stages": stages_of(shown),
            "questions": _numbered(shown),
            "versions": versions,
            "campaigns": campaigns.order_by("-starts_on", "pk"),
            "may_make": can(user, "template.make"),
            "may_open": can(user, "campaign.open"),
        },
    )


def _numbered(version: TemplateVersion) -> list[tuple[int, Question]]:
    return list(enumerate(questionnaire(version.questionnaire).questions, 1))


@require_http_methods(["GET", "HEAD", "POST"])
def new_template(request: HttpRequest) -> HttpResponse:
    """Make a template."""
    require(reader(request), "template.make")
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_template(request: HttpRequest, code: str) -> HttpResponse:
    """Make a new version; what has begun keeps the one that it began with."""
    found = template_of(request, code)
    require(reader(request), "template.make")
    return _edit(request, found)


def _edit(request: HttpRequest, found: CampaignTemplate | None) -> HttpResponse:
    user = reader(request)
    last = newest(found.pk) if found else None
    data = posted(request)
    head: Any = NoteForm(data, initial={"after": last.number}) if found and last else TemplateForm(data)
    stages = StageForms(data, prefix="stages", initial=stage_rows(last))
    questions = QuestionForms(data, prefix="questions", initial=question_rows(last))
    if request.method == "POST" and head.is_valid() and stages.is_valid() and questions.is_valid():
        plan: Sequence[StagePlan] = [one for row in stages if (one := row.plan()) is not None]
        asked = [given for row in questions if (given := row.question()) is not None]
        try:
            if found is None:
                made = make_template(**head.cleaned_data, stages=plan, questions=asked, actor=user, at=clock.now())
                toast(request, _("已做成模板“%(name)s”。") % {"name": made.name})
                return redirect("units:campaign-template", code=made.code)
            version = revise_template(
                found,
                stages=plan,
                questions=asked,
                note=head.cleaned_data["note"],
                after=head.cleaned_data["after"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(head, error)
        else:
            toast(request, _("已存为第 %(n)s 版。") % {"n": version.number})
            return redirect("units:campaign-template", code=found.code)
    wrong = bool(head.errors or (stages.is_bound and (not stages.is_valid() or not questions.is_valid())))
    return render(
        request,
        "units/campaign_template_edit.html",
        {"template_row": found, "last": last, "form": head, "stages": stages, "questions": questions},
        status=400 if wrong else 200,
    )
