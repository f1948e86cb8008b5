"""Kinds of compartments and levels of secrecy."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CompartmentKind(models.TextChoices):
    MONITORING = "monitoring", _("监测与线索")
    CAMPAIGN = "campaign", _("专项行动")
    INSPECTION = "inspection", _("突击检查")
    CASE = "case", _("案件")


class Secrecy(models.TextChoices):
    """Levels of the deployment and of compartments; a state secret never enters a system not approved for it."""

    INTERNAL = "internal", _("内部")
    WORK_SECRET = "work_secret", _("工作秘密")
