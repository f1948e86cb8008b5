"""Windows records straight from their bytes: what the library would say of them, without its text and without JSON.

What a record says is a copy of an event that was made before from the same values; only times, numbers, sessions and ports, which
differ from record to record, are put into the copy one by one.
"""

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from evidence.parsing.events import EXACT, Event
from evidence.parsing.evtx_chunks import CHUNK, Record
from evidence.parsing.evtx_shapes import DEFINED, Heading, Part, Shape, Shapes, Unknown, fields_of, heading_of
from evidence.parsing.evtx_values import (
    BINXML,
    EPOCH,
    FILETIME,
    FIRST,
    HEX32,
    HEX64,
    LAST,
    LENGTHS,
    MINUTE,
    NULL,
    SID,
    STRING,
    UINT16,
    UINT64,
    Minutes,
    Readers,
    sid_length,
)
from evidence.parsing.evtx_words import PORTS, port_of

#: What may be wrong with bytes that are not as they should be.
AMISS = (Unknown, IndexError, KeyError, struct.error, UnicodeDecodeError, ValueError)
#: A fragment that begins with a template; the latter without the head of the former.
_BEGINS, _BARE = b"\x0f\x01\x01\x00\x0c\x01", b"\x0c\x01"
_WORD = struct.Struct("<I").unpack_from
_FIRST, _LAST = FIRST, LAST
#: Layouts of values, and events made beforehand, that are remembered.
_LAYOUTS, _MADE, _HEADS = 8_000, 4_096, 100
_MANY = 65_536
#: A field: its name, and its text, or where its value begins and ends, and how it is read; (0, 0, nothing) where there is none.
Field = tuple[str, str, int, int, Callable[[bytes], Any] | None]
#: Makes an event from provider, number, channel, machine and user of a record, and its fields.
Maker = Callable[[str, int, str, str, str, dict[str, Any]], Event]


@dataclass(slots=True, eq=False)
class _Head:
    """How the values of the head of a record lie."""

    unpack: Callable[[bytes, int], tuple[Any, ...]]
    same: Callable[[tuple[Any, ...]], Any]
    time: int
    record: int
    #: Bytes of what describes the values, but for the last of them; bytes before what happened.
    width: int
    begin: int
    wrapped: bool
    #: Provider, number, channel, machine, user.
    fields: tuple[Field, ...]
    #: The same, as they were read, by what of the head is the same.
    read: dict[Any, tuple[Any, ...]]


@dataclass(slots=True, eq=False)
class _Body:
    """How the values of what happened lie."""

    unpack: Callable[[bytes, int], tuple[Any, ...]]
    same: Callable[[tuple[Any, ...]], Any]
    #: Which of what is unpacked is the session, that of who asked for it, and the port, counted from one; 0 for none.
    session: int
    asking: int
    port: int
    #: Bytes of what describes the values; with the values themselves.
    width: int
    size: int
    fields: tuple[Field, ...]
    #: Whether it was made for one record alone.
    once: bool


