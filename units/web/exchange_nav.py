"""Letters with other agencies and relapses in the side bar."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.accounts.enums import Role
from casework.web.nav import MONITORING, register

_READERS = frozenset({Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.APPROVER, Role.AUDITOR})
#: Letters are known to both sides; a liaison sees those of the own agency.
_LETTERS = _READERS | {Role.INTAKE, Role.LIAISON}

register(MONITORING, _("死灰复燃"), "refresh-alert", "units:liabilities", roles=_READERS, order=22)
register(MONITORING, _("查询函"), "file-search", "units:lookups", roles=_LETTERS, order=24)
register(MONITORING, pgettext_lazy("places", "移送函"), "arrows-exchange", "units:hand-overs", roles=_LETTERS, order=26)
