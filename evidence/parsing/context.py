"""What a reader is told about its source, and the account it keeps of what it could not read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from evidence.parsing.events import Event
from evidence.parsing.source import Block, Source
from evidence.parsing.stamps import SHANGHAI

#: So many places of unread bytes are kept by name; the rest are counted.
KEPT = 200


QUIET = frozenset({"blank", "heading", "comment", "summary"})


@dataclass
class Tally:
    """Lines (or records) in = parsed + unparsed, always."""

    lines: int = 0
    unparsed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    #: Lines that were read and carry no event: headings, comments, blank lines.
    quiet: Counter[str] = field(default_factory=Counter)
    places: list[tuple[int, int, str]] = field(default_factory=list)

    def refuse(self, offset: int, length: int, reason: str) -> None:
        """Note a line that carries no event; unless it is a heading or blank, it could not be read."""
        if reason in QUIET:
            self.quiet[reason] += 1
            return
        self.unparsed += 1
        self.reasons[reason] += 1
        if len(self.places) < KEPT:
            self.places.append((offset, length, reason))

    @property
    def parsed(self) -> int:
        return self.lines - self.unparsed


@dataclass
class Context:
    """Zone and reference day of a source, and its tally."""

    zone: tzinfo = SHANGHAI
    #: No line of the source is younger than this: the day the file was taken, or its own time.
    reference: datetime = field(default_factory=lambda: datetime.now(UTC))
    #: The year of the first line, where lines carry none; found before reading.
    year: int = 0
    #: Which column of a table is which field: field -> heading. Empty: found by the names of the headings.
    columns: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    #: What a reader wants to tell beyond its events: (code, facts).
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class LineReader(Protocol):
    """Reads lines; ``feed`` counts every line of the block in the tally."""

    def feed(self, block: Block) -> list[Event]: ...

    def close(self) -> list[Event]: ...


class RecordReader(Protocol):
    """Reads a whole source of records."""

    def read(self, source: Source) -> Iterator[list[Event]]: ...


def batches(events: Iterable[Event], size: int = 2000) -> Iterator[list[Event]]:
    """Yield events in lists."""
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
