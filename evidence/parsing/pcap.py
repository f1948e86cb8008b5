"""Captures (pcap, pcapng): packets are put together to conversations; dialogues with mining pools are read from them."""

import struct
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.source import Source
from evidence.parsing.stratum import METHOD, Dialogue, p2p_of

#: So many conversations are open at a time; the oldest is closed first.
OPEN = 50_000
#: So much of each direction is looked at.
HELD = 1 << 20
_LARGEST = 1 << 20

_ETHERNET, _RAW, _SLL, _NULL, _PPP, _SLL2 = 1, {12, 14, 101, 228, 229}, 113, 0, 9, 276


@dataclass(slots=True)
class Packet:
    """One packet: where it lies in the file, when it was seen, its bytes."""

    offset: int
    length: int
    ts: int
    link: int
    data: bytes


@dataclass(slots=True)
class Flow:
    """A conversation between two ends; ``source`` is who began it."""

    source: tuple[bytes, int]
    target: tuple[bytes, int]
    protocol: str
    first: Packet
    last: int
    packets: int = 0
    payload: int = 0
    held: dict[bool, bytearray] = field(default_factory=lambda: {True: bytearray(), False: bytearray()})
    expected: dict[bool, int] = field(default_factory=dict)
    ended: bool = False
    begun: int = -1
    #: Methods in segments that were sent again; a dialogue counts each once.
    again: Counter[bytes] = field(default_factory=Counter)
    spoken: tuple[int, int] | None = None


def packets(stream: IO[bytes]) -> Iterator[Packet]:
    """Yield the packets of a capture in either format; raises ValueError where the file breaks off or contradicts itself."""
    magic = stream.read(4)
    if magic == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(stream)
    else:
        yield from _pcap(stream, magic)


