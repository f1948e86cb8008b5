"""Leads: raised from sightings, handed out, disposed of, classified."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.models import Compartment, compartments_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import Opening, open_deadline, open_deadlines
from casework.ledger.record import record
from units.enums import LeadState, MatchState, QuestionKind, Stance
from units.lead_workflow import ENDED, NOT_PUNITIVE, Move, move_named
from units.models import Campaign, Lead, MonitorList, Question, QuestionEvidence, Sighting, Unit
from units.services.numbers import lead_number
from units.services.relapse import note_relapses
from units.services.research import alarm_outside_registrations

#: 问题线索提出处置意见: one month from receipt (监督执纪工作规则第二十一条).
OPINION = "L01"
#: Clocks opened under one ledger entry, which may have 65,535 bytes.
CLOCKS = 300
_ADDRESSES = """
insert into units_leadaddress (lead_id, ip, first_seen_at, last_seen_at)
select lead_id, ip, min(observed_at), max(observed_at)
from units_sighting where lead_id = any(%s)
group by lead_id, ip
on conflict (lead_id, ip) do update
set first_seen_at = least(units_leadaddress.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(units_leadaddress.last_seen_at, excluded.last_seen_at)
"""


def raise_leads(
    lists: MonitorList | Iterable[MonitorList],
    *,
    campaign: Campaign | None = None,
    compartment: Compartment | None = None,
    handler: User | None = None,
    actor: User,
    at: datetime,
    received_on: date | None = None,
    reopen: bool = True,
) -> list[Lead]:
    """Group the matched sightings of the lists into one lead for each public unit, and return those leads.

    Sightings of other holders, ambiguous ones and those explained by a registration raise none. A unit with an open
    lead of the same campaign gets its new sightings added; a unit whose leads have ended gets a new one that names
    the last as ``earlier``.
    ``compartment`` is by default that of the campaign, else that of the list; ``handler`` belongs to it.
    ``received_on`` is by default the day of ``at``; the month for an opinion runs from it.
    A relapse (死灰复燃) makes the liability item of the unit's leader; with ``reopen`` the duty is laid on the unit anew.
    """
    chosen = [lists] if isinstance(lists, MonitorList) else list(lists)
    for one in chosen:
        require(actor, "leads.raise", one)
    if not chosen:
        return []
    circle = compartment or (campaign.compartment if campaign else chosen[0].compartment)
    if handler is not None:
        _check_handler(handler, circle)
    day = received_on or timezone.localdate(at)
    with transaction.atomic():
        free = Sighting.objects.select_for_update().filter(
            monitor_list__in=chosen, match_state=MatchState.MATCHED, lead__isnull=True, registration__isnull=True
        )
        units = sorted(set(free.filter(unit__is_public=True).values_list("unit_id", flat=True)))
        latest = _latest(units, circle)
        new = [
            Lead(
                number=lead_number(circle, day.year),
                unit_id=unit,
                campaign=campaign,
                compartment=circle,
                source=", ".join(str(one) for one in chosen)[:200],
                received_on=day,
                state=LeadState.ASSIGNED if handler else LeadState.REGISTERED,
                handler=handler,
                earlier=latest.get(unit),
            )
            for unit in units
            if not _goes_on(latest.get(unit), campaign)
        ]
        Lead.objects.bulk_create(new)
        Question.objects.bulk_create(Question(lead=lead, kind=kind) for lead in new for kind in QuestionKind.values)
        led = {unit: lead for unit, lead in latest.items() if unit in units and _goes_on(lead, campaign)}
        led |= {lead.unit_id: lead for lead in new}
        _tie(list(chosen), led)
        open_clocks(new, circle, handler, actor, at)
        _first_evidence(new, actor, at)
        for lead in led.values():
            record(
                "lead.raised",
                ref=f"lead:{lead.pk}",
                actor=actor,
                at=at,
                data={
                    "number": lead.number,
                    "unit": lead.unit_id,
                    "lists": [one.pk for one in chosen],
                    "campaign": campaign.pk if campaign else 0,
                    "earlier": lead.earlier.number if lead.earlier else "",
                    "received_on": lead.received_on,
                    "handler": handler.pk if handler else 0,
                },
            )
        alarm_outside_registrations(led.values(), chosen, actor=actor, at=at)
        note_relapses(led.values(), chosen, actor=actor, at=at, reopen=reopen)
    return sorted(led.values(), key=lambda lead: lead.pk)


def _latest(units: Sequence[int], circle: Compartment) -> dict[int, Lead]:
    """Return each unit's last lead in this compartment; others stay unknown even here."""
    found = Lead.objects.filter(unit__in=units, compartment=circle).order_by("unit_id", "pk")
    return {lead.unit_id: lead for lead in found}


def _goes_on(lead: Lead | None, campaign: Campaign | None) -> bool:
    return lead is not None and lead.state not in ENDED and lead.campaign_id == (campaign.pk if campaign else None)


def _tie(lists: Sequence[MonitorList], led: dict[int, Lead]) -> None:
    units, leads = list(led), [lead.pk for lead in led.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            "update units_sighting s set lead_id = v.lead_id from unnest(%s::bigint[], %s::bigint[]) as v(unit_id, lead_id)"
            " where s.unit_id = v.unit_id and s.monitor_list_id = any(%s) and s.lead_id is null"
            " and s.match_state = 'matched' and s.registration_id is null",
            [units, leads, [one.pk for one in lists]],
        )
        cursor.execute(_ADDRESSES, [leads])


def open_clocks(leads: Sequence[Lead], circle: Compartment, handler: User | None, actor: User, at: datetime) -> None:
    """Start the month for an opinion on new leads, from the day each was received."""
    if not leads:
        return
    names = dict(Unit.objects.filter(pk__in=[lead.unit_id for lead in leads]).values_list("pk", "name"))
    openings = [
        Opening(
            f"lead:{lead.pk}",
            OPINION,
            lead.received_on,
            _("提出处置意见：%(unit)s") % {"unit": names[lead.unit_id]},
            handler,
            circle,
        )
        for lead in leads
    ]
    for start in range(0, len(openings), CLOCKS):
        open_deadlines(openings[start : start + CLOCKS], batch_ref=f"lead:{leads[start].pk}", actor=actor, at=at)


def _first_evidence(leads: Sequence[Lead], actor: User, at: datetime) -> None:
    """What the monitor itself says of the extent: at least from the first to the last time it saw something."""
    questions = {
        question.lead_id: question for question in Question.objects.filter(lead__in=leads, kind=QuestionKind.EXTENT)
    }
    seen = (
        Sighting.objects.filter(lead__in=leads)
        .values("lead")
        .annotate(first=Min("observed_at"), last=Max("observed_at"), times=Count("pk"))
    )
    rows = []
    for row in seen:
        first, last = (timezone.localdate(row[name]) for name in ("first", "last"))
        days = (last - first).days + 1
        rows.append(
            QuestionEvidence(
                question=questions[row["lead"]],
                candidate=ngettext("%(days)d 天以上", "%(days)d 天以上", days) % {"days": days},
                stance=Stance.FOR,
                text=_("监测记录 %(first)s 至 %(last)s，共 %(times)d 次")
                % {"first": first.isoformat(), "last": last.isoformat(), "times": row["times"]},
                ref=f"lead:{row['lead']}",
                added_by=actor,
                added_at=at,
            )
        )
    QuestionEvidence.objects.bulk_create(rows)


def _check_handler(handler: User, circle: Compartment) -> None:
    if circle.pk not in set(compartments_of(handler).values_list("compartment_id", flat=True)):
        raise Refused(
            _("不能分办：因为%(name)s不在这条线索的知悉范围里。可以先让其进入知悉范围，或另选一人。")
            % {"name": handler.name},
            code="handler_outside",
        )


def assign_lead(lead: Lead, handler: User, *, actor: User, at: datetime, reason: str = "") -> Lead:
    """Hand the lead to an officer of its compartment; to the same officer again changes nothing."""
    require(actor, "lead.assign", lead)
    _check_handler(handler, lead.compartment)
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        need_source(row, move_named("assign"))
        if row.handler_id == handler.pk:
            return row
        before = row.handler
        row.handler = handler
        row.state = LeadState.ASSIGNED if row.state == LeadState.REGISTERED else row.state
        row.bump("handler", "state")
        Deadline.objects.live().filter(ref=f"lead:{row.pk}", kind=OPINION).update(holder=handler)
        record(
            "lead.assigned",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"from": before.name if before else "", "to": handler.name, "handler": handler.pk},
            reason=reason,
        )
    return row


