"""The words of figures in the ledger."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.refs import register_nouns
from casework.ledger.words import register_words

register_nouns({"factors": _("能耗因子"), "tariff": _("差别电价")})
register_words(
    {
        "figure.claimed": _("登记他处公布的数"),
        "figure.explained": _("说明差异"),
        "figure.summary_published": _("发布数据汇总"),
        "figure.factors_added": _("登记能耗因子"),
        "figure.tariff_added": _("登记差别电价"),
        "figure.case_cited": _("登记公开通报的案件"),
    }
)
