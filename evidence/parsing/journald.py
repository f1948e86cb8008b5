"""systemd's journal as exported: ``journalctl -o json`` (a line each) and ``-o export`` (fields, binary ones by length)."""

import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from evidence.parsing.context import Context, batches
from evidence.parsing.events import EXACT, PLAIN, Event, Meaning
from evidence.parsing.lines import Lines
from evidence.parsing.source import Source, decoded
from evidence.parsing.syslog import Handler, handler_of, meaning_of

_CURSOR = re.compile(r"(?:^|;)i=([0-9a-f]+)")
#: One field of the binary export may be so long; a longer one is damage.
LONGEST_FIELD = 64 << 20


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if value and all(isinstance(part, int) for part in value):
            return decoded(bytes(part & 255 for part in value).decode("latin-1"))
        return _text(value[0]) if value else ""
    return "" if value is None else str(value)


class Entries:
    """Turns the fields of an entry into an event; both exports share it."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.seq = 0

    def event(self, fields: dict[str, Any], start: int, size: int) -> Event | None:
        """Return the event of an entry, or None where it carries no time."""
        stamp = _text(fields.get("__REALTIME_TIMESTAMP") or fields.get("_SOURCE_REALTIME_TIMESTAMP") or "")
        if not stamp.isdecimal() or len(stamp) > 18:
            return None
        program = _text(fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM") or "")
        message = _text(fields.get("MESSAGE"))
        handler = self.handlers.get(program)
        if handler is None:
            handler = self.handlers[program] = handler_of(program)
        said: Meaning = meaning_of(handler, message) or {
            "class_uid": 0,
            "event_action": PLAIN,
            "attrs": {"message": message},
        }
        attrs = dict(said.get("attrs", ()))
        cursor = _CURSOR.search(_text(fields.get("__CURSOR", "")))
        number = cursor[1] if cursor else ""
        if number:
            attrs["cursor"] = int(number, 16)
        elif "__SEQNUM" in fields:
            attrs["cursor"] = int(_text(fields["__SEQNUM"]) or 0)
        seqnum_id = re.search(r"(?:^|;)s=([0-9a-f]+)", _text(fields.get("__CURSOR", "")))
        if seqnum_id:
            attrs["file_id"] = seqnum_id[1]
        boot = _text(fields.get("_BOOT_ID", ""))
        if boot:
            attrs["boot"] = boot
        said["attrs"] = attrs
        self.seq += 1
        said |= {
            "seq": self.seq, "raw_offset": start, "raw_length": size, "ts": int(stamp), "ts_raw": stamp,
            "ts_quality": EXACT, "host": _text(fields.get("_HOSTNAME", "")),
        }  # fmt: skip
        if program:
            said["process_executable"] = program
        pid = _text(fields.get("_PID") or fields.get("SYSLOG_PID") or "")
        if pid.isdecimal():
            said["process_pid"] = int(pid[:10])
        command = _text(fields.get("_CMDLINE", ""))
        if command and "process_command_line" not in said:
            said["process_command_line"] = command
        return said  # type: ignore[return-value]


class JournalJson(Lines):
    """Reads ``journalctl -o json``: a line is an entry."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.entries = Entries()

    def line(self, line: str) -> Event | str:
        """Read one line."""
        if not line.strip():
            return "blank"
        try:
            fields = orjson.loads(line if line.isascii() else line.encode("latin-1"))
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            fields = None
        if not isinstance(fields, dict):
            return "no_json"
        return self.entries.event(fields, 0, 0) or "no_time"


class JournalExport:
    """Reads ``journalctl -o export``; ``lines`` counts entries."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.entries = Entries()

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists."""
        with source.open() as stream:
            yield from batches(self._events(stream))

    def _events(self, stream: IO[bytes]) -> Iterator[Event]:
        start = at = 0
        fields: dict[str, Any] = {}
        broken = False
        while True:
            line = stream.readline(LONGEST_FIELD)
            at += len(line)
            if not line or line == b"\n":
                if fields or broken:
                    self.tally.lines += 1
                    event = None if broken else self.entries.event(fields, start, at - start - len(line))
                    if event is None:
                        self.tally.refuse(start, at - start, "broken_entry" if broken else "no_time")
                    else:
                        yield event
                fields, broken, start = {}, False, at
                if not line:
                    return
                continue
            name, equals, value = line.rstrip(b"\n").partition(b"=")
            if equals:
                fields[name.decode("latin-1")] = decoded(value.decode("latin-1"))
                continue
            header = stream.read(8)
            at += len(header)
            length = int.from_bytes(header, "little") if len(header) == 8 else LONGEST_FIELD + 1
            if length > LONGEST_FIELD:
                broken = True
                continue
            data = stream.read(length + 1)
            at += len(data)
            broken = broken or len(data) < length
            fields[name.decode("latin-1")] = decoded(data[:length].decode("latin-1"))
