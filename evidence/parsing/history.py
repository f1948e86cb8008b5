"""Histories of shells: bash (with or without ``#epoch``), zsh (``: time:length;command``), fish (YAML)."""

import re

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.source import Block, decoded
from evidence.parsing.stamps import epoch

_ZSH = re.compile(r": (\d{9,11}):(\d+);(.*)")
_FISH = re.compile(r"- cmd: ?(.*)")
_MARK = re.compile(r"#(\d{9,11})$")


def _event(start: int, size: int, seconds: str, command: str) -> Event:
    event: Event = {
        "raw_offset": start, "raw_length": size, "ts": epoch(seconds) if seconds else None, "ts_raw": seconds,
        "ts_quality": EXACT if seconds else (), "class_uid": int(Class.PROCESS), "activity": "launch", "event_action": "command",
        "process_command_line": decoded(command),
    }  # fmt: skip
    labels = labels_of(command)
    if labels:
        event["rule_labels"] = labels
    return event


class _Shell:
    """What the three have in common: a command may go over several lines, so the last one waits."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.seq = 0
        self.held: Event | None = None

    def feed(self, block: Block) -> list[Event]:
        """Return the commands that are complete."""
        out: list[Event] = []
        offset, lines, stride = block
        self.tally.lines += len(lines)
        for line in lines:
            start, size = offset, len(line) * stride
            offset += size + stride
            self._line(line.rstrip("\r"), start, size, out)
        return out

    def _line(self, line: str, start: int, size: int, out: list[Event]) -> None:
        raise NotImplementedError

    def _next(self, event: Event, out: list[Event]) -> None:
        if self.held is not None:
            out.append(self.held)
        self.seq += 1
        event["seq"] = self.seq
        self.held = event

    def _longer(self, line: str, start: int, size: int) -> None:
        """Put a line to the command before it."""
        event = self.held
        if event is None:
            self.tally.refuse(start, size, "no_head")
            return
        event["process_command_line"] += "\n" + decoded(line)
        event["raw_length"] = start + size - event["raw_offset"]
        labels = labels_of(event["process_command_line"])
        if labels:
            event["rule_labels"] = labels

    def close(self) -> list[Event]:
        """Return the last command."""
        held, self.held = self.held, None
        return [held] if held is not None else []


class Bash(_Shell):
    """Reads ~/.bash_history. Without time marks only the order is known; with them a command may have several lines."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.mark: tuple[str, int] | None = None
        self.timed = False

    def _line(self, line: str, start: int, size: int, out: list[Event]) -> None:
        mark = _MARK.match(line)
        if mark is not None:
            self.mark, self.timed = (mark[1], start), True
        elif not line.strip():
            self.tally.refuse(start, size, "blank")
        elif self.mark is not None:
            seconds, begun = self.mark
            self.mark = None
            self._next(_event(begun, start + size - begun, seconds, line), out)
        elif self.timed:
            self._longer(line, start, size)
        else:
            self._next(_event(start, size, "", line), out)


class Zsh(_Shell):
    """Reads ~/.zsh_history with extended history."""

    def _line(self, line: str, start: int, size: int, out: list[Event]) -> None:
        found = _ZSH.match(line)
        if found is not None:
            event = _event(start, size, found[1], found[3])
            event["attrs"] = {"seconds": int(found[2][:9])}
            self._next(event, out)
        elif not line.strip():
            self.tally.refuse(start, size, "blank")
        else:
            self._longer(line, start, size)


class Fish(_Shell):
    """Reads fish_history."""

    def _line(self, line: str, start: int, size: int, out: list[Event]) -> None:
        found = _FISH.match(line)
        event = self.held
        if found is not None:
            self._next(_event(start, size, "", found[1].replace("\\n", "\n").replace("\\\\", "\\")), out)
        elif event is not None and line.startswith("  when: ") and line[8:].strip().isdecimal():
            event["ts"], event["ts_raw"], event["ts_quality"] = epoch(line[8:].strip()), line[8:].strip(), EXACT
            event["raw_length"] = start + size - event["raw_offset"]
        elif event is not None and line.startswith(("  paths:", "    - ")):
            if line.startswith("    - "):
                event.setdefault("attrs", {}).setdefault("paths", []).append(decoded(line[6:]))
            event["raw_length"] = start + size - event["raw_offset"]
        else:
            self.tally.refuse(start, size, "blank" if not line.strip() else "no_head")
