"""Reads: the calendar, the facts of a deadline for people, lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from casework.accounts.models import User
from casework.core.calendar import Calendar, Kind
from casework.deadlines.enums import State, Unit
from casework.deadlines.models import Deadline, DeadlineQuerySet, Holiday, Suspension
from casework.deadlines.rules import Facts, More, Rule, Stop

#: A notice is taken as complete when it closes these days: 全国年节及纪念日放假办法 第二条, the fixed ones.
FIXED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))


def current_calendar() -> Calendar:
    """Return the calendar of the holiday table as it stands now (one query)."""
    return build_calendar(dict(Holiday.objects.values_list("date", "kind")))


def calendar_mark(_day: date, _moment: datetime) -> QuerySet[Holiday, Any]:
    """Return the digest of the holiday table: read along with a reader, so that the table itself is read once.

    It is one number of all days whatever their order; to sort them was half of what it takes to know who asks.
    """
    mark = RawSQL("bit_xor(hashtextextended(kind, date - date '2000-01-01'))", [], BigIntegerField())
    return Holiday.objects.order_by().values_list(mark, flat=True)


@lru_cache(maxsize=4)
def _calendar_marked(_mark: int) -> Calendar:
    return current_calendar()


def calendar_for(user: User) -> Calendar:
    """Return the calendar as it stands now; for the reader of a page without a query while the table stays as it is."""
    mark = (user.known_of or {}).get("calendar")
    return _calendar_marked(mark[0]) if mark and mark[0] is not None else current_calendar()


def build_calendar(holidays: dict[date, str]) -> Calendar:
    """Return a calendar; a year is known when its notice closes every fixed holiday."""
    kinds = {day: Kind(kind) for day, kind in holidays.items()}
    years = {day.year for day in kinds}
    known = {year for year in years if not missing_days(kinds, year)}
    return Calendar(kinds, known)


def missing_days(kinds: dict[date, Kind], year: int) -> list[date]:
    """Return the fixed holidays of a year that the table does not close; empty when the year is complete."""
    return [date(year, month, day) for month, day in FIXED if kinds.get(date(year, month, day)) != Kind.HOLIDAY]


@dataclass(frozen=True)
class Bar:
    """One stop on the deadline line: first and last stopped day (None while it lasts)."""

    from_on: date
    until: date | None
    days: int
    reason: str
    approver: str
    document: str
    resume_reason: str = ""
    resume_approver: str = ""
    resume_document: str = ""


@dataclass(frozen=True)
class DeadlineFacts:
    """What pages, chips and lines are drawn from. Days left are negative when over.

    ``working_days_left`` counts the working days after ``today`` up to the due date; ``days_left`` the natural ones.
    ``in_time``, ``late_*`` and ``early_*`` come from the frozen verdict and are None while the clock runs.
    ``stopped_days`` is how long the present stop has lasted, None when the clock is not stopped.
    ``unverified`` asks for the badge 依据待核.
    """

    id: int
    ref: str
    kind: str
    title: str
    unit: str
    state: str
    start_on: date
    due_on: date
    due_at: datetime | None
    first_due_on: date
    today: date
    days_left: int
    working_days_left: int
    stopped_days: int | None
    provisional: bool
    unverified: bool
    met_on: date | None
    in_time: bool | None
    late_days: int | None
    late_working_days: int | None
    early_working_days: int | None
    stops: tuple[Bar, ...] = ()

    @property
    def over(self) -> bool:
        """The clock runs and the due date has passed."""
        return self.state == State.OPEN and self.days_left < 0

    @property
    def moved_days(self) -> int:
        """Natural days between the first due date and the present one (“＋13 天”)."""
        return (self.due_on - self.first_due_on).days


def deadline_facts(deadline: Deadline, today: date, calendar: Calendar | None = None) -> DeadlineFacts:
    """Return the facts of one deadline on ``today``. For lists, load the calendar once and ``with_bars`` the rows."""
    calendar = calendar or current_calendar()
    bars = tuple(
        Bar(
            stop.from_on,
            None if stop.to_on is None else stop.to_on - timedelta(days=1),
            max(((stop.to_on or today) - stop.from_on).days, 0),
            stop.reason,
            stop.approver,
            stop.document,
            stop.resume_reason,
            stop.resume_approver,
            stop.resume_document,
        )
        for stop in sorted(_stops(deadline), key=lambda one: one.from_on)
    )
    verdict = deadline.verdict or {}
    return DeadlineFacts(
        id=deadline.pk,
        ref=deadline.ref,
        kind=deadline.kind,
        title=deadline.title,
        unit=deadline.unit,
        state=deadline.state,
        start_on=deadline.start_on,
        due_on=deadline.due_on,
        due_at=deadline.due_at,
        first_due_on=deadline.first_due_on,
        today=today,
        days_left=(deadline.due_on - today).days,
        working_days_left=calendar.working_days_between(today, deadline.due_on),
        stopped_days=bars[-1].days if deadline.state == State.STOPPED and bars else None,
        provisional=deadline.provisional,
        unverified=Rule.restore(deadline.rule).unverified,
        met_on=deadline.met_on,
        in_time=verdict.get("in_time"),
        late_days=verdict.get("late_days"),
        late_working_days=verdict.get("late_working_days"),
        early_working_days=verdict.get("early_working_days"),
        stops=bars,
    )


def _stops(deadline: Deadline) -> Iterable[Suspension]:
    held = getattr(deadline, "stops_held", None)
    if held is None:
        return deadline.suspensions.all()
    days = ("from_on", "to_on")
    return [
        Suspension(**{**row, **{day: date.fromisoformat(row[day]) if row[day] else None for day in days}})
        for row in held
    ]


def with_stops(deadlines: DeadlineQuerySet) -> DeadlineQuerySet:
    """Return the rows with what ``deadline_facts`` reads, in their own query: for lists."""
    words = ("from_on", "to_on", "reason", "approver", "document")
    stops = Suspension.objects.filter(deadline=OuterRef("pk")).order_by("from_on", "pk")
    return deadlines.annotate(stops_held=ArraySubquery(stops.values(said=JSONObject(**{word: word for word in words}))))


def with_bars(deadlines: DeadlineQuerySet) -> DeadlineQuerySet:
    """Return the rows with what ``deadline_facts`` reads, in a fixed number of queries."""
    return deadlines.select_related("holder").prefetch_related("suspensions", "extensions")


def facts_of(deadlines: Iterable[Deadline], today: date, calendar: Calendar | None = None) -> dict[int, DeadlineFacts]:
    """Return the facts by id for rows that came from ``with_bars`` or ``with_stops`` (one query for the calendar)."""
    calendar = calendar or current_calendar()
    return {deadline.pk: deadline_facts(deadline, today, calendar) for deadline in deadlines}


def facts_for_ref(ref: str, user: User, today: date) -> list[DeadlineFacts]:
    """Return the clocks on one thing that the reader may know of, the live ones first."""
    rows = with_bars(Deadline.objects.visible_to(user).filter(ref=ref)).order_by("due_on", "id")
    facts = list(facts_of(rows, today).values())
    return sorted(facts, key=lambda one: one.state not in {State.OPEN, State.STOPPED})


def for_user(user: User) -> DeadlineQuerySet:
    """Return the live clocks that the user holds, the nearest first."""
    return Deadline.objects.visible_to(user).live().filter(holder=user).order_by("due_on", "id")


def overdue(today: date) -> DeadlineQuerySet:
    """Return the running clocks whose due date has passed, the oldest first; callers add ``visible_to``."""
    return Deadline.objects.filter(state=State.OPEN, due_on__lt=today).order_by("due_on", "id")


def due_within(today: date, days: int) -> DeadlineQuerySet:
    """Return the running clocks that end from today to ``days`` natural days on."""
    last = today + timedelta(days=days)
    return Deadline.objects.filter(Q(state=State.OPEN), due_on__range=(today, last)).order_by("due_on", "id")


def inputs(deadline: Deadline) -> tuple[Rule, Facts]:
    """Return what the due date is computed from: the rule that the clock began with, facts, stops, extensions."""
    return Rule.restore(deadline.rule), replace(
        plain_facts(deadline.start_on, deadline.facts),
        stops=tuple(
            Stop(
                row.from_on,
                row.to_on,
                row.reason,
                row.approver,
                row.document,
                (row.resume_reason, row.resume_approver, row.resume_document),
            )
            for row in sorted(deadline.suspensions.all(), key=lambda one: (one.from_on, one.pk))
        ),
        extensions=tuple(
            More(row.amount, row.unit, row.reason, row.approver, row.document)
            for row in sorted(deadline.extensions.all(), key=lambda one: one.pk)
        ),
    )


def plain_facts(start_on: date, kept: Mapping[str, Any]) -> Facts:
    """Return the facts that a clock keeps, without stops and extensions."""
    return Facts(
        start=start_on,
        start_at=datetime.fromisoformat(kept["start_at"]) if kept.get("start_at") else None,
        named_on=date.fromisoformat(kept["named_on"]) if kept.get("named_on") else None,
        amount=kept.get("amount"),
    )


@dataclass(frozen=True)
class DayRow:
    """One day of the count as the page shows it; ``number`` is None for a day that does not count."""

    on: date
    number: int | None
    why: str


#: A page of days; longer counts show their first and last days.
MOST_DAYS = 120


def counted_days(deadline: Deadline, calendar: Calendar) -> list[DayRow]:
    """Return the count of a working-day limit day by day, for reading; empty for limits that count otherwise."""
    if deadline.unit != Unit.WORKING_DAY or deadline.due_on <= deadline.start_on:
        return []
    stops = [(row.from_on, row.to_on) for row in deadline.suspensions.all()]
    names = dict(Holiday.objects.filter(date__range=(deadline.start_on, deadline.due_on)).values_list("date", "name"))
    rows, number = [], 0
    for offset in range(1, min((deadline.due_on - deadline.start_on).days, MOST_DAYS) + 1):
        day = deadline.start_on + timedelta(days=offset)
        stopped = any(begin <= day and (end is None or day < end) for begin, end in stops)
        counts = calendar.is_working_day(day) and not stopped
        number += counts
        rows.append(DayRow(day, number if counts else None, _why(day, stopped, calendar, names)))
    return rows


def _why(day: date, stopped: bool, calendar: Calendar, names: dict[date, str]) -> str:
    if stopped:
        return "暂停计时"
    kind = calendar.kind(day)
    if kind == Kind.WORKDAY:
        return "调休上班"
    if kind == Kind.HOLIDAY:
        return f"{names.get(day, '')}放假"
    return "周末" if day.weekday() >= 5 else ""
