"""Words for the ledger's entries about notices."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words({"notices.owed": _("发出提醒"), "notice.acknowledged": _("签收通知")})
