"""Words of cases, interviews and inspections."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseKind(models.TextChoices):
    """What the case is about; decides which records may be taken and which clock of the law runs."""

    DISCIPLINE = "discipline", _("违纪")
    DUTY = "duty", _("职务违法")
    BOTH = "both", _("违纪、职务违法")
    CRIME = "crime", _("涉嫌职务犯罪")


class CaseState(models.TextChoices):
    """Where a case stands; the moves between states are the table in ``cases/workflow.py``."""

    FILING_PENDING = "filing_pending", _("立案待批")
    FILED = "filed", _("已立案")
    PLAN_APPROVED = "plan_approved", _("方案已批")
    INVESTIGATING = "investigating", _("审查调查中")
    EXTENSION_PENDING = "extension_pending", _("延期待批")
    FACTS_MEETING = "facts_meeting", _("事实材料见面")
    REPORT_PENDING = "report_pending", _("调查报告待批")
    TRANSFERRED_TO_HEARING = "transferred_to_hearing", _("移送审理")
    HEARING = "hearing", _("审理中")
    RETURNED_SUPPLEMENT = "returned_supplement", _("退回补充调查")
    RETURNED_REDO = "returned_redo", _("退回重新调查")
    HEARING_REPORT_PENDING = "hearing_report_pending", _("审理报告待批")
    DELIBERATION = "deliberation", _("纪委常委会审议")
    PC_APPROVAL = "pc_approval", _("报同级党委审批")
    DECIDED = "decided", _("已作出决定")
    PROSECUTED = "prosecuted", _("移送检察机关")
    WITHDRAWN = "withdrawn", _("撤销案件")
    CLOSED = "closed", _("结案")
    ARCHIVED = "archived", _("归档")


#: States in which a paper waits for a decision of a leader.
AWAITS_DECISION = frozenset(
    {
        CaseState.FILING_PENDING,
        CaseState.FILED,
        CaseState.EXTENSION_PENDING,
        CaseState.REPORT_PENDING,
        CaseState.HEARING_REPORT_PENDING,
        CaseState.DELIBERATION,
        CaseState.PC_APPROVAL,
    }
)
#: States in which the investigators may change people, facts, proof and records.
OPEN_TO_INVESTIGATION = frozenset(
    {
        CaseState.FILING_PENDING,
        CaseState.FILED,
        CaseState.PLAN_APPROVED,
        CaseState.INVESTIGATING,
        CaseState.FACTS_MEETING,
        CaseState.REPORT_PENDING,
        CaseState.RETURNED_SUPPLEMENT,
        CaseState.RETURNED_REDO,
    }
)
#: States of a case that is over; nothing in it changes any more.
OVER = frozenset({CaseState.CLOSED, CaseState.ARCHIVED})


class Side(models.TextChoices):
    """On which side of a case somebody works; nobody works on two (查审分离)."""

    INVESTIGATE = "investigate", _("审查调查")
    HEAR = "hear", _("审理")
    DECIDE = "decide", _("审批")
    KEEP = "keep", _("保管")


class Duty(models.TextChoices):
    """What a member does in the case."""

    LEAD = "lead", _("主办")
    OFFICER = "officer", _("协办")
    HEARER = "hearer", _("审理")
    DECIDER = "decider", _("审批")
    CUSTODIAN = "custodian", _("保管")


SIDE_OF = {
    Duty.LEAD: Side.INVESTIGATE,
    Duty.OFFICER: Side.INVESTIGATE,
    Duty.HEARER: Side.HEAR,
    Duty.DECIDER: Side.DECIDE,
    Duty.CUSTODIAN: Side.KEEP,
}


class Stance(models.TextChoices):
    """What a piece of evidence says about a fact."""

    FOR = "for", _("支持")
    AGAINST = "against", _("反对")


class Verdict(models.TextChoices):
    """How well a fact is proved; computed from its evidence, never entered."""

    PROVED = "proved", _("印证")
    LONE = "lone", _("孤证")
    LONE_EXPLAINED = "lone_explained", _("孤证，已说明")
    CONTRADICTED = "contradicted", _("有矛盾")
    CONTRADICTION_EXPLAINED = "contradiction_explained", _("有矛盾，已说明")
    UNPROVED = "unproved", _("无证据")


class MeetingOutcome(models.TextChoices):
    """How the person answered the material of facts that was shown to him."""

    AGREED = "agreed", _("无异议并签名")
    OBJECTED = "objected", _("有异议，已核实")
    REFUSED = "refused", _("拒绝签名，已注明")


class InterviewKind(models.TextChoices):
    TALK = "talk", _("谈话")
    INQUIRY = "inquiry", _("询问")
    INTERROGATION = "interrogation", _("讯问")


class PageMark(models.TextChoices):
    """What stands under a page of a record."""

    UNSIGNED = "unsigned", _("未签名")
    SIGNED = "signed", _("已签名捺印")
    REFUSED = "refused", _("拒绝签名")


class InspectionState(models.TextChoices):
    PLANNED = "planned", _("已部署")
    UNDER_WAY = "under_way", _("检查中")
    CLOSED = "closed", _("已结束")


class SiteState(models.TextChoices):
    PLANNED = "planned", _("待检查")
    VISITED = "visited", _("已到场")
    REPORTED = "reported", _("已报告")


class TeamDuty(models.TextChoices):
    LEADER = "leader", _("组长")
    MEMBER = "member", _("组员")
    EXPERT = "expert", _("技术人员")


class SiteNature(models.TextChoices):
    """What was found at a site; the first three are the classifications of a lead."""

    ACTIVE = "active", _("主动挖矿")
    PASSIVE = "passive", _("被动感染")
    RESEARCH = "research", _("科研活动")
    NOTHING = "nothing", _("未发现")


class ApprovalLevel(models.TextChoices):
    """On whose level a paper is signed; the first two sign here, of the others the document is registered."""

    DEPUTY = "deputy", _("分管领导")
    HEAD = "head", _("主要负责人")


class MeasureKind(models.TextChoices):
    """Measures of an investigation (调查措施; 监察法第四章)."""

    TALK = "talk", _("谈话")
    INQUIRY = "inquiry", _("询问")
    INTERROGATION = "interrogation", _("讯问")
    QUERY = "query", _("查询")
    FREEZE = "freeze", _("冻结")
    SEARCH = "search", _("搜查")
    OBTAIN = "obtain", _("调取")
    SEAL_UP = "seal_up", _("查封")
    SEIZE = "seize", _("扣押")
    INSPECT = "inspect", _("勘验检查")
    EXPERIMENT = "experiment", _("调查实验")
    APPRAISE = "appraise", _("鉴定")
    TECHNICAL = "technical", _("技术调查")
    WANTED = "wanted", _("通缉")
    NO_EXIT = "no_exit", _("限制出境")
    APPEARANCE = "appearance", _("强制到案")
    AWAIT = "await", _("责令候查")
    CUSTODY = "custody", _("管护")
    RETENTION = "retention", _("留置")


#: What 初步核实 allows before a case is filed (监察法实施条例第五十九条).
BEFORE_FILING = frozenset(
    {
        MeasureKind.TALK,
        MeasureKind.INQUIRY,
        MeasureKind.QUERY,
        MeasureKind.OBTAIN,
        MeasureKind.INSPECT,
        MeasureKind.EXPERIMENT,
        MeasureKind.APPRAISE,
    }
)
#: Measures against a person's liberty: this system keeps the record, the clock and the alarm, and nothing else.
LIBERTY = frozenset({MeasureKind.APPEARANCE, MeasureKind.AWAIT, MeasureKind.CUSTODY, MeasureKind.RETENTION})


class MeasureState(models.TextChoices):
    PROPOSED = "proposed", _("待批")
    REFUSED = "refused", _("未批准")
    APPROVED = "approved", _("已批准")
    IN_FORCE = "in_force", _("执行中")
    ENDED = "ended", _("已解除")
    LAPSED = "lapsed", _("不再采取")


class Lane(models.TextChoices):
    """Lanes of the timeline."""

    MONITORING = "monitoring", _("监测")
    FIELD = "field", _("外勤")
    EVIDENCE = "evidence", _("证据")
    CONDUCT = "conduct", _("人员行为")
    APPROVALS = "approvals", _("审批")
    DEADLINES = "deadlines", _("期限")


class Precision(models.TextChoices):
    """How exactly a moment is known."""

    EXACT = "exact", _("准确")
    HOUR = "hour", _("约某时")
    DAY = "day", _("某日")
    ABOUT = "about", _("大约")


class LinkKind(models.TextChoices):
    """How two cases hang together."""

    MERGED = "merged", _("并入")
    SPLIT = "split", _("分出")


class TieKind(models.TextChoices):
    """What ties an official to a person or a unit (监察法第六十七条)."""

    RELATIVE = "relative", _("近亲属")
    WITNESS = "witness", _("担任过证人")
    INTEREST = "interest", _("利害关系")
    SERVED = "served", _("现任职或者曾任职")
    OTHER = "other", _("其他可能影响公正的情形")


class InterventionKind(models.TextChoices):
    """What somebody tried (监察法第六十六条)."""

    ASKING = "asking", _("打听案情")
    MEDDLING = "meddling", _("过问案件")
    PLEADING = "pleading", _("说情干预")
    CONTACT = "contact", _("未经批准接触")


class HelpState(models.TextChoices):
    OPEN = "open", _("待回应")
    ANSWERED = "answered", _("已回应")


class SharedKind(models.TextChoices):
    """What two cases may have in common."""

    WALLET = "wallet", _("钱包")
    POOL = "pool", _("矿池")
    SERIAL = "serial", _("序列号")
    MAC = "mac", _("网卡地址")
    ADDRESS = "address", _("IP 地址")
    ACCOUNT = "account", _("账号")
    PERSON = "person", _("人员")
    UNIT = "unit", _("单位")


class SharedSaid(models.TextChoices):
    """What an officer decided on it."""

    SAME = "same", _("有关联")
    CHANCE = "chance", _("无关联")


class ReportWay(models.TextChoices):
    """How a report came in."""

    LETTER = "letter", _("来信")
    VISIT = "visit", _("来访")
    PHONE = "phone", _("电话")
    NET = "net", _("网络")
    OTHER = "other", _("其他")
