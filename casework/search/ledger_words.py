"""Words of the search in the ledger."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words(
    {
        "filter.saved": _("存下常用筛选"),
        "filter.alert_changed": _("改动筛选的提醒"),
        "filter.dropped": _("作废常用筛选"),
    }
)
