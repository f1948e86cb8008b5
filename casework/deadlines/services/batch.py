"""Ending many clocks in one act."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from casework.accounts.models import User
from casework.deadlines.enums import LIVE, State
from casework.deadlines.models import Deadline
from casework.deadlines.owners import lock_owners
from casework.deadlines.rules import due
from casework.deadlines.selectors import current_calendar, inputs, with_bars
from casework.deadlines.services.lifecycle import DUE_FIELDS, apply_due, verdict
from casework.ledger.record import record

#: Clocks named in one ledger entry, which may have 65,535 bytes.
NAMED = 300


def meet_deadlines(refs: Sequence[str], kind: str, *, batch_ref: str, actor: User | None, at: datetime) -> int:
    """End the live clocks of one rule on these things because the duty was done, each with its verdict.

    Returns how many. Ledger entries stand under ``batch_ref`` and name every clock.
    """
    day = timezone.localdate(at)
    with transaction.atomic():
        lock_owners(refs)
        rows = list(
            with_bars(Deadline.objects.filter(ref__in=refs, kind=kind, state__in=LIVE, start_on__lte=day))
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        calendar = current_calendar()
        for row in rows:
            row.state, row.met_on = State.MET, day
            for stop in row.suspensions.all():
                if stop.to_on is None:
                    stop.to_on = max(day, stop.from_on)
                    stop.save(update_fields=["to_on"])
            found, facts = inputs(row)
            apply_due(row, due(found, facts, calendar), calendar, day)
            row.verdict = verdict(row, day, at, calendar)
            row.version += 1
        Deadline.objects.bulk_update(rows, ["state", "met_on", "verdict", "version", *DUE_FIELDS], batch_size=500)
        left = iter(rows)
        while part := list(islice(left, NAMED)):
            record(
                "deadlines.met",
                ref=batch_ref,
                actor=actor,
                at=at,
                data={
                    "rule": kind,
                    "met_on": day,
                    "deadlines": [{"id": row.pk, "of": row.ref, "due_on": row.due_on} for row in part],
                },
            )
    return len(rows)
