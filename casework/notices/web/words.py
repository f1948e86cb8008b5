"""Words for notices in the house's vocabulary."""

from django.utils.translation import gettext_lazy as _

from casework.web.vocabulary import register_status


def register() -> None:
    """Add the states of notices; the addresses of the app call it when they are loaded."""
    register_status("notice", "info", _("提醒"), "blue", "bell")
    register_status("notice", "warn", _("催办"), "amber", "clock")
    register_status("notice", "alarm", _("警示"), "red", "alert-triangle")
    register_status("notice", "unread", _("未签收"), "", "mail")
    register_status("notice", "read", _("已签收"), "green", "circle-check")
    register_status("letter_kind", "工作提醒", _("工作提醒"), "blue", "bell")
    register_status("letter_kind", "督办函", _("督办函"), "amber", "clock")
    register_status("letter_kind", "约谈通知", _("约谈通知"), "red", "alert-triangle")
    register_status("letter", "ready", _("待签发"), "amber", "signature")
    register_status("letter", "signed", _("已签发"), "green", "circle-check")
    register_status("letter", "void", _("已作废"), "", "ban")
    register_status("delivery", "owed", _("待发送"), "", "hourglass")
    register_status("delivery", "leased", _("发送中"), "blue", "progress")
    register_status("delivery", "sent", _("已送达"), "green", "circle-check")
    register_status("delivery", "failed", _("发送失败"), "red", "alert-octagon")
    register_status("delivery", "dropped", _("不再需要"), "", "ban")
