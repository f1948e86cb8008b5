"""The scan that owes reminders: asks what is due and not yet owed, so it may run at any time, any number of times.

Truth lies in PostgreSQL alone. A beat that fired twice, a worker that was dead for a week, a flushed broker or a clock
set back change only when the scan runs, never what it owes: each reminder has a unique key of deadline, due date, rung
and person.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.urls import reverse

from casework.access.models import Grant, Recusal
from casework.accounts.enums import COMMISSION
from casework.accounts.models import Appointment, User
from casework.core.calendar import Calendar
from casework.deadlines.enums import State, Unit
from casework.deadlines.ladder import Rung, ladder, reached, schedule, upcoming_on
from casework.deadlines.models import Deadline
from casework.deadlines.recipients import recipients
from casework.deadlines.rules import CIVIL, day_words
from casework.deadlines.selectors import current_calendar
from casework.ledger.parts import record_parts
from casework.notices.models import Notice
from casework.notices.services.letters import draw_up
from casework.notices.services.owing import Owed, owe_notices

logger = logging.getLogger(__name__)

KIND = "deadline.reminder"
BATCH = 1000


def owe_reminders(today: date, at: datetime, batch: int = BATCH) -> int:
    """Owe every reminder reached by ``today`` and return how many are new; with nothing due it is one query.

    Rows that another scan holds are skipped: that scan owes them. Of several rungs passed during an outage the latest
    stands for all. Each batch is one transaction, so a crash loses nothing and repeats nothing. A clock whose reminder
    cannot be made is reported and stays due; it holds up no other.
    """
    owed, calendar = 0, None
    left: set[int] = set()
    if not _anything_due(today):
        return 0
    while True:
        with transaction.atomic():
            rows = list(
                Deadline.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(state=State.OPEN, next_on__lte=today)
                .exclude(pk__in=left)
                .defer("rule", "facts", "explanation", "verdict")
                .order_by("next_on", "id")[:batch]
            )
            if not rows:
                return owed
            calendar = calendar or current_calendar()
            owed += _owe_apart(rows, calendar, today, at, left)


def _owe_apart(rows: Sequence[Deadline], calendar: Calendar, today: date, at: datetime, left: set[int]) -> int:
    """Owe for the rows together; when that fails, for each half, until the one that cannot be owed is ``left`` alone."""
    try:
        with transaction.atomic():
            return _owe_batch(rows, calendar, today, at)
    except (OperationalError, InterfaceError):
        raise  # the database is away or the transaction lost its locks: the next scan owes all of it
    except Exception:  # one clock's fault must not silence the reminders of all others
        if len(rows) == 1:
            logger.exception("the reminder of deadline %s cannot be owed", rows[0].pk)
            left.add(rows[0].pk)
            return 0
    middle = len(rows) // 2
    return sum(_owe_apart(part, calendar, today, at, left) for part in (rows[:middle], rows[middle:]))


def _anything_due(today: date) -> bool:
    """Look once into a small index: almost every scan finds nothing and should cost nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from deadlines_deadline where next_on is not null and next_on <= %s)", [today]
        )
        (found,) = cursor.fetchone()
    return bool(found)


def _owe_batch(rows: Sequence[Deadline], calendar: Calendar, today: date, at: datetime) -> int:
    due: list[tuple[Deadline, Rung]] = []
    plan = cache(lambda kind, unit, start_on, due_on: schedule(ladder(kind, unit), start_on, due_on, calendar))
    for row in rows:
        planned = plan(row.kind, row.unit, row.start_on, row.due_on)
        rung = reached(planned, today)
        if rung is not None:
            due.append((row, rung))
        row.next_on = upcoming_on(planned, today)
    people = recipients([row for row, _rung in due])
    may_know = _may_know(due, people, today)
    notices = [
        _reminder(row, rung, user_id, today, calendar)
        for row, rung in due
        for user_id in sorted({pk for role in rung.to for pk in people[row.pk].get(role, ())})
        if (user_id, row.compartment_id) in may_know
    ]
    new = owe_notices(notices, at=at)
    draw_up(due, today=today, at=at, calendar=calendar)
    _save_next(rows)
    if new:
        told = [{"key": one.key, "id": str(Notice.id_of(one.key)), "to": one.to_id} for one in notices]
        record_parts("notices.owed", "notices", told, ref="notices:0", actor=None, at=at)
    return new


