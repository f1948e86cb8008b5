"""The words for states of readings, verdicts and labels; the timeline in the side bar."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.web.nav import CASES, register
from casework.web.vocabulary import register_status
from evidence.log_enums import RunState, Verdict

for _state, _word, _colour, _icon in (
    (RunState.QUEUED, _("排队中"), "", "hourglass"),
    (RunState.RUNNING, _("正在读"), "blue", "progress"),
    (RunState.DONE, _("已读完"), "green", "circle-check"),
    (RunState.FAILED, _("没有读成"), "red", "alert-octagon"),
):
    register_status("log_run", _state, _word, _colour, _icon)

for _verdict, _said, _tone, _sign in (
    (Verdict.PROVED, _("已证明缺失"), "red", "alert-octagon"),
    (Verdict.CONTRADICTED, _("与其他记录矛盾"), "red", "alert-triangle"),
    (Verdict.UNKNOWN, _("无法判断"), "amber", "help-circle"),
    (Verdict.EXPLAINED, _("有正常原因"), "", "circle-check"),
    (Verdict.HINT, _("仅供参考"), "", "help-circle"),
    (Verdict.STATED, _("日志自己写明"), "blue", "file-search"),
):
    register_status("log_verdict", _verdict, _said, _tone, _sign)

for _label, _named, _shade, _mark in (
    ("log-clearing", _("清除日志"), "red", "alert-triangle"),
    ("log-silencing", _("停止或削弱日志"), "red", "alert-triangle"),
    ("history-clearing", _("清除命令历史"), "red", "alert-triangle"),
    ("mining-A", _("挖矿"), "amber", "alert-triangle"),
    ("mining-command", _("挖矿命令"), "amber", "alert-triangle"),
    ("clock-set", _("改时钟"), "amber", "alert-triangle"),
    ("password-command", _("改密码命令"), "amber", "lock"),
    ("log-injection", _("伪造日志"), "red", "alert-triangle"),
):
    register_status("log_label", _label, _named, _shade, _mark)

register(
    CASES,
    _("时间线"),
    "timeline",
    "evidence:timeline",
    roles={Role.CASE_OFFICER, Role.INSPECTOR, Role.HEARING_OFFICER, Role.AUDITOR},
    order=24,
    short=_("时间线"),
)
