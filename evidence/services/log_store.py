"""Where events go: one interface, so that bulk records can be kept elsewhere than in the database."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
from django.db import connection, transaction

from evidence.log_enums import lane_of
from evidence.models.logs import LogFinding, LogHour, LogRun
from evidence.parsing.events import PLAIN, Event, iso
from evidence.parsing.findings import Bound, Finding

_COLUMNS = (
    "run_id", "item_id", "ts", "ts_raw", "ts_quality", "seq", "member", "raw_offset", "raw_length", "repeat", "lane", "class_uid",
    "activity", "event_action", "event_outcome", "user_name", "user_target_name", "user_effective_name", "session_key", "host",
    "source_ip", "source_port", "source_mac", "destination", "destination_port", "tty", "process_pid", "process_executable",
    "process_command_line", "rule_labels", "attrs",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_000_000
_HOUR = 3_600_000_000
#: Findings of one file that are kept one by one.
FINDINGS = 20_000
#: Events that are copied at once.
ROWS = 4_000


class EventStore(Protocol):
    """Takes the events of a run."""

    kept: int

    def put(self, member: int, events: list[Event]) -> None: ...

    def found(self, member: int, findings: Iterable[Finding]) -> None: ...

    def progress(self, lines: int) -> None: ...

    def close(self) -> None: ...


def _text(value: Any, most: int) -> str:
    return str(value).replace("\x00", "\ufffd")[:most] if value else ""


def _moment(us: int | None) -> datetime | None:
    return _EPOCH + timedelta(microseconds=us) if us is not None and _FIRST <= us <= _LAST else None


class PostgresStore:
    """Keeps events that have a meaning in PostgreSQL, copied in whole batches. Lines without one stay in the file."""

    def __init__(self, run: LogRun) -> None:
        self.run = run
        self.kept = 0
        self.hours: dict[tuple[str, int], list[int]] = {}
        self.findings = 0
        self.told = 0
        self.rows: list[tuple[Any, ...]] = []

    def put(self, member: int, events: list[Event]) -> None:
        """Take the events of a batch; they are copied once they are many."""
        self.rows += [self._row(member, event) for event in events if event["event_action"] != PLAIN]
        if len(self.rows) >= ROWS:
            self._copy()

    def _copy(self) -> None:
        rows, self.rows = self.rows, []
        if not rows:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            statement = f"COPY evidence_logevent ({', '.join(_COLUMNS)}) FROM STDIN"
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        self.kept += len(rows)

    def _row(self, member: int, event: Event) -> tuple[Any, ...]:
        lane = lane_of(event)
        moment = _moment(event.get("ts"))
        labels = list(event.get("rule_labels", ()))
        if moment is not None:
            counts = self.hours.setdefault((lane, (event["ts"] or 0) // _HOUR), [0, 0])
            counts[0] += 1
            counts[1] += bool(labels)
        get = event.get
        return (
            self.run.pk, self.run.file.item_id, moment, _text(get("ts_raw"), 60), list(event.get("ts_quality", ())), event["seq"], member,
            event["raw_offset"], min(event["raw_length"], 2_147_483_647), get("repeat", 1), str(lane), get("class_uid", 0),
            _text(get("activity"), 40), _text(event["event_action"], 60), _text(get("event_outcome"), 10), _text(get("user_name"), 200),
            _text(get("user_target_name"), 200), _text(get("user_effective_name"), 200), _text(get("session_key"), 80),
            _text(get("host"), 200), _text(get("source_ip"), 100), get("source_port"), _text(get("source_mac"), 40),
            _text(get("destination_ip") or get("destination_domain"), 260), get("destination_port"), _text(get("tty"), 60),
            get("process_pid"), _text(get("process_executable"), 300), _text(get("process_command_line"), 20_000), labels,
            _json(event),
        )  # fmt: skip

    def found(self, member: int, findings: Iterable[Finding]) -> None:
        """Keep the findings."""
        rows = []
        for finding in findings:
            if self.findings >= FINDINGS:
                break
            self.findings += 1
            rows.append(row_of(self.run, member, finding))
        LogFinding.objects.bulk_create(rows, batch_size=1000)

    def progress(self, lines: int) -> None:
        """Tell how far the reading is, every hundred thousand lines."""
        if lines - self.told >= 100_000:
            self.told = lines
            LogRun.objects.filter(pk=self.run.pk).update(lines=lines, events_kept=self.kept)

    def close(self) -> None:
        """Copy what is left, and keep the counts of the hours."""
        self._copy()
        LogHour.objects.bulk_create(
            (
                LogHour(run=self.run, lane=lane, hour=_EPOCH + timedelta(hours=hour), events=events, marked=marked)
                for (lane, hour), (events, marked) in self.hours.items()
            ),
            batch_size=2000,
        )


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
        before_at=_moment(finding.before.ts) if finding.before else None,
        after_at=_moment(finding.after.ts) if finding.after else None,
        benign=finding.benign,
        facts=_clean(finding.facts),
        witness=_bound(finding.witness),
    )


def _clean(value: Any) -> Any:
    """Return JSON without the one character that PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one) for one in value]
    return value


def _json(event: Event) -> str:
    attrs = dict(event.get("attrs", ()))
    for key in ("user_domain", "user_id", "source_nat_ip", "source_nat_port", "ts_err_ms"):
        if key in event:
            attrs[key] = event[key]
    if event.get("destination_ip") and event.get("destination_domain"):
        attrs["destination_domain"] = event["destination_domain"]
    return orjson.dumps(_clean(attrs), default=str).decode()


def _bound(bound: Bound | None) -> dict[str, Any] | None:
    if bound is None:
        return None
    return {"offset": bound.offset, "length": bound.length, "ts": iso(bound.ts), "text": _clean(bound.text)}
