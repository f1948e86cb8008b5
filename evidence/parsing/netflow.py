"""Packets of NetFlow 5, NetFlow 9 and IPFIX one behind the other, as a collector's raw file holds them."""

import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import IO, NamedTuple

from evidence.parsing.context import Context, batches
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.source import Source

_FIVE, _FLOW = struct.Struct(">HHIIIIHH"), struct.Struct(">4s4s4sHHIIIIHHxBBBHHBBxx")
_NINE, _TEN = struct.Struct(">HHIIII"), struct.Struct(">HHIII")
_SINCE, _UNTIL = 631_152_000, 4_102_444_800
#: Templates and fields of one that are remembered.
TEMPLATES, FIELDS = 4_000, 200
_VARIES, _OWN = 65_535, 0x8000
#: Numbers of fields, after RFC 3954 and the registry of IPFIX.
_NUMBERS = {1: "ibyt", 2: "ipkt", 6: "flg", 4: "pr", 23: "obyt", 24: "opkt"}
_ADDRESSES = {8: "source_ip", 27: "source_ip", 12: "destination_ip", 28: "destination_ip", 225: "source_nat_ip"}
_PORTS = {7: "source_port", 11: "destination_port", 227: "source_nat_port"}
#: Field -> (whether it is the beginning, microseconds of its unit); 22 and 21 count from the start of the device.
_TIMES = {150: (True, 1_000_000), 151: (False, 1_000_000), 152: (True, 1_000), 153: (False, 1_000)}
Template = tuple[tuple[int, int], ...]


def begins(data: bytes) -> int:
    """Return the version if packets of NetFlow 5, 9 or IPFIX lie one behind the other here, or 0."""
    if len(data) < 24:
        return 0
    version, second = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    at = 4 if version == 10 else 8
    if not _SINCE <= int.from_bytes(data[at : at + 4], "big") < _UNTIL:
        return 0
    if version == 5:
        fits = 1 <= second <= 30 and data[24 + 48 * second :][:2] in {b"", b"\0\5"}
    elif version == 10:
        fits = second >= 16 and data[second:][:2] in {b"", b"\0\x0a"}
    else:
        fits = version == 9 and 1 <= second <= 100
    return version if fits else 0


class _Packet(NamedTuple):
    """What the head of a packet says: its version and source, when it was sent, when the device was started (or 0)."""

    version: int
    domain: int
    sent: int
    booted: int


