"""Words of decisions on party organisations and units."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Receiver(models.TextChoices):
    """Whom the decision is on: an organisation of the party answers for itself, a unit is told what to put right."""

    PARTY_ORGANISATION = "party_organisation", _("党组织")
    UNIT = "unit", _("单位")


class BodyState(models.TextChoices):
    """Where the decision stands; the moves are the table in ``cases/body_workflow.py``."""

    PROPOSED = "proposed", _("拟建议")
    HEARD = "heard", _("已听取意见")
    DELIBERATED = "deliberated", _("已集体审议")
    APPROVED = "approved", _("已批准")
    ISSUED = "issued", _("文书已制发")
    SERVED = "served", _("已送达，待落实")
    DONE = "done", _("已办结")
    VOID = "void", _("已作废")


class BodyActKind(models.TextChoices):
    """What happened to a decision, each with its day and its people."""

    HEARD = "heard", _("听取意见")
    DELIBERATED = "deliberated", _("集体审议")
    APPROVED = "approved", _("批准")
    RETURNED = "returned", _("退回")
    ISSUED = "issued", _("制发")
    SERVED = "served", _("送达")
    DONE = "done", _("办结")
    VOIDED = "voided", _("作废")


class BodyOutcome(models.TextChoices):
    """What the organisation or the unit did about it."""

    NONE = "", "—"
    CARRIED_OUT = "carried_out", _("已执行")
    ADOPTED = "adopted", _("已采纳并整改")
    OBJECTED = "objected", _("异议成立，不再要求")
    REFUSED = "refused", _("无正当理由拒不采纳")


#: Still a proposal: its content may be changed.
BODY_DRAFTS = frozenset({BodyState.PROPOSED, BodyState.HEARD, BodyState.DELIBERATED})
