"""The list of deadlines in the side bar, with the number of those that are over."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import COMMISSION
from casework.accounts.models import User
from casework.core import clock
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.web.nav import TOP, register


def late(user: User) -> QuerySet[Any]:
    """Return the running clocks that are over, of those that the reader may know of."""
    return Deadline.objects.visible_to(user).filter(state=State.OPEN, due_on__lt=clock.today())


register(TOP, _("期限"), "clock", "deadlines:list", roles=COMMISSION, waiting=late, hot=True, order=30)
