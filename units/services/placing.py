"""Where a unit stands: its superior and the body that supervises it, from a day on."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from units.enums import UnitState
from units.models import Unit, UnitPlace


def place_unit(
    unit: Unit,
    *,
    parent: Unit | None,
    supervisor: Unit | None,
    actor: User,
    at: datetime,
    from_on: date | None = None,
    document: str = "",
    reason: str = "",
) -> Unit:
    """Put the unit under another superior or supervising body from a day on; the former place is kept."""
    require(actor, "register.change")
    day = from_on or timezone.localdate(at)
    with transaction.atomic():
        row = Unit.locked(unit.pk)
        if (row.parent, row.supervisor) == (parent, supervisor):
            return row
        if row.state != UnitState.ACTIVE:
            raise Refused(
                _("不能变更隶属：因为%(unit)s%(state)s。") % {"unit": row, "state": row.get_state_display()},
                code="ended",
            )
        _refuse_circle(row, parent)
        if UnitPlace.objects.filter(unit=row, until__gte=day - timedelta(days=1)).exists():
            raise Refused(_("不能变更隶属：因为这一天或之后已变更过。可以核对日期。"), code="placed_later")
        UnitPlace.objects.create(
            unit=row, parent=row.parent, supervisor=row.supervisor, until=day - timedelta(days=1), document=document
        )
        before, row.parent, row.supervisor = (row.parent, row.supervisor), parent, supervisor
        row.bump("parent", "supervisor")
        record(
            "unit.placed",
            ref=f"unit:{row.pk}",
            actor=actor,
            at=at,
            data={
                "from": [one.code if one else "" for one in before],
                "to": [one.code if one else "" for one in (parent, supervisor)],
                "from_on": day,
                "document": document,
            },
            reason=reason,
        )
    return row


def _refuse_circle(unit: Unit, parent: Unit | None) -> None:
    above, seen = parent, set[int]()
    while above is not None and above.pk not in seen:
        if above.pk == unit.pk:
            raise Invalid(
                _("不能变更隶属：因为%(parent)s就在%(unit)s之下。可以先变更它的隶属。")
                % {"parent": parent, "unit": unit},
                details={"parent": _("另选一家单位")},
            )
        seen.add(above.pk)
        above = above.parent
