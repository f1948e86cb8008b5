"""Words of the import pipeline that the database stores."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    READING = "reading", _("正在读取")
    UNMAPPED = "unmapped", _("待指定列")
    FAILED = "failed", _("未能读取")
    PREVIEWED = "previewed", _("已预览")
    APPLYING = "applying", _("正在写入")
    APPLIED = "applied", _("已导入")
    UNDONE = "undone", _("已撤销")
    DISCARDED = "discarded", _("未导入")


class Outcome(models.TextChoices):
    """What a row does, or would do: the five add up to the rows of the file."""

    CREATED = "created", _("新增")
    UPDATED = "updated", _("更新")
    UNCHANGED = "unchanged", _("不变")
    CONFLICTING = "conflicting", _("有冲突")
    REFUSED = "refused", _("不能导入")
