"""Deadlines for the components of the web: chip, line, steps."""

from datetime import datetime

from casework.core.english import said
from casework.deadlines.enums import State, Unit
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import DeadlineFacts
from casework.web import components, deadline_words

_NATURAL = {Unit.DAY, Unit.MONTH, Unit.YEAR}


def chip(facts: DeadlineFacts, now: datetime | None = None) -> deadline_words.DeadlineFacts:
    """Return what the chip (``{% deadline … %}``) is drawn from."""
    if facts.state == State.MET:
        state = deadline_words.MET if facts.in_time else deadline_words.MET_LATE
    else:
        state = {State.STOPPED: deadline_words.STOPPED, State.CANCELLED: deadline_words.VOID}.get(
            State(facts.state), deadline_words.RUNNING
        )
    return deadline_words.DeadlineFacts(
        state=state,
        due_on=facts.due_on,
        today=facts.today,
        working_days=abs(facts.working_days_left),
        due_at=facts.due_at,
        now=now,
        unit="natural" if facts.unit in _NATURAL else "working",
        stopped_days=facts.stopped_days or 0,
        stopped_why=facts.stops[-1].reason if facts.state == State.STOPPED and facts.stops else "",
        early_by=facts.early_working_days or 0,
        late_by=facts.late_working_days or 0,
    )


def line(deadline: Deadline, facts: DeadlineFacts, *, opened: bool = False) -> components.DeadlineLine:
    """Return what the picture and 怎么算的 (``{% deadline_line … %}``) are drawn from."""
    return components.DeadlineLine(
        start=facts.start_on,
        due=facts.due_on,
        today=facts.today,
        first_due=facts.first_due_on if facts.moved_days else None,
        stops=tuple(components.Stop(bar.from_on, bar.until, bar.days) for bar in facts.stops),
        start_label=said(deadline.rule.get("starts_from", "")),
        steps=tuple(said(step) for step in deadline.explanation),
        unverified=facts.unverified,
        open=opened,
    )
