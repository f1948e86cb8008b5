"""Words of what goes to other agencies and comes back: lookup requests, hand-overs, and the leader's liability."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LookupState(models.TextChoices):
    """Steps of a lookup request (查询函)."""

    SENT = "sent", _("待签收")
    RECEIVED = "received", _("查询中")
    ANSWERED = "answered", _("已答复")
    CLOSED = "closed", _("已办结")


class HandOverWay(models.TextChoices):
    """Which way a hand-over goes, seen from the commission."""

    OUT = "out", _("移出")
    IN = "in", _("移入")


class HandOverPurpose(models.TextChoices):
    """What the other side is asked to do with it."""

    TRANSFER = "transfer", _("移送办理")
    ASSIST = "assist", _("商请协助")
    INFORM = "inform", _("情况通报")


class HandOverState(models.TextChoices):
    """Steps of a hand-over; ``RETURNED`` and ``CLOSED`` end it."""

    SENT = "sent", _("待签收")
    RECEIVED = "received", _("办理中")
    RETURNED = "returned", _("退回")
    ANSWERED = "answered", _("已反馈")
    CLOSED = "closed", _("已办结")


class LiabilityState(models.TextChoices):
    """What became of the question whether the unit's leader answers for a relapse."""

    OPEN = "open", _("待约谈")
    TALKED = "talked", _("已约谈")
    HELD = "held", _("予以问责")
    SPARED = "spared", _("不予问责")


class RelapseKind(models.TextChoices):
    """What came back: the very address, or the unit whose lead had ended."""

    ADDRESS = "address", _("同一地址再次出现")
    UNIT = "unit", _("办结后再次出现")