class Plain:
    """Reads the records of chunks whose shapes it understands."""

    def __init__(self, make: Maker) -> None:
        self.make = make
        self.shapes = Shapes()
        self.made: dict[Any, tuple[Event, dict[str, Any]]] = {}
        self.headings: dict[Shape, Heading] = {}
        self.fields: dict[tuple[Shape, bool], list[tuple[str, Part]]] = {}
        self.layouts = 0
        #: Templates of the chunk by their places, and their names.
        self.found: dict[int, Shape] = {}
        self.guids: set[bytes] = set()
        self.minutes = Minutes()
        self.readers = Readers()
        self.ports = _Ports(self.readers.of(STRING))

    def read(self, chunk: bytes, base: int, records: list[Record]) -> list[Event]:
        """Return the events of a chunk.

        Raises:
            AMISS: something in it is not understood; the library is to read it.
        """
        events: list[Event] = []
        found: dict[int, Shape] = {}
        self.found = found
        self.guids.clear()
        made, minutes, ports, append = self.made, self.minutes, self.ports, events.append
        for at, size, number, begins, place in records:
            if begins != _BEGINS:
                raise Unknown
            shape = found[place] if place in found else self._find(chunk, place)
            values = at + 38
            if place == values:
                values += DEFINED + _WORD(chunk, values + 20)[0]
            begin = values + shape.width
            key = chunk[values:begin]
            head: _Head = shape.heads.get(key) or self._head(shape, chunk, values)
            parts = head.unpack(chunk, values + head.width)
            begin = values + head.begin
            end = begin + parts[0]
            if parts[1] != BINXML or not 0 < at + size - 4 - end <= 8 or chunk[end]:
                raise Unknown
            if parts[-2] == _BEGINS:
                inside, values = parts[-1], begin + 14
            else:
                inside, values = _bare(chunk, begin), begin + 10
            shape = found[inside] if inside in found else self._find(chunk, inside)
            if inside == values:
                values += DEFINED + _WORD(chunk, values + 20)[0]
            key = chunk[values : values + shape.width]
            layouts = shape.wrapped if head.wrapped else shape.bodies
            body: _Body = layouts.get(key) or self._body(shape, head.wrapped, chunk, values)
            rest = values + body.size
            if rest != end - 1 or chunk[rest]:
                raise Unknown
            said = body.unpack(chunk, values)
            mark = head, head.same(parts), body, body.same(said)
            known = made.get(mark) or self._make(mark, chunk, begin, values)
            event, attrs = known[0].copy(), known[1].copy()
            event["attrs"] = attrs
            ticks = parts[head.time]
            if not _FIRST <= ticks < _LAST:
                raise Unknown
            us = event["ts"] = ticks // 10 - EPOCH
            digits = str(us % MINUTE + 100_000_000)
            event["ts_raw"] = f"{minutes[us // MINUTE]}{digits[1:3]}.{digits[3:]}Z"
            event["raw_offset"], event["raw_length"] = base + at, size
            attrs["record_id"], attrs["header_id"] = parts[head.record], number
            if body.session:
                event["session_key"] = f"0x{said[body.session - 1]:x}"
                if body.asking:
                    attrs["subject_logon_id"] = f"0x{said[body.asking - 1]:x}"
            if body.port:
                port = ports[said[body.port - 1]]
                if port:
                    event["source_port"] = port
            append(event)
        return events

    def _find(self, chunk: bytes, place: int) -> Shape:
        guid = chunk[place + 4 : place + 20]
        if guid in self.guids:  # the library takes the first definition of that name
            raise Unknown
        self.guids.add(guid)
        shape = self.found[place] = self.shapes.find(chunk, place)
        return shape

    def _head(self, shape: Shape, chunk: bytes, values: int) -> _Head:
        """Return how the values of the head of a record lie, where it is of a kind that was not seen before."""
        kinds, places, width = _values(chunk, values)
        heading = self.headings.get(shape)
        if heading is None:
            heading = self.headings[shape] = heading_of(shape.node)
        last = len(kinds) - 1
        if heading.body != last or kinds[last] != BINXML:
            raise Unknown
        if (kinds[heading.time], kinds[heading.record]) != (FILETIME, UINT64) or kinds[heading.number] != UINT16:
            raise Unknown
        for index, length in ((heading.time, 8), (heading.record, 8), (heading.number, 2)):
            if places[index + 1] - places[index] != length:
                raise Unknown
        said = (heading.provider, heading.channel, heading.host)
        if any(isinstance(part, int) and kinds[part] != STRING for part in said):
            raise Unknown
        if isinstance(heading.user, int) and kinds[heading.user] not in {SID, NULL}:
            raise Unknown
        form, at, order = "<HBx", 0, {}
        count = 2
        same: list[int] = []
        for index in range(last):
            begin, end = places[index], places[index + 1]
            if begin == end:
                continue
            if index in {heading.time, heading.record} or index in heading.changing:
                if at < begin:
                    form += f"{begin - at}s"
                    same.append(count)
                    count += 1
                if index in {heading.time, heading.record}:
                    form += "Q"
                    order[index] = count
                    count += 1
                else:
                    form += f"{end - begin}x"
                at = end
        if at < places[last]:
            form += f"{places[last] - at}s"
            same.append(count)
        if len(order) != 2 or {heading.time, heading.record}.intersection(heading.changing):
            raise Unknown
        found = tuple(
            self._field("head", part, kinds, places, width)
            for part in (heading.provider, heading.number, heading.channel, heading.host, heading.user)
        )
        head = _Head(
            struct.Struct(form + "6s4xI").unpack_from, _picked(same), order[heading.time], order[heading.record],
            width - 4, width + places[last], heading.wrapped, found, {},
        )  # fmt: skip
        shape.width = width - 4
        self._remember(shape.heads, chunk[values : values + shape.width], head)
        return head

    def _body(self, shape: Shape, wrapped: bool, chunk: bytes, values: int) -> _Body:
        """Return how the values of what happened lie; the first time only as far as this record needs it, for it may be the last."""
        kinds, places, width = _values(chunk, values)
        fields = self.fields.get((shape, wrapped))
        if fields is None:
            fields = self.fields[shape, wrapped] = fields_of(shape.node, wrapped)
        # Of an identifier the length stands twice: it is looked at whether anybody asks for it or not.
        fields = [*fields, *(("", index) for index, kind in enumerate(kinds) if kind == SID)]
        found = tuple([self._field(name, part, kinds, places, width) for name, part in fields])
        shape.width = width
        key, layouts = chunk[values : values + width], shape.wrapped if wrapped else shape.bodies
        if key not in layouts:
            self._remember(layouts, key, None)
            return _Body(_no_parts, _nothing, 0, 0, 0, width, width + places[-1], found, once=True)
        names = {name: part for name, part in fields if name}
        used = Counter(names.values())
        varying: dict[Part, str] = {}
        session, asking = names.get("TargetLogonId"), names.get("SubjectLogonId")
        if _is_hex(session, kinds):
            varying[session] = "session"  # type: ignore[index]
            if _is_hex(asking, kinds) and asking != session:
                varying[asking] = "asking"  # type: ignore[index]
        elif "TargetLogonId" not in names and _is_hex(asking, kinds):
            varying[asking] = "session"  # type: ignore[index]
        ports = [part for name in PORTS if (part := names.get(name)) is not None]
        if len(ports) == 1 and type(ports[0]) is int and kinds[ports[0]] == STRING:
            varying[ports[0]] = "port"
        if any(part in varying and used[part] > 1 for part in used):
            raise Unknown
        needed = sorted({part for _, part in fields if isinstance(part, int)})
        form, at, count, begun = f"<{width}x", 0, 0, -1
        same: list[int] = []
        where: dict[str, int] = {}
        for index in needed:
            begin, end = places[index], places[index + 1]
            if begin == end:
                continue
            if begun >= 0 and (begin != at or index in varying):
                form += f"{at - begun}s"
                same.append(count)
                count, begun = count + 1, -1
            if begin > at:
                form += f"{begin - at}x"
            if index in varying:
                form += f"{end - begin}s" if varying[index] == "port" else "I" if kinds[index] == HEX32 else "Q"
                count += 1
                where[varying[index]] = count
            elif begun < 0:
                begun = begin
            at = end
        if begun >= 0:
            form += f"{at - begun}s"
            same.append(count)
        body = layouts[key] = _Body(
            struct.Struct(form).unpack_from, _picked(same), where.get("session", 0), where.get("asking", 0), where.get("port", 0),
            width, width + places[-1], found, once=False,
        )  # fmt: skip
        return body

    def _field(self, name: str, part: Part, kinds: list[int], places: list[int], width: int) -> Field:
        if isinstance(part, str):
            return name, part, 0, 0, None
        kind, begin, end = kinds[part], width + places[part], width + places[part + 1]
        if kind == NULL or (begin == end and kind == STRING):
            return name, "", 0, 0, None
        return name, "", begin, end, self.readers.of(kind) if name else sid_length

    def _remember(self, layouts: dict[bytes, Any], key: bytes, layout: Any) -> None:
        layouts[key] = layout
        self.layouts += 1
        if self.layouts >= _LAYOUTS:
            self.layouts, self.shapes = 0, Shapes()
            self.headings.clear()
            self.fields.clear()
            self.made.clear()

    def _make(
        self, mark: tuple[_Head, Any, _Body, Any], chunk: bytes, begin: int, values: int
    ) -> tuple[Event, dict[str, Any]]:
        """Make the event that is copied for all records that say the same."""
        head, same, body, _ = mark
        first = begin - head.begin
        known = head.read.get(same)
        if known is None:
            if len(head.read) >= _HEADS:
                head.read.clear()
            known = head.read[same] = tuple(
                read(chunk[first + at : first + end]) if read else text for _, text, at, end, read in head.fields
            )
        provider, number, channel, host, user = known
        data = {
            name: read(chunk[values + at : values + end]) if read else text for name, text, at, end, read in body.fields
        }
        data.pop("", None)
        event = self.make(provider, number, channel, host, user, data)
        event["ts_quality"] = EXACT
        made = event, event["attrs"]
        if body.once:
            return made
        if body.port:
            event.pop("source_port", None)
        if len(self.made) >= _MADE:
            self.made.clear()
        self.made[mark] = made
        return made


