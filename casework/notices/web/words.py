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