def note_lead(lead: Lead, text: str, *, actor: User, at: datetime) -> Lead:
    """Keep the officer's note on the lead; the ledger has every earlier one."""
    require(actor, "lead.note", lead)
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        if row.note == text.strip():
            return row
        row.note = text.strip()
        row.bump("note")
        record(
            "lead.noted",
            ref=f"lead:{row.pk}",
            actor=actor,
            at=at,
            data={"length": len(row.note)},
            personal={"note": row.note},
        )
    return row


def mark_filed(lead: Lead, *, source_ref: str, actor: User, at: datetime) -> Lead:
    """Note that a case has been filed on the lead (立案); called by the act of filing, which is guarded there."""
    step = move_named("file")
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        if row.state == LeadState.FILED:
            return row
        if row.classification in NOT_PUNITIVE:
            raise Refused(
                _("不能转立案：因为线索已定性为%(nature)s，不走处分程序。可以下达整改，或补充证据后重新定性。")
                % {"nature": row.get_classification_display()},
                code="not_punitive",
            )
        need_source(row, step)
        row.previous_state, row.state = row.state, step.target
        row.bump("previous_state", "state")
        record("lead.filed", ref=f"lead:{row.pk}", actor=actor, at=at, data={"case": source_ref})
    return row


def need_source(lead: Lead, move: Move) -> None:
    """Refuse a move that does not start from the lead's state."""
    if lead.state not in move.sources:
        allowed = "、".join(str(LeadState(state).label) for state in LeadState.values if state in move.sources)
        raise Refused(
            _("不能%(move)s：因为线索现在是“%(state)s”，这一步从%(allowed)s开始。可以先办前面的步骤。")
            % {"move": move.label, "state": lead.get_state_display(), "allowed": allowed},
            article=move.article,
            code="wrong_state",
        )


def reopen_clock(lead: Lead, actor: User, at: datetime) -> None:
    """The month for an opinion runs on while there is none; it is counted from the same day of receipt."""
    ref = f"lead:{lead.pk}"
    if lead.state not in {LeadState.ASSIGNED, LeadState.UNDER_STUDY, LeadState.REGISTERED}:
        return
    if Deadline.objects.live().filter(ref=ref, kind=OPINION).exists():
        return
    open_deadline(
        ref,
        OPINION,
        start_on=lead.received_on,
        title=_("提出处置意见：%(unit)s") % {"unit": lead.unit.name},
        holder=lead.handler,
        compartment=lead.compartment,
        actor=actor,
        at=at,
    )
