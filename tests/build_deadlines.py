"""Builders for clocks and notices."""

from datetime import date, datetime
from typing import Any

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.core.calendar import Calendar
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import build_calendar
from casework.deadlines.services.calendar import seed_rows
from casework.deadlines.services.lifecycle import open_deadline
from casework.notices.models import Notice
from casework.notices.services.owing import owe_notice
from tests.build import moment


def seeded_calendar() -> Calendar:
    """Return the calendar of the shipped holidays, without a database."""
    return build_calendar({row.on: row.kind.value for row in seed_rows()})


def a_deadline(
    ref: str = "report:1",
    kind: str = "L02",
    *,
    start_on: date = date(2026, 9, 1),
    holder: User | None = None,
    compartment: Compartment | None = None,
    at: datetime | None = None,
    **more: Any,
) -> Deadline:
    """Return a running clock, by default five working days from 1 September 2026 (due on the 8th)."""
    return open_deadline(
        ref,
        kind,
        start_on=start_on,
        holder=holder,
        compartment=compartment,
        actor=None,
        at=at or moment("2026-09-01 09:00"),
        **more,
    )


def a_notice(to: User, key: str = "note:1", **more: Any) -> Notice:
    """Return a notice owed on 1 September 2026."""
    values: dict[str, Any] = {"kind": "note", "title": "一条通知", "at": moment("2026-09-01 09:00")} | more
    return owe_notice(key=key, to=to, **values)
