"""Clocks by the hundred thousand: the empty scan, draining what is due, a changed calendar, the lists of a million."""

import os
import statistics
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from benchmarks import deadlines_lists
from benchmarks.database import fresh, owner_does
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core.calendar import Kind
from casework.deadlines.models import Deadline
from casework.deadlines.rules import CIVIL, Facts, due, rule
from casework.deadlines.selectors import current_calendar
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.notices.models import Delivery, Notice
from casework.notices.services.reminders import owe_reminders

UNITS, STAGES = 100_000, 4
HOLDERS = 5_000
ROW_BY_ROW = 300
START = date(2026, 9, 1)
AT = datetime(2026, 10, 12, 9, tzinfo=CIVIL)
TODAY = AT.date()
#: Four stages, as the plan of a campaign names their days; the ladder has seven rungs each.
DUE = (date(2026, 11, 20), date(2026, 12, 10), date(2026, 12, 25), date(2027, 1, 15))


def run(scale: float) -> None:
    """Measure each with both sides in one run."""
    units = max(1_000, round(UNITS * scale))
    with fresh("deadlines"):
        _people()
        clocks = _fill(units)
        _empty_scan(clocks)
        _drain()
        _list_meanwhile()
        _new_calendar()
    deadlines_lists.run(scale)


def _people() -> None:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    people = [User(username=f"holder{n}", name=f"填报人{n}", organisation=office, password="!") for n in range(HOLDERS)]
    made = User.objects.bulk_create(people, batch_size=1000)
    Appointment.objects.bulk_create(Appointment(user=one, role=Role.UNIT_LEADER, from_on=START) for one in made)


def _fill(units: int) -> int:
    """Open a clock for each unit and stage, by one statement a stage from a clock computed by the product."""
    calendar, found = current_calendar(), rule("S02")
    holders = list(User.objects.order_by("pk").values_list("pk", flat=True))
    for stage in range(STAGES):
        result = due(found, Facts(START, named_on=DUE[stage]), calendar)
        row = Deadline(
            ref="",
            kind=found.id,
            rule_version=found.version,
            unit=found.unit,
            title="完成专项行动阶段任务",
            start_on=START,
            due_on=result.due_on,
            first_due_on=result.first_due_on,
            provisional=result.provisional,
            rule=found.snapshot(),
            facts={"start_at": None, "named_on": DUE[stage].isoformat(), "amount": None},
            explanation=list(result.steps),
            next_on=date(2026, 11, 10),
            opened_at=AT,
            holder_id=holders[0],
        )
        row.ref = "model:1"
        row.save()
        columns = [
            field.column for field in Deadline._meta.concrete_fields if field.column not in {"id", "ref", "holder_id"}
        ]
        listed = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"insert into deadlines_deadline (ref, holder_id, {listed})"
                f" select 'selfinspection:' || %s + n, (%s::bigint[])[1 + n %% %s], {listed}"
                " from deadlines_deadline, generate_series(1, %s) n where id = %s",
                [stage * units, holders, len(holders), units, row.pk],
            )
        row.delete()
    owner_does("vacuum analyze")
    return Deadline.objects.count()


def _empty_scan(clocks: int) -> None:
    def one() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            cursor.fetchone()

    scans, ones = [], []
    for _ in range(300):
        scans.append(_seconds(lambda: owe_reminders(TODAY, AT)))
        ones.append(_seconds(one))
    scan, plain = statistics.median(scans), statistics.median(ones)
    print(
        f"  an empty scan over {clocks:,} clocks {scan * 1000:.2f} ms, SELECT 1 {plain * 1000:.2f} ms:"
        f" {scan / plain:.1f} ×",
        flush=True,
    )


def _drain() -> None:
    day = date(2026, 11, 13)
    at = datetime(2026, 11, 13, 9, tzinfo=CIVIL)
    chosen = list(Deadline.objects.filter(due_on=DUE[0]).order_by("pk").values_list("pk", flat=True))
    few, many = chosen[:ROW_BY_ROW], chosen[ROW_BY_ROW:]
    Deadline.objects.update(next_on=date(2026, 11, 30))
    _wake(few, day)
    slow = _seconds(lambda: owe_reminders(day, at, batch=1)) / len(few)
    _wake(many, day)
    fast = _seconds(lambda: _expect(owe_reminders(day, at), len(many))) / len(many)
    _expect(Notice.objects.count(), len(chosen))
    _expect(Delivery.objects.count(), len(chosen))
    print(
        f"  draining {len(many):,} due reminders {fast * len(many):.1f} s = {1 / fast:,.0f}/s,"
        f" one a transaction {1 / slow:,.0f}/s: {slow / fast:.1f} ×",
        flush=True,
    )


def _list_meanwhile() -> None:
    """The list over the API as an auditor reads it, alone and while another process owes what is due (quality B11)."""
    day, at = date(2026, 12, 3), datetime(2026, 12, 3, 9, tzinfo=CIVIL)
    office = Organisation.objects.get(code="O1")
    auditor = User.objects.create(username="auditor", name="审计员", organisation=office, password="!")
    Appointment.objects.create(user=auditor, role=Role.AUDITOR, from_on=START)
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(auditor)
    due_then = Deadline.objects.filter(due_on=DUE[1])
    wanted = due_then.update(next_on=day)
    alone = [_asked(client) for _ in range(100)]
    connection.close()
    child = os.fork()
    if not child:
        os._exit(0 if owe_reminders(day, at) == wanted else 1)
    beside, longest = [], 0.0
    while not os.waitpid(child, os.WNOHANG)[0]:
        beside.append(_asked(client))
        longest = max(longest, _longest_transaction())
    _expect(due_then.filter(next_on=day).count(), 0)
    before, then = (statistics.quantiles(times, n=20)[-1] for times in (alone, beside))
    print(
        f"  the list over the API while {wanted:,} are owed: p95 {then * 1000:.0f} ms of {len(beside)}, alone"
        f" {before * 1000:.0f} ms: {then / before:.1f} ×; longest transaction seen {longest:.2f} s",
        flush=True,
    )


def _asked(client: APIClient) -> float:
    start = time.perf_counter()
    if client.get("/api/v1/deadlines/").status_code != 200:
        raise SystemExit("the list does not answer")
    return time.perf_counter() - start


def _longest_transaction() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        return float(cursor.fetchone()[0])


def _new_calendar() -> None:
    """A day of the last week becomes a holiday: every open clock of that stage moves."""
    Deadline.objects.exclude(due_on=DUE[0]).delete()
    clocks = Deadline.objects.count()
    took = _seconds(lambda: apply_holiday_rows([HolidayRow(DUE[0], Kind.HOLIDAY, "台风")], actor=None, at=AT))
    moved = Deadline.objects.filter(due_on__gt=DUE[0]).count()
    _expect(moved, clocks)
    print(f"  a changed calendar: {moved:,} open clocks computed anew and moved in {took:.1f} s", flush=True)


def _wake(ids: list[int], day: date) -> None:
    Deadline.objects.filter(pk__in=ids).update(next_on=day)


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"{found:,} instead of {wanted:,}")


def _seconds(what: Callable[[], Any]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start
