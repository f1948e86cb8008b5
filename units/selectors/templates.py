"""Reads of templates: the questionnaire that a version names, and what it asks."""

from units.models import TemplateVersion
from units.questionnaire import VERSIONS, Questionnaire
from units.rules.own_questions import combined
from units.rules.stage_plans import StagePlan, plans


def kept_questionnaire(version: str) -> Questionnaire | None:
    """Return the questionnaire of that name from any template version that asks it; equal names are equal questions."""
    row = TemplateVersion.objects.filter(questionnaire=version).first()
    return None if row is None else combined(VERSIONS[row.base], version, row.questions)


def stages_of(version: TemplateVersion) -> tuple[StagePlan, ...]:
    """Return the stages of a template's version."""
    return plans(version.stages)


def newest(template_id: int) -> TemplateVersion:
    """Return the version with which a campaign begins now."""
    return TemplateVersion.objects.select_related("template").filter(template=template_id).latest("number")
