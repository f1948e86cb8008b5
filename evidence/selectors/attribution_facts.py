"""What the rules of attribution need, fetched by index: a few hundred records of millions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from casework.access.models import Compartment
from evidence.attribution.chain import CHANGES, CLIMBS, DAY, JOB_NEAR, Given
from evidence.attribution.epochs import Told
from evidence.attribution.facts import SECOND, UNSET_ERROR, Fact, account_of
from evidence.attribution.origin import HOUR, UNENDED, Holding, network_of
from evidence.attribution.sessions import Session, sessions_of, trace
from evidence.attribution.weight import Source
from evidence.attribution_enums import AddedKind
from evidence.log_enums import RunState
from evidence.models import Attribution, AttributionEvidence, Device, LogKeeper
from evidence.models.logs import ClockOffset, LogEvent, LogRun

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: A session is looked for this far back.
SESSIONS_BACK: Final = timedelta(days=14)
CLIMBS_BACK: Final = timedelta(days=2)
#: A stretch without an account is looked through this far back.
OPEN_BACK: Final = timedelta(days=1)
LEASES_BACK: Final = timedelta(days=30)
#: Records of one kind that are taken at most; the nearest before the act come first.
MOST: Final = 5_000
COUNTED: Final = 1_000
_LOGINS: Final = (
    "login", "session_opened", "audit_login", "rdp_authenticated", "logind_new", "systemd_session", "session_closed", "logout",
    "disconnect",
)  # fmt: skip
_COLUMNS: Final = (
    "id", "run_id", "item_id", "ts", "event_action", "event_outcome", "user_name", "user_effective_name", "user_target_name", "session_key",
    "host", "source_ip", "source_port", "source_mac", "destination", "destination_port", "tty", "process_pid", "process_executable",
    "process_command_line", "rule_labels", "attrs",
)  # fmt: skip
_TIMES: Final = ("ends_us", "begin_us")
_SECONDS: Final = ("BeginTime", "EndTime")


@dataclass
class Gathered:
    """What was fetched for one act."""

    given: Given
    runs: dict[int, LogRun]
    facts: dict[int, Fact]
    sources: dict[int, Source] = field(default_factory=dict)


def runs_of(compartment_id: int) -> dict[int, LogRun]:
    """Return the newest finished reading of every file of a matter."""
    rows = LogRun._base_manager.filter(state=RunState.DONE, file__item__compartment_id=compartment_id)
    rows = rows.select_related("file__item", "file__blob").order_by("file_id", "-serial").distinct("file_id")
    return {run.pk: run for run in rows}


def sources_of(runs: Iterable[LogRun]) -> dict[int, Source]:
    """Return who keeps each source and who could change it, as last stated."""
    rows = list(runs)
    stated = LogKeeper._base_manager.filter(file__in=[run.file_id for run in rows]).order_by("file_id", "-pk")
    by_file = {row.file_id: row for row in stated.distinct("file_id")}
    found = {}
    for run in rows:
        row = by_file.get(run.file_id)
        if row is not None:
            names = [name.strip() for name in row.administrators.replace("，", "、").split("、")]
            found[run.pk] = Source(row.keeper, frozenset(name for name in names if name))
    return found


def microseconds(moment: datetime) -> int:
    """Return a moment as the rules count it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class _Reader:
    """Turns rows into facts in true time, and asks only for what an index gives."""

    def __init__(self, runs: dict[int, LogRun]) -> None:
        self.runs = runs
        rows = ClockOffset.objects.filter(run__in=list(runs)).order_by("run_id", "-pk").distinct("run_id")
        self.offsets = {row.run_id: row for row in rows}
        widest = max((abs(row.offset_ms) + row.error_ms for row in self.offsets.values()), default=0)
        #: Windows are widened by the largest offset, so that one query serves all readings.
        self.slack = timedelta(milliseconds=widest) + timedelta(seconds=30)
        self.facts: dict[int, Fact] = {}
        self._hosts: dict[int, str] = {}

    def fact(self, row: tuple[Any, ...]) -> Fact:
        """Return a row of ``_COLUMNS`` as a fact."""
        offset = self.offsets.get(row[1])
        shift = offset.offset_ms * 1000 if offset else 0
        attrs = row[21]
        if shift:
            attrs = dict(attrs)
            for name in _TIMES:
                if isinstance(attrs.get(name), int):
                    attrs[name] -= shift
            for name in _SECONDS:
                if str(attrs.get(name, "")).isdecimal() and len(str(attrs[name])) > 8:
                    attrs[name] = str(int(attrs[name]) - shift // SECOND)
        return Fact(
            row[0], row[1], row[2], microseconds(row[3]) - shift if row[3] else None,
            max(offset.error_ms * 1000, SECOND) if offset else UNSET_ERROR, row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11],
            row[12], row[13].lower(), row[14], row[15], row[16], row[17], row[18], row[19], tuple(row[20]), attrs, offset is not None,
        )  # fmt: skip

    def host_of(self, item: int) -> str:
        """Return the machine of records that name none (wtmp): that of the other logs of the same item, if they agree."""
        if item not in self._hosts:
            names = set()
            for pk, run in self.runs.items():
                if run.file.item_id == item:
                    rows = LogEvent._base_manager.filter(run=pk).exclude(host="").order_by("run_id", "ts", "id")
                    names |= set(rows.values_list("host", flat=True)[:1])
            self._hosts[item] = names.pop() if len(names) == 1 else ""
        return self._hosts[item]

    def take(self, rows: QuerySet[LogEvent], most: int = MOST, *, backwards: bool = False) -> list[Fact]:
        """Fetch and keep."""
        ordered = rows.order_by("-ts" if backwards else "ts")[:most]
        found = [self.fact(row) for row in ordered.values_list(*_COLUMNS)]
        found = [
            replace(fact, host=self.host_of(fact.item)) if fact.action == "login" and not fact.host else fact
            for fact in found
        ]
        self.facts.update((fact.key, fact) for fact in found)
        return found

    def rows(self, since: datetime | None = None, until: datetime | None = None, **wanted: Any) -> QuerySet[LogEvent]:
        """Return the events of all readings in a window of true time."""
        found: QuerySet[LogEvent] = LogEvent._base_manager.filter(run__in=list(self.runs), **wanted)
        if since is not None:
            found = found.filter(ts__gte=since - self.slack)
        return found if until is None else found.filter(ts__lte=until + self.slack)


