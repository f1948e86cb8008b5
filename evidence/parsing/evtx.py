"""Windows event logs. The text of a record is read by the library; its place and its honesty are checked here."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from casework.core.later import later
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Event
from evidence.parsing.evtx_chunks import KEPT, Bones, Padded, Untied, walk
from evidence.parsing.evtx_numbers import Numbers, Places
from evidence.parsing.evtx_words import PROVIDED, SAID, fill
from evidence.parsing.findings import PROVED, STATED, UNKNOWN, Finding
from evidence.parsing.source import Source
from evidence.parsing.stamps import Full

if TYPE_CHECKING:
    import evtx
else:
    evtx = later("evtx")

#: So few at once that they are still in the processor's memory when they are counted and let go.
BATCH = 64
#: Records that the library reads before they are looked at, and failures of its after which no more are asked for.
AHEAD, FAILED = 16, 10_000
#: So many bytes of an unpacked file are held in memory.
HELD = 32 << 20
#: Channels whose numbers are counted, and machines that are told apart.
CHANNELS, MACHINES = 5_000, 100


class Evtx:
    """Reads .evtx; ``lines`` counts records."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.bones = Bones()
        self.renumbered = 0
        self.machines: set[str] = set()
        self.numbers: dict[str, Numbers] = {}

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists, in the order of the file."""
        with source.open() as stream:
            places = walk(stream, self.bones)
        with source.open() as stream, _seekable(stream) as whole:
            yield from self._events(whole, places)
        for offset, size in places.left():
            self.tally.lines += 1
            self.tally.refuse(offset, size, "unreadable_record")
        if self.bones.cut is not None:
            self.tally.lines += 1
            self.tally.refuse(*self.bones.cut, "cut_short")
        if not self.tally.lines:
            self.tally.lines += 1
            self.tally.refuse(0, len(source.head()), "no_record")

    def _events(self, stream: IO[bytes], places: Places) -> Iterator[list[Event]]:
        try:
            if self.bones.lacking:
                stream = cast("IO[bytes]", Padded(stream, self.bones.lacking))
            if self.bones.knotted:
                stream = cast("IO[bytes]", Untied(stream, self.bones.knotted))
            records_json = iter(evtx.PyEvtxParser(stream, 1).records_json())
        except (RuntimeError, ValueError, OSError):
            self.context.remarks.append(("evtx_unreadable", {}))
            return
        read_time = Full(self.context.zone).read
        batch: list[Event] = []
        seq, due, at = 0, -1, 0
        machine = channel = None
        rows: Numbers | None = None
        latest: Event | None = None
        read_event, tally, numbers, machines = self._event, self.tally, self.numbers, self.machines
        lacking = self.bones.lacking
        known, offsets, sizes, last = places.numbers, places.offsets, places.sizes, len(places.numbers)
        for records in self._ahead(records_json):
            tally.lines += len(records)
            for record in records:
                number = record["event_record_id"]
                if at < last and known[at] == number:
                    offset, size = offsets[at], sizes[at]
                    at += 1
                else:
                    places.next = at
                    offset, size = places.take(number)
                    at = places.next
                    if not size and lacking and at >= last:
                        tally.lines -= 1  # made of what the file lacks; a record that was cut is counted in the end
                        continue
                event = read_event(record["data"], number, read_time)
                if event is None:
                    tally.refuse(offset, size, "no_event")
                    continue
                seq += 1
                event["seq"] = seq
                event["raw_offset"] = offset
                event["raw_length"] = size
                attrs = event["attrs"]
                record_id = attrs["record_id"]
                if number != record_id:
                    self.renumbered += 1
                if event["host"] != machine:
                    machine = event["host"]
                    if len(machines) < MACHINES:
                        machines.add(machine)
                if record_id == due and attrs["channel"] == channel:
                    due += 1
                else:
                    if rows is not None and latest is not None:
                        rows.end(due, latest)
                    channel = attrs["channel"]
                    rows = numbers.get(channel)
                    if rows is None:
                        rows = Numbers()
                        if len(numbers) < CHANNELS:
                            numbers[channel] = rows
                    due = rows.begin(record_id, event)
                latest = event
                batch.append(event)
            if len(batch) >= BATCH:
                yield batch
                batch = []
        places.next = at
        if rows is not None and latest is not None:
            rows.end(due, latest)
        if batch:
            yield batch

    def _ahead(self, records: Iterator[Any]) -> Iterator[list[Any]]:
        """Yield what the library reads, some records ahead: it and we are each quicker when we need not take turns."""
        failed, ended = 0, False
        while not ended and failed <= FAILED:
            ahead: list[Any] = []
            try:
                ahead.extend(islice(records, AHEAD))
                ended = len(ahead) < AHEAD
            except (RuntimeError, ValueError, OSError):
                failed += 1
            yield ahead
        if failed:
            self.context.remarks.append(("evtx_records_failed", {"records": failed}))

    @staticmethod
    def _event(text: str, header_id: int, read_time: Any) -> Event | None:
        try:
            body = orjson.loads(text)["Event"]
            system = body["System"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        try:
            number, record_id, host, channel = (
                system["EventID"], system["EventRecordID"], system["Computer"], system["Channel"],
            )  # fmt: skip
            provider = system["Provider"]["#attributes"]["Name"]
            stamp, security = system["TimeCreated"]["#attributes"]["SystemTime"], system["Security"]
            plain = (
                type(number) is type(record_id) is int
                and type(provider) is type(stamp) is type(host) is type(channel) is str
            )
        except (KeyError, TypeError):
            plain = False
        if not plain:
            heading = _heading(system)
            if heading is None:
                return None
            number, record_id, host, channel, provider, stamp, security = heading
        moment = read_time(stamp) if stamp else None
        data = body.get("EventData") or body.get("UserData")
        if data is not None and not isinstance(data, dict):
            data = {"Data": data}
        event = (_MADE.get((provider, number)) or _made(provider, number)).copy()
        if moment is not None:
            event["ts"], event["ts_quality"] = moment[0], EXACT
        event["ts_raw"], event["host"] = stamp, host
        event["attrs"] = {
            "event_id": number,
            "channel": channel,
            "provider": provider,
            "record_id": record_id,
            "header_id": header_id,
        }
        if data:
            fill(event, number, data)
        if security:
            user = _attribute(security, "UserID")
            if user and "user_id" not in event:
                event["user_id"] = user
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


def _heading(system: Any) -> tuple[int, int, str, str, str, str, Any] | None:
    """Return what stands at the head of a record where it is not as usual: number, record, machine, channel, provider, time, user."""
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
        _attribute(system.get("TimeCreated"), "SystemTime"), system.get("Security"),
    )  # fmt: skip


def _attribute(node: Any, name: str) -> str:
    if isinstance(node, dict):
        attributes = node.get("#attributes")
        if isinstance(attributes, dict):
            return str(attributes.get(name) or "")
    return ""


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    """Return the stream, or a copy that can be moved about in: on disk where it is large, and gone when it is closed."""
    if stream.seekable():
        return stream
    copy = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=HELD))  # noqa: SIM115 (closed by the caller)
    try:
        shutil.copyfileobj(stream, copy, 1 << 20)
    except Exception:
        copy.close()
        raise
    copy.seek(0)
    return copy
