"""The search in the side bar."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import COMMISSION
from casework.web.nav import TOP, register

register(TOP, _("查找"), "search", "search:search", roles=COMMISSION, order=90, tab=4)
