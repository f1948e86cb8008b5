"""The checks of conservation: what a system numbered itself must be there without a hole."""

import collections.abc
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from evidence.parsing.events import Event
from evidence.parsing.findings import PROVED, UNKNOWN, Bound, Finding, Watch
from evidence.parsing.formats import Format
from evidence.parsing.heartbeat import Heartbeat
from evidence.parsing.sessions import LogindSessions

EventList = collections.abc.Sequence[Event]
#: A log with more than this share of its own numbers missing was exported in part, not thinned by hand.
PART = 0.5
#: One hole, however large, is a cut; so many are a filter.
SCATTERED = 10
HOLES = 20_000
#: A serial number that falls by so much began anew, it did not arrive late.
RESET = 4096


@dataclass
class Hole:
    """Numbers that are not there, between the two lines that are."""

    first: int
    last: int
    before: Bound
    after: Bound


@dataclass
class Sequence:
    """Numbers as they come: mostly rising by one, sometimes late, sometimes anew after a restart."""

    start: int
    top: int
    last: Bound | Event
    seen: int = 1
    holes: list[Hole] = field(default_factory=list)
    overflow: int = 0
    first: Bound = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.edge

    @property
    def edge(self) -> Bound:
        """The line of the highest number."""
        return self.last if isinstance(self.last, Bound) else Bound.of(self.last)

    def take(self, number: int, bound: Bound) -> bool:
        """Note a number; False where a new sequence begins."""
        if number > self.top:
            if number > self.top + 1:
                if len(self.holes) < HOLES:
                    self.holes.append(Hole(self.top + 1, number - 1, self.edge, bound))
                else:
                    self.overflow += number - self.top - 1
            self.top, self.last = number, bound
            self.seen += 1
            return True
        if number == self.top:
            return True
        for index in range(len(self.holes) - 1, max(-1, len(self.holes) - 200), -1):
            hole = self.holes[index]
            if hole.first <= number <= hole.last:
                parts = [
                    Hole(hole.first, number - 1, hole.before, bound),
                    Hole(number + 1, hole.last, bound, hole.after),
                ]
                self.holes[index : index + 1] = [part for part in parts if part.first <= part.last]
                self.seen += 1
                return True
        if number < self.start and self.start - number < RESET:
            if number < self.start - 1:
                self.holes.insert(0, Hole(number + 1, self.start - 1, bound, self.first))
            self.start, self.first = number, bound
            self.seen += 1
            return True
        return self.top - number < RESET

    @property
    def missing(self) -> int:
        return sum(hole.last - hole.first + 1 for hole in self.holes) + self.overflow

    @property
    def in_part(self) -> bool:
        """Whether so much is missing, in so many places, that this is an export in part."""
        return self.missing > (self.top - self.start + 1) * PART and len(self.holes) >= SCATTERED


def ends_of(check: str, sequences: dict[str, list[Sequence]]) -> dict[str, Any]:
    """Return where each sequence begins and ends, unless it is an export in part."""
    ends = {
        name: [[parts[0].start, *parts[0].first.place()], [parts[-1].top, *parts[-1].edge.place()]]
        for name, parts in sequences.items()
        if not any(part.in_part for part in parts)
    }
    return {check: ends} if ends else {}


def findings_of(check: str, sequences: dict[str, list[Sequence]], *, limited: bool) -> list[Finding]:
    """Return a finding for every hole; a sequence that is mostly holes is an export in part, told as one finding."""
    out: list[Finding] = []
    for name, parts in sequences.items():
        for part in parts:
            missing = part.missing
            if not missing:
                continue
            span = part.top - part.start + 1
            if part.in_part:
                out.append(
                    Finding(
                        check,
                        UNKNOWN,
                        expected=span,
                        found=part.seen,
                        before=part.holes[0].before,
                        after=part.holes[-1].after,
                        benign={"filtered_export": True, "rate_limit": limited},
                        facts={"sequence": name, "holes": len(part.holes)},
                    )
                )
                continue
            out.extend(
                Finding(
                    check,
                    PROVED,
                    expected=hole.last - hole.first + 1,
                    found=0,
                    before=hole.before,
                    after=hole.after,
                    benign={"filtered_export": False, "rate_limit": limited, "restart": False, "rotation": False},
                    facts={"sequence": name, "from": hole.first, "to": hole.last},
                )
                for hole in part.holes
            )
    return out


