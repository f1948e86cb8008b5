"""systemd's journal as its own binary file (``*.journal``), after the format's published description.

The file is walked object by object, so that entries which no index names any more are found too. Long fields may be
packed; XZ is unpacked here, LZ4 and Zstandard are not: such an entry keeps its time, its place in the count and its other
fields, and a finding says how many there are and names the way out (``journalctl -o export``).
"""

import io
import lzma
import struct
from collections import OrderedDict
from collections.abc import Iterator
from typing import IO, Any

from evidence.parsing.context import Context, batches
from evidence.parsing.events import Event
from evidence.parsing.findings import STATED, UNKNOWN, Finding
from evidence.parsing.journald import Entries
from evidence.parsing.source import Broken, Source, decoded

MAGIC = b"LPKSHHRH"
_HEADER = struct.Struct("<8sII B7x 16s16s16s16s QQ")
_OBJECT = struct.Struct("<BB6xQ")
_ENTRY = struct.Struct("<QQQ16sQ")
_DATA, _ENTRY_KIND, _KINDS = 1, 3, range(1, 8)
_COMPACT = 16
_XZ, _PACKED = 1, 6
#: A file that cannot be moved about in is held in memory up to this.
HELD = 256 << 20
#: A field longer than this is damage; so many fields are remembered.
LONGEST, REMEMBERED = 64 << 20, 20_000
#: One entry has so many fields at most.
FIELDS = 2_000


class JournalFile:
    """Reads it; ``lines`` counts entries."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.context = context
        self.entries = Entries()
        self.known: OrderedDict[int, tuple[str, str] | None] = OrderedDict()
        self.compact = False
        self.expected = self.packed = self.end = 0
        self.sequence = ""

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists."""
        with source.open() as opened:
            stream = opened if opened.seekable() else _held(opened)
            yield from batches(self._events(stream))

    def _events(self, stream: IO[bytes]) -> Iterator[Event]:
        head = stream.read(256)
        if len(head) < 208 or head[:8] != MAGIC:
            self.tally.lines += 1
            self.tally.refuse(0, len(head), "no_record")
            return
        _, _, incompatible, _, _, _, _, sequence, header_size, _ = _HEADER.unpack_from(head)
        self.compact, self.sequence = bool(incompatible & _COMPACT), sequence.hex()
        self.expected = int.from_bytes(head[152:160], "little")
        stream.seek(0, io.SEEK_END)
        end, at = stream.tell(), header_size
        self.end = end
        if not 208 <= header_size <= end:
            self.tally.lines += 1
            self.tally.refuse(0, len(head), "no_record")
            return
        while at + 16 <= end:
            stream.seek(at)
            kind, _, size = _OBJECT.unpack(stream.read(16).ljust(16, b"\0"))
            if kind == 0 and size == 0:
                return  # space kept for later
            if kind not in _KINDS or size < 16 or at + size > end:
                self.tally.lines += 1
                self.tally.refuse(at, min(size, end - at), "cut_short" if kind in _KINDS else "no_record")
                return
            if kind == _ENTRY_KIND:
                event = self._entry(stream, at, size)
                if event is not None:
                    yield event
            at += (size + 7) & ~7

    def _entry(self, stream: IO[bytes], at: int, size: int) -> Event | None:
        self.tally.lines += 1
        data = stream.read(min(size - 16, 48 + FIELDS * 16))
        if len(data) < 48:
            self.tally.refuse(at, size, "cut_short")
            return None
        number, realtime, _, boot, _ = _ENTRY.unpack_from(data)
        step = 4 if self.compact else 16
        fields: dict[str, Any] = {}
        packed = 0
        for place in range(48, len(data) - step + 1, step):
            found = self._field(stream, int.from_bytes(data[place : place + min(step, 8)], "little"))
            if found is None:
                continue
            name, value = found
            if name:
                fields.setdefault(name, value)
            else:
                packed += 1
        fields["__REALTIME_TIMESTAMP"] = str(realtime)
        fields["__CURSOR"] = f"s={self.sequence};i={number:x}"
        fields["_BOOT_ID"] = boot.hex()
        event = self.entries.event(fields, at, size)
        if event is None:
            self.tally.refuse(at, size, "no_time")
        elif packed:
            self.packed += 1
            event["attrs"]["packed_fields"] = packed
        return event

    def _field(self, stream: IO[bytes], at: int) -> tuple[str, str] | None:
        """Return name and value of a field; two empty words where it cannot be unpacked."""
        if at in self.known:
            return self.known[at]
        found = self._data(stream, at)
        if found is None or len(found[1]) <= 4096:
            self.known[at] = found
            if len(self.known) > REMEMBERED:
                self.known.popitem(last=False)
        return found

    def _data(self, stream: IO[bytes], at: int) -> tuple[str, str] | None:
        if at + 16 > self.end:
            return None
        stream.seek(at)
        kind, flags, size = _OBJECT.unpack(stream.read(16).ljust(16, b"\0"))
        before = 72 if self.compact else 64
        if kind != _DATA or not before <= size <= LONGEST:
            return None
        stream.seek(at + before)
        payload = stream.read(size - before)
        if flags & _PACKED:
            return "", ""
        if flags & _XZ:
            try:
                payload = lzma.LZMADecompressor().decompress(payload, max_length=LONGEST)
            except lzma.LZMAError:
                return "", ""
        name, _, value = payload.partition(b"=")
        return name.decode("latin-1"), decoded(value.decode("latin-1"))

    def findings(self) -> list[Finding]:
        """Return that the head counts more entries than are there, and how many hold fields that were not unpacked."""
        out = []
        if self.expected > self.tally.lines:
            benign = {"cut_short": bool(self.tally.reasons.get("cut_short"))}
            out.append(
                Finding("journal_entries", UNKNOWN, expected=self.expected, found=self.tally.lines, benign=benign)
            )
        if self.packed:
            out.append(Finding("journal_packed", STATED, gap=False, facts={"records": self.packed}))
        return out


def _held(stream: IO[bytes]) -> IO[bytes]:
    data = stream.read(HELD + 1)
    if len(data) > HELD:
        raise Broken("nested")
    return io.BytesIO(data)
