"""Templates of campaigns: making one, and making a new version of it. A version is never changed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record
from units.models import CampaignTemplate, TemplateVersion
from units.questionnaire import CURRENT
from units.rules import own_questions, stage_plans
from units.rules.stage_plans import StagePlan
from units.selectors.templates import newest, stages_of
from units.services.campaigns import StageSpec


def make_template(
    code: str,
    name: str,
    *,
    stages: Sequence[StagePlan],
    actor: User,
    at: datetime,
    questions: Sequence[Mapping[str, Any]] = (),
    note: str = "",
) -> CampaignTemplate:
    """Make a template with its first version."""
    require(actor, "template.make")
    wrong: dict[str, Any] = {}
    if not name.strip():
        wrong["name"] = _("写明模板的名称。")
    if CampaignTemplate.objects.filter(code=code).exists():
        wrong["code"] = _("代码 %(code)s 已有。可以换一个，或给那个模板做新版。") % {"code": code}
    _check(stages, own_questions.tidied(questions), wrong)
    with transaction.atomic():
        template = CampaignTemplate.objects.create(code=code, name=name.strip(), made_at=at, made_by=actor)
        version = _version(template, 1, stages, questions, note, actor, at)
        record(
            "template.made",
            ref=f"template:{template.pk}",
            actor=actor,
            at=at,
            data={"code": code, "name": template.name, **_content(version)},
        )
    return template


def revise_template(
    template: CampaignTemplate,
    *,
    stages: Sequence[StagePlan],
    actor: User,
    at: datetime,
    questions: Sequence[Mapping[str, Any]] = (),
    note: str,
    after: int | None = None,
) -> TemplateVersion:
    """Make a new version; campaigns that have begun keep theirs.

    ``after`` is the version that the form was drawn from: when somebody else made one since, nothing is overwritten.
    A version that says the same as the newest is refused.
    """
    require(actor, "template.make")
    wrong: dict[str, Any] = {}
    if not note.strip():
        wrong["note"] = _("写明改了什么。")
    _check(stages, own_questions.tidied(questions), wrong)
    with transaction.atomic():
        row = CampaignTemplate.locked(template.pk)
        last = newest(row.pk)
        if after is not None and after != last.number:
            raise Stale(
                _("不能存为新版：已有人做了第 %(n)s 版。可以看过那一版后再存，填的内容仍在页面上。")
                % {"n": last.number}
            )
        tidy = own_questions.tidied(questions)
        if stages_of(last) == stage_plans.coded(stages) and last.questions == tidy:
            raise Refused(_("不能存为新版：内容与第 %(n)s 版相同。") % {"n": last.number}, code="unchanged")
        version = _version(row, last.number + 1, stages, questions, note, actor, at)
        row.bump()
        record("template.revised", ref=f"template:{row.pk}", actor=actor, at=at, data=_content(version), reason=note)
    return version


def _check(stages: Sequence[StagePlan], questions: Sequence[Mapping[str, Any]], wrong: dict[str, Any]) -> None:
    found = stage_plans.problems(stages)
    if found:
        wrong["stages"] = "".join(found)
    found = own_questions.problems(questions)
    if found:
        wrong["questions"] = "".join(found)
    if wrong:
        raise Invalid(_("不能存模板：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)


def _version(
    template: CampaignTemplate,
    number: int,
    stages: Sequence[StagePlan],
    questions: Sequence[Mapping[str, Any]],
    note: str,
    actor: User | None,
    at: datetime,
) -> TemplateVersion:
    tidy = own_questions.tidied(questions)
    return TemplateVersion.objects.create(
        template=template,
        number=number,
        base=CURRENT,
        questionnaire=own_questions.version_name(CURRENT, tidy),
        stages=[one.as_data() for one in stage_plans.coded(stages)],
        questions=tidy,
        note=note.strip(),
        made_at=at,
        made_by=actor,
    )


def _content(version: TemplateVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "questionnaire": version.questionnaire,
        "stages": version.stages,
        "questions": version.questions,
    }


def planned_stages(version: TemplateVersion, begin: date) -> list[StageSpec]:
    """Return the stages of a campaign that begins on ``begin``, as the template plans them."""
    return [StageSpec(one.code, one.name, one.starts_on(begin), one.due_on(begin)) for one in stages_of(version)]
