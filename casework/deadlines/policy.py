"""Acts on a running clock. Opening, meeting and cancelling are guarded in the act above that causes them."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role

_OFFICERS = (Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.HEARING_OFFICER, Role.APPROVER)

register_act("deadline.extend", roles=_OFFICERS, label=_("延长期限"))
register_act("deadline.suspend", roles=_OFFICERS, label=_("暂停计时"))
register_act("deadline.resume", roles=_OFFICERS, label=_("恢复计时"))
register_act("holidays.change", roles=(Role.SYSTEM_ADMIN, Role.CAMPAIGN_OFFICER), label=_("更新放假安排"))
