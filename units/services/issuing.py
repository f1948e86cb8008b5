"""Issuing self-inspections to units, each with its own clock, and urging those who are late."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.services import Opening, open_deadlines
from casework.ledger.many import record_new
from casework.ledger.record import record
from casework.notices.models import Level
from casework.notices.services.owing import Owed, owe_notices
from units.enums import UnitState
from units.enums_campaign import OWED
from units.models import CampaignUnit, SelfInspection, Stage, Unit, UnitLeader

#: The rule of the clock: a day named by the plan (timelimits S02).
RULE = "S02"
#: Clocks opened under one ledger entry, which may have 65,535 bytes.
BATCH = 300


def issue_self_inspections(
    stage: Stage, units: Iterable[Unit] | None = None, *, due_on: date, actor: User, at: datetime
) -> list[SelfInspection]:
    """Issue the self-inspection of a stage in one act and return the new rows, each with its own clock.

    ``units``  some units of the campaign; by default all that have none yet. Units that have theirs are left alone.
    ``due_on`` the day named by the plan; it rolls to the next working day when it is none.
    Refused, naming every unit, when one has no leader who can sign in, or no longer exists.
    """
    require(actor, "campaign.issue", stage)
    day = timezone.localdate(at)
    check_due_on(due_on, at)
    with transaction.atomic():
        stages = Stage._base_manager.select_for_update(of=("self",)).select_related("campaign__compartment")
        locked = stages.get(pk=stage.pk)
        members = _members(locked, units)
        leaders = leaders_on([one.unit_id for one in members], day)
        _refuse_unready(members, leaders)
        rows = SelfInspection.objects.bulk_create(
            [
                SelfInspection(
                    campaign_unit=one,
                    stage=locked,
                    unit=one.unit,
                    leader=leaders[one.unit_id],
                    questionnaire=locked.campaign.questionnaire,
                    issued_at=at,
                    issued_on=day,
                    issued_by=actor,
                    due_on=due_on,
                )
                for one in members
            ],
            batch_size=1000,
        )
        _start_clocks(locked, rows, due_on, actor, at)
        record_new(
            "selfinspection.issued",
            [
                (
                    row.ref,
                    {"unit": row.unit.code, "stage": locked.code, "due_on": row.due_on, "leader": row.leader.pk},
                )
                for row in rows
            ],
            actor=actor,
            at=at,
        )
        if rows:
            record(
                "campaign.issued",
                ref=f"campaign:{locked.campaign_id}",
                actor=actor,
                at=at,
                data={"stage": locked.code, "units": len(rows), "due_on": rows[0].due_on},
            )
            _tell_leaders(locked, rows, at)
    return rows


def check_due_on(due_on: date, at: datetime) -> None:
    """Refuse a day that has passed when the self-inspection is issued."""
    day = timezone.localdate(at)
    if due_on < day:
        sentence = _("期限 %(due)s 早于下发日 %(day)s。可以改成以后的日期。") % {"due": due_on, "day": day}
        raise Invalid(sentence, details={"due_on": sentence})


def check_ready(stage: Stage, at: datetime) -> None:
    """Refuse, naming every unit, unless all that would be issued to exist and have a leader who can sign in."""
    members = _members(stage, None)
    _refuse_unready(members, leaders_on([one.unit_id for one in members], timezone.localdate(at)))


def _members(stage: Stage, units: Iterable[Unit] | None) -> list[CampaignUnit]:
    members = CampaignUnit._base_manager.filter(campaign=stage.campaign).select_related("unit").order_by("pk")
    if units is not None:
        wanted = {unit.pk: unit for unit in units}
        members = members.filter(unit__in=wanted)
        outside = wanted.keys() - set(members.values_list("unit_id", flat=True))
        if outside:
            names = "、".join(wanted[pk].name for pk in sorted(outside)[:20])
            raise Invalid(
                _("不能下发自查：%(names)s 没有列入专项行动。可以先列入。") % {"names": names},
                details={"units": [wanted[pk].code for pk in sorted(outside)]},
            )
    return list(members.exclude(self_inspections__stage=stage))


def ready_members(stage: Stage, day: date) -> QuerySet[CampaignUnit]:
    """Return the campaign's units that have no report in the stage, exist, and have a leader who can sign in."""
    held = UnitLeader._base_manager.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=day),
        Q(until__isnull=True) | Q(until__gte=day),
        unit=OuterRef("unit"),
        user__is_active=True,
    )
    waiting = CampaignUnit._base_manager.filter(campaign=stage.campaign_id, unit__state=UnitState.ACTIVE)
    return waiting.exclude(self_inspections__stage=stage).filter(Exists(held)).select_related("unit").order_by("pk")


def leaders_on(unit_ids: Sequence[int], day: date) -> dict[int, UnitLeader]:
    """Return who leads each unit on that day and can sign in, by unit."""
    held = UnitLeader._base_manager.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=day),
        Q(until__isnull=True) | Q(until__gte=day),
        unit__in=unit_ids,
        user__is_active=True,
    )
    return {leader.unit_id: leader for leader in held.select_related("user")}


