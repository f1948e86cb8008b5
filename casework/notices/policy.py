"""Acts on the papers of the ladder."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.access.readers import own_business
from casework.accounts.enums import Role

register_act("letter.sign", roles=(Role.APPROVER, Role.CAMPAIGN_OFFICER), label=_("签发督办文书"))
register_act("delivery.retry", roles=(Role.SYSTEM_ADMIN,), label=_("重发没有送达的通知"))
register_act("letter.void", roles=(Role.APPROVER, Role.CAMPAIGN_OFFICER), label=_("作废督办文书"))
# What one is told is one's own, whatever one's role: the API says so as the pages do.
own_business("api:notice-acknowledge", "api:notice-preferences")
