"""Windows event logs: read from their bytes where their shapes are known, and by the library, chunk by chunk, where not."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from casework.core.later import later
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Event
from evidence.parsing.evtx_chunks import KEPT, Bones, Chunk, chunks, untied
from evidence.parsing.evtx_numbers import Numbers
from evidence.parsing.evtx_plain import AMISS, Plain
from evidence.parsing.evtx_words import PROVIDED, SAID, fill
from evidence.parsing.findings import PROVED, STATED, UNKNOWN, Finding
from evidence.parsing.source import Source
from evidence.parsing.stamps import Full

if TYPE_CHECKING:
    import evtx
else:
    evtx = later("evtx")

#: Failures of the library after which no more is asked of it.
FAILED = 10_000
#: Channels whose numbers are counted, and machines that are told apart.
CHANNELS, MACHINES = 5_000, 100
_ODD = (RuntimeError, ValueError, OSError)


class Evtx:
    """Reads .evtx; ``lines`` counts records."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.bones = Bones()
        self.renumbered = 0
        self.failed = 0
        self.machines: set[str] = set()
        self.numbers: dict[str, Numbers] = {}
        self.read_time = Full(context.zone).read

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists, in the order of the file.

        How values lie that were not seen before is believed when the library says the same of that chunk; where it says
        anything else, the rest of the file is the library's.
        """
        plain, counted = Plain(_event), _Counted(self)
        bones, tally = self.bones, self.tally
        readable: bool | None = None
        believed = True
        with source.open() as stream:
            for chunk in chunks(stream, bones):
                if readable is None:
                    readable = self._readable()
                tally.lines += len(chunk.records)
                events: list[Event] | None = None
                known = plain.layouts
                if chunk.whole and readable and believed:
                    try:
                        events = plain.read(chunk.data, chunk.base, chunk.records)
                    except AMISS:
                        events = None
                if events is None or plain.layouts != known:
                    asked = list(self._asked(chunk, readable))
                    believed = believed and (events is None or asked == events)
                    events = asked
                if events:
                    counted.take(events)
                    yield events
        counted.end()
        if readable is None:
            self._readable()
        if self.failed:
            self.context.remarks.append(("evtx_records_failed", {"records": self.failed}))
        if bones.cut is not None:
            tally.lines += 1
            tally.refuse(*bones.cut, "cut_short")
        if not tally.lines:
            tally.lines += 1
            tally.refuse(0, len(source.head()), "no_record")

    def _readable(self) -> bool:
        """Tell whether the library can read the head of the file; where it cannot, the file is none."""
        try:
            evtx.PyEvtxParser(io.BytesIO(self.bones.head), 1)
        except _ODD:
            self.context.remarks.append(("evtx_unreadable", {}))
            return False
        return True

    def _asked(self, chunk: Chunk, readable: bool) -> Iterator[Event]:
        """Yield the events of a chunk as the library reads them, and note what it does not read."""
        places: dict[int, list[tuple[int, int]]] = {}
        for at, size, number, *_ in reversed(chunk.records):
            places.setdefault(number, []).append((chunk.base + at, size))
        for number, text in self._library(chunk) if readable else ():
            known = places.get(number)
            if known:
                offset, size = known.pop()
            elif chunk.lacking:
                continue  # made of what the file lacks; a record that was cut is counted in the end
            else:
                offset, size = 0, 0
                self.tally.lines += 1
            event = self._told(text)
            if event is None:
                self.tally.refuse(offset, size, "no_event")
                continue
            event["raw_offset"], event["raw_length"] = offset, size
            event["attrs"]["header_id"] = number
            yield event
        for offset, size in sorted(place for left in places.values() for place in left):
            self.tally.refuse(offset, size, "unreadable_record")

    def _library(self, chunk: Chunk) -> Iterator[tuple[int, str]]:
        """Yield number and text of the records that the library reads of a chunk, as if the file had no other."""
        alone = io.BytesIO(self.bones.head + untied(chunk.data))
        try:
            records: Iterator[Any] = iter(evtx.PyEvtxParser(alone, 1).records_json())
        except _ODD:
            self.failed += 1
            return
        while self.failed <= FAILED:
            try:
                record = next(records, None)
            except _ODD:
                self.failed += 1
                continue
            if record is None:
                return
            yield record["event_record_id"], record["data"]

    def _told(self, text: str) -> Event | None:
        """Return the event of the library's text."""
        try:
            body = orjson.loads(text)["Event"]
            system = body["System"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        heading = _heading(system)
        if heading is None:
            return None
        number, record_id, host, channel, provider, stamp, user = heading
        data = body.get("EventData") or body.get("UserData")
        if data is not None and not isinstance(data, dict):
            data = {"Data": data}
        event = _event(provider, number, channel, host, user, data or {})
        moment = self.read_time(stamp) if stamp else None
        if moment is not None:
            event["ts"], event["ts_quality"] = moment[0], EXACT
        event["ts_raw"], event["attrs"]["record_id"] = stamp, record_id
        return event

    def findings(self) -> list[Finding]:
        """Return what the headers and the numbers in the text say is missing, renumbered or hidden."""
        found: list[Finding] = []
        bones = self.bones
        renumbered = self.renumbered > 0
        several = len(self.machines) > 1
        if renumbered:
            facts = {"records": bones.records, "channels": sorted(self.numbers)[:10]}
            found.append(Finding("evtx_renumbered_export", STATED, gap=False, facts=facts))
        for name, rows in self.numbers.items():
            found.extend(self._gaps(name, rows, renumbered, several))
        found.extend(Finding("evtx_hidden_record", PROVED, gap=False, facts=hidden) for hidden in bones.hidden)
        found.extend(
            Finding("evtx_header_hole", PROVED, expected=last - first + 1, found=0, facts={"from": first, "to": last})
            for first, last in bones.header_holes
        )
        if bones.broken_chunks:
            found.append(Finding("evtx_broken_chunk", UNKNOWN, facts={"chunks": bones.broken_chunks}))
        return found

    @staticmethod
    def _gaps(name: str, rows: Numbers, renumbered: bool, several: bool) -> Iterator[Finding]:
        for first, last, before, after in islice(rows.holes(name), KEPT):
            yield Finding(
                "evtx_record_id",
                UNKNOWN if renumbered else PROVED,
                expected=last - first + 1,
                found=0,
                before=before,
                after=after,
                benign={"filtered_export": renumbered, "several_machines": several},
                facts={"channel": name, "from": first, "to": last},
            )


class _Counted:
    """Numbers the events, and notes the numbers that they bear themselves."""

    def __init__(self, reader: Evtx) -> None:
        self.reader = reader
        self.seq, self.due = 0, -1
        self.channel: str | None = None
        self.machine: str | None = None
        self.rows: Numbers | None = None
        self.latest: Event | None = None

    def take(self, events: list[Event]) -> None:
        """Take the next events."""
        seq, due, channel, machine, rows, latest = (
            self.seq, self.due, self.channel, self.machine, self.rows, self.latest,
        )  # fmt: skip
        reader = self.reader
        for event in events:
            seq += 1
            event["seq"] = seq
            attrs = event["attrs"]
            record_id = attrs["record_id"]
            if attrs["header_id"] != record_id:
                reader.renumbered += 1
            if event["host"] != machine:
                machine = event["host"]
                if len(reader.machines) < MACHINES:
                    reader.machines.add(machine)
            if record_id == due and attrs["channel"] == channel:
                due += 1
            else:
                if rows is not None and latest is not None:
                    rows.end(due, latest)
                channel = attrs["channel"]
                rows = reader.numbers.get(channel)
                if rows is None:
                    rows = Numbers()
                    if len(reader.numbers) < CHANNELS:
                        reader.numbers[channel] = rows
                due = rows.begin(record_id, event)
            latest = event
        self.seq, self.due, self.channel, self.machine, self.rows, self.latest = (
            seq, due, channel, machine, rows, latest,
        )  # fmt: skip

    def end(self) -> None:
        """Note that no more events come."""
        if self.rows is not None and self.latest is not None:
            self.rows.end(self.due, self.latest)


_SECURITY = {"Microsoft-Windows-Security-Auditing", "Security", "Microsoft-Windows-Eventlog"}


#: Kinds of record -> an event that is made already, with room for what a record says of itself.
_MADE: dict[tuple[str, int], Event] = {}
#: So many kinds are remembered.
_KINDS = 4096


def _made(provider: str, number: int) -> Event:
    said = PROVIDED.get((provider, number)) or SAID.get(number if provider in _SECURITY else -1)
    event: Event = {
        "seq": 0, "raw_offset": 0, "raw_length": 0, "ts": None, "ts_raw": "", "ts_quality": (), "class_uid": said[0] if said else 0,
        "event_action": said[2] if said else f"windows_{number}", "host": "", "attrs": {},
    }  # fmt: skip
    if said:
        event["activity"] = said[1]
        if said[3]:
            event["event_outcome"] = said[3]
    if len(_MADE) >= _KINDS:
        _MADE.clear()
    _MADE[provider, number] = event
    return event


def _event(provider: str, number: int, channel: str, host: str, user: str, data: dict[str, Any]) -> Event:
    """Return what a record says, without its time, its place and its numbers."""
    event = (_MADE.get((provider, number)) or _made(provider, number)).copy()
    event["host"] = host
    event["attrs"] = {"event_id": number, "channel": channel, "provider": provider, "record_id": 0, "header_id": 0}
    fill(event, number, data)
    if user and "user_id" not in event:
        event["user_id"] = user
    return event


def _heading(system: Any) -> tuple[int, int, str, str, str, str, str] | None:
    """Return what stands at the head of a record: number, record, machine, channel, provider, time, user."""
    if not isinstance(system, dict):
        return None
    identity = system.get("EventID")
    if isinstance(identity, dict):
        identity = identity.get("#text", 0)
    try:
        number, record_id = int(identity or 0), int(system.get("EventRecordID") or 0)
    except (TypeError, ValueError):
        return None
    return (
        number, record_id, str(system.get("Computer") or ""), str(system.get("Channel") or ""), _attribute(system.get("Provider"), "Name"),
        _attribute(system.get("TimeCreated"), "SystemTime"), _attribute(system.get("Security"), "UserID"),
    )  # fmt: skip


def _attribute(node: Any, name: str) -> str:
    if isinstance(node, dict):
        attributes = node.get("#attributes")
        if isinstance(attributes, dict):
            return str(attributes.get(name) or "")
    return ""
