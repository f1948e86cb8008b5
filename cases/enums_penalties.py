"""Words of penalties, their execution and the recovery of gains."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PenaltyState(models.TextChoices):
    """Where a penalty stands; the moves are the table in ``cases/penalty_workflow.py``."""

    PROPOSED = "proposed", _("拟处分建议")
    INFORMED = "informed", _("已告知、听取陈述申辩")
    CONSULTED = "consulted", _("已征求意见")
    DELIBERATED = "deliberated", _("已集体审议")
    APPROVED = "approved", _("已批准")
    ISSUED = "issued", _("决定书已制发")
    SERVED = "served", _("已送达")
    ANNOUNCED = "announced", _("已宣布")
    EXECUTING = "executing", _("执行中")
    EXECUTED = "executed", _("执行完毕")
    RUNNING = "running", _("影响期内")
    EXPIRED = "expired", _("影响期满")
    AMENDED = "amended", _("已变更")
    REVOKED = "revoked", _("已撤销")
    VOID = "void", _("已作废")


#: Still a proposal: its content may be changed.
DRAFT_STATES = frozenset(
    {PenaltyState.PROPOSED, PenaltyState.INFORMED, PenaltyState.CONSULTED, PenaltyState.DELIBERATED}
)
#: Decided upon and standing.
DECIDED_STATES = frozenset(
    {
        PenaltyState.APPROVED,
        PenaltyState.ISSUED,
        PenaltyState.SERVED,
        PenaltyState.ANNOUNCED,
        PenaltyState.EXECUTING,
        PenaltyState.EXECUTED,
        PenaltyState.RUNNING,
        PenaltyState.EXPIRED,
        PenaltyState.AMENDED,
    }
)
#: Carried out; nothing is owed to the case any more (the influence period runs on by itself).
SETTLED_STATES = frozenset({PenaltyState.EXECUTED, PenaltyState.RUNNING, PenaltyState.EXPIRED})
#: No longer standing.
GONE_STATES = frozenset({PenaltyState.REVOKED, PenaltyState.VOID})


class Track(models.TextChoices):
    """A sanction needs the whole procedure; other handling may go the short way."""

    SANCTION = "sanction", _("处分")
    HANDLING = "handling", _("处理")


class DecidedBy(models.TextChoices):
    """In whose name it is decided; the values are those of ``ladder.Decider``."""

    COMMISSION = "commission", _("纪检监察机关")
    EMPLOYER = "employer", _("任免机关、单位")


class Situation(models.TextChoices):
    """What became of the person since: it decides what is still lawful."""

    IN_POST = "in_post", _("在职")
    LEFT = "left", _("已离职")
    RETIRED = "retired", _("已退休")
    DECEASED = "deceased", _("已去世")


class BonusUnit(models.TextChoices):
    NONE = "", "—"
    MONTH = "month", _("个月")
    QUARTER = "quarter", _("个季度")


class Verdict(models.TextChoices):
    """What an approver says to a draft."""

    AGREED = "agreed", _("同意")
    RETURNED = "returned", _("退回")
    DECLINED = "declined", _("不同意")


class DefenceOutcome(models.TextChoices):
    """What became of the person's statement and defence (陈述申辩)."""

    NONE = "none", _("无异议")
    ACCEPTED = "accepted", _("予以采纳")
    PARTLY = "partly", _("部分采纳")
    REJECTED = "rejected", _("不予采纳")


class DeliveryAct(models.TextChoices):
    SERVED = "served", _("送达")
    ANNOUNCED = "announced", _("宣布")


class TaskKind(models.TextChoices):
    """What has to be done to carry a decision out."""

    ARCHIVE = "archive", _("归入档案")
    POST = "post", _("职务变更")
    PAY = "pay", _("工资变更")
    BONUS = "bonus", _("扣除绩效")
    CONTRACT = "contract", _("劳动人事关系")
    TALK = "talk", _("谈话、检查")
    PROPERTY = "property", _("财物")
    ADVICE = "advice", _("提出建议")


class PriceBasis(models.TextChoices):
    """Where the yuan of a gain come from; the bases are never merged."""

    CNY = "cny", _("人民币")
    STATED_PRICE = "stated_price", _("载明单价")
    STATED_VALUE = "stated_value", _("载明折合金额")


class PaymentKind(models.TextChoices):
    PAID = "paid", _("缴款")
    SURRENDERED = "surrendered", _("主动上交")
    WITHHELD = "withheld", _("扣缴")


class AppealKind(models.TextChoices):
    """复审 and 复核 of administrative sanctions, 申诉 of party sanctions."""

    REVIEW = "review", _("复审")
    SECOND_REVIEW = "second_review", _("复核")
    PARTY_APPEAL = "party_appeal", _("申诉")


class AppealState(models.TextChoices):
    LODGED = "lodged", _("已提出")
    ACCEPTED = "accepted", _("已受理")
    REJECTED = "rejected", _("不予受理")
    UPHELD = "upheld", _("维持")
    AMENDED = "amended", _("变更")
    REVOKED = "revoked", _("撤销")