def gather(attribution: Attribution) -> Gathered:
    """Fetch what speaks of the act: sessions first, then what lies behind their addresses."""
    runs = runs_of(attribution.compartment_id)
    if attribution.event is not None:
        runs.setdefault(attribution.event.run_id, attribution.event.run)
    reader = _Reader(runs)
    act = _act(attribution, reader)
    moment = EPOCH + timedelta(microseconds=act.ts or 0)
    reach = timedelta(microseconds=act.err)
    climbs = reader.take(
        reader.rows(moment - CLIMBS_BACK, moment + reach, event_action__in=sorted(CLIMBS)), backwards=True
    )
    _logins(reader, act, climbs, moment, reach)
    reader.take(reader.rows(event_action__in=sorted(CHANGES)))
    _tables(reader, moment)
    near = timedelta(microseconds=JOB_NEAR)
    jobs = reader.rows(moment - near, moment + near, lane="command", event_action="job_started")
    reader.take(jobs.filter(rule_labels__contains=["log-clearing"]), 50)
    sessions = trace(act, sessions_of(reader.facts.values()), climbs).sessions
    holdings = _behind(reader, sessions, attribution.compartment)
    given = Given(
        act,
        sorted(reader.facts.values(), key=lambda fact: fact.key),
        holdings,
        _told(attribution),
        {one.ip: _refused(reader, one) for one in sessions if one.ip},
    )
    facts = {**reader.facts, act.key: act}
    return Gathered(given, runs, facts, sources_of(runs.values()))


def _act(attribution: Attribution, reader: _Reader) -> Fact:
    if attribution.event_id is not None:
        rows = LogEvent._base_manager.filter(pk=attribution.event_id).values_list(*_COLUMNS)
        return reader.fact(rows[0])
    finding = attribution.finding
    assert finding is not None  # noqa: S101 (the database holds that one of the two is there)
    half = (attribution.until - attribution.since) / 2
    host = LogEvent._base_manager.filter(run=finding.run_id, ts__lte=attribution.until).exclude(host="").order_by("-ts")
    return Fact(
        0, finding.run_id, finding.item_id, microseconds(attribution.since + half), half // timedelta(microseconds=1), "gap",
        host=host.values_list("host", flat=True).first() or "",
    )  # fmt: skip


