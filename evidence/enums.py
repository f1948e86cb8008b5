"""The words of evidence: kinds, states, acts and the rest, each a closed list held by the database."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The eight kinds of evidence of 监察法第三十六条."""

    PHYSICAL = "physical", _("物证")
    DOCUMENTARY = "documentary", _("书证")
    TESTIMONY = "testimony", _("证人证言")
    STATEMENT = "statement", _("被调查人供述和辩解")
    AUDIOVISUAL = "audiovisual", _("视听资料")
    ELECTRONIC = "electronic", _("电子数据")
    OPINION = "opinion", _("鉴定意见")
    RECORD = "record", _("勘验检查笔录")


class Measure(models.TextChoices):
    """By which measure evidence was taken (监察法第二十五条至第二十九条; 实施条例第一百六十五条 for surrender)."""

    SEIZURE = "seizure", _("扣押")
    SEALING = "sealing", _("查封")
    OBTAINING = "obtaining", _("调取")
    INSPECTION = "inspection", _("勘验检查")
    TEMPORARY = "temporary", _("暂扣")
    REGISTRATION = "registration", _("登记保存")
    SURRENDER = "surrender", _("主动上交")


class State(models.TextChoices):
    """Where an item stands. Whether it is sealed is told by its seal, not by its state."""

    IDENTIFIED = "identified", _("已发现")
    COLLECTED = "collected", _("已提取")
    SEALED = "sealed", _("已封存")
    DEPOSITED = "deposited", _("在库")
    CHECKED_OUT = "checked_out", _("调取出库")
    EXAMINED = "examined", _("已鉴定")
    DISPOSAL_APPROVED = "disposal_approved", _("处置已批")
    TRANSFERRED = "transferred_with_case", _("随案移送")
    RETURNED = "returned", _("已退还")
    CONFISCATED = "confiscated", _("已收缴")
    AUCTIONED = "auctioned", _("已变卖")
    DESTROYED = "destroyed", _("已销毁")
    LOST = "lost_damaged", _("损毁灭失")
    ARCHIVED = "archived", _("已归档")


#: Nobody of the house holds an item that was only found, or that has left for good.
UNHELD = (
    State.IDENTIFIED,
    State.TRANSFERRED,
    State.RETURNED,
    State.CONFISCATED,
    State.AUCTIONED,
    State.DESTROYED,
    State.LOST,
    State.ARCHIVED,
)
#: The item has left for good.
ENDED = tuple(state for state in UNHELD if state != State.IDENTIFIED)


class Act(models.TextChoices):
    """What can happen to an item: one link of its chain each."""

    FOUND = "found", _("发现、拍照")
    COLLECTED = "collected", _("提取")
    SEALED = "sealed", _("封存")
    OFFERED = "offered", _("交出")
    ACCEPTED = "accepted", _("签收")
    REFUSED = "refused", _("拒收")
    WITHDRAWN = "withdrawn", _("撤回移交")
    STORED = "stored", _("入库")
    CHECKED_OUT = "checked_out", _("调取出库")
    UNSEALED = "unsealed", _("启封")
    EXAMINED = "examined", _("鉴定勘验")
    RESEALED = "resealed", _("重新封存")
    CHECKED_IN = "checked_in", _("归还入库")
    DETACHED = "detached", _("拆出单独流转")
    REJOINED = "rejoined", _("归位")
    VERIFIED = "verified", _("盘点核对")
    DISPOSAL_APPROVED = "disposal_approved", _("批准处置")
    RETURNED = "returned", _("退还")
    CONFISCATED = "confiscated", _("收缴")
    AUCTIONED = "auctioned", _("变卖")
    DESTROYED = "destroyed", _("销毁")
    TRANSFERRED = "transferred", _("随案移送")
    LOST = "lost", _("登记损毁灭失")
    ARCHIVED = "archived", _("归档")


