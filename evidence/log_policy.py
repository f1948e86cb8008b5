"""Who may have logs read, and mark what they say; and how the acts read in the ledger."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role
from casework.ledger.words import register_words

OFFICERS = (Role.CASE_OFFICER, Role.INSPECTOR)

register_act("evidence.read_logs", roles=OFFICERS, label=_("读取日志"))
register_act("evidence.mark_events", roles=(*OFFICERS, Role.HEARING_OFFICER), label=_("标记事件"))
register_words(
    {
        "item.logs_asked": _("要求读取日志"),
        "item.logs_read": _("读完日志"),
        "item.clock_set": _("认定时钟偏差"),
        "item.event_marked": _("标记事件"),
        "item.raw_searched": _("检索日志原文"),
    }
)
