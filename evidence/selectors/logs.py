"""The timeline: which readings count, and how many events stand where."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Max, Min, Prefetch, Q, QuerySet, Sum

from casework.accounts.models import User
from evidence.log_enums import Lane, RunState, Verdict
from evidence.models import Item, ItemFile
from evidence.models.logs import ClockOffset, EventMark, LogEvent, LogFinding, LogHour, LogMapping, LogRun
from evidence.parsing.formats import Head
from evidence.parsing.rotated import Part, sets_of
from evidence.parsing.source import Broken
from evidence.parsing.table import mapped, split
from evidence.selectors.log_bytes import members_of

#: Bars of a lane.
BARS: Final = 96
#: Up to so many events in a window they are counted one by one; beyond, by the hour. A page of a filter looks through as
#: many and says how far it came, so that no question takes longer with more events.
COUNTED: Final = 100_000
PAGE: Final = 50
#: Starred events that a picture shows.
PINS: Final = 100
#: Starred events that a filter and a picture look through, the newest stars first.
STARS: Final = 10_000
#: What is said to be earlier was told by a clock that stood at its beginning.
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
#: Lines of a table that are looked at to find its heading.
PEEKED: Final = 60


def current_runs(user: User, items: QuerySet[Item] | None = None) -> list[LogRun]:
    """Return the newest finished reading of every file that the reader may know of."""
    rows = LogRun.objects.visible_to(user).filter(state=RunState.DONE)
    if items is not None:
        rows = rows.filter(file__item__in=items)
    rows = rows.select_related("file__item", "file__blob").order_by("file_id", "-serial").distinct("file_id")
    return list(rows)


def offsets_of(runs: list[LogRun]) -> dict[int, ClockOffset]:
    """Return the clock offset that holds for each run: the newest one stated of its file, at whichever reading."""
    rows = ClockOffset.objects.filter(run__file__in={run.file_id for run in runs}).select_related("run__file")
    by_file = {row.run.file_id: row for row in rows.order_by("run__file_id", "-pk").distinct("run__file_id")}
    return {run.pk: by_file[run.file_id] for run in runs if run.file_id in by_file}


def rotated_sets(runs: list[LogRun]) -> list[dict[str, Any]]:
    """Return the accounts of the rotated sets among the files of readings: each set is one log."""
    parts = [
        Part(
            run.pk,
            member["name"],
            member["format"],
            member["lines"],
            member["unparsed"],
            member["events"],
            None,
            None,
            {},
        )
        for run in runs
        for member in run.members
    ]
    return [one.shown() for one in sets_of(parts)]


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see."""

    since: datetime
    until: datetime
    lanes: tuple[str, ...] = ()
    words: str = ""
    user_name: str = ""
    address: str = ""
    action: str = ""
    marked: bool = False

    @property
    def filtered(self) -> bool:
        """Tell whether not every event of the window is asked for; lanes do not count, an index answers them."""
        return bool(self.words or self.user_name or self.address or self.action or self.marked)

    @property
    def counted_by(self) -> str:
        """Return the count of an hour that says how many events have to be looked through: marked ones have an index."""
        return "marked" if self.marked else "events"


@dataclass
class Bar:
    """A stretch of time in a lane, and how many events it holds."""

    since: datetime
    until: datetime
    events: int
    marked: int


@dataclass
class LaneBars:
    """A lane as it is drawn; ``whole`` tells that a filter was too much to count and the bars are those of all events."""

    lane: Lane
    bars: list[Bar] = field(default_factory=list)
    events: int = 0
    whole: bool = False


def span_of(runs: list[LogRun]) -> tuple[datetime, datetime] | None:
    """Return first and last moment of the readings; clocks that stood at their beginning do not stretch the picture."""
    hours = LogHour.objects.filter(run__in=runs, hour__gte=EARLIEST)
    found = hours.aggregate(first=Min("hour"), last=Max("hour"))
    if found["first"] is None:
        return None
    return found["first"], found["last"] + timedelta(hours=1)


def shift_of(offset: ClockOffset | None) -> timedelta:
    """Return what is taken from a source's time to have the true time."""
    return timedelta(milliseconds=offset.offset_ms) if offset else timedelta(0)


def by_shift(runs: list[LogRun], offsets: dict[int, ClockOffset]) -> dict[timedelta, list[int]]:
    """Return the readings by what is taken from their time."""
    groups: dict[timedelta, list[int]] = {}
    for run in runs:
        groups.setdefault(shift_of(offsets.get(run.pk)), []).append(run.pk)
    return groups