def _refuse_unready(members: Sequence[CampaignUnit], leaders: dict[int, UnitLeader]) -> None:
    missing = []
    for one in members:
        if one.unit.state != UnitState.ACTIVE:
            missing.append(Missing(_("%(unit)s 已撤销或并入其他单位") % {"unit": one.unit}))
        elif one.unit_id not in leaders:
            missing.append(
                Missing(
                    _("%(unit)s 没有能登录的负责人") % {"unit": one.unit},
                    reverse("units:unit", args=[one.unit_id]),
                    _("去登记"),
                )
            )
    if missing:
        raise NotReady(
            ngettext(
                "不能下发自查：%(n)s 家单位还没有准备好。", "不能下发自查：%(n)s 家单位还没有准备好。", len(missing)
            )
            % {"n": len(missing)},
            missing,
        )


def _start_clocks(stage: Stage, rows: Sequence[SelfInspection], due_on: date, actor: User | None, at: datetime) -> None:
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        deadlines = open_deadlines(
            [
                Opening(
                    ref=row.ref,
                    kind=RULE,
                    start_on=row.issued_on,
                    title=_("%(unit)s自查自纠报告") % {"unit": row.unit.name[:180]},
                    holder=row.leader.user,
                    compartment=stage.campaign.compartment,
                    named_on=due_on,
                )
                for row in part
            ],
            batch_ref=f"stage:{stage.pk}",
            actor=actor,
            at=at,
        )
        for row, deadline in zip(part, deadlines, strict=True):
            row.due_on = deadline.due_on
    rolled = [row for row in rows if row.due_on != due_on]
    if rolled:
        SelfInspection._base_manager.filter(pk__in=[row.pk for row in rolled]).update(due_on=rolled[0].due_on)


def _tell_leaders(stage: Stage, rows: Sequence[SelfInspection], at: datetime) -> None:
    owe_notices(
        [
            Owed(
                key=f"{row.ref}:issued:{row.leader.user_id}",
                to_id=row.leader.user_id,
                kind="selfinspection.issued",
                title=_("请签收自查自纠任务：%(name)s") % {"name": stage.campaign.public_name},
                body=_("由您填写并签名上报，期限 %(due)s。") % {"due": row.due_on},
                ref=row.ref,
                url=reverse("units:portal-report", args=[row.pk]),
                due_on=row.due_on,
            )
            for row in rows
            if row.leader.user_id
        ],
        at=at,
    )


def live_deadline(inspection: SelfInspection) -> Deadline | None:
    """Return the clock that runs or stands still on the report, or None."""
    return Deadline.objects.live().filter(ref=inspection.ref, kind=RULE).first()


def remind_overdue(
    stage: Stage, *, actor: User, at: datetime, inspections: Iterable[SelfInspection] | None = None
) -> int:
    """Owe a reminder to the leader of every report of the stage that is still owed (催报); return how many are new.

    Once a day for each report, however often it is pressed. ``inspections`` narrows it to some of them.
    """
    require(actor, "campaign.remind", stage)
    day = timezone.localdate(at)
    owed = SelfInspection._base_manager.filter(stage=stage, state__in=OWED).select_related(
        "leader", "stage__campaign", "unit"
    )
    if inspections is not None:
        owed = owed.filter(pk__in=[one.pk for one in inspections])
    rows = list(owed.order_by("pk"))
    current = leaders_on([row.unit_id for row in rows], day)
    due = dict(
        Deadline.objects.filter(ref__in=[row.ref for row in rows], kind=RULE)
        .exclude(state=State.CANCELLED)
        .values_list("ref", "due_on")
    )
    notices = []
    for row in rows:
        leader = current.get(row.unit_id)
        if leader is None or leader.user_id is None:
            continue
        late = due.get(row.ref, row.due_on) < day
        notices.append(
            Owed(
                key=f"{row.ref}:urged:{day}:{leader.user_id}",
                to_id=leader.user_id,
                kind="selfinspection.urged",
                title=_("自查自纠报告已逾期") if late else _("自查自纠报告还没有上报"),
                body=_("%(unit)s的报告期限是 %(due)s，请填完后签名上报。")
                % {"unit": row.unit.name, "due": due.get(row.ref, row.due_on)},
                ref=row.ref,
                url=reverse("units:portal-report", args=[row.pk]),
                due_on=due.get(row.ref, row.due_on),
                level=Level.ALARM if late else Level.WARN,
            )
        )
    with transaction.atomic():
        new = owe_notices(notices, at=at)
        if new:
            record(
                "campaign.urged",
                ref=f"campaign:{stage.campaign_id}",
                actor=actor,
                at=at,
                data={"stage": stage.code, "units": new, "day": day},
            )
    return new
