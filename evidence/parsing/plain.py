"""A text of no known shape: every line is counted, none is understood, all can be searched."""

from evidence.parsing.context import Context
from evidence.parsing.events import Event
from evidence.parsing.source import Block


class Plain:
    """Counts lines."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally

    def feed(self, block: Block) -> list[Event]:
        """Count the lines of a block as unread."""
        offset, lines, stride = block
        self.tally.lines += len(lines)
        for line in lines:
            self.tally.refuse(offset, len(line) * stride, "unknown_format" if line.strip() else "blank")
            offset += (len(line) + 1) * stride
        return []

    def close(self) -> list[Event]:
        """Return nothing."""
        return []
