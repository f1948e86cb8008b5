"""The record in the side bar, and the words of its own acts."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.ledger.words import register_words
from casework.web.nav import RECORDS, register

register(
    RECORDS,
    _("账本"),
    "shield-check",
    "ledger:home",
    roles={Role.AUDITOR, Role.CASE_OFFICER, Role.APPROVER, Role.HEARING_OFFICER, Role.CAMPAIGN_OFFICER},
    order=10,
    key="b",
)
register_words(
    {
        "ledger.exported": _("导出经过"),
        "key.rotated": _("更换签名钥匙"),
        "disclosure.erasure_asked": _("申请删除个人信息"),
        "disclosure.erasure_approved": _("批准删除个人信息"),
        "disclosure.erased": _("依法删除个人信息"),
    }
)
