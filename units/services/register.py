"""The register by hand: leaders and their accounts, renames, mergers, closing, and settling rival claims."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import hand_over_deadlines
from casework.ledger.record import record
from units.enums import ClaimState, UnitState
from units.models import (
    AddressBlock,
    AddressConflict,
    Rectification,
    SelfInspection,
    Unit,
    UnitLeader,
    UnitName,
)
from units.rules.names import name_key


def current_leader(unit: Unit, day: date) -> UnitLeader | None:
    """Return who answers for the unit on that day."""
    found = UnitLeader.objects.filter(Q(until__isnull=True) | Q(until__gte=day), unit=unit)
    return found.filter(Q(from_on__isnull=True) | Q(from_on__lte=day)).first()


def link_leader(unit: Unit, user: User, *, actor: User, at: datetime, reason: str = "") -> UnitLeader:
    """Tie the account of the unit's leader to the unit; the same account again changes nothing.

    Where the register names another person, or nobody, the account's owner becomes the leader from that day on.
    """
    require(actor, "register.change")
    day = timezone.localdate(at)
    if Role.UNIT_LEADER not in user.roles_on(day):
        raise Invalid(
            _("不能关联账号：因为%(name)s不是单位负责人角色。可以先任命，再关联。") % {"name": user.name},
            details={"user": _("选单位负责人的账号")},
        )
    with transaction.atomic():
        row = Unit.locked(unit.pk)
        leader = current_leader(row, day)
        if leader is not None and leader.user_id == user.pk:
            return leader
        if leader is not None and (leader.user_id is not None or leader.name != user.name):
            return change_leader(
                row, user.name, post=user.post, email=user.email, user=user, actor=actor, at=at, reason=reason
            )
        if leader is None:
            leader = UnitLeader(unit=row, name=user.name, post=user.post, email=user.email, from_on=day)
        leader.user = user
        leader.save()
        record(
            "unit.account_linked",
            ref=f"unit:{row.pk}",
            actor=actor,
            at=at,
            data={"user": user.pk, "leader": leader.name, "post": leader.post},
            reason=reason,
        )
        _hand_over_clocks(row, leader, actor, at, reason)
    return leader


def change_leader(
    unit: Unit,
    name: str,
    *,
    post: str = "",
    email: str = "",
    mobile: str = "",
    user: User | None = None,
    from_on: date | None = None,
    actor: User,
    at: datetime,
    reason: str = "",
) -> UnitLeader:
    """Note a new responsible leader from a day on; the former one's time ends the day before."""
    require(actor, "register.change")
    if not name.strip():
        raise Invalid(_("没有填写负责人姓名。"), details={"name": _("写明姓名")})
    day = from_on or timezone.localdate(at)
    with transaction.atomic():
        row = Unit.locked(unit.pk)
        if UnitLeader.objects.filter(unit=row, from_on__gt=day).exists():
            raise Refused(_("不能更换负责人：因为在这一天之后已另有负责人。可以改为更晚的日期。"), code="later_leader")
        before = current_leader(row, day)
        if before is not None and before.from_on == day:
            raise Refused(
                _("不能更换负责人：因为%(name)s就是这一天上任的。可以改为更晚的日期。") % {"name": before.name},
                code="same_day",
            )
        if before is not None:
            before.until = day - timedelta(days=1)
            before.save(update_fields=["until"])
        leader = UnitLeader.objects.create(
            unit=row,
            name=name.strip(),
            post=post,
            email=email,
            mobile=mobile,
            user=user,
            from_on=day if before else None,
        )
        record(
            "unit.leader_changed",
            ref=f"unit:{row.pk}",
            actor=actor,
            at=at,
            data={
                "from": before.name if before else "",
                "to": leader.name,
                "from_on": day,
                "user": user.pk if user else 0,
            },
            reason=reason,
        )
        if day <= timezone.localdate(at):
            _hand_over_clocks(row, leader, actor, at, reason)
    return leader


def _hand_over_clocks(unit: Unit, leader: UnitLeader, actor: User, at: datetime, reason: str) -> None:
    """The clocks that run on the unit's own duties go to whoever leads it now."""
    refs = [
        f"selfinspection:{pk}" for pk in SelfInspection._base_manager.filter(unit=unit).values_list("pk", flat=True)
    ]
    duties = Rectification._base_manager.filter(campaign_unit__unit=unit).values_list("pk", flat=True)
    refs += [f"rectification:{pk}" for pk in duties]
    running = Deadline.objects.filter(ref__in=refs)
    hand_over_deadlines(running, leader.user, actor=actor, at=at, reason=reason)


def rename_unit(
    unit: Unit,
    name: str,
    *,
    actor: User,
    at: datetime,
    from_on: date | None = None,
    document: str = "",
    reason: str = "",
) -> Unit:
    """Give the unit a new name from a day on; the former name is kept with its last day."""
    require(actor, "register.change")
    new = name.strip()
    if not new:
        raise Invalid(_("没有填写新名称。"), details={"name": _("写明新名称")})
    day = from_on or timezone.localdate(at)
    with transaction.atomic():
        row = Unit.locked(unit.pk)
        if row.name == new:
            return row
        if UnitName.objects.filter(unit=row, until__gte=day - timedelta(days=1)).exists():
            raise Refused(_("不能更名：因为这一天或之后已更过名。可以核对日期。"), code="renamed_later")
        UnitName.objects.create(unit=row, name=row.name, until=day - timedelta(days=1), document=document)
        before, row.name, row.name_key = row.name, new, name_key(new)
        row.bump("name", "name_key")
        record(
            "unit.renamed",
            ref=f"unit:{row.pk}",
            actor=actor,
            at=at,
            data={"from": before, "to": new, "from_on": day, "document": document},
            reason=reason,
        )
    return row


