"""The ladder of reminders: data and pure functions. Rungs lie a number of working days before or after the due date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from casework.core.calendar import Calendar
from casework.deadlines.enums import Unit

HOLDER, LEADER, SUPERIOR = "holder", "leader", "superior"


@dataclass(frozen=True)
class Rung:
    """One reminder: ``days`` working days from the due date, to whom, how loud, and the document that it calls for."""

    name: str
    days: int
    to: tuple[str, ...]
    level: str
    document: str = ""


#: Who is told only grows from rung to rung, so after an outage the latest rung stands for those before it.
USUAL = (
    Rung("T-5", -5, (HOLDER,), "info"),
    Rung("T-3", -3, (HOLDER,), "info"),
    Rung("T-1", -1, (HOLDER, LEADER), "warn"),
    Rung("T", 0, (HOLDER, LEADER), "warn"),
    Rung("T+1", 1, (HOLDER, LEADER), "alarm", "工作提醒"),
    Rung("T+3", 3, (HOLDER, LEADER, SUPERIOR), "alarm", "督办函"),
    Rung("T+7", 7, (HOLDER, LEADER, SUPERIOR), "alarm", "约谈通知"),
)
#: A limit of hours: the day before is too early to say anything, the day itself is the alarm.
HOURS = (
    Rung("T", 0, (HOLDER, LEADER), "alarm"),
    Rung("T+1", 1, (HOLDER, LEADER, SUPERIOR), "alarm"),
)
#: Liberty measures: the approver's superior hears of the last day before it comes, not after.
LIBERTY = (
    Rung("T-10", -10, (HOLDER,), "info"),
    Rung("T-5", -5, (HOLDER, LEADER), "warn"),
    Rung("T-2", -2, (HOLDER, LEADER, SUPERIOR), "alarm"),
    Rung("T", 0, (HOLDER, LEADER, SUPERIOR), "alarm"),
    Rung("T+1", 1, (HOLDER, LEADER, SUPERIOR), "alarm"),
)
#: Limits that end a period rather than call for work: no document against anybody.
LADDERS: dict[str, tuple[Rung, ...]] = {
    **dict.fromkeys(("M02", "M03", "M04", "M06", "M07", "M11", "M12", "P07"), LIBERTY),
}


def ladder(kind: str, unit: str) -> tuple[Rung, ...]:
    """Return the rungs of a rule."""
    return LADDERS.get(kind) or (HOURS if unit == Unit.HOUR else USUAL)


def schedule(rungs: Sequence[Rung], start_on: date, due_on: date, calendar: Calendar) -> list[tuple[date, Rung]]:
    """Return each rung with its day, earliest first; rungs that would lie before the clock's first day are left out."""
    days = [(calendar.add_working_days(due_on, rung.days), rung) for rung in rungs]
    return [(on, rung) for on, rung in days if on > start_on or rung.days >= 0]


def pending_on(planned: Sequence[tuple[date, Rung]], today: date) -> date | None:
    """Return the day of the rung last reached, else of the first to come: where the scan begins for a new date."""
    passed = [on for on, _rung in planned if on <= today]
    return passed[-1] if passed else upcoming_on(planned, today)


def upcoming_on(planned: Sequence[tuple[date, Rung]], today: date) -> date | None:
    """Return the day of the next rung after ``today``, or None when the ladder is climbed."""
    return next((on for on, _rung in planned if on > today), None)


def reached(planned: Sequence[tuple[date, Rung]], today: date) -> Rung | None:
    """Return the rung to owe today: the latest one reached, which after an outage stands for those before it."""
    rungs = [rung for on, rung in planned if on <= today]
    return rungs[-1] if rungs else None