class _Ports(dict[bytes, int]):
    """Ports by the text that tells them."""

    def __init__(self, text: Callable[[bytes], str]) -> None:
        super().__init__()
        self.text = text

    def __missing__(self, raw: bytes) -> int:
        if len(self) > _MANY:
            self.clear()
        port = self[raw] = port_of(self.text(raw))
        return port


def _bare(chunk: bytes, begin: int) -> int:
    """Return where the template of a fragment without a head is defined."""
    if chunk[begin : begin + 2] != _BARE:
        raise Unknown
    (place,) = _WORD(chunk, begin + 6)
    return int(place)


def _values(chunk: bytes, at: int) -> tuple[list[int], list[int], int]:
    """Return types and places of the values that are described at a place, and how many bytes that takes."""
    (count,) = _WORD(chunk, at)
    if count > CHUNK // 4:
        raise Unknown
    kinds, places = [], [0]
    for length, kind in struct.iter_unpack("<HBx", chunk[at + 4 : at + 4 + 4 * count]):
        usual = LENGTHS[kind]
        if usual != length and (usual > 0 or length % usual):
            raise Unknown
        kinds.append(kind)
        places.append(places[-1] + length)
    if len(kinds) != count:
        raise Unknown
    return kinds, places, 4 + 4 * count


def _is_hex(part: Part | None, kinds: list[int]) -> bool:
    return isinstance(part, int) and kinds[part] in {HEX32, HEX64}


def _picked(order: list[int]) -> Callable[[tuple[Any, ...]], Any]:
    return itemgetter(*order) if order else _nothing


def _no_parts(_chunk: bytes, _at: int) -> tuple[Any, ...]:
    return ()


def _nothing(_parts: tuple[Any, ...]) -> Any:
    return None
