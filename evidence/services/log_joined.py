"""The logs of a matter held against each other: what one reading brings to light about another, of its item or of another."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from evidence.log_enums import RunState
from evidence.models.logs import LogEvent, LogFinding, LogRun
from evidence.parsing.contradiction import SLACK
from evidence.parsing.joined import Found, Heard, heard, judge
from evidence.parsing.rotated import Part
from evidence.parsing.run import Run
from evidence.parsing.witness import SEEN, Testimony
from evidence.selectors.log_bytes import source_of
from evidence.selectors.logs import offsets_of, shift_of
from evidence.services.log_store import row_of

#: So many other files of an item are heard, and so many of the matter's other items.
FILES: Final = 200
ELSEWHERE: Final = 100
DAY: Final = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A clock may have written any year: a day before the first moment, and after the last, there is none.
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_FIELDS = (
    "member", "ts", "event_action", "event_outcome", "user_name", "source_ip", "session_key", "tty", "host",
    "process_executable", "attrs", "raw_offset", "raw_length",
)  # fmt: skip


def judge_run(run: LogRun, read: list[Run]) -> int:
    """Hold a reading that just ended against the other current readings of its matter; return how many findings it brought.

    A finding belongs to the log it is about, which may be one that was read before; what is known already is not told twice.
    The matter is held until the caller's transaction ends, so that two readings that end at once do not overlook each other.
    """
    _hold(run.file.item.compartment_id)
    others = _others(run, speaks=any(one.testimony.voice.said for one in read))
    offsets = offsets_of([run, *others])
    item = run.file.item_id
    sources = [
        _moved(heard(one, (run, number), item), shift_of(offsets.get(run.pk))) for number, one in enumerate(read)
    ]
    for other in others:
        sources += _heard_before(other, shift_of(offsets.get(other.pk)), run if other.file.item_id != item else None)
    slack = SLACK + 2000 * max((offset.error_ms for offset in offsets.values()), default=0)
    fresh = [found for found in judge(sources, slack).found if _concerns(found, run)]
    known = {
        _identity(row)
        for row in LogFinding.objects.filter(
            Q(witness__isnull=False) | Q(facts__has_key="set"), run__in={found.about.part.key[0].pk for found in fresh}
        )
    }
    rows = []
    for found in fresh:
        about, member = found.about.part.key
        row = row_of(about, member, found.finding)
        if found.witness is not None:
            row.witness_run, row.witness_member = found.witness.part.key
        if _identity(row) not in known:
            rows.append(row)
    LogFinding.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _hold(compartment: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evidence.log_joined'), %s)", [compartment])


def _others(run: LogRun, *, speaks: bool) -> list[LogRun]:
    """Return the other current readings of the item; and, of the matter's other items, those of the same time.

    A log that says nothing of sessions neither testifies nor is blamed, so for it the other items are not asked.
    """
    rows = (
        LogRun.objects.filter(state=RunState.DONE).exclude(file=run.file_id).select_related("file__blob", "file__item")
    )
    rows = rows.order_by("file_id", "-serial").distinct("file_id")
    found = list(rows.filter(file__item=run.file.item_id)[:FILES])
    if speaks and run.first_at is not None and run.last_at is not None:
        elsewhere = rows.filter(file__item__compartment=run.file.item.compartment_id).exclude(
            file__item=run.file.item_id
        )
        found += list(elsewhere.filter(first_at__lte=run.last_at, last_at__gte=run.first_at)[:ELSEWHERE])
    return found


def _identity(row: LogFinding) -> tuple[Any, ...]:
    """Return what makes two findings the same: the log, the check, and the bytes on both sides."""
    bounds = (row.before, row.after, row.witness)
    return row.run_id, row.member, row.check_name, *(bound["offset"] if bound else None for bound in bounds)


def _concerns(found: Found, run: LogRun) -> bool:
    keys = [found.about.part.key[0], *([found.witness.part.key[0]] if found.witness else [])]
    return run in keys or "set" in found.finding.facts


def _micros(moment: datetime | None) -> int | None:
    return (moment - _EPOCH) // _MICRO if moment is not None else None


def _heard_before(run: LogRun, shift: timedelta, asks: LogRun | None = None) -> list[Heard]:
    """Return the members of an earlier reading as witnesses, from what was kept of them.

    Where a reading of another item ``asks``, only its own time matters, give or take a day for clocks.
    """
    testimonies = [Testimony(member["format"]) for member in run.members]
    rows = LogEvent.objects.filter(run=run, event_action__in=SEEN, ts__isnull=False).order_by("ts", "id")
    if asks is not None and asks.first_at is not None and asks.last_at is not None:
        since, until = max(asks.first_at, _FIRST) - DAY, min(asks.last_at, _LAST) + DAY
        rows = rows.filter(ts__gte=since, ts__lte=until)
    for row in rows.values(*_FIELDS).iterator(chunk_size=5000):
        if row["member"] < len(testimonies):
            testimonies[row["member"]].see({**row, "ts": _micros(row["ts"])})
    out = []
    for number, (member, testimony) in enumerate(zip(run.members, testimonies, strict=True)):
        testimony.finish()
        first, last = (_micros(_moment(member[key])) for key in ("first", "last"))
        part = Part(
            (run, number), member["name"], member["format"], member["lines"], member["unparsed"], member["events"],
            first, last, member.get("ends", {}),
        )  # fmt: skip
        try:
            source = source_of(run, number)
        except OSError:  # the file is gone: its lines are not quoted, its places stand
            source = None
        out.append(_moved(Heard(part, testimony, source, run.file.item_id), shift))
    return out


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moved(one: Heard, shift: timedelta) -> Heard:
    """Take the offset of the source's clock from all that it says."""
    by = shift // _MICRO
    if by:
        one.testimony.move(by)
        one.part.first = one.part.first - by if one.part.first is not None else None
        one.part.last = one.part.last - by if one.part.last is not None else None
    return one
