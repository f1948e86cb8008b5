"""What readers of one line at a time have in common."""

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
        offset, lines, stride = block
        tally, read = self.tally, self.line
        tally.lines += len(lines)
        seq = self.seq
        for line in lines:
            size = len(line) * stride
            event = read(line[:-1] if line[-1:] == "\r" else line)
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


def port(text: str | None) -> int | None:
    """Return a port number, or None where the text is none."""
    if text and text.isdecimal() and len(text) <= 5:
        return int(text)
    return None