def _logins(reader: _Reader, act: Fact, climbs: Sequence[Fact], moment: datetime, reach: timedelta) -> None:
    """Fetch beginnings and ends of the sessions that the act may have come from."""
    since, until = moment - SESSIONS_BACK, moment + reach
    keys = {act.session} if act.session else set()
    names: set[str] = {act.user} if act.user else set()
    wanted = {account_of(act.user)}
    for _depth in range(4):  # who became the account, who became that one
        names |= {fact.user for fact in climbs if account_of(fact.effective) in wanted}
        wanted |= {account_of(name) for name in names}
    if not act.user and not act.session:
        rows = reader.rows(moment - max(OPEN_BACK, 2 * reach), until + timedelta(days=1), lane="login")
        reader.take(rows.filter(event_action__in=[*_LOGINS, "logind_removed"]).exclude(event_outcome="failure"))
        return
    names = {name for name in names if name}
    if names:
        rows = reader.rows(since, until, user_name__in=sorted(names), class_uid=3002, event_action__in=_LOGINS)
        begun = reader.take(rows.exclude(event_outcome="failure"), backwards=True)
        ends = reader.rows(moment - reach, moment + timedelta(days=2), user_name__in=sorted(names), class_uid=3002)
        reader.take(
            ends.filter(event_action__in=("session_closed", "logout", "disconnect")).exclude(event_outcome="failure"),
            500,
        )
        keys |= {fact.session for fact in begun if fact.session}
    if keys:
        rows = reader.rows(since, moment + timedelta(days=2), session_key__in=sorted(keys), class_uid=3002)
        reader.take(
            rows.filter(event_action__in=[*_LOGINS, "logind_removed"]).exclude(event_outcome="failure"), backwards=True
        )


def _tables(reader: _Reader, moment: datetime) -> None:
    """Fetch rows of exported tables: small ones whole, of large ones the days around."""
    small = {pk: run for pk, run in reader.runs.items() if run.events_kept <= MOST}
    day = timedelta(microseconds=DAY)
    reader.take(reader.rows(event_action="table_row").filter(run__in=list(small)), 4 * MOST)
    large = [pk for pk in reader.runs if pk not in small]
    if large:
        reader.take(reader.rows(moment - day, moment + day, event_action="table_row").filter(run__in=large))


def _behind(reader: _Reader, sessions: Sequence[Session], compartment: Compartment) -> list[Holding]:
    """Fetch translations, leases and tables of switches behind the sessions' addresses; return the machines in evidence."""
    for one in sessions:
        moment = EPOCH + timedelta(microseconds=one.began)
        if not one.ip:
            continue
        hours = timedelta(microseconds=UNENDED)
        rows = reader.rows(moment - hours, moment + timedelta(days=1), attrs__source_nat_ip=one.ip)
        rows = rows.filter(attrs__has_key="source_nat_ip")
        reader.take(_by_nat(reader, one, moment - hours, moment + timedelta(days=1)) if one.port is not None else rows)
    spans = network_of(reader.facts.values(), ())
    inner = {one.ip for one in sessions if one.ip}
    for one in sessions:
        for offset in (0, 1, -1, 8, -8):
            moment_us = one.began + offset * HOUR
            inner |= {span.value.partition("|")[0] for span in spans.nat_any.at(one.ip, moment_us, one.err)}
    if not inner:
        return []
    first = EPOCH + timedelta(microseconds=min(one.began for one in sessions))
    last = EPOCH + timedelta(microseconds=max(one.began for one in sessions))
    leases = reader.rows(first - LEASES_BACK, last + timedelta(days=1), source_ip__in=sorted(inner), class_uid=4004)
    found = reader.take(leases, backwards=True)
    macs = sorted({fact.mac for fact in found if fact.mac})
    if macs:
        reader.take(reader.rows(source_mac__in=macs, event_action__in=("mac_entry", "arp_entry")), 500)
    devices = Device.objects.filter(item__compartment=compartment).exclude(mac="").select_related("item")
    return [Holding(device.mac.lower().replace("-", ":"), device.item.title, "", None, None) for device in devices]


def _by_nat(reader: _Reader, one: Session, since: datetime, until: datetime) -> QuerySet[LogEvent]:
    rows = reader.rows(since, until)
    table = connection.ops.quote_name(LogEvent._meta.db_table)
    return rows.extra(  # noqa: S610 (constant text; values are parameters) — the index is over the text of the value
        where=[
            f"{table}.attrs ->> 'source_nat_ip' = %s",
            f"{table}.attrs ? 'source_nat_ip'",
            f"{table}.attrs ->> 'source_nat_port' = %s",
        ],
        params=[one.ip, str(one.port)],
    )


def _refused(reader: _Reader, one: Session) -> int:
    moment = EPOCH + timedelta(microseconds=one.began)
    rows = reader.rows(moment - timedelta(days=1), moment, source_ip=one.ip, class_uid=3002, event_outcome="failure")
    return len(rows.order_by().values_list("pk", flat=True)[:COUNTED])


def _told(attribution: Attribution) -> list[Told]:
    """Return the documented disclosures of secrets that stand."""
    if attribution._state.adding:
        return []
    rows = AttributionEvidence.objects.filter(
        Q(replaced_by=None), attribution=attribution, kind=AddedKind.DISCLOSURE
    ).order_by("pk")
    return [Told(row.account, row.person, microseconds(row.since) if row.since else None) for row in rows]
