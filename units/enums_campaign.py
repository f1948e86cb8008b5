"""Words of campaigns, self-inspections and rectification."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignState(models.TextChoices):
    RUNNING = "running", _("进行中")
    CLOSED = "closed", _("已结束")


class StageCode(models.TextChoices):
    """The four stages of the published campaign; a campaign may name others."""

    PREPARATION = "preparation", _("前期准备")
    SELF_INSPECTION = "self_inspection", _("自查自纠")
    KEY_SUPERVISION = "key_supervision", _("重点督查")
    INSTITUTION = "institution", _("建章立制")


class Outcome(models.TextChoices):
    """What the campaign found about a unit; empty means that nobody has said yet (未说明)."""

    ACTIVE = "active", _("主动")
    PASSIVE = "passive", _("被动")
    RESEARCH = "research", _("科研")
    CLEARED = "cleared", _("排除")


class InspectionState(models.TextChoices):
    """Steps of a self-inspection report. 未下发 is the absence of the row, 逾期 a comparison with the due day."""

    ISSUED = "issued", _("已下发")
    ACKNOWLEDGED = "acknowledged", _("已签收")
    DRAFTING = "drafting", _("填报中")
    SUBMITTED = "submitted", _("已上报")
    UNDER_REVIEW = "under_review", _("审核中")
    RETURNED = "returned", _("退回补正")
    SPOT_CHECK = "spot_check", _("重点抽查")
    VERIFIED = "verified", _("已核验")
    ACCEPTED = "accepted", _("通过")
    RECTIFYING = "rectifying", _("整改中")
    RECTIFIED = "rectified", _("整改完成")
    CLOSED = "closed", _("销号")
    WITHDRAWN = "withdrawn", _("已撤回")


#: The unit may write answers and rows.
WRITABLE = frozenset({InspectionState.ACKNOWLEDGED, InspectionState.DRAFTING, InspectionState.RETURNED})
#: The unit owes its report.
OWED = WRITABLE | {InspectionState.ISSUED}
#: The commission works on it.
IN_REVIEW = frozenset(
    {InspectionState.SUBMITTED, InspectionState.UNDER_REVIEW, InspectionState.SPOT_CHECK, InspectionState.VERIFIED}
)
#: Nothing more is asked of the unit in this report.
DONE = frozenset({InspectionState.ACCEPTED, InspectionState.CLOSED})


class AddressFinding(models.TextChoices):
    """What the unit says of one of its addresses."""

    NONE = "none", _("未发现")
    ACTIVE = "active", _("有人主动“挖矿”")
    PASSIVE = "passive", _("被植入木马或被控制")
    RESEARCH = "research", _("科研教学")


class TerminalKind(models.TextChoices):
    DESKTOP = "desktop", _("台式机")
    LAPTOP = "laptop", _("笔记本")
    SERVER = "server", _("服务器")
    WORKSTATION = "workstation", _("工作站")
    OTHER = "other", _("其他")


class DeviceKind(models.TextChoices):
    """What was sealed: an ordinary computer or a rig."""

    COMPUTER = "computer", _("计算机")
    RIG = "rig", _("矿机")


class Involvement(models.TextChoices):
    """In which way a reported person has to do with it."""

    MINER = "miner", _("参与“挖矿”")
    RESPONSIBLE = "responsible", _("负有管理责任")


class Handled(models.TextChoices):
    """What has been done about a reported person, in one word; the details stand beside it."""

    NONE = "none", _("尚未处理")
    TALK = "talk", _("谈话提醒、批评教育")
    LABOUR = "labour", _("扣减绩效、解聘")
    REFERRED = "referred", _("移送纪检监察机关")


class RectificationState(models.TextChoices):
    OPEN = "open", _("整改中")
    REPORTED = "reported", _("已报整改结果")
    CLOSED = "closed", _("销号")


class SpotCheckResult(models.TextChoices):
    """What the spot check found; empty until it is done."""

    CONFIRMED = "confirmed", _("与上报一致")
    FALSE_REPORT = "false_report", _("上报不实")


class IssueState(models.TextChoices):
    """How far an issue to many units has come."""

    RUNNING = "running", _("下发中")
    DONE = "done", _("已下发")
    STOPPED = "stopped", _("没有下发完")


class CheckKind(models.TextChoices):
    """How a reported rectification was checked."""

    RESCAN = "rescan", _("复测")
    ON_SITE = "on_site", _("现场核查")
    PAPERS = "papers", _("查验资料")


class CheckResult(models.TextChoices):
    CLEAN = "clean", _("问题已消除")
    HIT = "hit", _("问题仍在")


class PaperKind(models.TextChoices):
    """Papers to a unit. A 监察建议书 states reply day, reply form and how to object (监察法实施条例 第二百三十五条)."""

    RECTIFICATION_NOTICE = "rectification_notice", _("整改通知书")
    SUPERVISION_ADVICE = "supervision_advice", _("监察建议书")


class PaperState(models.TextChoices):
    DRAFT = "draft", _("拟稿")
    SENT = "sent", _("已发出，待反馈")
    ANSWERED = "answered", _("已反馈")
    CLOSED = "closed", _("销号")
    VOID = "void", _("已作废")
