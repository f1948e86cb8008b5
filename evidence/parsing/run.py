"""One reading of one source: recognise, read, count, watch, sum up."""

import gc
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from evidence.parsing import stamps
from evidence.parsing.commands import CLEARED, CLOCK, HISTORY, SILENCED
from evidence.parsing.context import Context, LineReader, RecordReader
from evidence.parsing.events import Event, iso, kind_of
from evidence.parsing.findings import STATED, Bound, Finding, Watch
from evidence.parsing.formats import Format, Recognised, by_name, recognise
from evidence.parsing.said_ssh import INJECTION
from evidence.parsing.source import HEAD, Broken, Source, blocks, decoded
from evidence.parsing.watches import watches_for
from evidence.parsing.witness import UNHEARD, Testimony

#: Labels that are findings by themselves.
TOLD = frozenset({CLEARED, SILENCED, HISTORY, CLOCK, INJECTION})
#: 网络安全法第二十三条: network logs are kept for six months at least.
SIX_MONTHS_DAYS = 181
NETWORK_LOGS = frozenset(
    {
        "syslog",
        "auditd",
        "journald",
        "journald-export",
        "journald-binary",
        "huawei",
        "h3c",
        "h3c-flow",
        "sangfor",
        "dhcpd-leases",
        "kea-leases",
        "windows-dhcp",
        "squid",
        "http-access",
        "bind-query",
        "dnsmasq",
        "windows-dns",
        "zeek",
        "w3c",
        "nfdump",
        "netflow",
        "evtx",
    }
)
#: Findings whose bounding lines are quoted.
QUOTED = 2_000
QUOTE = 500
#: Findings that are listed one by one; the rest are counted.
LISTED = 5_000


@dataclass
class Run:
    """A reading: iterate over ``batches`` once, then ask for the summary."""

    source: Source
    format: Format
    why: Recognised | None
    context: Context
    watches: list[Watch]
    kinds: Counter[str] = field(default_factory=Counter)
    events: int = 0
    first: int | None = None
    last: int | None = None
    findings: list[Finding] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    testimony: Testimony = field(init=False)
    reader: Any = None
    _counts: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.testimony = Testimony(self.format.name)
        self.watches = [*self.watches, self.testimony]

    def batches(self) -> Iterator[list[Event]]:
        """Yield the events in lists, in the order of the source."""
        by_action: dict[str, list[Any]] = {}
        for watch in self.watches:
            for action in watch.actions or ():
                by_action.setdefault(action, []).append(watch)
        for every in (watch for watch in self.watches if watch.actions is None):
            by_action.setdefault("", []).append(every)
        for batch in self._read():
            with uncollected():
                self._count(batch, by_action)
            yield batch
            del batch  # the next is made in its place, if whoever took it lets go of it too
        self._finish()

    def _read(self) -> Iterator[list[Event]]:
        reader = self.reader = self.format.reader(self.context)
        try:
            if hasattr(reader, "read"):
                records: RecordReader = reader
                read = records.read(self.source)
                while True:
                    with uncollected():
                        batch = next(read, None)
                    if batch is None:
                        return
                    yield batch
                    del batch
            lines: LineReader = reader
            for block in blocks(self.source):
                with uncollected():
                    events = lines.feed(block)
                yield events
                del events
            yield lines.close()
        except Broken as error:
            self.source.notes.append(("bomb" if str(error) == "bomb" else "broken_stream", {}))

    def _count(self, batch: list[Event], by_action: dict[str, list[Any]]) -> None:
        counts, every = self._counts, by_action.get("")
        kinds = Counter([(event["event_action"], event.get("event_outcome")) for event in batch])
        for kind, number in kinds.items():
            counts[kind] = counts.get(kind, 0) + number
        for event in [event for event in batch if "repeat" in event or "rule_labels" in event]:
            if "repeat" in event:
                counts[event["event_action"], event.get("event_outcome")] += event["repeat"] - 1
            if "rule_labels" in event:
                self._label(event)
        times = [ts for event in batch if (ts := event["ts"]) is not None]
        if times:
            low, high = min(times), max(times)
            self.first = low if self.first is None or low < self.first else self.first
            self.last = high if self.last is None or high > self.last else self.last
        for watch in every or ():
            watch.see_all(batch)
        # What nobody watches for is not looked through: mostly the failures of which a log is full.
        watched = {kind[0] for kind in kinds if kind[0] in by_action and kind not in UNHEARD}
        if watched:
            for event in [event for event in batch if event["event_action"] in watched]:
                for watch in by_action[event["event_action"]]:
                    watch.see(event)
        self.events += len(batch)

    def _label(self, event: Event) -> None:
        """Note an event that bears a label: a clearing, a silencing, an injection."""
        for label in event["rule_labels"]:
            self.labels[label] += event.get("repeat", 1)
            if label in TOLD and len(self.findings) < LISTED and self.labels[label] <= 500:
                facts: dict[str, Any] = {"action": event["event_action"]}
                for key in ("user_name", "host", "process_command_line"):
                    if event.get(key):
                        facts[key] = event[key]
                for key in ("cleared_channel", "event_id", "provider"):
                    if key in event.get("attrs", ()):
                        facts[key] = event["attrs"][key]
                bound = Bound.of(event)
                self.findings.append(Finding(label, STATED, gap=False, before=bound, after=bound, facts=facts))

    def _finish(self) -> None:
        for (action, outcome), number in self._counts.items():
            self.kinds[f"{action}.{outcome}" if outcome else action] += number
        for watch in self.watches:
            self.findings.extend(watch.finish())
        if hasattr(self.reader, "findings"):
            self.findings.extend(self.reader.findings())
        for code, facts in (*self.source.notes, *self.context.remarks):
            lost = facts.get("length") if code == "long_line" else None
            if lost is not None:
                self.context.tally.lines += 1
                self.context.tally.refuse(int(facts["offset"]), int(lost), "long_line")
            self.findings.append(Finding(code, STATED, gap=False, facts=dict(facts)))
        if self.format.name in NETWORK_LOGS and self.first is not None and self.last is not None:
            days = (self.last - self.first) // 86_400_000_000
            if days < SIX_MONTHS_DAYS:
                facts = {"days": days, "required_days": SIX_MONTHS_DAYS}
                self.findings.append(Finding("coverage_short", STATED, gap=False, facts=facts))
        if not self.format.binary:
            quote(self.source, [bound for one in self.findings for bound in (one.before, one.after) if bound])

    def ends(self) -> dict[str, Any]:
        """Return where the counts of this source begin and end, as plain JSON, for the files before and after it."""
        told: dict[str, Any] = {}
        for watch in self.watches:
            if hasattr(watch, "ends"):
                told |= watch.ends()
        edges = self.testimony.edges()
        if edges:
            told["edges"] = [list(place) for place in edges]
        return told

    def summary(self) -> dict[str, Any]:
        """Return the account of the run, as `parse-log --json` prints it last."""
        tally = self.context.tally
        return {
            "format": self.format.name,
            "why": self.why.shown() if self.why else None,
            "lines": tally.lines,
            "parsed": tally.parsed,
            "unparsed": tally.unparsed,
            "unparsed_reasons": dict(tally.reasons),
            "without_event": dict(tally.quiet),
            "unparsed_places": [list(place) for place in tally.places[:50]],
            "events": self.events,
            "kinds": dict(sorted(self.kinds.items(), key=lambda item: (-item[1], item[0]))),
            "labels": dict(self.labels),
            "first": iso(self.first),
            "last": iso(self.last),
            "gaps": [finding.shown() for finding in self.findings[:LISTED] if finding.gap],
            "findings": [finding.shown() for finding in self.findings[:LISTED] if not finding.gap],
        }


