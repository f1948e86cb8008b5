"""Relapse (死灰复燃): an address that had gone is back, or a unit whose lead had ended is seen again.

The duty to put right is laid on the unit anew, and the question whether its leader answers for it becomes an item of
its own: heard first, then decided by the leadership.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import can, require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.deadlines.selectors import current_calendar
from casework.ledger.record import record
from casework.notices.models import Level
from units.enums import AddressStatus, MatchState
from units.enums_campaign import CampaignState, InspectionState
from units.enums_exchange import LiabilityState, RelapseKind
from units.models import (
    Lead,
    LiabilityItem,
    ListedAddress,
    MonitorList,
    Rectification,
    RelapsedAddress,
    SelfInspection,
    Sighting,
)
from units.services.exchange_notices import day_of, keepers_of, tell
from units.services.inspection_steps import begin, finish, locked
from units.services.issuing import leaders_on
from units.services.rectification import order_rectification

#: Working days that a unit has to search and report again.
DAYS = 10
#: From here a finished report is opened anew; before, its duty still runs.
FINISHED = (InspectionState.RECTIFIED, InspectionState.ACCEPTED, InspectionState.CLOSED)


def note_relapses(
    leads: Iterable[Lead], lists: Sequence[MonitorList], *, actor: User, at: datetime, reopen: bool = True
) -> list[LiabilityItem]:
    """Make the liability item of every lead of these that is a relapse, and tell who works on it; returns the new ones.

    ``reopen`` also lays the duty on the unit anew, which tells its leader; without it that waits for a decision.
    """
    led = {lead.unit_id: lead for lead in leads}
    again = _returned(led, lists)
    known = set(LiabilityItem.objects.filter(lead__in=led.values()).values_list("lead_id", flat=True))
    made = []
    for unit, lead in sorted(led.items()):
        came_back = unit in again
        if lead.pk in known or not (came_back or lead.earlier_id):
            continue
        made.append(_note(lead, lists, again.get(unit, {}), actor, at))
    if reopen:
        for item in made:
            if can_reopen(item) and can(actor, "rectification.order", item.report):
                reopen_duty(item, actor=actor, at=at)
    return made


def _returned(led: Mapping[int, Lead], lists: Sequence[MonitorList]) -> dict[int, dict[str, tuple[datetime, datetime]]]:
    """Return unit → address → (last seen before, first seen again) for what the lists call relapsed."""
    back = ListedAddress.objects.filter(monitor_list__in=lists, status=AddressStatus.RELAPSED).values("ip")
    seen = Sighting.objects.filter(
        monitor_list__in=lists,
        unit__in=led,
        match_state=MatchState.MATCHED,
        registration__isnull=True,
        ip__in=back,
    )
    first = {
        (row["unit"], row["ip"]): row["again"]
        for row in seen.values("unit", "ip").annotate(again=Min("observed_at")).order_by("unit", "ip")
    }
    before = dict(
        Sighting.objects.filter(ip__in={ip for _unit, ip in first}, sensor__in={one.sensor for one in lists})
        .exclude(monitor_list__in=lists)
        .values_list("ip")
        .annotate(last=Max("observed_at"))
        .order_by()
    )
    found: dict[int, dict[str, tuple[datetime, datetime]]] = {}
    for (unit, ip), again in first.items():
        found.setdefault(unit, {})[ip] = (before.get(ip, again), again)
    return found


def _note(
    lead: Lead,
    lists: Sequence[MonitorList],
    addresses: Mapping[str, tuple[datetime, datetime]],
    actor: User,
    at: datetime,
) -> LiabilityItem:
    day = day_of(at)
    leader = (
        leaders_on([lead.unit_id], day).get(lead.unit_id)
        or lead.unit.leaders.filter(Q(until__isnull=True) | Q(until__gte=day)).order_by("-from_on").first()
    )
    item = LiabilityItem.objects.create(
        unit=lead.unit,
        leader=leader,
        lead=lead,
        monitor_list=max(lists, key=lambda one: (one.sampled_at, one.pk)),
        compartment=lead.compartment,
        kind=RelapseKind.ADDRESS if addresses else RelapseKind.UNIT,
        report=earlier_report(lead, actor),
        noted_at=at,
        noted_by=actor,
    )
    RelapsedAddress.objects.bulk_create(
        RelapsedAddress(item=item, ip=ip, before_at=before if before < again else None, again_at=again)
        for ip, (before, again) in sorted(addresses.items())
    )
    record(
        "liability.opened",
        ref=item.ref,
        actor=actor,
        at=at,
        data={
            "unit": lead.unit.code,
            "lead": lead.number,
            "kind": item.kind,
            "addresses": len(addresses),
            "report": item.report_id or 0,
            "list": item.monitor_list_id,
        },
        personal={"leader": leader.name if leader else ""},
    )
    people = {user.pk: user for user in keepers_of(lead.compartment, day)}
    if lead.handler is not None:
        people[lead.handler.pk] = lead.handler
    tell(
        people.values(),
        what="opened",
        ref=item.ref,
        title=_("死灰复燃：%(unit)s") % {"unit": lead.unit.name},
        body=ngettext(
            "%(n)d 个已消失的地址再次出现，先约谈单位负责人。",
            "%(n)d 个已消失的地址再次出现，先约谈单位负责人。",
            len(addresses),
        )
        % {"n": len(addresses)}
        if addresses
        else _("线索办结后再次监测到，先约谈单位负责人。"),
        url=reverse("units:liability", args=[item.pk]),
        level=Level.WARN,
        compartment=lead.compartment,
        at=at,
    )
    return item


def earlier_report(lead: Lead, user: User) -> SelfInspection | None:
    """Return the unit's newest self-inspection that the user may know of: a finished one, else a submitted one."""
    reports = SelfInspection.objects.visible_to(user).filter(unit=lead.unit_id, submitted_at__isnull=False)
    newest = reports.order_by("-submitted_at", "-pk")
    found: SelfInspection | None = newest.filter(state__in=FINISHED).first() or newest.first()
    return found


