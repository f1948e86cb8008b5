"""Readings of logs: asked for, done in the background, never overwritten."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.log_enums import RunState
from evidence.models import Item, ItemFile
from evidence.models.logs import ClockOffset, EventMark, LogEvent, LogMapping, LogRun
from evidence.parsing import formats
from evidence.parsing.run import Run, start
from evidence.parsing.table import columns_of
from evidence.selectors.log_bytes import members_of
from evidence.services.log_joined import judge_run
from evidence.services.log_store import EventStore, PostgresStore

#: Told with every run, so that a reader knows which program read it.
PARSER: Final = "2026.11"
#: A run that nobody took up for so long waits for a worker that was never told of it.
UNTOLD: Final = timedelta(minutes=1)


def start_log_run(
    file: ItemFile,
    *,
    actor: User,
    at: datetime,
    format_name: str = "auto",
    zone: str = "Asia/Shanghai",
    as_of: datetime | None = None,
    mapping: LogMapping | None = None,
) -> LogRun:
    """Ask for a reading of the file; a worker does it. One at a time for a file, each later one beside the earlier.

    With a mapping the file is read as a table, by the columns that it names.
    """
    require(actor, "evidence.read_logs", file.item)
    if format_name != "auto" and format_name not in formats.names():
        raise Invalid(_("没有这种日志格式。"), details={"format": _("请在列表中选")})
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Invalid(_("没有这个时区。"), details={"zone": _("例如 Asia/Shanghai")}) from error
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=file.item_id)
        end_broken_runs(LogRun.objects.filter(file=file), at=at)
        serial = (LogRun.objects.filter(file=file).aggregate(last=Max("serial"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                run = LogRun.objects.create(
                    file=file, serial=serial, asked_format="table" if mapping else format_name, zone=zone, mapping=mapping,
                    as_of=as_of or file.item.collection.began_at, parser=PARSER, asked_by=actor, asked_at=at,
                )  # fmt: skip
        except IntegrityError as error:
            raise Refused(_("不能再读：这个文件正在读取。可以等它读完。"), code="log_run_open") from error
        record(
            "item.logs_asked",
            ref=f"item:{file.item_id}",
            actor=actor,
            at=at,
            data={
                "number": file.item.number, "file": file.pk, "sha256": file.blob.sha256, "run": run.pk, "serial": serial,
                "format": run.asked_format, "zone": zone, "parser": PARSER,
                **({"mapping": mapping.name, "columns": mapping.columns} if mapping else {}),
            },
        )  # fmt: skip
    return run


def read_columns(
    file: ItemFile, *, name: str, columns: dict[str, str], actor: User, at: datetime, zone: str = "Asia/Shanghai"
) -> LogRun:
    """Ask for a reading of a table by the columns named (field -> heading), and keep them under a name for the next file."""
    require(actor, "evidence.read_logs", file.item)
    name = name.strip()
    if not 0 < len(name) <= 60:
        raise Invalid(_("没有写名称。"), details={"name": _("须填写，60 字以内")})
    try:
        columns = columns_of(columns)
    except ValueError as error:
        raise Invalid(
            _("没有选好各列。"), details={"columns": _("每项最多选一列，每列最多一项，至少选一列")}
        ) from error
    with transaction.atomic():
        mapping, _created = LogMapping.objects.get_or_create(
            name=name, defaults={"columns": columns, "created_by": actor, "created_at": at}
        )
        if mapping.columns != columns:
            raise Refused(
                _("不能用“%(name)s”这个名称：已有同名的列对应，各列不同。可以换一个名称。") % {"name": name},
                code="log_mapping_taken",
            )
        return start_log_run(file, actor=actor, at=at, zone=zone, mapping=mapping)


@contextmanager
def _held(pk: int) -> Iterator[bool]:
    """Hold a run for this connection, which a worker that dies lets go of by itself; False where another holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('evidence.log_run'), %s)", [pk])
        (free,) = cursor.fetchone() or (False,)
    try:
        yield bool(free)
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('evidence.log_run'), %s)", [pk])


def end_broken_runs(rows: QuerySet[LogRun], *, at: datetime) -> int:
    """End the readings whose worker died, so that they can be asked for again; return how many.

    What they kept stays as it was written and counts for nothing: only finished readings are shown.
    """
    broken = 0
    for pk in rows.filter(state=RunState.RUNNING).values_list("pk", flat=True):
        with _held(pk) as free:
            if free:
                broken += LogRun.objects.filter(pk=pk, state=RunState.RUNNING).update(
                    state=RunState.FAILED, ended_at=at, error=_("读取中断。可以再读一次。")
                )
    return broken


def waiting_runs(*, at: datetime) -> list[int]:
    """End what broke off; return the readings that no worker was told of."""
    end_broken_runs(LogRun.objects.all(), at=at)
    rows = LogRun.objects.filter(state=RunState.QUEUED, asked_at__lt=at - UNTOLD).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:20])


def run_log(pk: int, *, at: datetime, store: EventStore | None = None) -> LogRun | None:
    """Read the file of a run; returns None when another worker has it, or when it was read."""
    with _held(pk) as free:
        return _run(pk, at, store) if free else None


