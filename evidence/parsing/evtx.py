"""Windows event logs. The text of a record is read by the library; its place and its honesty are checked here."""

import io
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import IO, Any

import orjson
from evtx import PyEvtxParser

from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Event
from evidence.parsing.evtx_chunks import Bones, walk
from evidence.parsing.evtx_words import PROVIDED, SAID, fill
from evidence.parsing.findings import PROVED, STATED, UNKNOWN, Bound, Finding
from evidence.parsing.source import Source
from evidence.parsing.stamps import Full

#: So few at once that they are still in the processor's memory when they are counted and let go.
BATCH = 200
#: Records that the library reads before they are looked at, and failures of its after which no more are asked for.
AHEAD, FAILED = 64, 10_000
NOWHERE = (0, 0)


class Evtx:
    """Reads .evtx; ``lines`` counts records."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.bones = Bones()
        self.renumbered = 0
        self.machines: set[str] = set()
        self.numbers: dict[str, list[tuple[int, int, int, int | None]]] = {}

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists, in the order of the file."""
        places: dict[int, tuple[int, int]] = {}
        doubles: dict[int, list[tuple[int, int]]] = {}
        with source.open() as stream:
            for chunk in walk(stream, self.bones):
                for number, offset, size in chunk:
                    if places.setdefault(number, (offset, size))[0] != offset:
                        doubles.setdefault(number, []).append((offset, size))
        with source.open() as stream:
            yield from self._events(_seekable(stream), places, doubles)
        left = [*places.values(), *(spot for spots in doubles.values() for spot in spots)]
        for offset, size in sorted(left):
            self.tally.lines += 1
            self.tally.refuse(offset, size, "unreadable_record")
        if not self.tally.lines:
            self.tally.lines += 1
            self.tally.refuse(0, len(source.head()), "no_record")

    def _events(
        self, stream: IO[bytes], places: dict[int, tuple[int, int]], doubles: dict[int, list[tuple[int, int]]]
    ) -> Iterator[list[Event]]:
        try:
            records = iter(PyEvtxParser(stream, 1).records_json())
        except (RuntimeError, ValueError, OSError):
            self.context.remarks.append(("evtx_unreadable", {}))
            return
        read_time = Full(self.context.zone).read
        batch: list[Event] = []
        seq = 0
        machine = channel = rows = None
        read_event, tally, numbers = self._event, self.tally, self.numbers
        for record in self._records(records):
            number = record["event_record_id"]
            spot: tuple[int, int] = places.pop(number, NOWHERE)
            if spot is NOWHERE:
                rest = doubles.get(number)
                spot = rest.pop(0) if rest else NOWHERE
            tally.lines += 1
            event = read_event(record["data"], read_time)
            if event is None:
                tally.refuse(spot[0], spot[1], "no_event")
                continue
            seq += 1
            event["seq"] = seq
            event["raw_offset"], event["raw_length"] = spot
            attrs = event["attrs"]
            attrs["header_id"] = number
            record_id = attrs["record_id"]
            if number != record_id:
                self.renumbered += 1
            if event["host"] != machine:
                machine = event["host"]
                self.machines.add(machine)
            if rows is None or attrs["channel"] != channel:
                channel = attrs["channel"]
                rows = numbers.setdefault(channel, [])
            rows.append((record_id, spot[0], spot[1], event["ts"]))
            batch.append(event)
            if len(batch) >= BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _records(self, records: Iterator[Any]) -> Iterator[Any]:
        """Yield what the library reads, some records ahead: it and we are each quicker when we need not take turns."""
        failed, ended = 0, False
        while not ended and failed <= FAILED:
            ahead: list[Any] = []
            try:
                ahead.extend(islice(records, AHEAD))
                ended = len(ahead) < AHEAD
            except (RuntimeError, ValueError, OSError):
                failed += 1
            yield from ahead
        if failed:
            self.context.remarks.append(("evtx_records_failed", {"records": failed}))

    @staticmethod
    def _event(text: str, read_time: Any) -> Event | None:
        try:
            body = orjson.loads(text)["Event"]
            system = body["System"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        if not isinstance(system, dict):
            return None
        identity = system.get("EventID")
        if isinstance(identity, dict):
            identity = identity.get("#text", 0)
        try:
            number = int(identity or 0)
            record_id = int(system.get("EventRecordID") or 0)
        except (TypeError, ValueError):
            return None
        try:
            provider = system["Provider"]["#attributes"]["Name"]
            stamp = system["TimeCreated"]["#attributes"]["SystemTime"]
        except (KeyError, TypeError):
            provider = _attribute(system.get("Provider"), "Name")
            stamp = _attribute(system.get("TimeCreated"), "SystemTime")
        moment = read_time(stamp) if stamp else None
        data = body.get("EventData") or body.get("UserData")
        if data is not None and not isinstance(data, dict):
            data = {"Data": data}
        said = PROVIDED.get((provider, number)) or SAID.get(number if provider in _SECURITY else -1)
        event: Event = {
            "ts": moment[0] if moment else None, "ts_raw": stamp, "ts_quality": EXACT if moment else (),
            "class_uid": said[0] if said else 0, "event_action": said[2] if said else f"windows_{number}",
            "host": str(system.get("Computer") or ""),
            "attrs": {
                "event_id": number, "channel": str(system.get("Channel") or ""), "provider": provider, "record_id": record_id,
            },
        }  # fmt: skip
        if said:
            event["activity"] = said[1]
            if said[3]:
                event["event_outcome"] = said[3]
        if data:
            fill(event, number, data)
        user = _attribute(system.get("Security"), "UserID") if system.get("Security") else ""
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
            rows.sort()
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
    def _gaps(
        name: str, rows: list[tuple[int, int, int, int | None]], renumbered: bool, several: bool
    ) -> list[Finding]:
        out: list[Finding] = []
        for before, after in pairwise(rows):
            lost = after[0] - before[0] - 1
            if lost <= 0:
                continue
            out.append(
                Finding(
                    "evtx_record_id",
                    UNKNOWN if renumbered else PROVED,
                    expected=lost,
                    found=0,
                    before=Bound(before[1], before[2], before[3], f"{name} EventRecordID {before[0]}"),
                    after=Bound(after[1], after[2], after[3], f"{name} EventRecordID {after[0]}"),
                    benign={"filtered_export": renumbered, "several_machines": several},
                    facts={"channel": name, "from": before[0] + 1, "to": after[0] - 1},
                )
            )
        return out


_SECURITY = {"Microsoft-Windows-Security-Auditing", "Security", "Microsoft-Windows-Eventlog"}


def _attribute(node: Any, name: str) -> str:
    if isinstance(node, dict):
        attributes = node.get("#attributes")
        if isinstance(attributes, dict):
            return str(attributes.get(name) or "")
    return ""


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    return stream if stream.seekable() else io.BytesIO(stream.read())
