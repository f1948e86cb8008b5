"""Every live clock computed anew in a few statements: clocks with the same inputs have the same date."""

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from casework.accounts.models import User
from casework.core.calendar import Calendar
from casework.deadlines.enums import LIVE, State
from casework.deadlines.followers import tell_followers
from casework.deadlines.ladder import ladder, pending_on, schedule
from casework.deadlines.models import Deadline, Extension, Suspension
from casework.deadlines.owners import lock_owners, owned
from casework.deadlines.rules import Due, Rule, due
from casework.deadlines.selectors import current_calendar, inputs, plain_facts
from casework.ledger.parts import record_parts

BATCH = 5000

#: Clocks that were never stopped or lengthened, by what their date is computed from.
_ALIKE = """
with held as materialized (
    select id, rule, facts, start_on, kind, unit, state from deadlines_deadline d
    where state = any(%s)
      and not exists (select from deadlines_suspension s where s.deadline_id = d.id)
      and not exists (select from deadlines_extension e where e.deadline_id = d.id)
    order by id for update
)
select rule, facts, start_on, kind, unit, state, array_agg(id) from held group by rule, facts, start_on, kind, unit, state
"""
_WRITE = """
update deadlines_deadline d
set due_on = new.due_on, due_at = new.due_at, first_due_on = new.first_due_on, provisional = new.provisional,
    explanation = new.explanation, next_on = new.next_on,
    version = d.version
        + ((d.due_on, d.provisional, d.explanation) is distinct from (new.due_on, new.provisional, new.explanation))::int
from unnest(%s::bigint[], %s::int[]) as given (id, place)
join unnest(%s::int[], %s::date[], %s::timestamptz[], %s::date[], %s::bool[], %s::jsonb[], %s::date[])
    as new (place, due_on, due_at, first_due_on, provisional, explanation, next_on) using (place)
where d.id = given.id
  and (d.due_on, d.due_at, d.first_due_on, d.provisional, d.explanation, d.next_on)
      is distinct from (new.due_on, new.due_at, new.first_due_on, new.provisional, new.explanation, new.next_on)
returning d.id, d.ref, d.kind, old.due_on, new.due_on
"""


@dataclass(frozen=True)
class _Result:
    """What clocks ``ids`` come to."""

    ids: tuple[int, ...]
    due: Due
    next_on: date | None


def recompute(*, actor: User | None, at: datetime, calendar: Calendar | None = None) -> int:
    """Compute every live clock from its kept facts and the present calendar; return how many due dates moved.

    Verdicts are not touched: they are frozen with their inputs.
    """
    calendar, today = calendar or current_calendar(), timezone.localdate(at)
    with transaction.atomic():
        lock_owners(Deadline.objects.live().filter(owned()).values_list("ref", flat=True).iterator())
        moved: list[dict[str, Any]] = []
        for part in _parts(itertools.chain(_alike(calendar, today), _singles(calendar, today))):
            moved += _write(part)
        tell_followers({(one["of"], one.pop("kind")): one["due_on"] for one in moved})
        moved.sort(key=lambda one: one["deadline"])
        record_parts("deadlines.recomputed", "moved", moved, ref="holidays:0", actor=actor, at=at)
    return len(moved)


def _alike(calendar: Calendar, today: date) -> Iterator[_Result]:
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [[str(state) for state in LIVE]])
        rows = cursor.fetchall()
    for rule, facts, start_on, kind, unit, state, ids in rows:
        result = due(Rule.restore(_read(rule)), plain_facts(start_on, _read(facts)), calendar)
        yield _Result(tuple(ids), result, _next(kind, unit, state, start_on, result, calendar, today))


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _singles(calendar: Calendar, today: date) -> Iterator[_Result]:
    """Clocks with a history of their own."""
    changed = Q(Exists(Suspension.objects.filter(deadline=OuterRef("pk")))) | Q(
        Exists(Extension.objects.filter(deadline=OuterRef("pk")))
    )
    rows = Deadline.objects.select_for_update().live().filter(changed).order_by("pk")
    for row in rows.prefetch_related("suspensions", "extensions").iterator(chunk_size=1000):
        found, facts = inputs(row)
        result = due(found, facts, calendar)
        yield _Result((row.pk,), result, _next(row.kind, row.unit, row.state, row.start_on, result, calendar, today))


def _next(
    kind: str, unit: str, state: str, start_on: date, result: Due, calendar: Calendar, today: date
) -> date | None:
    if state != State.OPEN:
        return None
    return pending_on(schedule(ladder(kind, unit), start_on, result.due_on, calendar), today)


def _parts(results: Iterable[_Result]) -> Iterator[list[_Result]]:
    """Split so that one statement takes about ``BATCH`` clocks."""
    part: list[_Result] = []
    room = BATCH
    for result in results:
        for start in range(0, len(result.ids), BATCH):
            ids = result.ids[start : start + BATCH]
            part.append(_Result(ids, result.due, result.next_on))
            room -= len(ids)
            if room <= 0:
                yield part
                part, room = [], BATCH
    if part:
        yield part


def _write(part: list[_Result]) -> list[dict[str, Any]]:
    places = range(len(part))
    given = [(pk, place) for place in places for pk in part[place].ids]
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                [pk for pk, _place in given],
                [place for _pk, place in given],
                list(places),
                [one.due.due_on for one in part],
                [one.due.due_at for one in part],
                [one.due.first_due_on for one in part],
                [one.due.provisional for one in part],
                [json.dumps(list(one.due.steps), ensure_ascii=False) for one in part],
                [one.next_on for one in part],
            ],
        )
        return [
            {"deadline": pk, "of": ref, "kind": kind, "due_before": before, "due_on": after}
            for pk, ref, kind, before, after in cursor.fetchall()
            if before != after
        ]
