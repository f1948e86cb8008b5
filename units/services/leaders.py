"""Who answers for a unit, and by which account."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from units.models import Unit, UnitLeader
from units.services.imports_units import current_leaders


def link_leader(unit: Unit, user: User, *, actor: User, at: datetime) -> UnitLeader:
    """Let the account act for the unit's present leader; a second time changes nothing.

    Raises ``Refused`` when nobody leads the unit, ``Invalid`` when the account is no leader's.
    """
    require(actor, "register.change", unit)
    if not user.has_role(Role.UNIT_LEADER):
        raise Invalid(_("不能关联：%(name)s的账号不是单位负责人账号。可以先由安全保密管理员任命。") % {"name": user.name})
    day = timezone.localdate(at)
    with transaction.atomic():
        found = current_leaders([unit], day).get(unit.pk)
        if found is None:
            raise Refused(_("不能关联：%(unit)s没有在任负责人。可以先登记负责人。") % {"unit": unit.name})
        row = UnitLeader.objects.select_for_update().get(pk=found.pk)
        if row.user_id == user.pk:
            return row
        old, row.user = row.user_id, user
        row.save(update_fields=["user"])
        record(
            "unit.leader_linked",
            ref=f"unit:{unit.pk}",
            actor=actor,
            at=at,
            data={"leader": row.pk, "old": old, "new": user.pk},
        )
    return row