class OfferPurpose(models.TextChoices):
    """Why one holder gives an item to the next."""

    HAND_OVER = "hand_over", _("移交")
    CHECK_OUT = "check_out", _("调取")
    CHECK_IN = "check_in", _("归还")


class OfferState(models.TextChoices):
    OPEN = "open", _("待签收")
    ACCEPTED = "accepted", _("已签收")
    REFUSED = "refused", _("已拒收")
    WITHDRAWN = "withdrawn", _("已撤回")


class CheckOutState(models.TextChoices):
    REQUESTED = "requested", _("待批准")
    APPROVED = "approved", _("已批准，待出库")
    DECLINED = "declined", _("未批准")
    OUT = "out", _("在外")
    BACK = "back", _("已归还")


class DiscrepancyKind(models.TextChoices):
    SEAL_NUMBER = "seal_number", _("封条号码不一致")
    SEAL_BROKEN = "seal_broken", _("封条破损")
    QUANTITY = "quantity", _("数量不一致")
    CONDITION = "condition", _("外观或状况不一致")
    PLACE = "place", _("不在账上的位置")
    DIGEST = "digest", _("文件摘要不一致")
    MISSING = "missing", _("实物不在")


class StockResult(models.TextChoices):
    """What counting an item gave."""

    WAITING = "waiting", _("还没有清点")
    PRESENT = "present", _("账实相符")
    DIFFERS = "differs", _("在，但有不符")
    MISPLACED = "misplaced", _("在，但不在账上的位置")
    MISSING = "missing", _("账上有，实物不在")
    EXTRA = "extra", _("实物在，账上不在此处")


class JobState(models.TextChoices):
    """How far work in the background is."""

    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("正在制作")
    DONE = "done", _("已做好")
    FAILED = "failed", _("没有做成")
    EXPIRED = "expired", _("已清除")


class Outcome(models.TextChoices):
    """How an item may leave for good, once approved."""

    RETURNED = "returned", _("退还")
    CONFISCATED = "confiscated", _("收缴")
    AUCTIONED = "auctioned", _("变卖")
    DESTROYED = "destroyed", _("销毁")
    TRANSFERRED = "transferred_with_case", _("随案移送")


#: The act that carries an outcome out.
ENDS = {
    Outcome.RETURNED: Act.RETURNED,
    Outcome.CONFISCATED: Act.CONFISCATED,
    Outcome.AUCTIONED: Act.AUCTIONED,
    Outcome.DESTROYED: Act.DESTROYED,
    Outcome.TRANSFERRED: Act.TRANSFERRED,
}


class Signature(models.TextChoices):
    SIGNED = "signed", _("已签名")
    REFUSED = "refused", _("拒绝签名")
    UNABLE = "unable", _("无法签名")


class DeviceKind(models.TextChoices):
    RIG = "rig", _("自组矿机")
    ASIC = "asic", _("专用矿机（ASIC）")
    FPGA = "fpga", _("FPGA 矿机")
    SERVER = "server", _("服务器")
    COMPUTER = "computer", _("台式计算机")
    LAPTOP = "laptop", _("笔记本电脑")
    GPU = "gpu", _("显卡")
    CPU = "cpu", _("处理器")
    BOARD = "board", _("主板")
    DISK = "disk", _("硬盘")
    POWER = "power", _("电源")
    PHONE = "phone", _("手机")
    WALLET = "wallet", _("硬件钱包")
    NETWORK = "network", _("网络设备")
    OTHER = "other", _("其他")


class Precision(models.TextChoices):
    SECOND = "second", _("秒")
    MINUTE = "minute", _("分")
    DAY = "day", _("日")
    UNKNOWN = "unknown", _("不明")


class Strength(models.TextChoices):
    """How far a link carries; words only, never numbers, never a word of guilt."""

    LIMITED = "limited", _("有限")
    MEDIUM = "medium", _("中等")
    STRONGER = "stronger", _("较强")
