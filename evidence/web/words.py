"""The words for states of evidence, in the vocabulary of the house."""

from django.utils.translation import gettext_lazy as _

from casework.web.vocabulary import register_status
from evidence.enums import CheckOutState, JobState, State, StockResult

for _value, _word, _colour, _icon in (
    (State.IDENTIFIED, _("已发现"), "amber", "eye"),
    (State.COLLECTED, _("已提取"), "blue", "package"),
    (State.SEALED, _("已封存"), "green", "lock"),
    (State.DEPOSITED, _("在库"), "", "building-warehouse"),
    (State.CHECKED_OUT, _("在外"), "amber", "package-export"),
    (State.EXAMINED, _("已鉴定"), "blue", "zoom-in"),
    (State.DISPOSAL_APPROVED, _("处置已批"), "blue", "gavel"),
    (State.TRANSFERRED, _("随案移送"), "", "send"),
    (State.RETURNED, _("已退还"), "", "arrow-back-up"),
    (State.CONFISCATED, _("已收缴"), "", "gavel"),
    (State.AUCTIONED, _("已变卖"), "", "gavel"),
    (State.DESTROYED, _("已销毁"), "", "ban"),
    (State.LOST, _("损毁灭失"), "red", "alert-triangle"),
    (State.ARCHIVED, _("已归档"), "", "folder"),
):
    register_status("item", _value, _word, _colour, _icon)

for _check_out_state, _said, _tone, _sign in (
    (CheckOutState.REQUESTED, _("待批准"), "amber", "hourglass"),
    (CheckOutState.APPROVED, _("待出库"), "blue", "package-export"),
    (CheckOutState.DECLINED, _("未批准"), "", "circle-x"),
    (CheckOutState.OUT, _("在外"), "amber", "package-export"),
    (CheckOutState.BACK, _("已归还"), "green", "circle-check"),
):
    register_status("check_out", _check_out_state, _said, _tone, _sign)

for _job_state, _job_said, _job_tone, _job_sign in (
    (JobState.QUEUED, _("排队中"), "", "hourglass"),
    (JobState.RUNNING, _("正在制作"), "blue", "progress"),
    (JobState.DONE, _("已做好"), "green", "circle-check"),
    (JobState.FAILED, _("没有做成"), "red", "alert-octagon"),
    (JobState.EXPIRED, _("已清除"), "", "ban"),
):
    register_status("bundle", _job_state, _job_said, _job_tone, _job_sign)

for _counted, _counted_said, _counted_tone, _counted_sign in (
    (StockResult.WAITING, _("未清点"), "", "circle-dashed"),
    (StockResult.PRESENT, _("相符"), "green", "circle-check"),
    (StockResult.DIFFERS, _("有不符"), "red", "package-off"),
    (StockResult.MISPLACED, _("放错位置"), "amber", "map-pin"),
    (StockResult.MISSING, _("实物不在"), "red", "package-off"),
    (StockResult.EXTRA, _("账外"), "amber", "help-circle"),
):
    register_status("stock", _counted, _counted_said, _counted_tone, _counted_sign)