def lanes_of(runs: list[LogRun], asked: Asked, offsets: dict[int, ClockOffset]) -> list[LaneBars]:
    """Count the events of the window, lane by lane and bar by bar, in the database."""
    step = (asked.until - asked.since) / BARS
    found: dict[str, list[list[int]]] = {lane: [[0, 0] for _ in range(BARS)] for lane in Lane.values}
    whole = False
    for shift, keys in by_shift(runs, offsets).items():
        since, until = asked.since + shift, asked.until + shift
        total = LogHour.objects.filter(run__in=keys, hour__gte=since - timedelta(hours=1), hour__lt=until)
        many = (total.aggregate(all=Sum(asked.counted_by))["all"] or 0) > COUNTED
        if many or (not asked.filtered and step >= timedelta(hours=1)):
            rows = _by_hour(keys, since, until, step)
            whole = whole or asked.filtered
        else:
            rows = _one_by_one(_matching(keys, asked, shift), since, step)
        for lane, number, events, marked in rows:
            if 0 <= number < BARS and lane in found:
                found[lane][number][0] += events
                found[lane][number][1] += marked
    out: list[LaneBars] = []
    for lane in Lane:
        bars = [
            Bar(asked.since + step * number, asked.since + step * (number + 1), events, marked)
            for number, (events, marked) in enumerate(found[lane])
            if events
        ]
        out.append(LaneBars(lane, bars, sum(bar.events for bar in bars), whole))
    return out


def looked_until(
    runs: list[LogRun],
    asked: Asked,
    offsets: dict[int, ClockOffset],
    after: tuple[datetime, int] | None = None,
    most: int | None = None,
) -> datetime | None:
    """Return the end of the hours, in true time, that hold more than so many events; None where the window holds fewer.

    A page of a filter looks that far (``COUNTED``); of marked events none but these count. Hours that began before the window are not counted: they are in it in part.
    """
    since = max(asked.since, after[0]) if after is not None else asked.since
    enough = COUNTED if most is None else most
    by_hour: Counter[datetime] = Counter()
    for shift, keys in by_shift(runs, offsets).items():
        rows = LogHour.objects.filter(run__in=keys, hour__gte=since + shift, hour__lt=asked.until + shift)
        rows = rows.filter(lane__in=asked.lanes) if asked.lanes else rows
        for hour, events in rows.values_list("hour").annotate(n=Sum(asked.counted_by)):
            by_hour[hour - shift] += events
    looked = 0
    for hour in sorted(by_hour):
        if looked > enough:
            return hour
        looked += by_hour[hour]
    return None


def _by_hour(keys: list[int], since: datetime, until: datetime, step: timedelta) -> list[tuple[str, int, int, int]]:
    rows = LogHour.objects.filter(run__in=keys, hour__gte=since - timedelta(minutes=59), hour__lt=until)
    counted: dict[tuple[str, int], list[int]] = {}
    for lane, hour, events, marked in rows.values_list("lane", "hour").annotate(n=Sum("events"), m=Sum("marked")):
        number = max(0, int((hour - since) / step))
        both = counted.setdefault((lane, number), [0, 0])
        both[0] += events
        both[1] += marked
    return [(lane, number, events, marked) for (lane, number), (events, marked) in counted.items()]


