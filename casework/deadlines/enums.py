"""Words of time limits and of the rows that carry them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    """What a limit counts; days, months and years are natural. ``named`` counts nothing: a plan names the day."""

    HOUR = "hour", _("小时")
    DAY = "day", _("日")
    WORKING_DAY = "working_day", _("个工作日")
    MONTH = "month", _("个月")
    YEAR = "year", _("年")
    NAMED = "named", _("指定日期")


class Basis(models.TextChoices):
    """Where a limit gets its force from."""

    STATUTORY = "statutory", _("法律法规")
    RULE = "rule", _("党内法规")
    PRACTICE = "practice", _("工作惯例")
    POLICY = "policy", _("内部管理")
    SUPERSEDED = "superseded", _("已废止")


class State(models.TextChoices):
    """Where a deadline stands; late is not a state but a comparison with the day."""

    OPEN = "open", _("计时中")
    STOPPED = "stopped", _("暂停计时")
    MET = "met", _("已办结")
    CANCELLED = "cancelled", _("已作废")


#: Clocks that still run or will run again.
LIVE = (State.OPEN, State.STOPPED)
