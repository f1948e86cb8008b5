"""The acts of the floor in the policy table."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import COMMISSION, Role

register_act("account.open", roles={Role.SYSTEM_ADMIN}, label=_("开立账号"))
register_act("account.close", roles={Role.SYSTEM_ADMIN}, label=_("停用账号"))
register_act("account.reset_password", roles={Role.SYSTEM_ADMIN}, label=_("重设密码"))
register_act("account.appoint", roles={Role.SECURITY_ADMIN}, label=_("任命角色"))
register_act("account.read", roles={Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}, label=_("查看账号"))
register_act("compartment.list", roles={Role.SECURITY_ADMIN}, label=_("查看知悉范围名册"))
register_act("audit.read", roles={Role.AUDIT_ADMIN}, label=_("审计管理操作"))
register_act("token.issue", roles=COMMISSION | {Role.LIAISON, Role.UNIT_LEADER}, label=_("签发接口令牌"))
