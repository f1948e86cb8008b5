"""NAT and flow logs of H3C and 3Com devices, in both of their text shapes, and their admin commands."""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, cast

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import YEAR_INFERRED, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import Stamp, Yearless, epoch

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:(?P<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?::\d+)?(?: \d{4})?|%?@?\d*%?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?::\d+)? \d{4}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) )?"
    r"(?:(?P<host>\S+) )?(?:%%\d\d)?(?P<module>[A-Z][A-Z0-9_]*)/(?P<level>\d)/(?P<event>\w+)(?:\(\w\))?: ?(?P<body>.*)$",
    re.DOTALL,
)
_OLD = re.compile(
    r"(?P<protocol>\w+); (?P<sip>[\d.]+)(?::(?P<sport>\d+))?--->(?P<nip>[\d.]+)(?::(?P<nport>\d+))?; ?(?P<dip>[\d.]+)(?::(?P<dport>\d+))?; ?"
    r"\[(?P<start>[^\]]*?)(?: ?- ?(?P<end>\d{4}[^\]]*|\d*))?\](?:; ?Operator (?P<op>\d+): ?(?P<what>.*))?"
)
_PAIR = re.compile(r"(\w+)\((\d+)\)=([^;]*)")
#: What is asked of a flow: two spellings of what stands for the address outside.
_ASKED = (
    "SrcIPAddr", "SrcPort", "DstIPAddr", "DstPort", "NatSrcIPAddr", "NATSrcIPAddr", "NatSrcPort", "NATSrcPort", "UserName", "Protocol",
    "BeginTime_e", "EndTime_e", "EndTime", "Event", "RcvVPNInstance",
)  # fmt: skip
#: Without these, and with both spellings at once, a flow is read the longer way.
_SURE, _TWICE = (
    frozenset(_ASKED[:4]),
    ({"NatSrcIPAddr", "NATSrcIPAddr"}, {"NatSrcPort", "NATSrcPort"}, {"EndTime_e", "EndTime"}),
)
_PORTS = {"SrcPort": "[0-9]{1,5}+", "DstPort": "[0-9]{1,5}+", "NatSrcPort": "[0-9]{0,5}+", "NATSrcPort": "[0-9]{0,5}+"}
_PLACED = ("seq", "raw_offset", "raw_length", "source_ip", "source_port", "destination_ip", "destination_port")
#: Heads and layouts that are remembered, and fields of a line that is read in one go.
HEADS, LAYOUTS, MOST_FIELDS = 256, 64, 60
_OPERATOR = {"1": "ended", "2": "aged", "3": "cleared", "4": "interrupted", "5": "static", "6": "active", "8": "built"}


class _Head:
    """What stands before a message: the same for all flows of a second, so made once for them."""

    __slots__ = ("attrs", "event", "host", "layout", "level", "module", "name", "stamp", "text")

    def __init__(self, found: re.Match[str], stamp: Stamp | None) -> None:
        self.text, self.host, self.module, self.level, self.name, _body = found.groups()
        self.stamp = stamp
        #: An event that is made already, with room for what a flow says of itself; whoever copies it fills in all of it.
        self.event: Event | None = None
        self.attrs: dict[str, Any] = {"module": self.module, "level": int(self.level), "event": self.name}
        #: The layout of the last flow with this head.
        self.layout: _Layout | None = None
        if stamp is not None:
            made: dict[str, Any] = {
                **dict.fromkeys(_PLACED), "ts": stamp[0], "ts_quality": stamp[1], "ts_raw": self.text, "class_uid": 4001,
                "activity": "traffic", "event_action": "nat_session",
            }  # fmt: skip
            if self.host:
                made["host"] = self.host
            self.event = cast("Event", made)


