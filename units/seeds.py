"""What is there from the start: the template of the published campaign, four stages and the house's questionnaire."""

from casework.core import clock
from units.enums_campaign import StageCode
from units.models import CampaignTemplate, TemplateVersion
from units.questionnaire import CURRENT
from units.rules.stage_plans import StagePlan

#: As published: preparation from July, key supervision before the self-inspection, lasting rules by the year's end.
FOUR_STAGES = (
    StagePlan(StageCode.PREPARATION, "前期准备", 1, 67),
    StagePlan(StageCode.SELF_INSPECTION, "自查自纠", 72, 50),
    StagePlan(StageCode.KEY_SUPERVISION, "重点督查", 68, 86),
    StagePlan(StageCode.INSTITUTION, "建章立制", 124, 61),
)


def seed_templates() -> None:
    """Put the template there, unless it is; it is a row like any other and gets new versions by hand."""
    at = clock.now()
    template, made = CampaignTemplate.objects.get_or_create(
        code="four-stages", defaults={"name": "四阶段专项行动", "made_at": at}
    )
    if made:
        TemplateVersion.objects.create(
            template=template,
            number=1,
            base=CURRENT,
            questionnaire=CURRENT,
            stages=[one.as_data() for one in FOUR_STAGES],
            made_at=at,
        )
