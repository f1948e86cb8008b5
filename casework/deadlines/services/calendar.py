"""The holiday table, and what follows when it changes: every running clock is computed anew, nothing silently."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import yaml
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.calendar import Calendar, Kind
from casework.core.errors import Invalid
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.rules import DATA, due
from casework.deadlines.selectors import current_calendar, inputs, missing_days
from casework.deadlines.services.lifecycle import DUE_FIELDS, apply_due
from casework.ledger.record import record

BATCH = 2000


@dataclass(frozen=True)
class HolidayRow:
    """One line of a notice."""

    on: date
    kind: Kind
    name: str = ""
    source: str = ""


@dataclass(frozen=True)
class Applied:
    """What a holiday file changed. ``incomplete`` maps a year to the fixed holidays that it still lacks."""

    created: int
    updated: int
    unchanged: int
    moved: int
    incomplete: dict[int, tuple[date, ...]]


def seed_rows() -> Iterator[HolidayRow]:
    """Yield the rows of data/holidays.yaml."""
    data = yaml.safe_load((DATA / "holidays.yaml").read_text(encoding="utf-8"))
    for notice in data["years"].values():
        for name, first, last in notice["rest"]:
            for offset in range((last - first).days + 1):
                yield HolidayRow(first + timedelta(days=offset), Kind.HOLIDAY, name, notice["notice"])
        for day in notice["worked"]:
            yield HolidayRow(day, Kind.WORKDAY, "调休", notice["notice"])


def seed_holidays() -> int:
    """Fill an empty table from data/holidays.yaml, after a migration; a table that people keep is left alone."""
    if Holiday.objects.exists():
        return 0
    rows = [Holiday(date=row.on, kind=row.kind, name=row.name, source=row.source) for row in seed_rows()]
    return len(Holiday.objects.bulk_create(rows, ignore_conflicts=True))


def apply_holiday_rows(rows: Sequence[HolidayRow], *, actor: User | None, at: datetime, reason: str = "") -> Applied:
    """Take over rows of a notice and compute every running clock anew, in one transaction.

    ``actor`` is None for the system itself; a person needs the act ``holidays.change``.
    """
    if actor is not None:
        require(actor, "holidays.change")
    _refuse_contradictions(rows)
    with transaction.atomic():
        wanted = {row.on: row for row in rows}
        present = {row.date: row for row in Holiday.objects.select_for_update().filter(date__in=wanted)}
        new = [row for day, row in wanted.items() if day not in present]
        changed = [
            (present[day], row)
            for day, row in wanted.items()
            if day in present
            and (present[day].kind, present[day].name) != (row.kind.value, row.name or present[day].name)
        ]
        Holiday.objects.bulk_create(
            Holiday(date=row.on, kind=row.kind.value, name=row.name, source=row.source) for row in new
        )
        for stored, row in changed:
            stored.kind, stored.name, stored.source = (
                row.kind.value,
                row.name or stored.name,
                row.source or stored.source,
            )
            stored.save(update_fields=["kind", "name", "source"])
        if new or changed:
            record(
                "holidays.changed",
                ref="holidays:0",
                actor=actor,
                at=at,
                data={
                    "created": [{"on": row.on, "kind": row.kind.value} for row in new],
                    "updated": [{"on": row.on, "kind": row.kind.value} for _stored, row in changed],
                },
                reason=reason,
            )
        moved = recompute(actor=actor, at=at) if new or changed else 0
        kinds = {day: Kind(kind) for day, kind in Holiday.objects.values_list("date", "kind")}
    years = sorted({row.on.year for row in rows})
    incomplete = {year: tuple(gaps) for year in years if (gaps := missing_days(kinds, year))}
    return Applied(len(new), len(changed), len(wanted) - len(new) - len(changed), moved, incomplete)


def _refuse_contradictions(rows: Iterable[HolidayRow]) -> None:
    seen: dict[date, Kind] = {}
    for row in rows:
        if seen.setdefault(row.on, row.kind) != row.kind:
            raise Invalid(
                _("%(day)s 既写了放假又写了上班，只保留一行。") % {"day": row.on.isoformat()},
                details={"date": row.on.isoformat()},
            )


def recompute(*, actor: User | None, at: datetime, calendar: Calendar | None = None) -> int:
    """Compute every live clock from its kept facts and the present calendar; return how many due dates moved.

    Verdicts are not touched: they are frozen with their inputs.
    """
    calendar, today = calendar or current_calendar(), timezone.localdate(at)
    moved: list[dict[str, object]] = []
    with transaction.atomic():
        rows = (
            Deadline.objects.select_for_update()
            .filter(Q(state__in=LIVE))
            .prefetch_related("suspensions", "extensions")
            .order_by("pk")
            .iterator(chunk_size=BATCH)
        )
        for batch in _batched(rows):
            changed = []
            for row in batch:
                due_before, next_before = row.due_on, row.next_on
                seen_before = (row.due_on, row.provisional, row.explanation)
                found, facts = inputs(row)
                apply_due(row, due(found, facts, calendar), calendar, today)
                if due_before != row.due_on:
                    moved.append({"deadline": row.pk, "of": row.ref, "due_before": due_before, "due_on": row.due_on})
                differs = seen_before != (row.due_on, row.provisional, row.explanation)
                row.version += differs
                if differs or next_before != row.next_on:
                    changed.append(row)
            Deadline.objects.bulk_update(changed, [*DUE_FIELDS, "version"], batch_size=500)
        if moved:
            record(
                "deadlines.recomputed",
                ref="holidays:0",
                actor=actor,
                at=at,
                data={"count": len(moved), "moved": moved},
            )
    return len(moved)


def _batched(rows: Iterable[Deadline]) -> Iterator[list[Deadline]]:
    source = iter(rows)
    while batch := list(itertools.islice(source, BATCH)):
        yield batch
