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


class Office(models.TextChoices):
    """Offices of the person that change who has to decide (任职)."""

    LOCAL_COMMITTEE = "local_committee", _("地方党委委员、候补委员")
    DISCIPLINE_COMMITTEE = "discipline_committee", _("地方纪委委员")
    TOWN_COMMITTEE = "town_committee", _("乡镇党委委员")
    PARTY_GROUP = "party_group", _("党组（党委）管理的党员干部")
    BY_CONGRESS = "by_congress", _("人大及其常委会选举或者决定任命")
    BY_CPPCC = "by_cppcc", _("政协全会或者常委会选举或者决定任命")


class BranchWay(models.TextChoices):
    """How the decision on a plain member comes about: through the branch, or on which ground without it."""

    RAISED = "raised", _("县级以上纪委提级审查，不经支部大会")
    MEETING = "meeting", _("经支部大会讨论决定")
    SECRET = "secret", _("案情涉密敏感，不经支部大会")
    ACROSS = "across", _("跨地区、跨部门、跨单位，不经支部大会")
    UNFIT = "unfit", _("所在基层党组织不能正常履职或者负责人有关联，不经支部大会")
    NO_QUORUM = "no_quorum", _("支部大会无法及时形成决议或者到会人数不过半，不经支部大会")


class Station(models.TextChoices):
    """A body or an act outside the house without which nothing is approved; each is registered with its day."""

    BRANCH = "branch", _("支部大会讨论决定")
    REMOVAL = "removal", _("罢免、撤销或者免去职务")
    PLENUM = "plenum", _("全体会议三分之二以上多数决定")
    UPPER = "upper", _("上级纪委审议、批准")
    GROUP = "group", _("党组（党委）集体讨论决定")


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
    NOTIFY = "notify", _("通报、备案")
    RATIFY = "ratify", _("追认")


class PriceBasis(models.TextChoices):
    """Where the yuan of a gain come from; the bases are never merged."""

    CNY = "cny", _("人民币")
    STATED_PRICE = "stated_price", _("载明单价")
    STATED_VALUE = "stated_value", _("载明折合金额")


class DueKind(models.TextChoices):
    """What money is owed for: gains of a person, or the surcharge on the power that a unit used."""

    GAIN = "gain", _("违纪违法所得")
    SURCHARGE = "surcharge", _("差别电价加价")


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