def _may_know(
    due: Sequence[tuple[Deadline, Rung]], people: dict[int, dict[str, set[int]]], today: date
) -> set[tuple[int, int | None]]:
    """Return the (user, compartment) pairs that may be told: officials, and who holds no office any more, need the grant;
    nobody is told on a closed account.
    """
    pairs = {
        (user_id, row.compartment_id)
        for row, rung in due
        for role in rung.to
        for user_id in people[row.pk].get(role, ())
    }
    users = {user_id for user_id, _compartment in pairs}
    compartments = {compartment for _user, compartment in pairs if compartment}
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    if not compartments:
        return {pair for pair in pairs if pair[0] in active}
    in_force = Q(from_on__lte=today) & (Q(until=None) | Q(until__gte=today))
    held: dict[int, set[str]] = {}
    for user, role in Appointment.objects.filter(in_force, user__in=users).values_list("user_id", "role"):
        held.setdefault(user, set()).add(role)
    outside = {user for user, roles in held.items() if roles.isdisjoint(COMMISSION)}
    granted = set(
        Grant.objects.filter(in_force, user__in=users, compartment__in=compartments).values_list(
            "user_id", "compartment_id"
        )
    )
    recused = set(
        Recusal.objects.standing()
        .filter(user__in=users, compartment__in=compartments)
        .values_list("user_id", "compartment_id")
    )
    return {
        (user, compartment)
        for user, compartment in pairs
        if user in active
        and (user, compartment) not in recused
        and (compartment is None or user in outside or (user, compartment) in granted)
    }


def _save_next(rows: Sequence[Deadline]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update deadlines_deadline set next_on = given.next_on"
            " from unnest(%s::bigint[], %s::date[]) as given(id, next_on) where deadlines_deadline.id = given.id",
            [[row.pk for row in rows], [row.next_on for row in rows]],
        )


def _reminder(row: Deadline, rung: Rung, user_id: int, today: date, calendar: Calendar) -> Owed:
    body = f"到期日：{day_words(row.due_on)}{'（暂定）' if row.provisional else ''}。"
    if rung.document:
        body += f"{rung.document}已生成，待签发。"
    return Owed(
        key=f"deadline:{row.pk}:{row.due_on}:{rung.name}:{user_id}",
        to_id=user_id,
        kind=KIND,
        title=f"{row.title}：{time_left(row, today, calendar)}",
        body=body,
        ref=row.ref,
        url=reverse("deadlines:detail", args=[row.pk]),
        due_on=row.due_on,
        level=rung.level,
        compartment_id=row.compartment_id,
    )


def time_left(row: Deadline, today: date, calendar: Calendar) -> str:
    """Return what is left of a running clock in words, counted in the unit of its rule."""
    days = (row.due_on - today).days
    if days == 0:
        return f"今天 {row.due_at.astimezone(CIVIL):%H:%M} 前到期" if row.due_at else "今天到期"
    working = abs(calendar.working_days_between(today, row.due_on))
    count = f"{working} 个工作日"
    if row.unit not in {Unit.WORKING_DAY, Unit.NAMED} or not working:
        count = f"{abs(days)} 天（{count}）" if working else f"{abs(days)} 天"
    return f"还剩 {count}" if days > 0 else f"逾期 {count}"


def unwanted(notices: Sequence[Notice]) -> set[str]:
    """Return the keys of reminders overtaken before they were sent: the clock ended, or its date moved."""
    wanted_by = {one.key: one.key.split(":") for one in notices if one.kind == KIND}
    clocks = dict(
        Deadline.objects.filter(state=State.OPEN, pk__in={int(parts[1]) for parts in wanted_by.values()}).values_list(
            "pk", "due_on"
        )
    )
    return {key for key, parts in wanted_by.items() if str(clocks.get(int(parts[1]))) != parts[2]}
