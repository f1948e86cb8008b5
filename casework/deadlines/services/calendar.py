"""The holiday table, and what follows when it changes: every running clock is computed anew, nothing silently."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.calendar import Kind
from casework.core.data import read_yaml
from casework.core.errors import Invalid
from casework.deadlines.models import Holiday
from casework.deadlines.rules import DATA
from casework.deadlines.selectors import missing_days
from casework.deadlines.services.recount import recompute
from casework.ledger.record import record


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
    data = read_yaml(DATA / "holidays.yaml")
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


def remove_holiday(on: date, *, actor: User, at: datetime, reason: str) -> int:
    """Take a day out of the table that no notice names; every running clock is computed anew. Returns how many moved."""
    require(actor, "holidays.change")
    if not reason.strip():
        raise Invalid(_("删除放假安排要写明原因。"), details={"reason": _("写明为什么删除")})
    with transaction.atomic():
        row = Holiday.objects.select_for_update().filter(date=on).first()
        if row is None:
            return 0
        data = {"on": on, "kind": row.kind, "name": row.name, "source": row.source}
        row.delete()
        record("holiday.removed", ref="holidays:0", actor=actor, at=at, data=data, reason=reason)
        return recompute(actor=actor, at=at)
