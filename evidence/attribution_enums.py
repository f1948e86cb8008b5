"""Closed lists of attributions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from evidence.attribution import weight


class AttributionState(models.TextChoices):
    """How far people have come with it. Nothing goes on by itself."""

    LEAD = "lead", _("线索")
    SUBMITTED = "submitted", _("待复核")
    REVIEWED = "reviewed", _("已复核")
    RETURNED = "returned", _("复核退回")
    REJECTED = "rejected", _("不采用")


class AttributionOutcome(models.TextChoices):
    """What the chain comes to."""

    BROKEN = weight.Outcome.BROKEN.value, _("链条中断，会话未查明")
    AUTOMATIC = weight.Outcome.AUTOMATIC.value, _("自动任务所为，不指向人")
    SESSION = weight.Outcome.SESSION.value, _("会话已查明，人未确定")
    CONTESTED = weight.Outcome.CONTESTED.value, _("来源互相矛盾，人未确定")
    NAMED = weight.Outcome.NAMED.value, _("指向一人")


class AddedKind(models.TextChoices):
    """What people add to a chain."""

    EXPLANATION = "explanation", _("本人说明")
    TESTIMONY = "testimony", _("证言")
    ROSTER = "roster", _("值班、考勤")
    DISCLOSURE = "disclosure", _("口令告知他人")
    OTHER = "other", _("其他")


class ReviewVerdict(models.TextChoices):
    """What the second officer says."""

    AGREED = "agreed", _("同意")
    RETURNED = "returned", _("退回补充")
    REJECTED = "rejected", _("不采用")


class PoolGrade(models.TextChoices):
    """How far a sign of mining carries."""

    A = "A", _("甲：对话内容或矿机记录")
    B = "B", _("乙：目录内的矿池地址")
    C = "C", _("丙：流量、功耗特征")


class PoolPlaceKind(models.TextChoices):
    """How a place of the catalogue is written."""

    DOMAIN = "domain", _("域名")
    ADDRESS = "address", _("地址")
