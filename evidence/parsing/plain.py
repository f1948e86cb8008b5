"""A text of no known shape: every line is counted, none is understood, all can be searched."""

from evidence.parsing.lines import Lines


class Plain(Lines):
    """Counts lines."""

    def line(self, line: str) -> str:
        """Read one line: nothing is understood."""
        return "unknown_format" if line.strip() else "blank"
