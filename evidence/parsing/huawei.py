"""Logs of Huawei firewalls and switches: ``%%01MODULE/level/EVENT(l):Key=value,…``, often with a relay's clock before."""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, cast

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import Yearless, epoch

_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:(?P<relay>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?P<relay_ip>\S+) )?"
    r"(?:(?P<stamp>\d{4}-\d\d?-\d\d? \d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d)?|[A-Z][a-z]{2} [ \d]\d \d{4} \d\d:\d\d:\d\d(?:[+-]\d\d:\d\d)?) )?"
    r"(?:(?P<host>\S+) )?%%(?P<version>\d\d)(?P<module>\w+)/(?P<level>\d)/(?P<event>\w+)\((?P<type>\w)\)(?:\[(?P<count>\d+)\])?:(?P<body>.*)$",
    re.DOTALL,
)
_PAIR = re.compile(r"([A-Za-z][\w ]*?)=([^,;]*)")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_SESSION = {"SESSION_BUILT": "session_built", "SESSION_TEARDOWN": "session_ended", "NATSESSION": "nat_session"}


#: The usual head of a session, up to the type of the message.
_USUAL = re.compile(r"(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+) %%\d\d(\w+)/(\d)/(SESSION_\w+)")
#: What is kept of a session as it is.
_KEPT = (
    "Protocol", "BeginTime", "EndTime", "SendPkts", "SendBytes", "RcvPkts", "RcvBytes", "PolicyName", "CloseReason", "SourceVpnID", "Application",
)  # fmt: skip
#: What nearly every device tells of it: put in place by name, which is twice as fast as one by one.
_USUALLY = _KEPT[:10]
_ENDS = ("SourceIP", "SourcePort", "DestinationIP", "DestinationPort", "SourceNatIP", "SourceNatPort", "UserName")
_PORTS, _DIGITS = frozenset({"SourcePort", "DestinationPort", "SourceNatPort"}), r"[0-9]{1,5}+"
#: Up to the next comma; a line with a semicolon is read the longer way. One letter that is excluded is faster than two.
_ANY = "[^,]*+"
_NOBODY = frozenset({"", "-", "unknown", "null", "Unknown", "UNKNOWN", "NULL", "Null"})
_PLACED = ("seq", "raw_offset", "raw_length", "source_ip", "source_port", "destination_ip", "destination_port")
#: Heads and layouts that are remembered.
HEADS, LAYOUTS, MOST_FIELDS = 256, 64, 60
#: Without these a line is read the longer way.
_SURE = frozenset({*_ENDS[:4], "Protocol", "CloseReason"})


class _Head:
    """What stands before the type of a session's message: the same for all sessions of a second, so made once for them."""

    __slots__ = ("attrs", "event", "layout")

    def __init__(self, event: Event, attrs: dict[str, object]) -> None:
        self.event, self.attrs = event, attrs
        #: The layout of the last session with this head.
        self.layout: _Layout | None = None


class _Layout:
    """Which fields the sessions of a device have and in which order: the same line after line, so read in one go."""

    def __init__(self, keys: Sequence[str]) -> None:
        kept = [key for key in keys if key in _KEPT or key in _ENDS]
        # The first value is always empty: what a device does not tell.
        at = {key: number for number, key in enumerate(kept, 2)}
        fields = (f"{key}=({_DIGITS if key in _PORTS else _ANY})" if key in at else f"{key}={_ANY}" for key in keys)
        self.match = re.compile(r"()\(\w\)(?:\[([0-9]{1,12})\])?:" + ",".join(fields) + "$").match
        if not {"SourceNatIP", "SourceNatPort"} <= at.keys():
            at = {key: number for key, number in at.items() if key[:9] != "SourceNat"}
        self.ends = itemgetter(1, *(at.get(name, 0) for name in _ENDS))
        self.names = tuple(name for name in _KEPT if name in at)
        self.pick = itemgetter(*(at[name] for name in self.names))