def can_reopen(item: LiabilityItem) -> bool:
    """Tell whether the unit's report can be opened anew now: finished, in a running campaign."""
    report = item.report
    return (
        item.rectification_id is None
        and report is not None
        and report.state in FINISHED
        and report.campaign_unit.campaign.state == CampaignState.RUNNING
    )


def reopen_duty(item: LiabilityItem, *, actor: User, at: datetime, due_on: date | None = None) -> LiabilityItem:
    """Lay the duty on the unit anew: its finished report goes back to 整改中, with a duty and a clock; tells its leader.

    A report that is still being worked on keeps its own duty; nothing is opened twice.
    """
    with transaction.atomic():
        row = LiabilityItem.locked(item.pk)
        if row.rectification is not None:
            return row
        report = row.report
        if report is None:
            raise Refused(
                _("不能重启整改：因为这家单位没有上报过自查报告。可以先列入专项行动并下发自查。"), code="no_report"
            )
        if report.campaign_unit.campaign.state != CampaignState.RUNNING:
            raise Refused(_("不能重启整改：因为专项行动已经结束。可以另行发起并列入这家单位。"), code="closed")
        running = report.rectifications.exclude(closed_at__isnull=False).order_by("-pk").first()
        if report.state in FINISHED:
            row.rectification = reopen_report(report, due_on=due_on or default_due(at), actor=actor, at=at)
        elif running is not None:
            row.rectification = running
        else:
            raise Refused(
                _("不能重启整改：因为这家单位的报告是“%(state)s”，还没有办完。可以在审核这份报告时一并下发整改。")
                % {"state": report.get_state_display()},
                code="wrong_state",
            )
        row.bump("rectification")
        record(
            "liability.duty_reopened",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"rectification": row.rectification.pk, "due_on": row.rectification.due_on},
        )
    return row


def reopen_report(report: SelfInspection, *, due_on: date, actor: User, at: datetime) -> Rectification:
    """Open a finished report anew and lay a duty on the unit; it is not told which address was seen."""
    with transaction.atomic():
        row = locked(report)
        begin(row, "reopen", actor=actor, at=at)
        finish(row, "reopen", actor=actor, at=at)
        return order_rectification(
            row.campaign_unit,
            title=_("再次排查并整改"),
            measures=_(
                "整改销号后又有异常。请重新排查本单位全部主机、服务器和机房用电，查明是否仍有“挖矿”程序或设备；"
                "发现的立即断网封存；报整改结果时附证明材料，并由主要负责人说明为什么再次发生。"
            ),
            due_on=due_on,
            inspection=row,
            actor=actor,
            at=at,
        )


def default_due(at: datetime) -> date:
    """Return the day by which the unit reports again: ten working days on."""
    return current_calendar().add_working_days(day_of(at), DAYS)


def note_talk(item: LiabilityItem, *, talked_on: date, statement: str, actor: User, at: datetime) -> LiabilityItem:
    """Keep what the leader said when he was heard; a later talk replaces it, the ledger keeps both."""
    require(actor, "liability.talk", item)
    wrong = {}
    if not statement.strip():
        wrong["statement"] = _("写明负责人怎样说明")
    if talked_on > day_of(at):
        wrong["talked_on"] = _("约谈日期在将来；核对日期")
    if wrong:
        raise Invalid(_("不能登记约谈：没有填好。可以补上日期和说明。"), details=wrong)
    with transaction.atomic():
        row = LiabilityItem.locked(item.pk)
        _need_undecided(row, _("登记约谈"))
        row.state, row.talked_on, row.talked_by = LiabilityState.TALKED, talked_on, actor
        row.statement = statement.strip()
        row.bump("state", "talked_on", "talked_by", "statement")
        record(
            "liability.talked",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"talked_on": talked_on},
            personal={"statement": row.statement},
        )
    return row


def decide_liability(item: LiabilityItem, *, held: bool, reason: str, actor: User, at: datetime) -> LiabilityItem:
    """Decide whether the leader answers for the relapse; by the leadership, after he was heard, with a reason."""
    require(actor, "liability.decide", item)
    if not reason.strip():
        raise Invalid(_("不能认定：没有写明理由。"), details={"reason": _("写明认定的事实和依据")})
    with transaction.atomic():
        row = LiabilityItem.locked(item.pk)
        _need_undecided(row, _("认定领导责任"))
        if row.state == LiabilityState.OPEN:
            raise Refused(_("不能认定领导责任：因为还没有听取负责人的说明。可以先登记约谈。"), code="not_heard")
        if row.talked_by_id == actor.pk:
            raise Refused(_("不能认定领导责任：因为约谈是您办的。可以请另一位领导认定。"), code="own_talk")
        row.state = LiabilityState.HELD if held else LiabilityState.SPARED
        row.decided_at, row.decided_by, row.reason = at, actor, reason.strip()
        row.bump("state", "decided_at", "decided_by", "reason")
        record(
            "liability.decided",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"held": held, "unit": row.unit.code},
            reason=row.reason,
        )
    return row


def _need_undecided(row: LiabilityItem, act: str) -> None:
    if row.decided_at is not None:
        raise Refused(
            _("不能%(act)s：因为已经认定为“%(state)s”。可以查看认定的理由。")
            % {"act": act, "state": row.get_state_display()},
            code="decided",
        )