def _run(pk: int, at: datetime, store: EventStore | None) -> LogRun | None:
    with transaction.atomic():
        run: LogRun | None = (
            LogRun.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("file__blob", "file__item", "asked_by", "mapping")
            .filter(pk=pk, state=RunState.QUEUED)
            .first()
        )
        if run is None:
            return None
        run.state, run.started_at = RunState.RUNNING, at
        run.save(update_fields=["state", "started_at"])
    keeps = store or PostgresStore(run)
    try:
        try:
            read = _read(run, keeps)
        finally:
            keeps.settle()
    except Exception:
        LogRun.objects.filter(pk=pk).update(
            state=RunState.FAILED, ended_at=at, error=_("读取时出错，请告诉系统管理员。可以再读一次。")
        )
        raise
    return _end(run, read, at)


def _read(run: LogRun, store: EventStore) -> list[Run]:
    runs: list[Run] = []
    for number, member in enumerate(members_of(run.file)):
        one = start(
            member, name=run.asked_format, zone=ZoneInfo(run.zone), reference=run.as_of.astimezone(UTC),
            columns=run.mapping.columns if run.mapping else None,
        )  # fmt: skip
        runs.append(one)
        for batch in one.batches():
            store.put(number, batch)
            store.progress(sum(each.context.tally.lines for each in runs))
            del batch
        store.found(number, one.findings)
    store.close()
    run.lines = sum(one.context.tally.lines for one in runs)
    run.unparsed = sum(one.context.tally.unparsed for one in runs)
    run.parsed = run.lines - run.unparsed
    run.events_found = sum(one.events for one in runs)
    run.events_kept = store.kept
    kinds: dict[str, int] = {}
    for one in runs:
        for kind, count in one.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    run.kinds = dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])))
    run.members = [_member(one) for one in runs]
    firsts = [one.first for one in runs if one.first is not None]
    lasts = [one.last for one in runs if one.last is not None]
    run.first_at = _moment(min(firsts)) if firsts else None
    run.last_at = _moment(max(lasts)) if lasts else None
    return runs


def _member(one: Run) -> dict[str, Any]:
    said = one.summary()
    keys = (
        "format",
        "why",
        "lines",
        "parsed",
        "unparsed",
        "unparsed_reasons",
        "unparsed_places",
        "without_event",
        "events",
        "first",
        "last",
    )
    way = {} if one.source.way is None else {"way": one.source.way}
    return {"name": one.source.name, **{key: said[key] for key in keys}, "ends": one.ends(), **way}


def _moment(us: int) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    except OverflowError:
        return None


def _end(run: LogRun, read: list[Run], at: datetime) -> LogRun:
    with transaction.atomic():
        run.state, run.ended_at = RunState.DONE, at
        judge_run(run, read)
        Item.objects.select_for_update().get(pk=run.file.item_id)
        run.save()
        record(
            "item.logs_read",
            ref=f"item:{run.file.item_id}",
            actor=run.asked_by,
            at=at,
            data={
                "number": run.file.item.number, "file": run.file_id, "sha256": run.file.blob.sha256, "run": run.pk,
                "parser": run.parser, "lines": run.lines, "parsed": run.parsed, "unparsed": run.unparsed,
                "events": run.events_found, "findings": run.findings.count(),
            },
        )  # fmt: skip
    return run


def set_clock_offset(
    run: LogRun, *, offset_ms: int, error_ms: int, basis: str, actor: User, at: datetime
) -> ClockOffset:
    """State how far the clock of the source was ahead, with the error and the evidence for it. Events stay as read."""
    require(actor, "evidence.read_logs", run.file.item)
    if not basis.strip():
        raise Invalid(_("没有写依据。时钟偏差须写明是怎么得出的。"), details={"basis": _("须填写")})
    if error_ms < 0:
        raise Invalid(_("误差不能小于零。"), details={"error_ms": _("须为零或正数")})
    with transaction.atomic():
        row = ClockOffset.objects.create(
            run=run, offset_ms=offset_ms, error_ms=error_ms, basis=basis.strip(), set_by=actor, set_at=at
        )
        record(
            "item.clock_set",
            ref=f"item:{run.file.item_id}",
            actor=actor,
            at=at,
            data={"number": run.file.item.number, "run": run.pk, "offset_ms": offset_ms, "error_ms": error_ms},
            personal={"basis": basis.strip()},
        )
    return row


def mark_event(event: LogEvent, *, starred: bool, comment: str = "", actor: User, at: datetime) -> EventMark:
    """Star an event, or take the star away, with a comment; the mark is the officer's own and seen by all of the matter."""
    require(actor, "evidence.mark_events", event.item)
    with transaction.atomic():
        mark, _created = EventMark.objects.update_or_create(
            event=event, author=actor, defaults={"starred": starred, "comment": comment.strip()[:500], "at": at}
        )
        record(
            "item.event_marked",
            ref=f"item:{event.item_id}",
            actor=actor,
            at=at,
            data={"number": event.item.number, "event": event.pk, "run": event.run_id, "starred": starred},
            personal={"comment": mark.comment},
        )
    return mark
