"""Where events go: one interface, so that bulk records can be kept elsewhere than in the database."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol

from django.db import connection
from psycopg.pq import TransactionStatus

from evidence.models.logs import LogFinding, LogHour, LogRun
from evidence.parsing.events import PLAIN, Event, iso
from evidence.parsing.findings import Bound, Finding
from evidence.services.log_rows import COLUMNS, EPOCH, Lines, clean, moment_of

#: Findings of one file that are kept one by one.
FINDINGS = 20_000
#: Events that are copied at once.
ROWS = 8_000


class EventStore(Protocol):
    """Takes the events of a run."""

    kept: int

    def put(self, member: int, events: list[Event]) -> None: ...

    def found(self, member: int, findings: Iterable[Finding]) -> None: ...

    def progress(self, lines: int) -> None: ...

    def settle(self) -> None: ...

    def close(self) -> None: ...


class PostgresStore:
    """Keeps events that have a meaning in PostgreSQL, copied in whole batches. Lines without one stay in the file.

    While the database takes one batch in, the next is read. ``settle`` waits for it: nobody else may use the connection before.
    """

    def __init__(self, run: LogRun) -> None:
        self.run = run
        self.kept = 0
        self.findings = 0
        self.lines = Lines(run.pk, run.file.item_id)
        self.rows: list[str] = []
        #: Lines that were read, and as many as were told of.
        self.read = self.told = 0
        self.copier = ThreadPoolExecutor(max_workers=1, thread_name_prefix="copy")
        self.copying: Future[None] | None = None

    def put(self, member: int, events: list[Event]) -> None:
        """Take the events of a batch; they are copied once they are many."""
        line = self.lines.line
        self.rows += [line(member, event) for event in events if event["event_action"] != PLAIN]
        if len(self.rows) >= ROWS:
            self._copy()

    def _copy(self) -> None:
        rows, self.rows = self.rows, []
        data = "".join(rows).encode()  # while the one before is still being taken in
        self.settle()
        if rows:
            self.kept += len(rows)
            self.told = self.read
            connection.ensure_connection()
            self.copying = self.copier.submit(_copied, connection.connection, data, self.run.pk, self.read, self.kept)

    def settle(self) -> None:
        """Wait until the database has taken in what it was given."""
        copying, self.copying = self.copying, None
        if copying is not None:
            copying.result()

    def found(self, member: int, findings: Iterable[Finding]) -> None:
        """Keep the findings."""
        self.settle()
        rows = []
        for finding in findings:
            if self.findings >= FINDINGS:
                break
            self.findings += 1
            rows.append(row_of(self.run, member, finding))
        LogFinding.objects.bulk_create(rows, batch_size=1000)

    def progress(self, lines: int) -> None:
        """Note how far the reading is; it is told with what is copied, or every hundred thousand lines."""
        self.read = lines
        if lines - self.told >= 100_000:
            self.settle()
            self.told = lines
            LogRun.objects.filter(pk=self.run.pk).update(lines=lines, events_kept=self.kept)

    def close(self) -> None:
        """Copy what is left, and keep the counts of the hours."""
        self._copy()
        self.settle()
        self.copier.shutdown()
        LogHour.objects.bulk_create(
            (
                LogHour(run=self.run, lane=lane, hour=EPOCH + timedelta(hours=hour), events=events, marked=marked)
                for (lane, hour), (events, marked) in self.lines.hours.items()
            ),
            batch_size=2000,
        )


def _copied(raw: Any, data: bytes, run: int, lines: int, kept: int) -> None:
    """Copy lines of events, and tell with them how far the reading is.

    No batch waits for the disk: the reading counts once it is done, and that commit waits for all that came before it.
    """
    alone = raw.info.transaction_status == TransactionStatus.IDLE
    with raw.transaction(), raw.cursor() as cursor:
        if alone:
            cursor.execute("SET LOCAL synchronous_commit TO off")
        with cursor.copy(f"COPY evidence_logevent ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            copy.write(data)
        cursor.execute("UPDATE evidence_logrun SET lines = %s, events_kept = %s WHERE id = %s", [lines, kept, run])


def row_of(run: LogRun, member: int, finding: Finding) -> LogFinding:
    """Return a finding as it is kept."""
    return LogFinding(
        run=run,
        item_id=run.file.item_id,
        check_name=finding.check[:40],
        verdict=finding.verdict,
        gap=finding.gap,
        member=member,
        expected=finding.expected,
        found=finding.found,
        before=_bound(finding.before),
        after=_bound(finding.after),
        before_at=moment_of(finding.before.ts) if finding.before else None,
        after_at=moment_of(finding.after.ts) if finding.after else None,
        benign=finding.benign,
        facts=clean(finding.facts),
        witness=_bound(finding.witness),
    )


def _bound(bound: Bound | None) -> dict[str, Any] | None:
    if bound is None:
        return None
    return {"offset": bound.offset, "length": bound.length, "ts": iso(bound.ts), "text": clean(bound.text)}
