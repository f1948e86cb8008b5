"""Words for the ledger's entries about notices."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.refs import register_nouns
from casework.ledger.words import register_words

register_nouns({"notice": _("通知")})
register_words(
    {
        "notices.owed": _("发出提醒"),
        "notice.acknowledged": _("签收通知"),
        "notices.preferred": _("设置通知方式"),
        "calendar_feed.made": _("建立日历订阅"),
        "calendar_feed.revoked": _("停用日历订阅"),
        "deliveries.retried": _("重新发送通知"),
        "letters.drawn_up": _("生成督办文书"),
        "letter.signed": _("签发督办文书"),
        "letter.voided": _("作废督办文书"),
    }
)
