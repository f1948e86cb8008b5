"""Logs of Huawei firewalls and switches: ``%%01MODULE/level/EVENT(l):Key=value,…``, often with a relay's clock before."""

import re

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import Stamp, Yearless, epoch

_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:(?P<relay>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?P<relay_ip>\S+) )?"
    r"(?:(?P<stamp>\d{4}-\d\d?-\d\d? \d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d)?|[A-Z][a-z]{2} [ \d]\d \d{4} \d\d:\d\d:\d\d(?:[+-]\d\d:\d\d)?) )?"
    r"(?:(?P<host>\S+) )?%%(?P<version>\d\d)(?P<module>\w+)/(?P<level>\d)/(?P<event>\w+)\((?P<type>\w)\)(?:\[(?P<count>\d+)\])?:(?P<body>.*)$",
    re.DOTALL,
)
_PAIR = re.compile(r"([A-Za-z][\w ]*?)=([^,;]*)")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_SESSION = {"SESSION_BUILT": "session_built", "SESSION_TEARDOWN": "session_ended", "NATSESSION": "nat_session"}


#: The usual head and the usual order of the fields of a session, read in one go; all others go the longer way.
_USUAL = re.compile(
    r"(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+) %%\d\d(\w+)/(\d)/(SESSION_\w+)\(\w\)(?:\[(\d{1,12})\])?:IPVer=\d,Protocol=(\w+),"
    r"SourceIP=([^,;]*),DestinationIP=([^,;]*),SourcePort=(\d{1,5}),DestinationPort=(\d{1,5}),SourceNatIP=([^,;]*),SourceNatPort=(\d{1,5}),"
    r"BeginTime=(\d+),EndTime=(\d+),SendPkts=(\d+),SendBytes=(\d+),RcvPkts=(\d+),RcvBytes=(\d+)(?:,SourceVpnID=\d+)?(?:,DestinationVpnID=\d+)?"
    r",PolicyName=([^,;]*),UserName=([^,;]*),CloseReason=([^,;]*)$"
)


class Huawei(Lines):
    """Reads them; where a relay put its own time before, both clocks are kept."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.relay = Yearless(context.year or context.reference.year, context.zone)
        self.last: tuple[str, Stamp | None] = ("", None)

    def line(self, line: str) -> Event | str:
        """Read one line."""
        usual = _USUAL.match(line)
        if usual is not None and line.isascii():
            short = self._usual(usual)
            if short is not None:
                return short
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

    def _usual(self, found: re.Match[str]) -> Event | None:
        (
            text, host, module, level, name, count, protocol, sip, dip, sport, dport, nip, nport, begin, end, sent, sent_bytes, got, got_bytes,
            policy, user, why,
        ) = found.groups()  # fmt: skip
        if text != self.last[0]:
            self.last = (text, self.clock.read(text))
        stamp = self.last[1]
        if stamp is None:
            return None
        attrs: dict[str, object] = {
            "module": module, "level": int(level), "event": name, "Protocol": protocol, "BeginTime": begin, "EndTime": end, "SendPkts": sent,
            "SendBytes": sent_bytes, "RcvPkts": got, "RcvBytes": got_bytes, "PolicyName": policy, "CloseReason": why,
        }  # fmt: skip
        event: Event = {
            "ts": stamp[0], "ts_quality": stamp[1], "ts_raw": text, "class_uid": 4001, "activity": "traffic",
            "event_action": _SESSION.get(name, name.lower()), "host": host, "source_ip": sip, "source_port": int(sport),
            "destination_ip": dip, "destination_port": int(dport), "attrs": attrs,
        }  # fmt: skip
        if nip and nip != "0.0.0.0":  # noqa: S104 (the device's word for none)
            event["source_nat_ip"], event["source_nat_port"] = nip, int(nport)
        if user and user.lower() not in {"unknown", "-", "null"}:
            event["user_name"] = user
        if count:
            attrs["count"] = int(count)
        return event

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
        for key in (
            "Protocol",
            "BeginTime",
            "EndTime",
            "SendPkts",
            "SendBytes",
            "RcvPkts",
            "RcvBytes",
            "PolicyName",
            "CloseReason",
            "SourceVpnID",
            "Application",
        ):
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