def close_unit(
    unit: Unit, *, closed_on: date, merged_into: Unit | None = None, actor: User, at: datetime, reason: str = ""
) -> Unit:
    """Close the unit from a day on, or merge it into another; what it holds must be handed on or ended first."""
    require(actor, "register.change")
    if merged_into is not None and (merged_into.pk == unit.pk or merged_into.state != UnitState.ACTIVE):
        raise Invalid(_("并入的单位要存续，且不是它自己。"), details={"merged_into": _("另选一家存续的单位")})
    with transaction.atomic():
        row = Unit.locked(unit.pk)
        if row.state != UnitState.ACTIVE:
            raise Refused(
                _("不能撤并：因为%(unit)s%(state)s。") % {"unit": row, "state": row.get_state_display()}, code="ended"
            )
        missing = [
            Missing(_("下级单位“%(unit)s”还归它管") % {"unit": child}, f"/units/{child.pk}/")
            for child in row.children.filter(state=UnitState.ACTIVE)
        ]
        missing += [
            Missing(
                _("网段 %(network)s 还在它名下") % {"network": block}, f"/addresses/?{urlencode({'unit': row.name})}"
            )
            for block in row.blocks.filter(
                Q(valid__upper_inf=True) | Q(valid__endswith__gt=closed_on), state=ClaimState.STANDING
            )
        ]
        if missing:
            raise NotReady(_("不能撤并：因为还有没有交代的事项。可以先处理下面各项。"), missing)
        row.state = UnitState.MERGED if merged_into else UnitState.CLOSED
        row.closed_on, row.merged_into = closed_on, merged_into
        row.bump("state", "closed_on", "merged_into")
        record(
            "unit.merged" if merged_into else "unit.closed",
            ref=f"unit:{row.pk}",
            actor=actor,
            at=at,
            data={"closed_on": closed_on, "into": merged_into.code if merged_into else ""},
            reason=reason,
        )
    return row


def end_block(block: AddressBlock, *, last_day: date, actor: User, at: datetime, reason: str = "") -> AddressBlock:
    """End the unit's hold on a network after that day."""
    require(actor, "register.change")
    with transaction.atomic():
        row: AddressBlock = AddressBlock.objects.select_for_update().get(pk=block.pk)
        if row.valid.lower and last_day < row.valid.lower:
            raise Invalid(
                _("最后一天早于启用日期。"), details={"last_day": _("改成 %(day)s 或以后") % {"day": row.valid.lower}}
            )
        if row.valid.upper and last_day >= row.valid.upper:
            raise Invalid(_("最后一天晚于现在的停用日期。"), details={"last_day": _("改成更早的日期")})
        row.valid = type(row.valid)(row.valid.lower, last_day + timedelta(days=1), "[)")
        row.save(update_fields=["valid"])
        record(
            "block.ended",
            ref=f"unit:{row.unit_id}",
            actor=actor,
            at=at,
            data={"network": str(row.network), "last_day": last_day},
            reason=reason,
        )
    return row


def settle_conflict(
    conflict: AddressConflict, kept: AddressBlock, *, actor: User, at: datetime, reason: str
) -> AddressConflict:
    """Say which of two rival claims stands; the other is withdrawn (作废) with its source kept.

    Sightings that no lead rests on can then be matched anew (``matching.match_sightings``).
    """
    require(actor, "conflict.settle")
    if not reason.strip():
        raise Invalid(_("不能认定：没有写明依据。可以写明复函文号或现场查证情况。"), details={"reason": _("写明依据")})
    if kept.pk not in {conflict.first_id, conflict.second_id}:
        raise Invalid(_("只能在这两份归属里选一份。"), details={"kept": _("选其中一份")})
    with transaction.atomic():
        row: AddressConflict = AddressConflict.objects.select_for_update().get(pk=conflict.pk)
        if row.settled_at is not None:
            raise Refused(
                _("不能认定：因为已认定归%(unit)s。") % {"unit": row.kept.unit if row.kept else ""}, code="settled"
            )
        lost = row.second if kept.pk == row.first_id else row.first
        AddressBlock.objects.filter(pk=lost.pk).update(state=ClaimState.WITHDRAWN)
        rivals = AddressConflict.objects.filter(Q(first=lost) | Q(second=lost), settled_at__isnull=True)
        _settle(rivals, lost, actor, at, reason)
        record(
            "conflict.settled",
            ref=f"conflict:{row.pk}",
            actor=actor,
            at=at,
            data=_settled_data(kept, lost),
            reason=reason,
        )
        row.refresh_from_db()
    return row


def _settle(
    rivals: Iterable[AddressConflict],
    lost: AddressBlock,
    actor: User,
    at: datetime,
    reason: str,
) -> None:
    """A withdrawn claim has no rivals any more: in each of its conflicts the other one stands."""
    for rival in rivals:
        rival.kept = rival.second if rival.first_id == lost.pk else rival.first
        rival.settled_by, rival.settled_at, rival.reason = actor, at, reason
        rival.save(update_fields=["kept", "settled_by", "settled_at", "reason"])


def _settled_data(kept: AddressBlock, lost: AddressBlock) -> Mapping[str, object]:
    return {
        "network": str(kept.network),
        "kept": {"block": kept.pk, "unit": kept.unit.code, "reference": kept.reference},
        "withdrawn": {"block": lost.pk, "unit": lost.unit.code, "reference": lost.reference},
    }