def _one_by_one(rows: QuerySet[Any], since: datetime, step: timedelta) -> list[tuple[str, int, int, int]]:
    inner, given = rows.order_by().values("lane", "ts", "rule_labels").query.sql_with_params()
    statement = (
        f"SELECT lane, floor(extract(epoch FROM ts - %s) / %s)::int AS bar, count(*), count(*) FILTER (WHERE rule_labels <> '{{}}')"  # noqa: S608 (the inner query is the ORM's own)
        f" FROM ({inner}) AS w GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [since, max(step.total_seconds(), 0.000_001), *given])
        found: list[tuple[str, int, int, int]] = cursor.fetchall()
    return found


def _matching(keys: list[int], asked: Asked, shift: timedelta) -> QuerySet[Any]:
    rows = LogEvent.objects.filter(run__in=keys, ts__gte=asked.since + shift, ts__lt=asked.until + shift)
    if asked.lanes:
        rows = rows.filter(lane__in=asked.lanes)
    if asked.user_name:
        name = asked.user_name
        rows = rows.filter(Q(user_name=name) | Q(user_target_name=name) | Q(user_effective_name=name))
    if asked.address:
        rows = rows.filter(Q(source_ip=asked.address) | Q(destination=asked.address))
    if asked.action:
        rows = rows.filter(event_action=asked.action)
    if asked.marked:
        stars = (
            EventMark.objects.filter(starred=True, event__run__in=keys).order_by("-pk").values_list("event", flat=True)
        )
        rows = rows.filter(~Q(rule_labels=[]) | Q(pk__in=list(stars[:STARS])))
    if asked.words:
        words = asked.words
        rows = rows.filter(
            Q(process_command_line__icontains=words)
            | Q(user_name__icontains=words)
            | Q(destination__icontains=words)
            | Q(source_ip__startswith=words)
            | Q(event_action__icontains=words)
        )
    return rows


def events_of(
    runs: list[LogRun], asked: Asked, offsets: dict[int, ClockOffset], after: tuple[datetime, int] | None = None
) -> tuple[list[Any], bool]:
    """Return a page of the window's events in true order of time, and whether there are more.

    Without a filter the hours tell where the page ends, so that no more is put in order than a page needs.
    """
    until = None if asked.filtered else looked_until(runs, asked, offsets, after, PAGE)
    found = _page(runs, replace(asked, until=until or asked.until), offsets, after)
    if (
        until is not None and len(found) <= PAGE
    ):  # hours of clocks that were off overlap: there may be fewer than counted
        found = _page(runs, asked, offsets, after)
    return found[:PAGE], len(found) > PAGE


def _page(
    runs: list[LogRun], asked: Asked, offsets: dict[int, ClockOffset], after: tuple[datetime, int] | None
) -> list[Any]:
    found: list[Any] = []
    for shift, keys in by_shift(runs, offsets).items():
        rows = _matching(keys, asked, shift)
        if after is not None:
            moment, key = after
            rows = rows.filter(ts__gte=moment + shift).exclude(ts=moment + shift, pk__lte=key)
        page = (
            rows.select_related("run__file", "item").prefetch_related("marks__author").order_by("ts", "id")[: PAGE + 1]
        )
        for event in page:
            event.true_at = event.ts - shift
            event.offset = offsets.get(event.run_id)
            found.append(event)
    found.sort(key=lambda event: (event.true_at, event.pk))
    return found


def pins_in(runs: list[LogRun], asked: Asked, offsets: dict[int, ClockOffset]) -> list[tuple[datetime, EventMark]]:
    """Return the starred events of the window with their true times, whatever the filter: one mark for each event."""
    found: list[tuple[datetime, EventMark]] = []
    # A limit keeps the few stars apart from the many events: joined, all events might be read for a star that is not there.
    starred = EventMark.objects.filter(starred=True).order_by("-pk").values("event_id")[:STARS]
    stars = Prefetch("marks", EventMark.objects.filter(starred=True), to_attr="stars")
    for shift, keys in by_shift(runs, offsets).items():
        rows = LogEvent.objects.filter(
            pk__in=starred, run__in=keys, ts__gte=asked.since + shift, ts__lt=asked.until + shift
        )
        for event in rows.order_by("ts", "pk").prefetch_related(stars)[:PINS]:
            found += [(event.ts - shift, mark) for mark in event.stars[:1]]
    return sorted(found, key=lambda pair: pair[0])[:PINS]


def findings_in(runs: list[LogRun], asked: Asked) -> list[LogFinding]:
    """Return the stretches of the window in which something is missing, gravest first."""
    rows = LogFinding.objects.filter(run__in=runs, gap=True, before_at__lt=asked.until, after_at__gte=asked.since)
    order = {Verdict.PROVED: 0, Verdict.CONTRADICTED: 1, Verdict.UNKNOWN: 2, Verdict.EXPLAINED: 3, Verdict.HINT: 4}
    found = list(rows.select_related("run__file", "witness_run__file")[:200])
    return sorted(found, key=lambda one: (order.get(Verdict(one.verdict), 9), one.before_at or asked.since))


@dataclass(frozen=True)
class Peek:
    """The beginning of a table: its headings, some rows, and which column is which field as far as the names tell."""

    heading: list[str]
    rows: list[list[str]]
    guessed: dict[str, int]


def peek(file: ItemFile) -> Peek | None:
    """Return the beginning of a file as a table; None where it is none.

    The heading is the first line that has as many cells as most lines have: titles may stand above it.
    """
    try:
        head = next(members_of(file)).head()
    except (OSError, EOFError, Broken, StopIteration):
        return None
    lines = [line.rstrip("\r") for line in Head(head, file.name).text.split("\n")][:PEEKED]
    split_lines = [split(line.strip("\ufeff")) for line in lines if line.strip()]
    widths = Counter(len(row) for _, row in split_lines if len(row) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda one: (widths[one], one))
    rows = [row for _, row in split_lines if len(row) == width]
    return Peek(rows[0], rows[1:9], mapped(rows[0]))


def mappings_for(peek: Peek) -> list[LogMapping]:
    """Return the saved mappings whose columns are all there; others are not told of."""
    rows = LogMapping.objects.order_by("-pk")[:500]
    return [row for row in rows if set(row.columns.values()) <= set(peek.heading)][:50]