class NetFlow:
    """Reads them; ``lines`` counts flows, sets of templates (without an event), and what could not be read."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.templates: dict[tuple[int, int, int], Template] = {}
        self.seq = 0

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the flows in lists."""
        with source.open() as stream:
            yield from batches(self._flows(Ahead(stream)))

    def _flows(self, ahead: "Ahead") -> Iterator[Event]:
        while head := ahead.look(24):
            version, second = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:4], "big")
            at = 4 if version == 10 else 8
            sent = int.from_bytes(head[at : at + 4], "big")
            if (
                version not in {5, 9, 10}
                or not _SINCE <= sent < _UNTIL
                or len(head) < (24, 20, 16)[(5, 9, 10).index(version)]
            ):
                break
            if version == 5:
                yield from self._five(ahead, second)
            elif version == 9:
                _v, _count, uptime, sent, _number, domain = _NINE.unpack_from(head)
                ahead.take(20)
                yield from self._nine(ahead, _Packet(9, domain, sent * 1_000_000, sent * 1_000_000 - uptime * 1_000))
            else:
                _v, length, sent, _number, domain = _TEN.unpack_from(head)
                if length < 16:
                    break
                begin = ahead.at
                body = ahead.take(length)
                yield from self._sets(body[16:], begin + 16, _Packet(10, domain, sent * 1_000_000, 0))
                if len(body) < length:
                    self._refuse(begin, len(body), "cut_short")
        begin, rest = ahead.at, 0
        while data := ahead.take(1 << 16):
            rest += len(data)
        if rest:
            self._refuse(begin, rest, "no_record")

    def _refuse(self, offset: int, length: int, reason: str) -> None:
        self.tally.lines += 1
        self.tally.refuse(offset, length, reason)

    def _five(self, ahead: "Ahead", count: int) -> Iterator[Event]:
        _v, _c, uptime, sent, nano, _number, _engine, _sampling = _FIVE.unpack(ahead.take(24))
        now = sent * 1_000_000 + nano // 1_000
        for _ in range(count):
            begin = ahead.at
            data = ahead.take(48)
            if len(data) < 48:
                self._refuse(begin, len(data), "cut_short")
                return
            source, target, _next, _in, _out, packets, octets, first, last, sport, dport, flags, protocol, *_ = (
                _FLOW.unpack(data)
            )
            said: Event = {"source_ip": str(ip_address(source)), "destination_ip": str(ip_address(target))}
            said["source_port"], said["destination_port"] = sport, dport
            attrs = {"pr": str(protocol), "flg": str(flags), "ipkt": str(packets), "ibyt": str(octets)}
            start, end = now - (uptime - first) * 1_000, now - (uptime - last) * 1_000
            yield self._event(said, attrs, start, end, begin, 48)

    def _event(
        self, said: Event, attrs: dict[str, str], start: int | None, end: int | None, offset: int, length: int
    ) -> Event:
        self.seq += 1
        self.tally.lines += 1
        event: Event = {
            "seq": self.seq, "raw_offset": offset, "raw_length": length, "ts": start, "ts_raw": "", "class_uid": int(Class.NETWORK),
            "ts_quality": EXACT if start is not None else (), "activity": "traffic", "event_action": "flow", "attrs": attrs, **said,
        }  # fmt: skip
        if start is not None and end is not None and end >= start:
            attrs["td"] = f"{(end - start) / 1_000_000:.3f}"
        return event

    def _nine(self, ahead: "Ahead", packet: _Packet) -> Iterator[Event]:
        """Read the sets of a packet that does not say how long it is: where its sets end, the next begins."""
        if len(ahead.look(4)) < 4:
            self._refuse(ahead.at - 20, 20, "cut_short")
        while len(head := ahead.look(4)) == 4:
            number, length = struct.unpack(">HH", head)
            if number in {5, 9, 10} or length < 4 or 2 <= number < 256:
                return
            begin = ahead.at
            data = ahead.take(length)
            yield from self._sets(data, begin, packet)
            if len(data) < length:
                self._refuse(begin, len(data), "cut_short")

    def _sets(self, data: bytes, base: int, packet: _Packet) -> Iterator[Event]:
        at = 0
        while at + 4 <= len(data):
            number, length = struct.unpack_from(">HH", data, at)
            if length < 4 or at + length > len(data):
                if packet.version == 10 and length >= 4:
                    return  # cut short: said once by the caller
                self._refuse(base + at, len(data) - at, "no_record")
                return
            body, begin = data[at + 4 : at + length], base + at + 4
            if number == (0 if packet.version == 9 else 2):
                self._learn(body, packet)
                self._refuse(base + at, length, "heading")
            elif number < 256:
                self._refuse(base + at, length, "heading")
            elif (template := self.templates.get((packet.version, packet.domain, number))) is None:
                self._refuse(base + at, length, "no_template")
            else:
                yield from self._records(body, begin, template, packet)
            at += length

    def _learn(self, body: bytes, packet: _Packet) -> None:
        at = 0
        while at + 4 <= len(body):
            number, count = struct.unpack_from(">HH", body, at)
            at += 4
            fields: list[tuple[int, int]] = []
            while len(fields) < count and at + 4 <= len(body):
                kind, size = struct.unpack_from(">HH", body, at)
                at += 4
                if packet.version == 10 and kind & _OWN:
                    kind, at = 0, at + 4  # of one maker: its length counts, not its meaning
                fields.append((kind, size))
            if number < 256 or len(fields) < count or not 0 < count <= FIELDS:
                return
            if len(self.templates) < TEMPLATES and any(size for _kind, size in fields):
                self.templates[packet.version, packet.domain, number] = tuple(fields)

    def _records(self, body: bytes, base: int, template: Template, packet: _Packet) -> Iterator[Event]:
        at = 0
        least = sum(1 if size == _VARIES else size for _kind, size in template)
        while at + least <= len(body):
            begin, said, attrs = at, Event(), dict[str, str]()
            start: int | None = None
            end: int | None = None
            for kind, told in template:
                size = told
                if size == _VARIES and packet.version == 10:
                    size, at = (body[at] if at < len(body) else 0), at + 1
                    if size == 255:
                        size, at = int.from_bytes(body[at : at + 2], "big"), at + 2
                value = body[at : at + size]
                at += size
                number = int.from_bytes(value, "big") if size <= 8 else 0
                if kind in _ADDRESSES and size in {4, 16}:
                    if len(value) == size and (kind != 225 or number):
                        said[_ADDRESSES[kind]] = str(ip_address(value))  # type: ignore[literal-required]
                elif kind in _PORTS:
                    if number < 65_536:
                        said[_PORTS[kind]] = number  # type: ignore[literal-required]
                elif kind in _NUMBERS:
                    attrs[_NUMBERS[kind]] = str(number)
                elif kind in _TIMES:
                    first, unit = _TIMES[kind]
                    start, end = (number * unit, end) if first else (start, number * unit)
                elif kind in {21, 22} and packet.booted:
                    moment = packet.booted + number * 1_000
                    start, end = (moment, end) if kind == 22 else (start, moment)
            if at > len(body):
                self._refuse(base + begin, len(body) - begin, "cut_short")
                return
            yield self._event(said, attrs, _sane(start, packet.sent), _sane(end, None), base + begin, at - begin)


def _sane(moment: int | None, otherwise: int | None) -> int | None:
    """Return a moment that can be one; what has none is as old as its packet."""
    if moment is not None and _SINCE * 1_000_000 <= moment < _UNTIL * 1_000_000:
        return moment
    return otherwise


class Ahead:
    """A stream that can be looked into before it is read; ``at`` is where it stands."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.at, self.held = stream, 0, b""

    def look(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        while len(self.held) < size and (more := self.stream.read(1 << 16)):
            self.held += more
        return self.held[:size]

    def take(self, size: int) -> bytes:
        """Return the next bytes and go on behind them."""
        data = self.look(size)
        self.held = self.held[len(data) :]
        self.at += len(data)
        return data
