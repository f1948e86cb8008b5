"""The administrators' pages in the side bar."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.web.nav import ADMINISTRATION, register
from casework.web.vocabulary import register_status

register(
    ADMINISTRATION,
    _("账号"),
    "users",
    "access:accounts",
    roles={Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN},
    order=10,
    tab=2,
)
register(ADMINISTRATION, _("知悉范围"), "lock", "access:compartments", roles={Role.SECURITY_ADMIN}, order=20, tab=3)
register(ADMINISTRATION, _("管理操作"), "history", "access:audit", roles={Role.AUDIT_ADMIN}, order=30, tab=3)

register_status("account", "active", _("启用"), "green", "circle-check")
register_status("account", "closed", _("已停用"), "", "ban")
