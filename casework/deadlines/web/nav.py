"""The list of deadlines in the side bar, with the number of those that are over."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import pgettext_lazy

from casework.access.models import circles_of, has_many_circles
from casework.accounts.enums import COMMISSION, Role
from casework.accounts.models import User
from casework.core import clock
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.web.nav import TOP, register


def late(user: User) -> Sequence[QuerySet[Any]]:
    """Return the running clocks that are over, of those that the reader may know of; to be counted together."""
    rows = Deadline.objects.filter(state=State.OPEN, due_on__lt=clock.today())
    if has_many_circles(user) and user.is_commission and not user.has_role(Role.AUDITOR):
        # Each of the two ways has its index; joined by an "or" they are looked for in the whole table.
        return (rows.filter(compartment__in=circles_of(user)), rows.filter(compartment=None, holder=user))
    return (rows.visible_to(user),)


register(
    TOP, pgettext_lazy("places", "期限"), "clock", "deadlines:list", roles=COMMISSION, waiting=late, hot=True, order=30
)
