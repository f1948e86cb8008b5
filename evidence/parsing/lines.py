"""What readers of one line at a time have in common."""

from typing import cast

from evidence.parsing.context import Context
from evidence.parsing.events import Event
from evidence.parsing.source import Block
from evidence.parsing.stamps import Full


class Lines:
    """Feeds a block line by line to ``line``, which returns an event without its place, or the reason why there is none."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.clock = Full(context.zone)
        self.seq = 0

    def feed(self, block: Block) -> list[Event]:
        """Return the events of a block's lines."""
        out: list[Event] = []
        offset, lines, stride, _simple = block
        tally, read = self.tally, self.line
        tally.lines += len(lines)
        seq = self.seq
        for line in lines:
            size = len(line) * stride
            event = read(line if line[-1:] != "\r" else line[:-1])
            if type(event) is str:
                tally.refuse(offset, size, event)
            else:
                seq += 1
                event["seq"] = seq  # type: ignore[index]
                event["raw_offset"] = offset  # type: ignore[index]
                event["raw_length"] = size  # type: ignore[index]
                out.append(event)  # type: ignore[arg-type]
            offset += size + stride
        self.seq = seq
        return out

    def line(self, line: str) -> Event | str:
        """Read one line."""
        raise NotImplementedError

    def close(self) -> list[Event]:
        """Return what was waiting: nothing."""
        return []


#: A line that belongs to the event before it, and one that only announces the next.
LONGER, ANNOUNCES = object(), object()


class Held(Lines):
    """Lines of which several may make one event: the last event waits for what still belongs to it.

    ``piece`` returns a new event (``raw_offset`` set where it began before this line), `LONGER` when the line belongs to
    ``self.held``, `ANNOUNCES` when it belongs to the event to come, or the reason why it is none. ``self.at`` is the
    line's place.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.held: Event | None = None
        self.at = 0

    def feed(self, block: Block) -> list[Event]:
        """Return the events that are complete."""
        out: list[Event] = []
        self.at, lines, stride, _simple = block
        self.tally.lines += len(lines)
        for line in lines:
            size = len(line) * stride
            said = self.piece(line[:-1] if line[-1:] == "\r" else line)
            if isinstance(said, str):
                self.tally.refuse(self.at, size, said)
            elif said is LONGER and self.held is not None:
                self.held["raw_length"] = self.at + size - self.held["raw_offset"]
            elif isinstance(said, dict):
                self._next(cast("Event", said), self.at + size, out)
            self.at += size + stride
        return out

    def _next(self, event: Event, end: int, out: list[Event]) -> None:
        if self.held is not None:
            out.append(self.held)
        self.seq += 1
        event["seq"] = self.seq
        event.setdefault("raw_offset", self.at)
        event["raw_length"] = end - event["raw_offset"]
        self.held = event

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        raise NotImplementedError

    def close(self) -> list[Event]:
        """Return the last event."""
        held, self.held = self.held, None
        return [held] if held is not None else []


def port(text: str | None) -> int | None:
    """Return a port number, or None where the text is none."""
    if text and text.isdecimal() and len(text) <= 5:
        return int(text)
    return None
