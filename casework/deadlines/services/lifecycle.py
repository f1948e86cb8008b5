"""Opening, meeting and voiding clocks. The act above that causes it is guarded there, so no policy check here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.core.calendar import Calendar
from casework.core.errors import Invalid, Refused
from casework.deadlines.enums import LIVE, Basis, State, Unit
from casework.deadlines.ladder import ladder, pending_on, schedule
from casework.deadlines.models import Deadline
from casework.deadlines.owners import lock_owners
from casework.deadlines.rules import Due, Facts, Rule, due, rule
from casework.deadlines.selectors import current_calendar, inputs
from casework.ledger.record import record


@dataclass(frozen=True)
class Opening:
    """A clock to be started; see ``open_deadline`` for the fields."""

    ref: str
    kind: str
    start_on: date
    title: str = ""
    holder: User | None = None
    compartment: Compartment | None = None
    start_at: datetime | None = None
    named_on: date | None = None
    amount: int | None = None


def open_deadline(
    ref: str,
    kind: str,
    *,
    start_on: date,
    actor: User | None,
    at: datetime,
    title: str = "",
    holder: User | None = None,
    compartment: Compartment | None = None,
    start_at: datetime | None = None,
    named_on: date | None = None,
    amount: int | None = None,
    reason: str = "",
) -> Deadline:
    """Start a clock and return it; one live clock per ``ref`` and ``kind``.

    ``ref``       what it is about, e.g. ``selfinspection:12``.
    ``kind``      the rule's id in data/timelimits.yaml, e.g. ``S02``.
    ``start_on``  the day of the starting event (not counted by most rules); ``start_at`` its moment for hours.
    ``named_on``  the due date that a plan names, for rules that count nothing.
    ``amount``    another length than the rule's, where the text gives a choice.
    """
    opening = Opening(ref, kind, start_on, title, holder, compartment, start_at, named_on, amount)
    with transaction.atomic():
        (deadline,) = _open([opening], at=at)
        record(
            "deadline.opened",
            ref=f"deadline:{deadline.pk}",
            actor=actor,
            at=at,
            data=_opened_data(deadline),
            reason=reason,
        )
    return deadline


def open_deadlines(
    openings: Sequence[Opening], *, batch_ref: str, actor: User | None, at: datetime, reason: str = ""
) -> list[Deadline]:
    """Start many clocks in one act with one ledger entry under ``batch_ref``; all of them or none."""
    with transaction.atomic():
        deadlines = _open(openings, at=at)
        record(
            "deadlines.opened",
            ref=batch_ref,
            actor=actor,
            at=at,
            data={"count": len(deadlines), "deadlines": [_opened_data(one) for one in deadlines]},
            reason=reason,
        )
    return deadlines


def _opened_data(deadline: Deadline) -> dict[str, Any]:
    return {
        "of": deadline.ref,
        "rule": deadline.kind,
        "rule_version": deadline.rule_version,
        "start_on": deadline.start_on,
        "due_on": deadline.due_on,
        "provisional": deadline.provisional,
        "holder": deadline.holder_id or 0,
    }


def _open(openings: Sequence[Opening], *, at: datetime) -> list[Deadline]:
    calendar, today = current_calendar(), timezone.localdate(at)
    rows = [_built(opening, calendar, today, at) for opening in openings]
    lock_owners(row.ref for row in rows)
    try:
        with transaction.atomic():
            return Deadline.objects.bulk_create(rows, batch_size=1000)
    except IntegrityError as error:
        if "deadline_live_once" not in str(error):
            raise
        raise Refused(
            _("不能开始计时：因为同一事项的这项期限已在计时。可以先办结或作废原来的期限。"), code="already_running"
        ) from error


def _built(opening: Opening, calendar: Calendar, today: date, at: datetime) -> Deadline:
    found = rule(opening.kind)
    if found.basis == Basis.SUPERSEDED:
        raise Refused(
            _("不能开始计时：因为“%(label)s”已经废止。可以选用现行的期限规则。") % {"label": found.label},
            article=found.citation,
        )
    start_on = timezone.localdate(opening.start_at) if opening.start_at else opening.start_on
    facts = Facts(start_on, opening.start_at, opening.named_on, opening.amount)
    deadline = Deadline(
        ref=opening.ref,
        kind=found.id,
        rule_version=found.version,
        unit=found.unit,
        title=opening.title or found.label,
        start_on=start_on,
        holder=opening.holder,
        compartment=opening.compartment,
        rule=found.snapshot(),
        facts={
            "start_at": opening.start_at.isoformat() if opening.start_at else None,
            "named_on": opening.named_on.isoformat() if opening.named_on else None,
            "amount": opening.amount,
        },
        opened_at=at,
    )
    apply_due(deadline, due(found, facts, calendar), calendar, today)
    return deadline


def apply_due(deadline: Deadline, result: Due, calendar: Calendar, today: date) -> None:
    """Set the fields that follow from a computed date, in memory.

    The scan is sent to the rung last reached: whoever heard of it for this very date is not told again (unique key),
    but a moved date, a new holder or a changed calendar are not missed.
    """
    deadline.due_on = result.due_on
    deadline.due_at = result.due_at
    deadline.first_due_on = result.first_due_on
    deadline.provisional = result.provisional
    deadline.explanation = list(result.steps)
    deadline.next_on = reminder_day(deadline, calendar, today) if deadline.state == State.OPEN else None


#: What ``apply_due`` sets, for saving.
DUE_FIELDS = ("due_on", "due_at", "first_due_on", "provisional", "explanation", "next_on")


def reminder_day(deadline: Deadline, calendar: Calendar, today: date) -> date | None:
    """Return the day from which the scan owes a reminder for the present due date."""
    planned = schedule(ladder(deadline.kind, deadline.unit), deadline.start_on, deadline.due_on, calendar)
    return pending_on(planned, today)


def meet_deadline(deadline: Deadline, *, actor: User | None, at: datetime, met_on: date | None = None) -> Deadline:
    """End the clock because the duty was done, and freeze the verdict; a second time changes nothing.

    ``met_on`` is the day of the duty, by default the day of ``at``.
    """
    day = met_on or timezone.localdate(at)
    with transaction.atomic():
        row = Deadline.locked(deadline.pk)
        if row.state == State.MET:
            return row
        _refuse_ended(row, _("办结期限"))
        if day < row.start_on:
            raise Invalid(_("办结日 %(day)s 早于起算日 %(start)s。") % {"day": day, "start": row.start_on})
        calendar = current_calendar()
        row.state, row.met_on = State.MET, day
        for stop in row.suspensions.filter(to_on=None):
            stop.to_on = max(day, stop.from_on)
            stop.save(update_fields=["to_on"])
        found, facts = inputs(row)
        apply_due(row, due(found, facts, calendar), calendar, day)
        row.verdict = verdict(row, day, at, calendar)
        row.bump("state", "met_on", "verdict", *DUE_FIELDS)
        record(
            "deadline.met",
            ref=f"deadline:{row.pk}",
            actor=actor,
            at=at,
            data={"of": row.ref, "rule": row.kind, "due_on": row.due_on, "met_on": day, "verdict": row.verdict},
        )
    return row


def verdict(deadline: Deadline, day: date, at: datetime, calendar: Calendar) -> dict[str, Any]:
    """Return the judgement with its inputs, as plain data that outlives rule and calendar."""
    late_days = max((day - deadline.due_on).days, 0)
    in_time = late_days == 0
    late_hours = 0
    if deadline.unit == Unit.HOUR and deadline.due_at is not None:
        late_hours = max(int((at - deadline.due_at).total_seconds() // 3600), 0)
        in_time = at <= deadline.due_at
    return {
        "in_time": in_time,
        "late_days": late_days,
        "late_working_days": max(calendar.working_days_between(deadline.due_on, day), 0),
        "late_hours": late_hours,
        "early_working_days": max(calendar.working_days_between(day, deadline.due_on), 0),
        "met_on": day.isoformat(),
        "due_on": deadline.due_on.isoformat(),
        "provisional": deadline.provisional,
        "rule": deadline.kind,
        "rule_version": deadline.rule_version,
        "years_known": sorted(year for year in calendar.years_known if deadline.start_on.year <= year <= day.year),
        "explanation": deadline.explanation,
    }


def cancel_deadline(deadline: Deadline, *, actor: User | None, at: datetime, reason: str) -> Deadline:
    """Void the clock (作废) because what it was about fell away; a second time changes nothing."""
    if not reason.strip():
        raise Invalid(_("作废期限要写明事由。"), details={"reason": _("写明为什么作废")})
    with transaction.atomic():
        row = Deadline.locked(deadline.pk)
        if row.state == State.CANCELLED:
            return row
        _refuse_ended(row, _("作废期限"))
        row.state, row.next_on = State.CANCELLED, None
        row.bump("state", "next_on")
        record(
            "deadline.cancelled",
            ref=f"deadline:{row.pk}",
            actor=actor,
            at=at,
            data={"of": row.ref, "rule": row.kind, "due_on": row.due_on},
            reason=reason,
        )
    return row


def _refuse_ended(deadline: Deadline, act: str) -> None:
    if deadline.state not in LIVE:
        raise Refused(
            _("不能%(act)s：因为这项期限%(state)s。") % {"act": act, "state": deadline.get_state_display()},
            code="ended",
        )


def rule_of(deadline: Deadline) -> Rule:
    """Return the rule that the clock began with."""
    return Rule.restore(deadline.rule)
