"""Acts of the search: filters that people keep. Auditors and administrators keep none: they change nothing."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import COMMISSION, Role

register_act("filter.save", roles=COMMISSION - {Role.AUDITOR}, label=_("存为常用筛选"))