def _pcap(stream: IO[bytes], magic: bytes) -> Iterator[Packet]:
    order = "<" if magic in {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"} else ">"
    scale = 1000 if magic in {b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"} else 1
    head = stream.read(20)
    if len(head) < 20:
        raise ValueError("head")
    link = struct.unpack(order + "I", head[16:20])[0] & 0xFFFF
    record = struct.Struct(order + "IIII")
    at = 24
    while True:
        part = stream.read(16)
        if not part:
            return
        if len(part) < 16:
            raise ValueError("cut")
        seconds, micro, captured, _ = record.unpack(part)
        if captured > _LARGEST:
            raise ValueError("length")
        data = stream.read(captured)
        if len(data) < captured:
            raise ValueError("cut")
        yield Packet(at, 16 + captured, seconds * 1_000_000 + micro // scale, link, data)
        at += 16 + captured


def _pcapng(stream: IO[bytes]) -> Iterator[Packet]:
    order, at = "<", 0
    links: list[tuple[int, int]] = []
    first = b"\x0a\x0d\x0d\x0a"
    while True:
        head = first + stream.read(8 - len(first))
        first = b""
        if not head:
            return
        if len(head) < 8:
            raise ValueError("cut")
        if head[:4] == b"\x0a\x0d\x0d\x0a":
            mark = stream.read(4)
            order = "<" if mark == b"\x4d\x3c\x2b\x1a" else ">"
            length = struct.unpack(order + "I", head[4:8])[0]
            if not 28 <= length <= _LARGEST:
                raise ValueError("length")
            body = mark + stream.read(length - 12)
            links = []
        else:
            kind, length = struct.unpack(order + "II", head)
            if not 12 <= length <= 4 * _LARGEST or length % 4:
                raise ValueError("length")
            body = stream.read(length - 8)
            if len(body) < length - 8:
                raise ValueError("cut")
            if kind == 1:
                links.append((struct.unpack(order + "H", body[:2])[0], _resolution(body[8:-4], order)))
            elif kind == 6:
                number, high, low, captured, _ = struct.unpack(order + "IIIII", body[:20])
                link, units = links[number] if number < len(links) else (_ETHERNET, 1_000_000)
                ts = ((high << 32) | low) * 1_000_000 // units
                yield Packet(at, length, ts, link, body[20 : 20 + captured])
            elif kind == 3 and links:
                yield Packet(at, length, 0, links[0][0], body[4:-4])
        at += length


def _resolution(options: bytes, order: str) -> int:
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack(order + "HH", options[at : at + 4])
        if code == 9 and length >= 1:
            value = options[at + 4]
            return int(2 ** (value & 127)) if value & 128 else int(10 ** min(value, 12))
        if code == 0:
            break
        at += 4 + (length + 3) // 4 * 4
    return 1_000_000


def network(packet: Packet) -> tuple[int, bytes, bytes, bytes] | None:
    """Return (protocol, source, target, body) of the IP packet within, or None."""
    data, link = packet.data, packet.link
    if link == _ETHERNET:
        at, kind = 14, data[12:14]
        while kind in {b"\x81\x00", b"\x88\xa8"} and at < 40:
            kind, at = data[at + 2 : at + 4], at + 4
        if kind == b"\x88\x64":
            at, kind = at + 8, b"\x08\x00" if data[at + 6 : at + 8] == b"\x00\x21" else b"\x86\xdd"
        if kind not in {b"\x08\x00", b"\x86\xdd"}:
            return None
    elif link in _RAW:
        at = 0
    elif link == _SLL:
        at = 16
    elif link == _SLL2:
        at = 20
    elif link == _NULL or link == 108:
        at = 4
    elif link == _PPP:
        at = 4 if data[:2] == b"\xff\x03" else 2
    else:
        return None
    version = data[at] >> 4 if len(data) > at else 0
    if version == 4 and len(data) >= at + 20:
        header = (data[at] & 15) * 4
        total = int.from_bytes(data[at + 2 : at + 4], "big") or len(data) - at
        if int.from_bytes(data[at + 6 : at + 8], "big") & 0x1FFF:
            return None
        return data[at + 9], data[at + 12 : at + 16], data[at + 16 : at + 20], data[at + header : at + total]
    if version == 6 and len(data) >= at + 40:
        return data[at + 6], data[at + 8 : at + 24], data[at + 24 : at + 40], data[at + 40 :]
    return None


def shown(raw: bytes) -> str:
    """Return an address as text."""
    if len(raw) == 4:
        return ".".join(str(part) for part in raw)
    return ":".join(raw[at : at + 2].hex() for at in range(0, len(raw), 2))


class Pcap:
    """Reads captures; ``lines`` counts packets, an event is a conversation."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.flows: OrderedDict[tuple[int, bytes, int, bytes, int], Flow] = OrderedDict()
        self.seq = 0

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the conversations as they end."""
        with source.open() as stream:
            try:
                for packet in packets(stream):
                    self.tally.lines += 1
                    out = self._packet(packet)
                    if out:
                        yield out
            except (ValueError, struct.error, IndexError):
                self.tally.lines += 1
                self.tally.refuse(0, 0, "cut_short")
                self.context.remarks.append(("capture_cut_short", {"packets": self.tally.lines - 1}))
        yield [self._closed(flow) for flow in self.flows.values()]

    def _packet(self, packet: Packet) -> list[Event]:
        found = network(packet)
        if found is None:
            self.tally.refuse(packet.offset, packet.length, "not_ip")
            return []
        number, source, target, body = found
        if number == 6 and len(body) >= 20:
            return self._tcp(packet, source, target, body)
        if number == 17 and len(body) >= 8:
            return self._udp(packet, source, target, body)
        self.tally.refuse(packet.offset, packet.length, "not_tcp_udp")
        return []

    def _tcp(self, packet: Packet, source: bytes, target: bytes, body: bytes) -> list[Event]:
        sport, dport, sequence = struct.unpack(">HHI", body[:8])
        flags = body[13]
        payload = body[(body[12] >> 4) * 4 :]
        key, _, flow = self._flow(6, source, sport, target, dport)
        out: list[Event] = []
        if flow is not None and flags & 0x12 == 2 and flow.begun not in (-1, sequence):
            out.append(self._closed(self.flows.pop(key)))
            flow = None
        if flow is None:
            begun = ((target, dport), (source, sport)) if flags & 0x12 == 0x12 else ((source, sport), (target, dport))
            flow = Flow(begun[0], begun[1], "tcp", packet, packet.ts)
            if flags & 0x12 == 2:
                flow.begun = sequence
            self.flows[key] = flow
            if len(self.flows) > OPEN:
                out.append(self._closed(self.flows.popitem(last=False)[1]))
        forward = (source, sport) == flow.source
        flow.packets += 1
        flow.last = max(flow.last, packet.ts)
        flow.ended = flow.ended or bool(flags & 5)
        if flags & 2:
            flow.expected[forward] = (sequence + 1) & 0xFFFFFFFF
        if payload:
            self._take(flow, forward, sequence, payload, packet)
        return out

    @staticmethod
    def _take(flow: Flow, forward: bool, sequence: int, payload: bytes, packet: Packet) -> None:
        due = flow.expected.get(forward)
        if due is not None:
            ahead = (sequence - due) & 0xFFFFFFFF
            if ahead > 0x80000000:
                again = 0x100000000 - ahead
                if again >= len(payload):
                    flow.again.update(METHOD.findall(payload))
                    return
                payload, sequence = payload[again:], due
        flow.expected[forward] = (sequence + len(payload)) & 0xFFFFFFFF
        flow.payload += len(payload)
        held = flow.held[forward]
        if len(held) < HELD:
            held += payload
        if flow.spoken is None and b'"method"' in payload:
            flow.spoken = (packet.offset, packet.length)

    def _udp(self, packet: Packet, source: bytes, target: bytes, body: bytes) -> list[Event]:
        sport, dport = struct.unpack(">HH", body[:4])
        key, _, flow = self._flow(17, source, sport, target, dport)
        out: list[Event] = []
        if flow is None:
            flow = self.flows[key] = Flow((source, sport), (target, dport), "udp", packet, packet.ts)
            if len(self.flows) > OPEN:
                out.append(self._closed(self.flows.popitem(last=False)[1]))
        flow.packets += 1
        flow.payload += len(body) - 8
        flow.last = max(flow.last, packet.ts)
        if dport == 53:
            name = _asked(body[8:])
            if name:
                self.seq += 1
                out.append(
                    {
                        "seq": self.seq,
                        "raw_offset": packet.offset,
                        "raw_length": packet.length,
                        "ts": packet.ts,
                        "ts_raw": "",
                        "ts_quality": EXACT,
                        "class_uid": int(Class.DNS),
                        "activity": "query",
                        "event_action": "dns_query",
                        "source_ip": shown(source),
                        "source_port": sport,
                        "destination_ip": shown(target),
                        "destination_port": dport,
                        "destination_domain": name,
                        "attrs": {},
                    }
                )
        return out

    def _flow(
        self, number: int, source: bytes, sport: int, target: bytes, dport: int
    ) -> tuple[tuple[int, bytes, int, bytes, int], bool, Flow | None]:
        forward = (source, sport) <= (target, dport)
        key = (number, source, sport, target, dport) if forward else (number, target, dport, source, sport)
        return key, forward, self.flows.get(key)

    def _closed(self, flow: Flow) -> Event:
        source, target = flow.source, flow.target
        dialogue = Dialogue.of(bytes(flow.held[True]), bytes(flow.held[False]))
        if dialogue is not None and dialogue.turned:
            source, target = target, source
        self.seq += 1
        spot = flow.spoken if dialogue is not None and flow.spoken else (flow.first.offset, flow.first.length)
        event: Event = {
            "seq": self.seq, "raw_offset": spot[0], "raw_length": spot[1], "ts": flow.first.ts, "ts_raw": "", "ts_quality": EXACT,
            "class_uid": int(Class.NETWORK), "activity": "traffic", "event_action": "connection",
            "source_ip": shown(source[0]), "source_port": source[1], "destination_ip": shown(target[0]), "destination_port": target[1],
            "attrs": {
                "protocol": flow.protocol, "packets": flow.packets, "payload_bytes": flow.payload,
                "seconds": round((flow.last - flow.first.ts) / 1_000_000, 2),
            },
        }  # fmt: skip
        if dialogue is not None:
            event["event_action"] = "mining_dialogue"
            event["rule_labels"] = ("mining-A",)
            event["attrs"] |= dialogue.shown()
            if flow.again:
                event["attrs"]["sent_again"] = {name.decode(): number for name, number in flow.again.items()}
        else:
            coin = p2p_of(bytes(flow.held[True]), bytes(flow.held[False]))
            if coin:
                event["event_action"], event["attrs"]["coin"] = "coin_p2p", coin
        return event


def _asked(data: bytes) -> str:
    """Return the name asked for in a DNS query, or nothing."""
    if len(data) < 17 or data[2] & 0x80 or data[4:6] != b"\x00\x01":
        return ""
    labels: list[str] = []
    at = 12
    while at < len(data) and 0 < data[at] < 64 and len(labels) < 40:
        label = data[at + 1 : at + 1 + data[at]]
        labels.append(label.decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels).lower() if at < len(data) and data[at] == 0 else ""
