"""The documents in the side bar, and the words of their states."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.accounts.enums import Role
from casework.documents.policy import OFFICERS
from casework.web.nav import CASES, register
from casework.web.vocabulary import register_status

for _value, _word, _colour, _icon in (
    ("draft", _("草稿"), "", "edit"),
    ("for_signature", _("待签发"), "amber", "signature"),
    ("issued", _("已印发"), "green", "file-check"),
    ("served", _("已送达"), "green", "circle-check"),
    ("withdrawn", _("已撤回"), "", "ban"),
):
    register_status("document", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("queued", _("排队中"), "", "hourglass"),
    ("running", _("正在制作"), "blue", "progress"),
    ("done", _("已完成"), "green", "circle-check"),
    ("failed", _("未能完成"), "red", "alert-octagon"),
    ("cancelled", _("已取消"), "", "ban"),
):
    register_status("document_job", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("draft", _("草稿"), "amber", "edit"),
    ("active", _("已启用"), "green", "circle-check"),
    ("retired", _("已停用"), "", "ban"),
):
    register_status("document_template", _value, _word, _colour, _icon)

register(
    CASES,
    pgettext_lazy("places", "文书"),
    "file-text",
    "documents:list",
    roles=OFFICERS | {Role.APPROVER, Role.AUDITOR},
    order=45,
)
