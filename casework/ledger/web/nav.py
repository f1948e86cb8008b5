"""The record in the side bar, the words of its own acts, and whose account an entry is about."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.ledger.refs import Resolved, register_refs
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


def _accounts(pks: Collection[int], user: User) -> dict[int, Resolved]:
    """Return the accounts by name, to auditors: what was done to an account is theirs to read."""
    if not user.has_role(Role.AUDITOR):
        return {}
    rows = User.objects.filter(pk__in=pks).select_related("organisation")
    return {
        row.pk: Resolved(f"{row.name}（{row.organisation.name}）", reverse("ledger:trail", args=[f"user:{row.pk}"]))
        for row in rows
    }


register_refs("user", _accounts)
