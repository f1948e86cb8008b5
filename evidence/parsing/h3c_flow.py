"""Flow logs of H3C devices in their binary shape, packets one behind the other as a log host's raw file holds them.

After the tables of the maker's configuration guides: version 3.0, translation of IPv4 (64 bytes a flow) and of IPv6 (76 bytes).
The guides do not say how long the flows of other versions and kinds are: those packets, and what follows them, are named as
unread. The number that packets bear is kept and proves nothing: the guides call it a count of packets, devices were seen
counting flows.
"""

import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from socket import inet_ntoa
from typing import Any

from evidence.parsing.context import Context, batches
from evidence.parsing.events import EXACT, Event
from evidence.parsing.netflow import Ahead
from evidence.parsing.source import Source

_HEAD = struct.Struct(">BBHIIHBB")
_FOUR, _SIX = struct.Struct(">BBB1s4s4s4s4sHHHHIIIIIIBBHI4x"), struct.Struct(">BBB1s16s16sHHIIIIIIHHII")
#: Versions and kinds of flow that the guides name, and the kinds that are read: kind -> (record, version of IP).
_VERSIONS, _KINDS = frozenset({1, 3, 5, 7}), frozenset({4, 5, 7, 8, 11, 12, 13, 14, 15})
_READ = {4: (_FOUR, 4), 5: (_SIX, 6)}
_MOST_FLOWS = 100
_SINCE, _UNTIL = 946_684_800, 4_102_444_800
_OPERATOR = {
    1: "ended", 2: "aged", 3: "cleared", 4: "interrupted", 6: "active", 7: "displaced", 8: "built", 254: "other",
}  # fmt: skip
_ACTIVE, _BUILT = 6, 8
_PROTOCOL = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6"}


def begins(data: bytes) -> str:
    """Return the version and kind of the packet that lies here, such as ``3.0/4``, or nothing."""
    if len(data) < _HEAD.size:
        return ""
    version, kind, count, sent, *_rest = _HEAD.unpack_from(data)
    if version not in _VERSIONS or kind not in _KINDS or not 1 <= count <= _MOST_FLOWS or not _SINCE <= sent < _UNTIL:
        return ""
    if version == 3 and kind in _READ:
        record, ip = _READ[kind]
        following = data[_HEAD.size + count * record.size :][:1]
        # The third byte of a flow is the version of IP, and behind the last one the next packet begins.
        if data[_HEAD.size + 2 :][:1] not in {bytes((ip,)), b""} or (following and following[0] not in _VERSIONS):
            return ""
    return f"{version}.0/{kind}"


class H3cFlow:
    """Reads them; ``lines`` counts flows, and what could not be read."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.seq = 0

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the flows in lists."""
        with source.open() as stream:
            yield from batches(self._packets(Ahead(stream)))

    def _packets(self, ahead: Ahead) -> Iterator[Event]:
        reason = "no_record"
        while known := begins(ahead.look(_HEAD.size)):
            version, kind, count, sent, number, chassis, slot, _cpu = _HEAD.unpack(ahead.look(_HEAD.size))
            if version != 3 or kind not in _READ:
                reason = "h3c_flow_kind"
                break
            ahead.take(_HEAD.size)
            record, ip = _READ[kind]
            told = {"module": "NAT", "format": known, "chassis": chassis, "slot": slot, "flow_sequence": number}
            for _ in range(count):
                begin = ahead.at
                data = ahead.take(record.size)
                if len(data) < record.size:
                    self._refuse(begin, len(data), "cut_short")
                    break
                if data[2] != ip:
                    self._refuse(begin, len(data), "no_record")
                    continue
                event = _four(record.unpack(data), told) if ip == 4 else _six(record.unpack(data), told)
                self.seq += 1
                self.tally.lines += 1
                _times(event, sent)
                event["seq"], event["raw_offset"], event["raw_length"] = self.seq, begin, len(data)
                yield event
        begin, rest = ahead.at, 0
        while data := ahead.take(1 << 16):
            rest += len(data)
        if rest:
            self._refuse(begin, rest, reason)

    def _refuse(self, offset: int, length: int, reason: str) -> None:
        self.tally.lines += 1
        self.tally.refuse(offset, length, reason)


def _flow(protocol: int, operator: int, told: dict[str, Any], times: tuple[int, int], counts: tuple[int, ...]) -> Event:
    """Return what flows of both kinds say: ended unless it was built or goes on."""
    action = {_BUILT: "session_built", _ACTIVE: "nat_session"}.get(operator, "session_ended")
    start, end = times
    attrs: dict[str, Any] = {
        **told, "Protocol": _PROTOCOL.get(protocol, str(protocol)), "operator": _OPERATOR.get(operator, str(operator)),
        **dict(zip(("ipkt", "ibyt", "opkt", "obyt"), counts, strict=True)), "begin": start, "end": end,
    }  # fmt: skip
    return {"class_uid": 4001, "activity": "traffic", "event_action": action, "attrs": attrs}


def _four(flow: tuple[Any, ...], told: dict[str, Any]) -> Event:
    (protocol, operator, _ip, _tos, source, nat, target, target_nat, sport, nport, dport, dnport, start, end,
     *counts, _in_vpn, _out_vpn, _system, application) = flow  # fmt: skip
    event = _flow(protocol, operator, told, (start, end), tuple(counts))
    event["source_ip"], event["destination_ip"] = inet_ntoa(source), inet_ntoa(target)
    event["source_port"], event["destination_port"] = sport, dport
    if nat != source:
        event["source_nat_ip"] = inet_ntoa(nat)
    event["source_nat_port"] = nport
    if (target_nat, dnport) != (target, dport):
        event["attrs"] |= {"destination_nat": f"{inet_ntoa(target_nat)}:{dnport}"}
    if application:
        event["attrs"]["application"] = application
    return event


def _six(flow: tuple[Any, ...], told: dict[str, Any]) -> Event:
    (
        protocol,
        operator,
        _ip,
        _class,
        source,
        target,
        sport,
        dport,
        start,
        end,
        *counts,
        _in,
        _out,
        _context,
        application,
    ) = flow
    event = _flow(protocol, operator, told, (start, end), tuple(counts))
    event["source_ip"], event["destination_ip"] = str(IPv6Address(source)), str(IPv6Address(target))
    event["source_port"], event["destination_port"] = sport, dport
    if application:
        event["attrs"]["application"] = application
    return event


def _times(event: Event, sent: int) -> None:
    """Say when it was: a flow that was built or ended at its own time, others when their packet was sent."""
    attrs, action = event["attrs"], event["event_action"]
    start, end = attrs.pop("begin"), attrs.pop("end")
    if _SINCE <= start < _UNTIL:
        attrs["begin_us"] = start * 1_000_000
    own = {"session_built": start, "session_ended": end}.get(action, 0)
    moment = own if _SINCE <= own < _UNTIL else sent
    event["ts"], event["ts_raw"], event["ts_quality"] = moment * 1_000_000, str(moment), EXACT