class _Layout:
    """Which fields the flows of a device have and in which order: the same line after line, so read in one go."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        asked = [key for key, _number in keys if key in _ASKED]
        # The first value is always empty: what a device does not tell.
        at = {key: number for number, key in enumerate(asked, 2)}
        fields = (
            rf"{key}\({number}\)=" + (f"({_PORTS.get(key, '[^;]*+')})" if key in at else "[^;]*+")
            for key, number in keys
        )
        self.match = re.compile("()" + ";".join(fields) + ";?$").match
        either = {
            "NatSrcIPAddr": at.get("NatSrcIPAddr") or at.get("NATSrcIPAddr"), "NatSrcPort": at.get("NatSrcPort") or at.get("NATSrcPort"),
            "EndTime_e": at.get("EndTime_e") or at.get("EndTime"),
        }  # fmt: skip
        self.end = "EndTime_e" in at
        names = (
            *_ASKED[:4],
            "NatSrcIPAddr",
            "NatSrcPort",
            "UserName",
            "Protocol",
            "BeginTime_e",
            "EndTime_e",
            "Event",
            "RcvVPNInstance",
        )
        self.pick = itemgetter(*((either.get(name) or at.get(name) or 1) - 1 for name in names))


class H3c(Lines):
    """Reads them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.yearless = Yearless(context.year or context.reference.year, context.zone)
        self.heads: dict[str, _Head] = {}
        self.layouts: dict[tuple[tuple[str, str], ...], _Layout | None] = {}
        self.begun: dict[str, int | None] = {}

    def _told(self, head: _Head, layout: _Layout, found: re.Match[str]) -> Event:
        """Return the event of a flow, but for its place."""
        source, sport, target, dport, nat, nport, user, protocol, begin, end, what, vpn = layout.pick(found.groups())
        event, attrs = cast("Event", head.event).copy(), head.attrs.copy()
        event["source_ip"], event["source_port"] = source, int(sport)
        event["destination_ip"], event["destination_port"] = target, int(dport)
        if nat:
            event["source_nat_ip"] = nat
        if nport:
            event["source_nat_port"] = int(nport)
        if user and user != "-":
            event["user_name"] = user
        attrs["Protocol"] = protocol
        if begin:
            attrs["begin"] = begin
            known = self.begun.get(begin)
            attrs["begin_us"] = known if known is not None else self._begun(begin)
        if end:
            event["event_action"] = "session_ended"
            if layout.end:
                attrs["end"] = end
        if what:
            attrs["what"] = what
        if vpn:
            attrs["vpn"] = vpn
        event["attrs"] = attrs
        return event

    def _begun(self, text: str) -> int | None:
        """Return ``MMDDYYYYhhmmss`` of the device's own zone, or seconds since 1970, as microseconds."""
        if len(text) == 14 and text.isdecimal() and text.isascii():
            stamp = self.clock.read(f"{text[4:8]}-{text[:2]}-{text[2:4]} {text[8:10]}:{text[10:12]}:{text[12:]}")
            begun = stamp[0] if stamp is not None else None
        else:
            begun = epoch(text) if text.isdecimal() else None
        if len(self.begun) >= 4096:
            self.begun.clear()
        self.begun[text] = begun
        return begun

    def _stamp(self, text: str) -> Stamp | None:
        if text[0].isdecimal():
            return self.clock.read(text)
        text = text.lstrip("%@0123456789")
        year = re.search(r" (\d{4})$", text)
        if year is None:
            return self.yearless.read(text[:15])
        month = _MONTHS.find(text[:3]) // 3 + 1
        return self.clock.read(f"{year[1]}-{month:02d}-{text[4:6].strip().zfill(2)} {text[7:15]}")

    def _head(self, line: str) -> tuple[_Head, str] | None:
        """Return what stands before a message, remembered for all lines of a second, and the message."""
        at = line.find(": ")
        known = self.heads.get(line[:at]) if at > 0 else None
        if known is not None:
            return known, line[at + 2 :]
        found = _HEAD.match(line)
        if found is None:
            return None
        head = _Head(found, self._stamp(found["stamp"]) if found["stamp"] else None)
        dated = head.stamp is None or YEAR_INFERRED not in head.stamp[1]
        if dated and at > 0 and found.start("body") == at + 2:
            if len(self.heads) >= HEADS:
                self.heads.clear()
            self.heads[line[:at]] = head
        return head, found["body"]

    def _layout_of(self, keys: tuple[tuple[str, str], ...]) -> _Layout | None:
        """Return the layout of a flow, remembered by its keys; None where it is not one that is read in one go."""
        if keys not in self.layouts:
            if len(self.layouts) >= LAYOUTS:
                self.layouts.clear()
            known = {key for key, _number in keys}
            plain = len(known) == len(keys) <= MOST_FIELDS and not any(known >= both for both in _TWICE)
            self.layouts[keys] = _Layout(keys) if plain and known >= _SURE else None
        return self.layouts[keys]

    def line(self, line: str) -> Event | str:
        """Read one line: a flow by the layout of the last one with its head, all others the longer way."""
        at = line.find(": ")
        known = self.heads.get(line[:at])
        if known is not None and known.layout is not None and line.isascii():
            flow = known.layout.match(line, at + 2)
            if flow is not None:
                return self._told(known, known.layout, flow)
        parted = self._head(line)
        if parted is None:
            return "blank" if not line.strip() else "no_head"
        head, body = parted
        event: Event = {"class_uid": 0, "event_action": head.name.lower(), "attrs": head.attrs.copy()}
        if head.host:
            event["host"] = head.host
        if not body.isascii():
            body = decoded(body)
        if "(1003)=" in body or "SrcIPAddr(" in body:
            pairs = _PAIR.findall(body)
            if head.event is not None:
                head.layout = self._layout_of(tuple((key, number) for key, number, _value in pairs))
            self._keyed(event, {key: value for key, _number, value in pairs if key in _ASKED})
        elif "--->" in body:
            if not self._arrow(event, body):
                return "no_flow"
        else:
            self._other(event, body)
        if head.stamp is not None:
            event["ts"], event["ts_quality"] = head.stamp
            event["ts_raw"] = head.text or ""
        else:
            begun = self.clock.read(str(event["attrs"].get("begin", "")))
            event["ts"], event["ts_quality"] = begun or (None, ())
            event["ts_raw"] = str(event["attrs"].get("begin", ""))
        return event

    def _keyed(self, event: Event, pairs: dict[str, str]) -> None:
        get = pairs.get
        event["class_uid"], event["activity"] = 4001, "traffic"
        event["event_action"] = "session_ended" if (get("EndTime_e") or get("EndTime")) else "nat_session"
        event["source_ip"] = get("SrcIPAddr", "")
        event["destination_ip"] = get("DstIPAddr", "")
        nat = get("NatSrcIPAddr") or get("NATSrcIPAddr")
        if nat:
            event["source_nat_ip"] = nat
        for key, name in (
            ("source_port", "SrcPort"),
            ("destination_port", "DstPort"),
            ("source_nat_port", "NatSrcPort" if get("NatSrcPort") else "NATSrcPort"),
        ):
            value = port(get(name))
            if value is not None:
                event[key] = value  # type: ignore[literal-required]
        user = get("UserName")
        if user and user not in {"-", ""}:
            event["user_name"] = user
        attrs = event["attrs"]
        attrs["Protocol"] = get("Protocol", "")
        for key, shown in (
            ("BeginTime_e", "begin"),
            ("EndTime_e", "end"),
            ("Event", "what"),
            ("RcvVPNInstance", "vpn"),
        ):
            if get(key):
                attrs[shown] = pairs[key]
        if "begin" in attrs:
            attrs["begin_us"] = self._begun(attrs["begin"])

    @staticmethod
    def _arrow(event: Event, body: str) -> bool:
        found = _OLD.search(body)
        if found is None:
            return False
        event["class_uid"], event["activity"] = 4001, "traffic"
        operator = found["op"] or ""
        event["event_action"] = "session_built" if operator == "8" else "session_ended" if operator else "nat_session"
        event["source_ip"], event["destination_ip"] = found["sip"], found["dip"]
        if found["nip"] != found["sip"]:
            event["source_nat_ip"] = found["nip"]
        for key, name in (("source_port", "sport"), ("destination_port", "dport"), ("source_nat_port", "nport")):
            value = port(found[name])
            if value is not None:
                event[key] = value  # type: ignore[literal-required]
        attrs = event["attrs"]
        attrs["Protocol"] = found["protocol"]
        attrs["operator"] = _OPERATOR.get(operator, operator)
        attrs["begin"], attrs["end"] = (found["start"] or "").replace("/", "-"), found["end"] or ""
        return True

    @staticmethod
    def _other(event: Event, body: str) -> None:
        name = event["attrs"]["event"].upper()
        event["attrs"]["message"] = body[:2000]
        command = re.search(r"Command(?: is|=)?[: ]\s*(.*)$", body)
        user = re.search(r"(?:User(?:Name)?|user)[= ](\S+?)[,; ]", body)
        where = re.search(r"(?:IPAddr|IP|ip)[= ](\d+\.\d+\.\d+\.\d+)", body)
        if command and "CMD" in name:
            event["class_uid"], event["activity"], event["event_action"] = (
                int(Class.PROCESS),
                "launch",
                "device_command",
            )
            event["process_command_line"] = command[1]
            labels = labels_of(command[1])
            if labels:
                event["rule_labels"] = labels
        elif "LOGIN" in name:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logon", "login"
            event["event_outcome"] = "failure" if "FAIL" in name else "success"
        elif "LOGOUT" in name:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logoff", "logout"
        if user:
            event["user_name"] = user[1].strip("-=")
        if where:
            event["source_ip"] = where[1]
