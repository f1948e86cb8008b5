"""Who may have logs read, and mark what they say; and how the acts read in the ledger."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role
from casework.ledger.words import register_words

OFFICERS = (Role.CASE_OFFICER, Role.INSPECTOR)

register_act("evidence.read_logs", roles=OFFICERS, label=_("读取日志"))
register_act("evidence.mark_events", roles=(*OFFICERS, Role.HEARING_OFFICER), label=_("标记事件"))
register_act("evidence.review_attribution", roles=(*OFFICERS, Role.HEARING_OFFICER), label=_("复核行为归属"))
register_act(
    "evidence.import_pools",
    roles=(*OFFICERS, Role.CAMPAIGN_OFFICER, Role.INTAKE),
    label=_("导入矿池目录"),
)
register_words(
    {
        "item.logs_asked": _("要求读取日志"),
        "item.logs_read": _("读完日志"),
        "item.clock_set": _("认定时钟偏差"),
        "item.event_marked": _("标记事件"),
        "item.raw_searched": _("检索日志原文"),
        "item.log_keeper_named": _("写明日志由谁保管"),
        "attribution.opened": _("查是谁做的"),
        "attribution.worked_out": _("推演归属"),
        "attribution.evidence_added": _("补充归属材料"),
        "attribution.submitted": _("送复核归属"),
        "attribution.reviewed": _("复核归属"),
    }
)
