"""Words for the ledger's entries about clocks."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words(
    {
        "deadline.opened": _("开始计时"),
        "deadlines.opened": _("批量开始计时"),
        "deadline.met": _("期限办结"),
        "deadlines.met": _("批量办结期限"),
        "deadline.cancelled": _("作废期限"),
        "deadline.suspended": _("暂停计时"),
        "deadline.resumed": _("恢复计时"),
        "deadline.extended": _("延长期限"),
        "deadline.handed_over": _("移交期限"),
        "deadlines.recomputed": _("重新推算到期日"),
        "holidays.changed": _("更新放假安排"),
        "holiday.removed": _("删除放假安排"),
    }
)