class Numbered:
    """Watches one number that rises by one from event to event."""

    actions: frozenset[str] | None = None

    def __init__(self, check: str, number: str, name: str) -> None:
        self.check, self.number, self.name = check, number, name
        self.sequences: dict[str, list[Sequence]] = {}
        self.limited = False
        self.latest: tuple[str, Sequence] | None = None

    def see(self, event: Event) -> None:
        """Note an event's number."""
        self.see_all([event])

    def see_all(self, events: EventList) -> None:
        """Note the numbers of many events: nearly every one follows the one before."""
        key, key_of_name = self.number, self.name
        known, follow = self.latest or (None, None)
        due = follow.top + 1 if follow is not None else -1
        for event in events:
            attrs = event["attrs"]
            number = attrs.get(key)
            if number is None:
                if event["event_action"] == "log_rate_limited":
                    self.limited = True
                continue
            name = attrs.get(key_of_name) or event.get("host", "")
            if number == due and name == known and follow is not None and attrs.get("type", "")[:7] != "DAEMON_":
                follow.top = number
                follow.seen += 1
                follow.last = event
                due += 1
                continue
            if event["event_action"] == "log_rate_limited":
                self.limited = True
            if attrs.get("type", "")[:7] == "DAEMON_":
                continue
            self._other(event, name, number)
            known, follow = self.latest or (None, None)
            due = follow.top + 1 if follow is not None else -1

    def _other(self, event: Event, name: str, number: int) -> None:
        """Note a number that does not follow the last one of its sequence."""
        parts = self.sequences.get(name)
        bound = Bound(event["raw_offset"], event["raw_length"], event.get("ts"))
        if parts is None:
            parts = self.sequences[name] = [Sequence(number, number, bound)]
        elif not parts[-1].take(number, bound):
            parts.append(Sequence(number, number, bound))
        self.latest = (name, parts[-1])

    def ends(self) -> dict[str, Any]:
        """Return where the numbers begin and end."""
        return ends_of(self.check, self.sequences)

    def finish(self) -> list[Finding]:
        """Return the holes."""
        return findings_of(self.check, self.sequences, limited=self.limited)


class Audit(Numbered):
    """Audit serials; and an audit event says how many paths belong to it, and a path cannot be without its call."""

    def __init__(self) -> None:
        super().__init__("audit_serial", "serial", "node")
        self.incomplete: list[Finding] = []
        self.several = 0

    def see_all(self, events: EventList) -> None:
        """Note the serials of events, and whether their records are all there."""
        super().see_all(events)
        for event in events:
            attrs = event["attrs"]
            if "records" in attrs or "syscall_missing" in attrs:
                self._records(event, attrs)

    def _records(self, event: Event, attrs: dict[str, Any]) -> None:
        if "records" in attrs:
            self.several += 1
        if "paths_expected" in attrs:
            expected, found = attrs["paths_expected"], attrs["paths_found"]
        elif attrs.get("syscall_missing"):
            expected, found = 1, 0
        else:
            return
        if len(self.incomplete) < HOLES:
            bound = Bound.of(event)
            facts = {"serial": attrs["serial"]}
            self.incomplete.append(
                Finding("audit_record", PROVED, expected=expected, found=found, before=bound, after=bound, facts=facts)
            )

    def finish(self) -> list[Finding]:
        """Return holes and incomplete events; of an export in part, or where the rules leave records out, only the former."""
        holes = super().finish()
        in_part = any(finding.verdict == UNKNOWN for finding in holes)
        if in_part or len(self.incomplete) * 2 > self.several:
            return holes
        return holes + self.incomplete


class Journal(Numbered):
    """Cursors of the journal: the files of a machine share one count, which goes on over restarts unless it begins at 1."""

    def __init__(self) -> None:
        super().__init__("journal_cursor", "cursor", "boot")

    def finish(self) -> list[Finding]:
        """Return the holes within and between the starts of the machine."""
        previous: Sequence | None = None
        for parts in self.sequences.values():
            for part in parts:
                if previous is not None and previous.top + 1 < part.start < previous.top + RESET:
                    previous.holes.append(Hole(previous.top + 1, part.start - 1, previous.edge, part.first))
                    previous.top = part.start - 1
                previous = part
        return super().finish()


class Vendor:
    """The serial number in square brackets that some devices put to their messages."""

    actions: frozenset[str] | None = None

    def __init__(self) -> None:
        self.whole: dict[str, list[Sequence]] = {}
        self.steps: Counter[bool] = Counter()

    def see(self, event: Event) -> None:
        """Note an event's serial number, per device."""
        self.see_all([event])

    def see_all(self, events: EventList) -> None:
        """Note the serial numbers of many events; most devices give none."""
        for event in [event for event in events if "count" in event["attrs"]]:
            self._see(event, event["attrs"]["count"])

    def _see(self, event: Event, number: int) -> None:
        name = event.get("host", "")
        bound = Bound(event["raw_offset"], event["raw_length"], event.get("ts"))
        parts = self.whole.get(name)
        if parts is None:
            self.whole[name] = [Sequence(number, number, bound)]
            return
        self.steps[number == parts[-1].top + 1] += 1
        if not parts[-1].take(number, bound):
            parts.append(Sequence(number, number, bound))

    def _counts(self) -> bool:
        total = self.steps.total()
        return total >= 20 and self.steps[True] >= total * 0.95

    def ends(self) -> dict[str, Any]:
        """Return where the numbers begin and end, if they count messages."""
        return ends_of("vendor_serial", self.whole) if self._counts() else {}

    def finish(self) -> list[Finding]:
        """Return the holes, if the number of this device does count messages (19 of 20 steps are by one)."""
        return findings_of("vendor_serial", self.whole, limited=False) if self._counts() else []


def watches_for(format_: Format) -> list[Watch]:
    """Return the checks for a format."""
    out: list[Watch] = []
    if "audit" in format_.checks:
        out.append(Audit())
    if "journal" in format_.checks:
        out.append(Journal())
    if "logind" in format_.checks:
        out.append(LogindSessions())
    if "heartbeat" in format_.checks:
        out.append(Heartbeat())
    if "vendor" in format_.checks:
        out.append(Vendor())
    return out