def quote(source: Source, bounds: list[Bound]) -> None:
    """Put the raw text of a source into bounds; a source that cannot be read again leaves them bare."""
    if not bounds:
        return
    try:
        with source.open() as stream:
            at, held = 0, b""
            for bound in sorted(bounds[:QUOTED], key=lambda one: one.offset):
                wanted = min(bound.length, QUOTE)
                if stream.seekable():
                    stream.seek(bound.offset)
                    held, at = stream.read(wanted), bound.offset
                while at + len(held) < bound.offset + wanted:
                    keep = held[-QUOTE:] if bound.offset - at < len(held) + QUOTE else b""
                    more = stream.read(1 << 18)
                    if not more:
                        break
                    at, held = at + len(held) - len(keep), keep + more
                text = held[bound.offset - at : bound.offset - at + wanted] if bound.offset >= at else b""
                bound.text = decoded(text.decode("latin-1"))
    except (OSError, EOFError, Broken):
        return


class uncollected:  # noqa: N801 (used like a function)
    """Keep the collector of circles away while events are made: nothing in them is circular, and it would look at each.

    What was made meanwhile is put among the old things unseen; a whole collection comes to it in its turn.
    """

    __slots__ = ("collecting",)

    def __enter__(self) -> None:
        self.collecting = gc.isenabled()
        gc.disable()

    def __exit__(self, *_raised: object) -> None:
        if self.collecting:
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def start(
    source: Source,
    *,
    name: str = "auto",
    zone: tzinfo = stamps.SHANGHAI,
    reference: datetime | None = None,
    columns: dict[str, str] | None = None,
) -> Run:
    """Return a run over the source; ``name`` is a format or ``auto``, ``columns`` (field -> heading) say how to read a table.

    Raises:
        KeyError: no format has that name.
    """
    head = source.head()
    why = None
    if name == "auto":
        format_, why = recognise(head, source.name)
    else:
        format_ = by_name(name)
    if reference is None:
        reference = datetime.fromtimestamp(source.modified, UTC) if source.modified else datetime.now(UTC)
    context = Context(zone=zone, reference=reference, columns=columns or {})
    if format_.yearless:
        context.year = first_year(source, reference, zone)
    return Run(source, format_, why, context, watches_for(format_))


def first_year(source: Source, reference: datetime, zone: tzinfo) -> int:
    """Return the year of the first line: that of the last line not after the reference, less the turns between.

    Small sources are looked at line by line, large ones at the beginning of every block.
    """
    whole = source.size is not None and source.size <= 4 << 20
    turns, month = 0, 0
    tails: deque[bytes] = deque(maxlen=64)
    try:
        with source.open() as stream:
            while True:
                data = stream.read(HEAD if not whole else 1 << 20)
                if not data:
                    break
                more, month = stamps.turns_of_year(data if whole else data[:4096], month)
                turns += more
                tails.append(data if whole else data[-4096:])
                if not whole and source.size is not None and source.size > 64 << 20:
                    stream.seek(1 << 20, 1)
    except (OSError, EOFError, Broken):
        pass
    last = next((stamp for tail in reversed(tails) if (stamp := stamps.last_stamp(tail))), "")
    if not last:
        return reference.astimezone(zone).year
    return stamps.year_of_last(last, reference, zone) - turns


def kinds_of(batch: list[Event]) -> Counter[str]:
    """Count the kinds of a list of events."""
    counted: Counter[str] = Counter()
    for event in batch:
        counted[kind_of(event)] += event.get("repeat", 1)
    return counted
