"""How the states of self-inspections and rectification are shown."""

from django.utils.translation import gettext_lazy as _

from casework.web.vocabulary import register_status

for _value, _word, _colour, _icon in (
    ("issued", _("未签收"), "", "mail"),
    ("acknowledged", _("已签收"), "blue", "mail"),
    ("drafting", _("填报中"), "blue", "pencil"),
    ("submitted", _("待审核"), "blue", "inbox"),
    ("under_review", _("审核中"), "blue", "eye-check"),
    ("returned", _("退回补正"), "amber", "arrow-back-up"),
    ("spot_check", _("重点抽查"), "blue", "search"),
    ("verified", _("已核验"), "blue", "clipboard-check"),
    ("accepted", _("通过"), "green", "circle-check"),
    ("rectifying", _("整改中"), "amber", "tool"),
    ("rectified", _("整改完成"), "blue", "clipboard-list"),
    ("closed", _("销号"), "green", "square-check"),
    ("withdrawn", _("已撤回"), "", "ban"),
    ("received", _("已收"), "green", "circle-check"),
):
    register_status("selfinspection", _value, _word, _colour, _icon)

for _value, _word, _colour, _icon in (
    ("open", _("整改中"), "amber", "tool"),
    ("reported", _("已报整改结果"), "blue", "send"),
    ("closed", _("销号"), "green", "square-check"),
):
    register_status("rectification", _value, _word, _colour, _icon)

for _value, _word, _colour, _icon in (
    ("draft", _("拟稿"), "", "pencil"),
    ("sent", _("待反馈"), "amber", "send"),
    ("answered", _("已反馈"), "blue", "message-2"),
    ("closed", _("销号"), "green", "square-check"),
    ("void", _("已作废"), "", "ban"),
):
    register_status("paper", _value, _word, _colour, _icon)
