"""Home and notices stand first in the side bar."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.notices.selectors import unread
from casework.web.nav import TOP, register

register(TOP, _("今天"), "home", "desk:home", order=1, tab=1, key="h")
register(TOP, pgettext_lazy("places", "通知"), "inbox", "notices:inbox", waiting=unread, order=2)
