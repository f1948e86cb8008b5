"""Histories of shells: bash (with or without ``#epoch``), zsh (``: time:length;command``), fish (YAML)."""

import re

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import ANNOUNCES, LONGER, Held
from evidence.parsing.source import decoded
from evidence.parsing.stamps import epoch

_ZSH = re.compile(r": (\d{9,11}):(\d+);(.*)")
_FISH = re.compile(r"- cmd: ?(.*)")
_MARK = re.compile(r"#(\d{9,11})$")


def _event(seconds: str, command: str) -> Event:
    event: Event = {
        "ts": epoch(seconds) if seconds else None, "ts_raw": seconds, "ts_quality": EXACT if seconds else (),
        "class_uid": int(Class.PROCESS), "activity": "launch", "event_action": "command", "process_command_line": decoded(command),
    }  # fmt: skip
    labels = labels_of(command)
    if labels:
        event["rule_labels"] = labels
    return event


class _Shell(Held):
    """What the three have in common: a command may go over several lines."""

    def _longer(self, line: str) -> object:
        """Put a line to the command before it."""
        if self.held is None:
            return "no_head"
        self.held["process_command_line"] += "\n" + decoded(line)
        labels = labels_of(self.held["process_command_line"])
        if labels:
            self.held["rule_labels"] = labels
        return LONGER


class Bash(_Shell):
    """Reads ~/.bash_history. Without time marks only the order is known; with them a command may have several lines."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.mark: tuple[str, int] | None = None
        self.timed = False

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        mark = _MARK.match(line)
        if mark is not None:
            self.mark, self.timed = (mark[1], self.at), True
            return ANNOUNCES
        if not line.strip():
            return "blank"
        if self.mark is not None:
            event = _event(self.mark[0], line)
            event["raw_offset"], self.mark = self.mark[1], None
            return event
        return self._longer(line) if self.timed else _event("", line)


class Zsh(_Shell):
    """Reads ~/.zsh_history with extended history."""

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        found = _ZSH.match(line)
        if found is None:
            return self._longer(line) if line.strip() else "blank"
        event = _event(found[1], found[3])
        event["attrs"] = {"seconds": int(found[2][:9])}
        return event


class Fish(_Shell):
    """Reads fish_history."""

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        found, event = _FISH.match(line), self.held
        if found is not None:
            return _event("", found[1].replace("\\n", "\n").replace("\\\\", "\\"))
        if event is None:
            return "no_head" if line.strip() else "blank"
        when = line[8:].strip()
        if line.startswith("  when: ") and when.isdecimal():
            event["ts"], event["ts_raw"], event["ts_quality"] = epoch(when), when, EXACT
        elif line.startswith("    - "):
            event.setdefault("attrs", {}).setdefault("paths", []).append(decoded(line[6:]))
        elif not line.startswith("  paths:"):
            return "no_head" if line.strip() else "blank"
        return LONGER