def _told(head: _Head, layout: _Layout, found: re.Match[str]) -> Event:
    """Return the event of a session, but for its place."""
    values = found.groups()
    count, source, sport, target, dport, nat, nport, user = layout.ends(values)
    event, attrs = head.event.copy(), head.attrs.copy()
    event["source_ip"], event["source_port"] = source, int(sport)
    event["destination_ip"], event["destination_port"] = target, int(dport)
    if nat and nat != "0.0.0.0":  # noqa: S104 (the device's word for none)
        event["source_nat_ip"] = nat
        event["source_nat_port"] = int(nport)
    if user not in _NOBODY:
        event["user_name"] = user
    if layout.names == _USUALLY:
        (
            attrs["Protocol"], attrs["BeginTime"], attrs["EndTime"], attrs["SendPkts"], attrs["SendBytes"], attrs["RcvPkts"],
            attrs["RcvBytes"], attrs["PolicyName"], attrs["CloseReason"], attrs["SourceVpnID"],
        ) = layout.pick(values)  # fmt: skip
    else:
        attrs.update(zip(layout.names, layout.pick(values), strict=True))
    if count is not None:
        attrs["count"] = int(count)
    event["attrs"] = attrs
    return event


class Huawei(Lines):
    """Reads them; where a relay put its own time before, both clocks are kept."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.relay = Yearless(context.year or context.reference.year, context.zone)
        self.heads: dict[str, _Head] = {}
        self.layouts: dict[tuple[str, ...], _Layout | None] = {}

    def line(self, line: str) -> Event | str:
        """Read one line: a session with the usual head in one go, if its layout allows it, all others the longer way."""
        at = line.find("(")
        head = self.heads.get(line[:at]) or self._usual_head(line[:at])
        if head is not None and line.isascii() and ";" not in line:
            session = head.layout.match(line, at) if head.layout is not None else None
            if session is None:
                head.layout = self._layout_of(line[line.find(":", at) + 1 :])
                session = head.layout.match(line, at) if head.layout is not None else None
            if session is not None and head.layout is not None:
                return _told(head, head.layout, session)
        found = _HEAD.match(line)
        if found is None:
            return "blank" if not line.strip() else "no_head"
        relay, _, text, host, _, module, level, name, _, count, body = found.groups()
        stamp = self.clock.read(text) if text and text[0].isdecimal() else None
        if stamp is None and text:
            month = _MONTHS.find(text[:3]) // 3 + 1
            stamp = self.clock.read(f"{text[7:11]}-{month:02d}-{text[4:6].strip().zfill(2)} {text[12:]}")
        relayed = self.relay.read(relay) if relay else None
        attrs: dict[str, object] = {"module": module, "level": int(level), "event": name}
        event: Event = {"class_uid": 0, "event_action": name.lower(), "attrs": attrs}
        if stamp is not None:
            event["ts"], event["ts_quality"] = stamp
            event["ts_raw"] = text or ""
            if relayed is not None:
                attrs["relay_ts_us"] = relayed[0]
        elif relayed is not None:
            event["ts"], event["ts_quality"] = relayed
            event["ts_raw"] = relay or ""
        if host:
            event["host"] = host
        if count:
            attrs["count"] = int(count[:12])
        if not body.isascii():
            body = decoded(body)
        if "SourceIP=" in body or "SrcIP=" in body or "SourceIp=" in body:
            self._session(event, name, body)
        elif name in {"CMDRECORD", "CMD"} or "Command=" in body:
            self._command(event, body)
        else:
            self._other(event, name, body)
        if "ts" not in event:
            begun = epoch(str(attrs.get("BeginTime", "")))
            if begun is None:
                event["ts"], event["ts_raw"], event["ts_quality"] = None, "", ()
            else:
                event["ts"], event["ts_raw"], event["ts_quality"] = begun, str(attrs["BeginTime"]), EXACT
        return event

    def _usual_head(self, text: str) -> _Head | None:
        found = _USUAL.fullmatch(text)
        if found is None:
            return None
        moment, host, module, level, name = found.groups()
        stamp = self.clock.read(moment)
        if stamp is None:
            return None
        if len(self.heads) >= HEADS:
            self.heads.clear()
        made: dict[str, Any] = {
            **dict.fromkeys(_PLACED), "ts": stamp[0], "ts_quality": stamp[1], "ts_raw": moment, "class_uid": 4001,
            "activity": "traffic", "event_action": _SESSION.get(name, name.lower()), "host": host,
        }  # fmt: skip
        event = cast("Event", made)
        head = self.heads[text] = _Head(event, {"module": module, "level": int(level), "event": name})
        return head

    def _layout_of(self, body: str) -> _Layout | None:
        """Return the layout of a line, remembered by its keys; None where it is not one that is read in one go."""
        parts = [part.partition("=") for part in body.split(",")]
        keys = tuple(part[0] for part in parts)
        if keys not in self.layouts:
            if len(self.layouts) >= LAYOUTS:
                self.layouts.clear()
            known = set(keys)
            plain = len(known) == len(keys) <= MOST_FIELDS and all(
                key.isalnum() and sign for key, sign, _value in parts
            )
            self.layouts[keys] = _Layout(keys) if plain and known >= _SURE else None
        return self.layouts[keys]

    @staticmethod
    def _session(event: Event, name: str, body: str) -> None:
        pairs = dict(_PAIR.findall(body))
        get = pairs.get
        event["class_uid"], event["activity"] = 4001, "traffic"
        event["event_action"] = _SESSION.get(name, name.lower())
        event["source_ip"] = get("SourceIP") or get("SrcIP") or get("SourceIp") or ""
        event["destination_ip"] = get("DestinationIP") or get("DstIP") or get("DestinationIp") or ""
        for key, names in (
            ("source_port", ("SourcePort", "SrcPort")),
            ("destination_port", ("DestinationPort", "DstPort")),
            ("source_nat_port", ("SourceNatPort", "SrcNatPort")),
        ):
            value = port(get(names[0]) or get(names[1]))
            if value is not None:
                event[key] = value  # type: ignore[literal-required]
        nat = get("SourceNatIP") or get("SrcNatIP")
        if nat and nat != "0.0.0.0":  # noqa: S104 (the device's word for none)
            event["source_nat_ip"] = nat
        user = get("UserName") or get("User")
        if user and user.lower() not in {"unknown", "-", "null"}:
            event["user_name"] = user
        attrs = event["attrs"]
        for key in _KEPT:
            if key in pairs:
                attrs[key] = pairs[key]

    @staticmethod
    def _command(event: Event, body: str) -> None:
        pairs = {key.strip(): value.strip() for key, value in _PAIR.findall(body)}
        command = re.search(r"Command=\"?(.*?)\"?(?:,\s*(?:Result|Task)|\)?\.?$)", body)
        event["class_uid"], event["activity"], event["event_action"] = int(Class.PROCESS), "launch", "device_command"
        event["process_command_line"] = (command[1] if command else body).strip()
        user = pairs.get("User") or pairs.get("UserName")
        if user:
            event["user_name"] = user
        where = pairs.get("Ip") or pairs.get("IP") or pairs.get("IpAddress")
        if where and where[:1].isdecimal():
            event["source_ip"] = where
        labels = labels_of(event["process_command_line"])
        if labels:
            event["rule_labels"] = labels

    @staticmethod
    def _other(event: Event, name: str, body: str) -> None:
        pairs = {key.strip(): value.strip() for key, value in _PAIR.findall(body)}
        attrs = event["attrs"]
        attrs["message"] = body[:2000]
        upper = name.upper()
        if "LOGIN" in upper or "LOGON" in upper:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logon", "login"
            event["event_outcome"] = "failure" if "FAIL" in upper else "success"
        elif "LOGOUT" in upper:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logoff", "logout"
        user = pairs.get("UserName") or pairs.get("User")
        if user:
            event["user_name"] = user
        where = pairs.get("Ip") or pairs.get("IP") or pairs.get("IPAddress") or pairs.get("IpAddress")
        if where and where[:1].isdecimal():
            event["source_ip"] = where
